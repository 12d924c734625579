"""The picture for the eye: logarithmic, bones white, evened out, with local contrast and a gradation curve.

Dynamic range: the signal is parted into a base (an edge-preserving guided filter of a small image: no halos) and the
detail on top of it; the base is compressed. Because the guided filter is locally linear, that is one multiplication
and one addition a pixel, with factors that are known from the small image. `detail` adds contrast scale by scale.

Gradation: a power curve that brings the anatomy's median to a middle grey, and a gentle S around it. It is monotonous:
no two densities swap.

Surround: what lies outside collimation would glare white. It is dimmed, not blackened: should collimation be found
where there is none, what is there can still be seen and windowed.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from fieldstation.domain.exams import Presentation
from fieldstation.domain.views import Look
from fieldstation.imaging.detail import Detail, Overview
from fieldstation.imaging.developed import BITS
from fieldstation.imaging.lines import Lines
from fieldstation.imaging.region import Region

Levels = npt.NDArray[np.float32]

_BASE_RADIUS = 0.04
"""Radius of the guided filter's window as a part of the small image's longer side."""
_EDGE_DECADES = 0.02
"""Changes well above this are edges and stay in the base; well below it they are detail."""
_STRIP_PIXELS = 32
"""Lines of the overview in a strip: one that fits into a core's cache."""

_TOP = (1 << BITS) - 1
_REGION_WHITE, _REGION_BLACK = 0.86 * _TOP, 0.14 * _TOP
"""Where the relevant region's ends lie in stored values; what is outside it keeps some room."""
_SHORTEST_RANGE_DECADES = 0.5
"""A nearly uniform region is not stretched to full contrast: noise would be all there is to see."""
_STEEPEST, _FLATTEST = 1.9, 0.7
"""Bounds of the gradation's exponent."""
_WINDOW_MARGIN = 0.04

_SURROUND_GREY = 0.01
"""How bright, in the automatic window, what would be white outside the field is left."""
_SURROUND_INSIDE_MM, _SURROUND_RAMP_MM = 0.9, 1.2
"""The surround is whole this far inside the blade, where its half shadow would be a bright frame, and fades out over
so much more."""


@dataclass(frozen=True, slots=True, eq=False)
class Tone:
    """How log kerma becomes stored values: curve(``gain``·log kerma + ``offset``), at the overview's pixels.

    ``curve`` has an entry for each stored value. Where ``lit`` is 1 nothing is dimmed, elsewhere stored values are
    multiplied by down to ``dimmed``; None where there are no blades.
    """

    factor: int
    gain: Levels
    offset: Levels
    curve: npt.NDArray[np.uint16]
    lit: Levels | None
    dimmed: float
    presentation: Presentation


