"""A test phantom for daily quality control: step wedge, line pairs, low-contrast discs, lead letters and corner marks.

It measures 200 × 240 mm. Places are in mm from its upper left corner; contrasts are parts of the air kerma around.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fieldstation.cr_reader.simulated.letters import LEAD, lay_letter
from fieldstation.cr_reader.simulated.mishaps import Marker
from fieldstation.cr_reader.simulated.picture import BLACK, DECADES, Picture
from fieldstation.domain.views import Side

PITCH_MM = 0.1
WIDTH_MM, HEIGHT_MM = 200.0, 240.0
GROUND = 0.5
"""The density of the plain phantom."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the wedge: its upper left corner, width and height, and its density (0 to 1)."""

    x: float
    y: float
    width: float
    height: float
    density: float


@dataclass(frozen=True, slots=True)
class LinePairs:
    """Lead bars of that many line pairs per mm, upright in the square at (x, y), lying in the one below it."""

    x: float
    y: float
    side: float
    per_mm: float


@dataclass(frozen=True, slots=True)
class Disc:
    """A disc that lets ``contrast`` (0 to 1) more through than what is around it."""

    x: float
    y: float
    diameter: float
    contrast: float


WEDGE = tuple(Step(20 + 16 * step, 30, 16, 30, 0.05 + 0.09 * step) for step in range(10))
LINE_PAIRS = tuple(
    LinePairs(20 + 20 * place, 74, 14, per_mm) for place, per_mm in enumerate((0.5, 1.0, 1.25, 5 / 3, 2.5, 10 / 3, 5.0))
)
"""Half of a pair is 10, 5, 4, 3, 2, 1.5 and 1 pixels."""
DISCS = tuple(
    Disc(28 + 24 * column, 126 + 18 * row, diameter, contrast)
    for row, contrast in enumerate((0.08, 0.056, 0.04, 0.028, 0.02, 0.014))
    for column, diameter in enumerate((12.0, 8.0, 5.0, 3.0, 2.0, 1.5, 1.0))
)


def phantom(side: Side | None, marker: Marker) -> Picture:
    """The phantom as a picture. It bears an R at its left and an L at its right, unless the marker is missing."""
    del side
    rows, columns = round(HEIGHT_MM / PITCH_MM), round(WIDTH_MM / PITCH_MM)
    density = np.full((rows, columns), round(GROUND * BLACK), np.uint16)
    for step in WEDGE:
        _part(density, step.x, step.y, step.width, step.height)[:] = round(step.density * BLACK)
    for pairs in LINE_PAIRS:
        _lay_bars(density, pairs)
    for disc in DISCS:
        _lay_disc(density, disc)
    for x, y in ((5, 5), (195, 5), (5, 235), (195, 235)):
        _part(density, x - 4, y - 0.5, 8, 1)[:] = LEAD
        _part(density, x - 0.5, y - 4, 1, 8)[:] = LEAD
    if marker is not Marker.MISSING:
        left, right = ("R", "L") if marker is Marker.LAID else ("L", "R")
        lay_letter(density, left, (round(10 / PITCH_MM), round(20 / PITCH_MM)), PITCH_MM)
        lay_letter(density, right, (round(10 / PITCH_MM), round(170 / PITCH_MM)), PITCH_MM)
    return Picture(density=density, pitch_mm=PITCH_MM)


def _part(density: npt.NDArray[np.uint16], x: float, y: float, width: float, height: float) -> npt.NDArray[np.uint16]:
    left, top, right, bottom = (round(mm / PITCH_MM) for mm in (x, y, x + width, y + height))
    return density[top:bottom, left:right]


def _lay_bars(density: npt.NDArray[np.uint16], pairs: LinePairs) -> None:
    upright = _part(density, pairs.x, pairs.y, pairs.side, pairs.side)
    middles = (np.arange(upright.shape[1]) + 0.5) * PITCH_MM
    upright[:, (middles * pairs.per_mm) % 1 < 0.5] = LEAD
    lying = _part(density, pairs.x, pairs.y + 20, pairs.side, pairs.side)
    lying[(middles * pairs.per_mm) % 1 < 0.5] = LEAD


def _lay_disc(density: npt.NDArray[np.uint16], disc: Disc) -> None:
    part = _part(density, disc.x - disc.diameter, disc.y - disc.diameter, 2 * disc.diameter, 2 * disc.diameter)
    rows, columns = ((np.arange(length) + 0.5) * PITCH_MM - disc.diameter for length in part.shape)
    inside = np.hypot(rows[:, np.newaxis], columns) <= disc.diameter / 2
    part[inside] += round(np.log10(1 + disc.contrast) / DECADES * BLACK)
