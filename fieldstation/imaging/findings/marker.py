"""Lead letters for the side: whether one lies there, and which."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from fieldstation.domain.exams import Box
from fieldstation.domain.views import Side
from fieldstation.imaging.findings.evidence import Evidence, Levels, Mask

_CELLS = 30, 42
_LEAST_MM = 4.0, 6.0
_LEAST_LIKENESS = 0.5
_LEAST_LEAD = 0.2
"""How much more a piece must look like its letter than like the other one."""


@dataclass(frozen=True, slots=True)
class MarkerSeen:
    """A letter that was read, and where it lies."""

    side: Side
    box: Box


def markers(evidence: Evidence) -> tuple[MarkerSeen, ...]:
    """The letters R and L among the pieces of metal, upright and not mirrored."""
    region = evidence.region
    metal = region.metal.astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(cv2.dilate(metal, np.ones((3, 3), np.uint8)))
    seen = []
    for number in range(1, count):
        left, top, width, height, _ = (int(value) for value in stats[number])
        if width * region.pixel_mm < _LEAST_MM[0] or height * region.pixel_mm < _LEAST_MM[1]:
            continue
        part = np.s_[top : top + height, left : left + width]
        side = _read((labels[part] == number) & region.metal[part])
        if side:
            seen.append(MarkerSeen(side, Box(*(value * region.pixel_mm for value in (left, top, width, height)))))
    return tuple(seen)


def _read(piece: Mask) -> Side | None:
    rows, columns = np.nonzero(piece)
    if not rows.size:
        return None
    crop = piece[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].astype(np.float32)
    scaled = _softened(np.asarray(cv2.resize(crop, _CELLS, interpolation=cv2.INTER_AREA), np.float32))
    if scaled.std() == 0:
        return None
    likeness = {side: float(np.corrcoef(scaled.ravel(), letter.ravel())[0, 1]) for side, letter in _LETTERS.items()}
    best, other = sorted(likeness, key=lambda side: likeness[side], reverse=True)
    clear = likeness[best] > _LEAST_LIKENESS and likeness[best] - likeness[other] > _LEAST_LEAD
    return best if clear else None


def _softened(letter: Levels) -> Levels:
    return np.asarray(cv2.GaussianBlur(letter, (0, 0), 2.0), np.float32)


def _drawn(*lines: str) -> Levels:
    cells = np.array([[cell == "#" for cell in line] for line in lines], np.float32)
    return _softened(np.asarray(cv2.resize(cells, _CELLS, interpolation=cv2.INTER_NEAREST), np.float32))


_LETTERS: Mapping[Side, Levels] = {
    Side.RIGHT: _drawn("####.", "#...#", "#...#", "####.", "#.#..", "#..#.", "#...#"),
    Side.LEFT: _drawn("#....", "#....", "#....", "#....", "#....", "#....", "#####"),
}