def plan_tone(small: Levels, region: Region, overview: Overview, detail: Detail, look: Look) -> Tone:
    """Choose range, gradation and automatic window from the relevant region of a small image of log kerma."""
    slope, lift = _guided_factors(small)
    middle = np.float32(np.median(small[region.anatomy]))
    size = overview.mean.shape[::-1]
    gain = cv2.resize(np.float32(look.detail) + np.float32(look.base - look.detail) * slope, size)
    base = cv2.resize(np.float32(look.base - look.detail) * lift + np.float32(1 - look.base) * middle, size)
    anatomy = cv2.resize(region.anatomy.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    evened = gain * overview.mean + base + detail.added
    relevant = evened[anatomy] if anatomy.any() else evened
    relevant = relevant[:: max(1, relevant.size // 100_000)]
    white, median, black = (float(value) for value in np.percentile(relevant, (0.5, 50, 99.2)))
    missing = max(0.0, _SHORTEST_RANGE_DECADES - (black - white))
    white, black = white - missing / 2, black + missing / 2
    scale = (_REGION_BLACK - _REGION_WHITE) / (black - white)
    start = _REGION_WHITE - scale * white
    exponent = _exponent((scale * median + start) / _TOP, look.median_grey)
    return Tone(
        factor=overview.factor,
        gain=(np.float32(scale) * (gain + detail.fine)).astype(np.float32),
        offset=(np.float32(scale) * (base + detail.added - detail.fine * overview.mean) + np.float32(start)).astype(
            np.float32
        ),
        curve=_curve(exponent, look.contrast),
        lit=_lit(region) if region.blades else None,
        dimmed=_dimmed(exponent),
        presentation=_automatic_window(exponent),
    )


def _lit(region: Region) -> Levels:
    """1 in the field, falling to 0 within the blades' half shadow."""
    inside = region.depth * np.float32(region.pixel_mm) - np.float32(_SURROUND_INSIDE_MM)
    ramp = max(_SURROUND_RAMP_MM, region.pixel_mm)
    return np.asarray(np.clip(inside / np.float32(ramp), 0, 1), np.float32)


def _exponent(median: float, grey: float) -> float:
    """The gradation's exponent that makes ``median`` (0 to 1) that grey, within bounds."""
    inside = min(max(median, 0.05), 0.95)
    return min(max(math.log(grey) / math.log(inside), _FLATTEST), _STEEPEST)


def _curve(exponent: float, contrast: float) -> npt.NDArray[np.uint16]:
    """The gradation: power, then an S between the relevant region's ends."""
    value = np.linspace(0, 1, _TOP + 1) ** exponent * _TOP
    white, black = _ends(exponent)
    place = np.clip((value - black) / (white - black), 0, 1)
    value += contrast * (place * place * (3 - 2 * place) - place) * (white - black)
    return np.clip(value + 0.5, 0, _TOP).astype(np.uint16)


def _automatic_window(exponent: float) -> Presentation:
    """The relevant region's range in stored values, with a little room."""
    white, black = _ends(exponent)
    return Presentation(
        window_center=float(round((white + black) / 2)),
        window_width=float(round((white - black) * (1 + 2 * _WINDOW_MARGIN))),
    )


def _ends(exponent: float) -> tuple[float, float]:
    """The stored values of the relevant region's white and black end after the gradation."""
    return _TOP * (_REGION_WHITE / _TOP) ** exponent, _TOP * (_REGION_BLACK / _TOP) ** exponent


def _dimmed(exponent: float) -> float:
    """What stored values are multiplied by, so that white becomes nearly black in the automatic window."""
    white, black = _ends(exponent)
    return (black + _SURROUND_GREY * (white - black)) / _TOP


def render(
    raw: npt.NDArray[np.uint16], log_table: Levels, tone: Tone, faults: Lines, lines: int
) -> npt.NDArray[np.uint16]:
    """The whole picture, from raw values of shape (rows, columns); lines after the first ``lines`` are black.

    Works in strips, so that no large floating-point image is ever held.
    """
    rows, columns = raw.shape
    pixels = np.zeros((rows, columns), np.uint16)
    curve = np.full(1 << 16, tone.curve[-1], np.uint16)
    curve[: tone.curve.size] = tone.curve
    bad_columns = np.flatnonzero(faults.columns)
    strip = _STRIP_PIXELS * tone.factor
    values_of, stored_of = np.empty((strip, columns), np.float32), np.empty((strip, columns), np.uint16)
    map_of = np.empty(((_STRIP_PIXELS + 2) * tone.factor, tone.gain.shape[1] * tone.factor), np.float32)
    for first in range(0, lines, strip):
        last = min(first + strip, lines)
        values, stored = values_of[: last - first], stored_of[: last - first]
        cv2.LUT(raw[first:last], log_table, dst=values)
        if bad_columns.size:
            values[:, bad_columns] += faults.columns[bad_columns]
        for row in np.flatnonzero(faults.rows[first:last]):
            values[row] += faults.rows[first + row]
        cv2.multiply(values, _enlarged(tone.gain, tone.factor, first, map_of)[: len(values), :columns], dst=values)
        offset = _enlarged(tone.offset, tone.factor, first, map_of)[: len(values), :columns]
        cv2.add(values, offset, dst=stored, dtype=cv2.CV_16U)
        cv2.LUT(stored, curve, dst=pixels[first:last])
        if tone.lit is not None:
            _dim(pixels[first:last], tone.lit, tone.dimmed, first, lines)
    return pixels


def _dim(pixels: npt.NDArray[np.uint16], lit: Levels, dimmed: float, first: int, lines: int) -> None:
    """Multiply what is not lit, in place; ``pixels`` are the lines from ``first`` on."""
    height, width = lit.shape
    columns = pixels.shape[1]
    top, bottom = int(first * height / lines), math.ceil((first + len(pixels)) * height / lines)
    if (lit[max(0, top - 1) : bottom + 1] == 1).all():
        return
    scale = width / columns, height / lines
    move = np.array([[scale[0], 0.0, 0.5 * scale[0] - 0.5], [0.0, scale[1], (first + 0.5) * scale[1] - 0.5]])
    factor = _warped((dimmed + (1 - dimmed) * lit).astype(np.float32), move, (columns, len(pixels)))
    pixels[:] = cv2.multiply(pixels, factor, dtype=cv2.CV_16U)


def _guided_factors(guide: Levels) -> tuple[Levels, Levels]:
    """Slope and lift of the guided filter of an image by itself: base = slope·image + lift."""
    radius = max(1, round(_BASE_RADIUS * max(guide.shape)))
    window = (2 * radius + 1, 2 * radius + 1)

    def mean(image: Levels) -> Levels:
        return np.asarray(cv2.blur(image, window, borderType=cv2.BORDER_REFLECT), np.float32)

    average = mean(guide)
    variance = np.maximum(mean(guide * guide) - average * average, 0)
    slope = np.asarray(variance / (variance + _EDGE_DECADES**2), np.float32)
    return mean(slope), mean(average - slope * average)


def _enlarged(overview: Levels, factor: int, first: int, into: Levels) -> Levels:
    """A strip of a map of the overview at the plate's own pitch, bilinear, from line ``first`` on.

    That line begins one of the overview's. ``into`` is where it is written.
    """
    top = first // factor
    above = min(1, top)
    part = overview[top - above : top + _STRIP_PIXELS + 1]
    whole = into[: len(part) * factor]
    cv2.resize(part, (whole.shape[1], whole.shape[0]), dst=whole, interpolation=cv2.INTER_LINEAR)
    return whole[above * factor :]


def _warped(image: Levels, move: npt.NDArray[np.float64], size: tuple[int, int]) -> Levels:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(image, move, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32)
