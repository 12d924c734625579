"""The collimator: four blades around a field, which may be turned to the plate."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fieldstation.cr_reader.simulated.mishaps import Edge, Mishaps
from fieldstation.cr_reader.simulated.picture import Floats

_PENUMBRA_MM = 0.35
_SCATTER_REACH_MM = 25.0
_SCATTER_FAR = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Where the blades stand, in mm from the plate's upper left corner.

    ``half`` is how far each blade is from the field's middle, before the field is turned about it by ``turn_deg``
    clockwise; infinite where the blade is out of the way.
    """

    middle_x: float
    middle_y: float
    half: Mapping[Edge, float]
    turn_deg: float

    def beam(self, y: Floats, x: Floats) -> Floats:
        """How much of the direct beam (0 to 1) reaches points of those mm down and across, shape (len(y), len(x))."""
        if self.turn_deg == 0:
            down, across = self._depths(y - self.middle_y, x - self.middle_x)
            return _passing(down)[:, np.newaxis] * _passing(across)
        down, across = self._turned_depths(y, x)
        return _passing(np.minimum(down, across))

    def scatter(self, y: Floats, x: Floats) -> Floats:
        """How much of the scatter (0 to 1) reaches them: all of it in the field, less and less behind the blades."""
        if self.turn_deg == 0:
            down, across = self._depths(y - self.middle_y, x - self.middle_x)
            return _fading(down)[:, np.newaxis] * _fading(across)
        down, across = self._turned_depths(y, x)
        return _fading(down) * _fading(across)

    def corners_mm(self, height_mm: float, width_mm: float) -> tuple[tuple[float, float], ...]:
        """The corners (x, y) from the upper left one clockwise; a blade that is away counts as at the plate's edge."""
        left = min(self.half[Edge.LEFT], self.middle_x)
        right = min(self.half[Edge.RIGHT], width_mm - self.middle_x)
        top = min(self.half[Edge.TOP], self.middle_y)
        bottom = min(self.half[Edge.BOTTOM], height_mm - self.middle_y)
        sine, cosine = _sine_and_cosine(self.turn_deg)
        return tuple(
            (self.middle_x + u * cosine - v * sine, self.middle_y + u * sine + v * cosine)
            for u, v in ((-left, -top), (right, -top), (right, bottom), (-left, bottom))
        )

    def _turned_depths(self, y: Floats, x: Floats) -> tuple[Floats, Floats]:
        sine, cosine = (np.float32(value) for value in _sine_and_cosine(self.turn_deg))
        from_middle_y = (y - np.float32(self.middle_y))[:, np.newaxis]
        from_middle_x = x - np.float32(self.middle_x)
        return self._depths(
            from_middle_y * cosine - from_middle_x * sine, from_middle_x * cosine + from_middle_y * sine
        )

    def _depths(self, v: Floats, u: Floats) -> tuple[Floats, Floats]:
        """How deep inside the field a point is, by the blades above and below, and by those at the sides, in mm."""
        down = np.minimum(v + np.float32(self.half[Edge.TOP]), np.float32(self.half[Edge.BOTTOM]) - v)
        across = np.minimum(u + np.float32(self.half[Edge.LEFT]), np.float32(self.half[Edge.RIGHT]) - u)
        return down, across


def collimate(down: tuple[float, float], across: tuple[float, float], mishaps: Mishaps) -> Field:
    """Blades around a picture that lies at those mm, as far in as the mishaps say; a turned field stays inside it."""
    middle_y, middle_x = sum(down) / 2, sum(across) / 2
    height, width = (down[1] - down[0]) / 2, (across[1] - across[0]) / 2
    shrink = math.sqrt(mishaps.opening)
    half_height, half_width = height * shrink, width * shrink
    sine, cosine = (abs(value) for value in _sine_and_cosine(mishaps.turn_deg))
    fit = min(
        1.0,
        width / (half_width * cosine + half_height * sine),
        height / (half_width * sine + half_height * cosine),
    )
    half = {
        edge: math.inf if edge in mishaps.open_edges else fit * length
        for edge, length in (
            (Edge.TOP, half_height),
            (Edge.BOTTOM, half_height),
            (Edge.LEFT, half_width),
            (Edge.RIGHT, half_width),
        )
    }
    return Field(middle_x=middle_x, middle_y=middle_y, half=half, turn_deg=mishaps.turn_deg)


def _sine_and_cosine(degrees: float) -> tuple[float, float]:
    return math.sin(math.radians(degrees)), math.cos(math.radians(degrees))


def _passing(depth_mm: Floats) -> Floats:
    steepness = np.clip(depth_mm * np.float32(1 / _PENUMBRA_MM), -30, 30)
    passing: Floats = 1 / (1 + np.exp(-steepness))
    return passing


def _fading(depth_mm: Floats) -> Floats:
    fading: Floats = _SCATTER_FAR + (1 - _SCATTER_FAR) * np.exp(
        np.minimum(depth_mm * np.float32(1 / _SCATTER_REACH_MM), 0)
    )
    return fading
