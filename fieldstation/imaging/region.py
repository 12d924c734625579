"""Which part of a plate counts: inside collimation, behind anatomy, beside direct exposure and metal."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from fieldstation.imaging.collimation import Blade, find_blades

Mask = npt.NDArray[np.bool_]
Levels = npt.NDArray[np.float32]

_UNEXPOSED_KERMA = 0.1
"""µGy; a plate whose brightest hundredth stays below this shows no exposure (EI 10)."""
_DIRECT_WITHIN_DECADES = 0.25
"""How far below the field's top signal direct exposure may lie (heel effect, fall-off towards the edges)."""
_DIRECT_FLAT_DECADES = 0.0035
"""The most that smoothed direct exposure changes over three small pixels, noise aside: air has no structure."""
_DIRECT_GENTLE_DECADES, _DIRECT_CORE = 0.02, 0.2
"""Where flat patches are at least this part of what changes no faster than that, all of it is direct exposure."""
_DIRECT_MM2, _SURELY_DIRECT_MM2 = 15.0, 400.0
"""The smallest patch that is believed to be flat, and one so large that it need not reach the edge of the field
(unless it is as flat as only a reader at its limit makes it: that may be anatomy)."""
_DIRECT_FRINGE_DECADES = 0.06
"""How much darker the fringe of direct exposure may be that belongs to it."""
_AT_EDGE_MM = 4.0
"""Direct exposure comes at least so near to the edge of the field."""
_PENUMBRA_MM = 1.5
"""The margin of the field beside a blade that is half in its shadow."""
_SCATTER_ONLY_DECADES = 2.1
"""So far below the brightest no direct beam came, whether or not the blade before it was found."""
_LEAST_ANATOMY = 0.01
"""The least part of the field that is believed to be all the anatomy there is."""
_METAL_DECADES = 0.3
"""How much less metal lets through than what is around it."""
_METAL_SHARP = 0.09
"""Decades per small millimetre at the edge of metal; bone ends more gently."""
_METAL_MM = 3.0, 26.0
"""The shortest and longest side of the pieces that are told from bone: letters and markers, not prostheses."""
_NOWHERE = np.float32(-9)
"""Below every level."""


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """What lies where on a small image whose pixels are ``pixel_mm`` apart. Masks have its shape.

    ``depth`` is how far inside the blades each pixel is, in small pixels, negative behind them and large where there
    are none; ``field`` is where it is positive. ``direct``, ``metal`` and ``anatomy`` are parts of the field, apart
    from each other; the half shadow at its edge belongs to none of them.
    """

    pixel_mm: float
    blades: tuple[Blade, ...]
    depth: Levels
    field: Mask
    direct: Mask
    metal: Mask
    anatomy: Mask


