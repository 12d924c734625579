"""Where on the plate the picture and the field of the collimator lie."""

from dataclasses import dataclass

import numpy as np

from fieldstation.cr_reader.simulated.cassettes import CassetteSize
from fieldstation.cr_reader.simulated.field import Field, collimate
from fieldstation.cr_reader.simulated.mishaps import NONE, Edge, Mishaps
from fieldstation.cr_reader.simulated.picture import Floats, Picture

_LEAST_MARGIN_MM = 5.0
_BLADE_INSET_MM = 2.0
"""The collimator's blades stand this far inside the picture, so that its edge never shows."""
_MOST_ENLARGED = 1.25
_FINEST_PITCH_MM, _COARSEST_PITCH_MM = 0.1, 0.2


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of rows or columns, in plate pixels; may reach beyond the plate."""

    start: int
    length: int

    @property
    def stop(self) -> int:
        """Where it ends."""
        return self.start + self.length


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """A plate of ``rows`` × ``columns`` pixels, ``pitch_mm`` apart, and what lies where on it.

    ``down`` and ``across`` are the picture's rows and columns; ``field`` is where the blades stand, None where there
    are none and the beam reaches everything.
    """

    rows: int
    columns: int
    pitch_mm: float
    down: Span
    across: Span
    field: Field | None

    def beam(self, first_row: int, count: int) -> Floats:
        """How much of the direct beam (0 to 1) passes the collimator to these rows; broadcasts to (count, columns)."""
        if not self.field:
            return np.ones((1, 1), np.float32)
        return self.field.beam(self._middles(first_row, count), self._middles(0, self.columns))

    def scatter(self, first_row: int, count: int) -> Floats:
        """How much of the scatter (0 to 1) arrives at these rows; broadcasts to (count, columns)."""
        if not self.field:
            return np.ones((1, 1), np.float32)
        return self.field.scatter(self._middles(first_row, count), self._middles(0, self.columns))

    def _middles(self, first: int, count: int) -> Floats:
        middles: Floats = (np.arange(first, first + count, dtype=np.float32) + np.float32(0.5)) * np.float32(
            self.pitch_mm
        )
        return middles


def lay(picture: Picture, size: CassetteSize, pitch_mm: float, mishaps: Mishaps = NONE) -> Layout:
    """Lay a picture on a plate: in the middle at its natural scale, collimated; or, without a pitch, edge to edge.

    Where the blades do not show at an edge of the plate, the picture reaches that edge.
    """
    if picture.pitch_mm is None:
        return _fill(picture, size)
    plate = round(size.height_mm / pitch_mm), round(size.width_mm / pitch_mm)
    natural = [picture.pitch_mm / pitch_mm * side for side in picture.density.shape]
    scale = _scale(plate, natural, pitch_mm, mishaps.open_edges)
    down, across = (
        _place(side, round(length * scale), edges, off_mm / pitch_mm)
        for side, length, edges, off_mm in zip(
            plate,
            natural,
            (
                (Edge.TOP in mishaps.open_edges, Edge.BOTTOM in mishaps.open_edges),
                (Edge.LEFT in mishaps.open_edges, Edge.RIGHT in mishaps.open_edges),
            ),
            (mishaps.down_mm, mishaps.right_mm),
            strict=True,
        )
    )
    shown = [span.start * pitch_mm + _BLADE_INSET_MM for span in (down, across)]
    ends = [span.stop * pitch_mm - _BLADE_INSET_MM for span in (down, across)]
    return Layout(
        rows=plate[0],
        columns=plate[1],
        pitch_mm=pitch_mm,
        down=down,
        across=across,
        field=collimate((shown[0], ends[0]), (shown[1], ends[1]), mishaps),
    )


def _scale(plate: tuple[int, int], natural: list[float], pitch_mm: float, open_edges: frozenset[Edge]) -> float:
    """Small enough for a margin all around; larger where it is to reach both edges, as far as a body may be larger."""
    margin = 2 * (_LEAST_MARGIN_MM - _BLADE_INSET_MM) / pitch_mm
    scale = min(1.0, *((side - margin) / length for side, length in zip(plate, natural, strict=True)))
    for side, length, pair in zip(plate, natural, ({Edge.TOP, Edge.BOTTOM}, {Edge.LEFT, Edge.RIGHT}), strict=True):
        if pair <= open_edges:
            scale = max(scale, min(_MOST_ENLARGED, (side + 1) / length))
    return scale


def _place(plate: int, length: int, reaches: tuple[bool, bool], off: float) -> Span:
    """In the middle and so far off it, or flush with the one edge that it reaches."""
    match reaches:
        case (True, False):
            return Span(0, length)
        case (False, True):
            return Span(plate - length, length)
        case _:
            return Span(round((plate - length) / 2 + off), length)


def _fill(picture: Picture, size: CassetteSize) -> Layout:
    rows, columns = picture.density.shape
    pitch_mm = max(size.height_mm / rows, size.width_mm / columns)
    return Layout(
        rows=rows,
        columns=columns,
        pitch_mm=min(max(round(pitch_mm, 4), _FINEST_PITCH_MM), _COARSEST_PITCH_MM),
        down=Span(0, rows),
        across=Span(0, columns),
        field=None,
    )
