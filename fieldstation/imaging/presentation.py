"""The picture for the eye: logarithmic, bones white, evened out, with local contrast and a gradation curve.

Local contrast: the signal is parted into a base (an edge-preserving guided filter of a small image: no halos) and the
detail on top of it; the base is compressed and the detail kept stronger. Because the guided filter is locally linear,
that is one multiplication and one addition a pixel, with factors that are known from the small image.

Gradation: a power curve that brings the anatomy's median to a middle grey. It is monotonous: no two densities swap.

Surround: what lies outside collimation would glare white. It is dimmed, not blackened: should collimation be found
where there is none, what is there can still be seen and windowed.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from fieldstation.domain.exams import Presentation
from fieldstation.imaging.developed import BITS
from fieldstation.imaging.region import Region

_BASE_GAIN = 0.7
_DETAIL_GAIN = 1.4
_BASE_RADIUS = 0.04
"""Radius of the guided filter's window as a part of the small image's longer side."""
_EDGE_DECADES = 0.12
"""Changes well above this are edges and stay in the base; well below it they are detail."""
_STRIP_LINES = 256

_TOP = (1 << BITS) - 1
_REGION_WHITE, _REGION_BLACK = 0.86 * _TOP, 0.14 * _TOP
"""Where the relevant region's ends lie in stored values; what is outside it keeps some room."""
_SHORTEST_RANGE_DECADES = 0.5
"""A nearly uniform region is not stretched to full contrast: noise would be all there is to see."""
_MEDIAN_GREY = 0.58
_STEEPEST, _FLATTEST = 1.9, 0.8
"""Bounds of the gradation's exponent."""
_WINDOW_MARGIN = 0.04

_SURROUND_GREY = 0.01
"""How bright, in the automatic window, what would be white outside the field is left."""
_SURROUND_INSIDE, _SURROUND_RAMP = 1.0, 1.5
"""The surround is whole this many small pixels inside the field's edge, where the blades' penumbra would be a bright
frame, and fades out over so many more."""


@dataclass(frozen=True, slots=True, eq=False)
class Tone:
    """How a small image of log kerma becomes stored values: curve(``gain``·log kerma + ``offset``), per small pixel.

    ``curve`` has an entry for each stored value. ``lit_rows`` and ``lit_columns`` are 1 along the field and fall to 0
    outside; where both are 1 nothing is dimmed, elsewhere values are multiplied by down to ``dimmed`` before the curve.
    """

    gain: npt.NDArray[np.float32]
    offset: npt.NDArray[np.float32]
    curve: npt.NDArray[np.uint16]
    lit_rows: npt.NDArray[np.float32]
    lit_columns: npt.NDArray[np.float32]
    dimmed: float
    presentation: Presentation


def plan_tone(log_kerma: npt.NDArray[np.float32], region: Region) -> Tone:
    """Choose local contrast, range, gradation and automatic window from the relevant region of a small image."""
    slope, lift = _guided_factors(log_kerma)
    middle = np.float32(np.median(log_kerma[region.anatomy]))
    gain = _DETAIL_GAIN + (_BASE_GAIN - _DETAIL_GAIN) * slope
    offset = (_BASE_GAIN - _DETAIL_GAIN) * lift + (1 - _BASE_GAIN) * middle
    evened = (gain * log_kerma + offset)[region.anatomy]
    white, median, black = (float(value) for value in np.percentile(evened, (0.5, 50, 99.2)))
    missing = max(0.0, _SHORTEST_RANGE_DECADES - (black - white))
    white, black = white - missing / 2, black + missing / 2
    scale = (_REGION_BLACK - _REGION_WHITE) / (black - white)
    start = _REGION_WHITE - scale * white
    exponent = _exponent((scale * median + start) / _TOP)
    return Tone(
        (scale * gain).astype(np.float32),
        (scale * offset + start).astype(np.float32),
        (np.linspace(0, 1, _TOP + 1) ** exponent * _TOP + 0.5).astype(np.uint16),
        _lit(region.field, 1),
        _lit(region.field, 0),
        _dimmed(exponent),
        _automatic_window(exponent),
    )


