"""What is wrong with the plate or with the reader itself, so that it shows again and again."""

from dataclasses import dataclass

import numpy as np

from fieldstation.cr_reader.simulated.chance import random_for
from fieldstation.cr_reader.simulated.layout import Layout
from fieldstation.cr_reader.simulated.mishaps import Mishaps
from fieldstation.cr_reader.simulated.picture import Floats

_ROLLER_MM = 47.0
"""Circumference of the transport's rollers: what one presses into a plate comes again after a turn."""
_LINE_WIDTH_MM = 0.35


@dataclass(frozen=True, slots=True)
class Speck:
    """A grain of dust on the phosphor: light from under it is lost. In mm from the plate's upper left corner."""

    x_mm: float
    y_mm: float
    radius_mm: float
    opacity: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blemishes:
    """What part of the light is left: ``along`` for each column, ``across`` for each row, and less under a speck."""

    pitch_mm: float
    along: Floats
    across: Floats
    specks: tuple[Speck, ...]

    def dim(self, kerma: Floats, first_row: int) -> Floats:
        """Take from these rows what the blemishes take; changes ``kerma``, shape (count, columns)."""
        kerma *= self.along
        kerma *= self.across[first_row : first_row + len(kerma), np.newaxis]
        for speck in self.specks:
            self._cover(kerma, first_row, speck)
        return kerma

    def _cover(self, kerma: Floats, first_row: int, speck: Speck) -> None:
        reach = speck.radius_mm / self.pitch_mm + 1
        x, y = speck.x_mm / self.pitch_mm - 0.5, speck.y_mm / self.pitch_mm - 0.5 - first_row
        top, bottom = max(0, int(y - reach)), min(len(kerma), int(y + reach) + 2)
        left, right = max(0, int(x - reach)), min(kerma.shape[1], int(x + reach) + 2)
        if top >= bottom or left >= right:
            return
        rows, columns = np.arange(top, bottom)[:, np.newaxis], np.arange(left, right)
        distance = np.hypot(rows - y, columns - x)
        covered = np.clip(speck.radius_mm / self.pitch_mm + 0.5 - distance, 0, 1) * speck.opacity
        kerma[top:bottom, left:right] *= (1 - covered).astype(np.float32)


def find_blemishes(layout: Layout, mishaps: Mishaps, plate: str, reader: str) -> Blemishes:
    """The blemishes of that plate in that reader: the same names, the same places, at any pitch."""
    height, width = layout.rows * layout.pitch_mm, layout.columns * layout.pitch_mm
    dust = random_for("dust", plate).random((mishaps.dust, 4))
    rollers = random_for("rollers", plate).random((mishaps.plate_lines, 2))
    guide = random_for("light guide", reader).random((mishaps.reader_lines, 2))
    start = float(random_for("roller start", plate).random()) * _ROLLER_MM
    return Blemishes(
        pitch_mm=layout.pitch_mm,
        along=_lines(layout.columns, layout.pitch_mm, [(x * width, 0.25 + 0.4 * loss) for x, loss in guide]),
        across=_lines(
            layout.rows,
            layout.pitch_mm,
            [((start + turn * _ROLLER_MM) % height, 0.15 + 0.3 * loss) for turn, (_, loss) in enumerate(rollers)],
        ),
        specks=tuple(
            Speck(x * width, y * height, 0.15 + 0.6 * size**2, 0.4 + 0.55 * opacity) for x, y, size, opacity in dust
        ),
    )


def _lines(length: int, pitch_mm: float, lines: list[tuple[float, float]]) -> Floats:
    """What is left along one side of the plate, for lines at those mm that lose that part."""
    left = np.ones(length, np.float32)
    pixels = np.arange(length) * pitch_mm
    for at_mm, loss in lines:
        overlap = np.minimum(pixels + pitch_mm, at_mm + _LINE_WIDTH_MM) - np.maximum(pixels, at_mm)
        left *= (1 - loss * np.clip(overlap / pitch_mm, 0, 1)).astype(np.float32)
    return left
