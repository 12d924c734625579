"""What is measured on the picture of the phantom. Pictures are grey, 0 to 1, at the phantom's pitch."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from fieldstation.cr_reader.simulated.phantom import DISCS, LINE_PAIRS, WEDGE, Disc, LinePairs

Grey = npt.NDArray[np.float32]

_LEAST_DIAMETER_MM, _LEAST_CONTRAST = 3.0, 0.02
_LIMIT_OF_MODULATION = 0.2
_NEAR_EDGE_MM, _PLATEAU_MM = (0.6, 5.0), (5.5, 7.5)
_SMOOTH = 7
"""Samples over which an edge's profile is averaged, so that noise is no bump; a halo is wider."""


@dataclass(frozen=True, slots=True)
class Phantom:
    """The picture, and where (mm) on it the phantom's upper left corner lies."""

    grey: Grey
    left: float
    top: float
    pitch_mm: float

    def part(self, x: float, y: float, width: float, height: float) -> Grey:
        """The part of the picture at those mm of the phantom."""
        left, right = (round((self.left + mm) / self.pitch_mm) for mm in (x, x + width))
        top, bottom = (round((self.top + mm) / self.pitch_mm) for mm in (y, y + height))
        return self.grey[top:bottom, left:right]


def disc_contrasts(phantom: Phantom) -> npt.NDArray[np.float64]:
    """Displayed contrast of each low-contrast disc that is not too small to be measured in noise."""
    discs = [disc for disc in DISCS if disc.diameter >= _LEAST_DIAMETER_MM and disc.contrast >= _LEAST_CONTRAST]
    return np.array([_contrast(phantom, disc) for disc in discs])


def _contrast(phantom: Phantom, disc: Disc) -> float:
    reach = disc.diameter
    part = phantom.part(disc.x - reach, disc.y - reach, 2 * reach, 2 * reach)
    rows, columns = ((np.arange(length) + 0.5) * phantom.pitch_mm - reach for length in part.shape)
    away = np.hypot(rows[:, np.newaxis], columns)
    inside, around = away < disc.diameter * 0.4, (away > disc.diameter * 0.62) & (away < disc.diameter * 0.95)
    return float(part[around].mean() - part[inside].mean())


def noise(phantom: Phantom) -> float:
    """The standard deviation in a plain part, in grey."""
    return float(phantom.part(178, 130, 14, 80).std())


def overshoot_percent(phantom: Phantom) -> float:
    """The highest bump beside a step of the wedge, as a percentage of the step, away from the ends of the scale."""
    worst = 0.0
    for first, second in pairwise(WEDGE[1:-1]):
        edge = phantom.part(second.x - 8, first.y + 6, 16, first.height - 12).mean(axis=0)
        edge = np.convolve(np.pad(edge, _SMOOTH // 2, mode="edge"), np.full(_SMOOTH, 1 / _SMOOTH), "valid")
        away = (np.arange(edge.size) + 0.5) * phantom.pitch_mm - 8
        left, right = (np.median(edge[_between(sign * away, _PLATEAU_MM)]) for sign in (-1, 1))
        height = float(left - right)
        if abs(height) < 0.02 or max(left, right) > 0.97 or min(left, right) < 0.03:
            continue
        bumps = (
            (edge[_between(-away, _NEAR_EDGE_MM)] - left) / height,
            (right - edge[_between(away, _NEAR_EDGE_MM)]) / height,
        )
        worst = max(worst, *(float(bump.max()) for bump in bumps))
    return 100 * worst


def _between(values: npt.NDArray[np.floating[Any]], limits: tuple[float, float]) -> npt.NDArray[np.bool_]:
    return np.asarray((values > limits[0]) & (values < limits[1]))


def limiting_frequency(phantom: Phantom) -> float:
    """The finest pairs (per mm) that still have a fifth of the coarsest ones' modulation."""
    modulations = [_modulation(phantom, pairs) for pairs in LINE_PAIRS]
    seen = [
        pairs.per_mm
        for pairs, modulation in zip(LINE_PAIRS, modulations, strict=True)
        if modulation >= _LIMIT_OF_MODULATION * modulations[0]
    ]
    return max(seen, default=0.0)


def _modulation(phantom: Phantom, pairs: LinePairs) -> float:
    profile = phantom.part(pairs.x + 1, pairs.y + 1, pairs.side - 2, pairs.side - 2).mean(axis=0)
    place = (np.arange(profile.size) + 0.5) * phantom.pitch_mm
    wave = np.exp(-2j * np.pi * pairs.per_mm * place)
    return float(2 * abs(np.mean((profile - profile.mean()) * wave)))
