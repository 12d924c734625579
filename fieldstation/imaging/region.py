"""Which part of a plate counts: inside collimation, behind anatomy.

First, honest rules on a small image: collimation is a rectangle along the plate's edges, direct exposure is flat,
brightest in kerma and reaches the edge of the field. Where the rules find nothing they say "everything".
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

_COLLIMATED_BELOW = 0.10
"""A line at the edge is collimated while its brightest parts stay below this fraction of the exposed median kerma."""
_EDGE_REACH, _EDGE_DECADES = 3, 0.4
"""A collimator's edge: within so many small pixels to either side the signal rises by so many decades."""
_DIRECT_WITHIN_DECADES = 0.20
"""How far below the field's top signal direct exposure may lie (heel effect, fall-off towards the edges)."""
_DIRECT_FLAT_DECADES = 0.05
"""The most that smoothed direct exposure changes over three small pixels."""
_EDGE_PART = 0.04
"""What counts as the edge of the field, as a part of its shorter side: the collimator's penumbra and a little more."""
_PENUMBRA_PART = 0.015
"""The margin of the field, as a part of its shorter side, that is not taken for anatomy."""
_LEAST_ANATOMY = 0.01
"""The least part of the field that is believed to be all the anatomy there is."""
_UNEXPOSED_KERMA = 0.1
"""µGy; a plate whose brightest hundredth stays below this shows no exposure (EI 10)."""


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """Boolean masks of the small image's shape: the field inside collimation and, in it, the relevant anatomy."""

    field: npt.NDArray[np.bool_]
    anatomy: npt.NDArray[np.bool_]


def find_region(log_kerma: npt.NDArray[np.float32]) -> Region | None:
    """Separate anatomy from collimation and direct exposure.

    ``log_kerma`` is a small image, decimal logarithms of µGy, of the lines that were read. None where the plate shows
    no exposure.
    """
    if float(np.percentile(log_kerma, 99)) < np.log10(_UNEXPOSED_KERMA):
        return None
    field = np.zeros(log_kerma.shape, np.bool_)
    field[_collimation(log_kerma)] = True
    anatomy = _shrink(field, _PENUMBRA_PART) & ~_direct_exposure(log_kerma, field)
    if np.count_nonzero(anatomy) < _LEAST_ANATOMY * np.count_nonzero(field):
        anatomy = field
    return Region(field, anatomy)


def everything(log_kerma: npt.NDArray[np.float32]) -> Region:
    """The region of a plate of which nothing is known: all of it."""
    mask = np.ones(log_kerma.shape, np.bool_)
    return Region(mask, mask)


def _collimation(log_kerma: npt.NDArray[np.float32]) -> tuple[slice, slice]:
    """The rectangle that is left when dark lines behind a sharp edge are taken off all four sides."""
    exposed = log_kerma[log_kerma > _two_class_threshold(log_kerma)]
    limit = float(np.median(exposed)) + np.log10(_COLLIMATED_BELOW) if exposed.size else -np.inf
    rows = _span(np.percentile(log_kerma, 90, axis=1), limit)
    columns = _span(np.percentile(log_kerma[rows], 90, axis=0), limit)
    rows = _span(np.percentile(log_kerma[:, columns], 90, axis=1), limit)
    return rows, columns


def _span(profile: npt.NDArray[np.float64], limit: float) -> slice:
    """From the first to the last line above ``limit``, without a half-lit one at an end that was found."""
    lit = np.flatnonzero(profile > limit)
    if not lit.size:
        return slice(0, profile.size)
    start = _edge(profile, int(lit[0]))
    stop = profile.size - _edge(profile[::-1], profile.size - 1 - int(lit[-1]))
    return slice(start, stop) if start < stop else slice(0, profile.size)


def _edge(profile: npt.NDArray[np.float64], first_lit: int) -> int:
    """Where the field begins, seen from the start of the profile: 0 unless a sharp edge is there."""
    if first_lit == 0:
        return 0
    before, behind = max(first_lit - _EDGE_REACH, 0), min(first_lit + _EDGE_REACH, profile.size - 1)
    return first_lit + 1 if profile[behind] - profile[before] > _EDGE_DECADES else 0


def _two_class_threshold(log_kerma: npt.NDArray[np.float32]) -> float:
    """Otsu's threshold."""
    low, high = float(log_kerma.min()), float(log_kerma.max())
    if high <= low:
        return low
    scale = 255.0 / (high - low)
    grey = ((log_kerma - low) * scale).astype(np.uint8)
    threshold, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return low + threshold / scale


def _direct_exposure(log_kerma: npt.NDArray[np.float32], field: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Flat areas near the field's top signal that reach the edge of the field."""
    smooth = cv2.blur(log_kerma, (5, 5), borderType=cv2.BORDER_REPLICATE)
    top = float(np.percentile(smooth[field], 99.5))
    change = cv2.morphologyEx(smooth, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    bright = field & (smooth > top - _DIRECT_WITHIN_DECADES)
    count, labels = cv2.connectedComponents((bright & (change < _DIRECT_FLAT_DECADES)).astype(np.uint8), connectivity=4)
    at_edge = np.zeros(count, np.bool_)
    at_edge[np.unique(labels[field & ~_shrink(field, _EDGE_PART)])] = True
    at_edge[0] = False
    seeds = at_edge[labels].astype(np.uint8)
    nearby = cv2.dilate(seeds, np.ones((7, 7), np.uint8)) > 0
    return field & nearby & (log_kerma > top - _DIRECT_WITHIN_DECADES)


def _shrink(field: npt.NDArray[np.bool_], part: float) -> npt.NDArray[np.bool_]:
    """The field without a margin of ``part`` of its shorter side; the field itself where that leaves nothing."""
    sides = np.count_nonzero(field, axis=0).max(), np.count_nonzero(field, axis=1).max()
    margin = round(part * min(sides))
    kernel = np.ones((2 * margin + 1, 2 * margin + 1), np.uint8)
    inner = cv2.erode(field.astype(np.uint8), kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0
    return inner if inner.any() else field