def find_region(log_kerma: Levels, pixel_mm: float, step_ugy: float) -> Region | None:
    """Separate anatomy from collimation, direct exposure and metal.

    ``log_kerma`` is a small image, decimal logarithms of µGy, of the lines that were read; ``step_ugy`` is the least
    that the reader tells apart. None where the plate shows no exposure.
    """
    if float(np.percentile(log_kerma, 99)) < np.log10(_UNEXPOSED_KERMA):
        return None
    blades = find_blades(log_kerma, pixel_mm, step_ugy)
    depth = _depth(blades, log_kerma.shape)
    field = depth > 0
    if np.count_nonzero(field) < _LEAST_ANATOMY * field.size:
        blades, depth = (), _depth((), log_kerma.shape)
        field = depth > 0
    lit = depth > _PENUMBRA_MM / pixel_mm if blades else field
    if not lit.any():
        lit = field
    direct = _direct_exposure(log_kerma, lit, pixel_mm)
    metal = lit & ~direct & _metal(log_kerma, pixel_mm)
    beside = cv2.dilate((direct | metal).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    reached = log_kerma > float(np.percentile(log_kerma[lit], 99)) - _SCATTER_ONLY_DECADES
    anatomy = lit & ~beside & reached
    if np.count_nonzero(anatomy) < _LEAST_ANATOMY * np.count_nonzero(field):
        anatomy = lit
    return Region(pixel_mm, blades, depth, field, direct, metal, anatomy)


def everything(log_kerma: Levels, pixel_mm: float) -> Region:
    """The region of a plate of which nothing is known: all of it."""
    mask, none = np.ones(log_kerma.shape, np.bool_), np.zeros(log_kerma.shape, np.bool_)
    return Region(pixel_mm, (), _depth((), log_kerma.shape), mask, none, none, mask)


def _depth(blades: tuple[Blade, ...], shape: tuple[int, ...]) -> Levels:
    x = np.arange(shape[1], dtype=np.float32)
    y = np.arange(shape[0], dtype=np.float32)[:, np.newaxis]
    depth = np.full(shape, max(shape), np.float32)
    for blade in blades:
        np.minimum(depth, -blade.behind(x, y), out=depth)
    return depth


def _metal(log_kerma: Levels, pixel_mm: float) -> Mask:
    """Small things with sharp edges that let far less through than whatever surrounds them."""
    shortest, longest = (side / pixel_mm for side in _METAL_MM)
    side = 2 * max(1, round(longest / 4)) + 1
    closed = cv2.morphologyEx(log_kerma, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    dark = (closed - log_kerma > _METAL_DECADES).astype(np.uint8)
    steep = cv2.morphologyEx(log_kerma, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) / (2 * pixel_mm)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    metal = np.zeros(count, np.bool_)
    for number in range(1, count):
        left, top, width, height, _ = (int(value) for value in stats[number])
        if not (shortest <= max(width, height) <= longest):
            continue
        box = np.s_[top : top + height, left : left + width]
        piece = (labels[box] == number).astype(np.uint8)
        rim = (piece > 0) & (cv2.erode(piece, np.ones((3, 3), np.uint8), borderValue=0) == 0)
        metal[number] = float(np.median(steep[box][rim])) > _METAL_SHARP
    return np.asarray(metal[labels])


def _direct_exposure(log_kerma: Levels, lit: Mask, pixel_mm: float) -> Mask:
    """Flat patches near the lit field's top signal that reach its edge, and the fringe around them."""
    smooth, change = _smoothed_within(log_kerma, lit)
    top = float(np.percentile(smooth[lit], 99.5))
    bright = lit & (smooth > top - _DIRECT_WITHIN_DECADES)
    noise = float(np.percentile(np.abs(log_kerma - smooth)[bright], 10)) if bright.any() else 0.0
    flat = bright & (change < _DIRECT_FLAT_DECADES + noise)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(flat.astype(np.uint8), connectivity=4)
    patches = np.zeros(count, np.bool_)
    patches[np.unique(labels[lit & ~_shrunk(lit, _AT_EDGE_MM / pixel_mm)])] = True
    grained = np.bincount(labels[change > 0], minlength=count) * pixel_mm**2
    patches &= stats[:, cv2.CC_STAT_AREA] * pixel_mm**2 >= _DIRECT_MM2
    patches |= grained >= _SURELY_DIRECT_MM2
    patches[0] = False
    seeds = np.asarray(patches[labels])
    if not seeds.any():
        return seeds
    seeds |= _around(seeds, bright & (change < _DIRECT_GENTLE_DECADES))
    level = cv2.dilate(np.where(seeds, smooth, _NOWHERE), np.ones((11, 11), np.uint8))
    return np.asarray(lit & (log_kerma > level - _DIRECT_FRINGE_DECADES) & (level > _NOWHERE))


def _around(seeds: Mask, gentle: Mask) -> Mask:
    """The connected parts of what is gentle that are seeds to a good part."""
    count, labels = cv2.connectedComponents(gentle.astype(np.uint8), connectivity=4)
    size = np.bincount(labels.ravel(), minlength=count)
    core = np.bincount(labels[seeds & gentle], minlength=count)
    grown = core > _DIRECT_CORE * size
    grown[0] = False
    return np.asarray(grown[labels])


def _smoothed_within(log_kerma: Levels, lit: Mask) -> tuple[Levels, Levels]:
    """The image smoothed over what is lit only, and how much that changes from pixel to pixel."""
    weight = lit.astype(np.float32)
    spread = cv2.blur(weight, (5, 5), borderType=cv2.BORDER_REPLICATE)
    smooth = cv2.blur(log_kerma * weight, (5, 5), borderType=cv2.BORDER_REPLICATE) / np.maximum(spread, 1e-3)
    kernel = np.ones((3, 3), np.uint8)
    highest, lowest = (
        cv2.dilate(np.where(lit, smooth, _NOWHERE), kernel),
        cv2.erode(np.where(lit, smooth, -_NOWHERE), kernel),
    )
    return np.asarray(smooth, np.float32), np.asarray(highest - lowest, np.float32)


def _shrunk(mask: Mask, by: float) -> Mask:
    side = 2 * max(1, round(by)) + 1
    kernel = np.ones((side, side), np.uint8)
    return np.asarray(cv2.erode(mask.astype(np.uint8), kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0)
