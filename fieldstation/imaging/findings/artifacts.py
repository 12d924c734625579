"""What plate, cassette and reader put into the picture: lines, specks, the cassette's back."""

import math

import cv2
import numpy as np
import numpy.typing as npt

from fieldstation.domain.exams import Box
from fieldstation.imaging.findings.evidence import Evidence, Levels, grown, resized
from fieldstation.imaging.lines import count_lines

_SPECK_PITCH_MM = 0.2
_WIDEST_SPECK_MM = 1.6
_SPECK_DECADES, _SPECK_SIGMAS = 0.3, 8.0
_CLEAR_OF_EDGES_MM = 3.0
_RIB_MM = 5.2
_RIBS_LIT_DECADES = 1.2
_DARK = np.float32(-9)


def specks(evidence: Evidence) -> tuple[float, Box | None]:
    """How many small sharp light specks there are, clear of blades and markers, and where the largest one lies.

    They are said, not taken out: a splinter of metal looks the same.
    """
    pitch = evidence.geometry.pitch_mm
    factor = max(1, round(_SPECK_PITCH_MM / pitch))
    pitch *= factor
    raw, level = _rising(evidence)
    if min(raw.shape) < 8 * factor:
        return 0.0, None
    if factor > 1:
        size = raw.shape[1] // factor, raw.shape[0] // factor
        raw = np.asarray(cv2.resize(raw, size, interpolation=cv2.INTER_AREA), np.uint16)
    side = 2 * round(0.9 / pitch) + 1
    filled = cv2.morphologyEx(raw, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    region = evidence.region
    clear = region.depth * np.float32(region.pixel_mm) > _CLEAR_OF_EDGES_MM
    clear &= ~grown(region.metal, 6.0, region.pixel_mm)
    deep = (raw < cv2.LUT(filled, _deepest_usual(level, evidence.grain / pitch))) & resized(clear, raw.shape)
    if not deep.any():
        return 0.0, None
    _, _, stats, _ = cv2.connectedComponentsWithStats(deep.view(np.uint8), connectivity=8)
    longest = stats[:, 2:4].max(axis=1) * pitch
    small = (longest <= _WIDEST_SPECK_MM) & (stats[:, cv2.CC_STAT_AREA] >= 2)
    small[0] = False
    if not small.any():
        return 0.0, None
    largest = stats[small][np.argmax(stats[small, cv2.CC_STAT_AREA])]
    left, top, width, height = (float(edge) * pitch for edge in largest[:4])
    return float(np.count_nonzero(small)), Box(left, top, width, height)


def _rising(evidence: Evidence) -> tuple[npt.NDArray[np.uint16], Levels]:
    """Raw values that rise with the kerma, whichever way the reader counts, and their table."""
    if evidence.log_table[0] > evidence.log_table[-1]:
        return np.invert(evidence.raw), evidence.log_table[::-1]
    return evidence.raw, evidence.log_table


def _deepest_usual(level: Levels, noise: float) -> npt.NDArray[np.uint16]:
    """For each raw value that surrounds a place the lowest one there that is no speck; ``noise`` is that at 1 µGy."""
    sigma = noise / np.sqrt(np.maximum(10.0**level, 0.05))
    usual = np.searchsorted(level, level - np.maximum(_SPECK_DECADES, _SPECK_SIGMAS * sigma))
    return np.asarray(usual, np.uint16)


def cassette_ribs(evidence: Evidence) -> float:
    """How many broad straight shadows cross the whole field: the ribs of a cassette that lay the wrong way up.

    They cross it in both directions; the walls of long bones run as straight, but in one only.
    """
    region = evidence.region
    inside = region.depth * np.float32(region.pixel_mm) > 2.0
    level = np.where(inside, evidence.small, _DARK).astype(np.float32)
    lit_above = float(np.median(evidence.small[region.field])) - _RIBS_LIT_DECADES
    width = max(2, math.floor(_RIB_MM / region.pixel_mm + 0.5))
    along = count_lines(level, width, lit_above)
    across = count_lines(np.ascontiguousarray(level.T), width, lit_above)
    return float(along + across) if along and across else 0.0