def _lit(field: npt.NDArray[np.bool_], across: int) -> npt.NDArray[np.float32]:
    """A profile that is 1 along the span of the field, falling to 0 at its ends; ``across`` is the axis that goes.

    An end of the field that is the plate's own edge has no surround.
    """
    numbers = np.flatnonzero(np.any(field, axis=across))
    place = np.arange(field.shape[1 - across])
    before = place - numbers[0] if numbers[0] > 0 else np.full_like(place, place.size)
    behind = numbers[-1] - place if numbers[-1] < place.size - 1 else np.full_like(place, place.size)
    inside = np.minimum(before, behind) - _SURROUND_INSIDE
    return np.asarray(np.clip(inside / _SURROUND_RAMP, 0, 1), np.float32)


def _exponent(median: float) -> float:
    """The gradation's exponent that makes ``median`` (0 to 1) a middle grey, within bounds."""
    inside = min(max(median, 0.05), 0.95)
    return min(max(math.log(_MEDIAN_GREY) / math.log(inside), _FLATTEST), _STEEPEST)


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
    """What values before the gradation are multiplied by, so that white after it becomes nearly black."""
    white, black = _ends(exponent)
    return float(((black + _SURROUND_GREY * (white - black)) / _TOP) ** (1 / exponent))


def render(
    raw: npt.NDArray[np.uint16], log_table: npt.NDArray[np.float32], tone: Tone, lines: int
) -> npt.NDArray[np.uint16]:
    """The whole picture, from raw values of shape (rows, columns); lines after the first ``lines`` are black.

    Works in strips, so that no large floating-point image is ever held.
    """
    rows, columns = raw.shape
    pixels = np.zeros((rows, columns), np.uint16)
    lit_rows, lit_columns = _stretched(tone.lit_rows, lines), _stretched(tone.lit_columns, columns)
    collimated = bool((lit_rows < 1).any() or (lit_columns < 1).any())
    for first in range(0, lines, _STRIP_LINES):
        last = min(first + _STRIP_LINES, lines)
        values = np.take(log_table, raw[first:last])
        values *= _enlarged(tone.gain, first, last, lines, columns)
        values += _enlarged(tone.offset, first, last, lines, columns)
        np.clip(values, 0.0, float(_TOP), out=values)
        if collimated:
            lit = np.outer(lit_rows[first:last] * np.float32(1 - tone.dimmed), lit_columns)
            lit += np.float32(tone.dimmed)
            values *= lit
        np.take(tone.curve, (values + np.float32(0.5)).astype(np.uint16), out=pixels[first:last], mode="clip")
    return pixels


def _stretched(small: npt.NDArray[np.float32], length: int) -> npt.NDArray[np.float32]:
    """A small profile at ``length`` samples, linear."""
    place = (np.arange(length) + 0.5) * (small.size / max(length, 1)) - 0.5
    return np.asarray(np.interp(place, np.arange(small.size), small), np.float32)


def _guided_factors(guide: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Slope and lift of the guided filter of an image by itself: base = slope·image + lift."""
    radius = max(1, round(_BASE_RADIUS * max(guide.shape)))
    window = (2 * radius + 1, 2 * radius + 1)

    def mean(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.asarray(cv2.blur(image, window, borderType=cv2.BORDER_REFLECT), np.float32)

    average = mean(guide)
    variance = np.maximum(mean(guide * guide) - average * average, 0)
    slope = np.asarray(variance / (variance + _EDGE_DECADES**2), np.float32)
    return mean(slope), mean(average - slope * average)


def _enlarged(
    small: npt.NDArray[np.float32], first: int, last: int, lines: int, columns: int
) -> npt.NDArray[np.float32]:
    """Lines ``first`` to ``last`` of a small image enlarged to (lines, columns), bilinear."""
    height, width = small.shape
    move = np.array(
        [
            [width / columns, 0.0, 0.5 * width / columns - 0.5],
            [0.0, height / lines, (first + 0.5) * height / lines - 0.5],
        ]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (columns, last - first)
    return np.asarray(cv2.warpAffine(small, move, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32)
