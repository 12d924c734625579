"""A picture at full, half, quarter … size, so that any zoom costs no more than what is on screen."""

import math

import cv2
import numpy as np
import numpy.typing as npt

from fieldstation.domain.annotations import Placement

Pixels = npt.NDArray[np.uint16]
Bytes = npt.NDArray[np.uint8]
Level = tuple[Pixels, int]
"""The samples of a level, and how often the picture was halved for it."""

_SMALLEST = 256
_TURNS = {1: cv2.ROTATE_90_CLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_COUNTERCLOCKWISE}
_LEFT_TO_RIGHT = 1


class Pyramid:
    """Levels of a picture of shape (rows, columns), uint16; each has half the rows and columns of the one before."""

    def __init__(self, pixels: Pixels) -> None:
        levels = [np.ascontiguousarray(pixels)]
        while min(levels[-1].shape) >= 2 * _SMALLEST:
            levels.append(np.asarray(cv2.pyrDown(levels[-1]), dtype=np.uint16))
        self._levels = levels

    @property
    def rows(self) -> int:
        """Rows of the picture."""
        return int(self._levels[0].shape[0])

    @property
    def columns(self) -> int:
        """Columns of the picture."""
        return int(self._levels[0].shape[1])

    @property
    def smallest(self) -> Pixels:
        """The level for thumbnails and histograms."""
        return self._levels[-1]

    @property
    def size(self) -> int:
        """Bytes of all levels."""
        return sum(level.nbytes for level in self._levels)

    def laid(self, placement: Placement) -> "Pyramid":
        """The same, mirrored and turned as the placement says; its crop is left to who looks."""
        turns = placement.quarter_turns % 4
        if turns == 0 and not placement.flipped:
            return self
        made = Pyramid.__new__(Pyramid)
        made._levels = [_laid(level, turns, placement) for level in self._levels]  # noqa: SLF001
        return made

    def level_for(self, scale: float) -> Level:
        """The smallest level that has a sample for every screen pixel at this scale."""
        halvings = 0
        while halvings + 1 < len(self._levels) and scale * 2 ** (halvings + 1) <= 1:
            halvings += 1
        return self._levels[halvings], halvings

    def level_near(self, scale: float) -> Level:
        """The level whose samples are nearest to the size of a screen pixel at this scale."""
        halvings = min(max(round(-math.log2(scale)), 0), len(self._levels) - 1)
        return self._levels[halvings], halvings


def _laid(level: Pixels, turns: int, placement: Placement) -> Pixels:
    seen = cv2.flip(level, _LEFT_TO_RIGHT) if placement.flipped else level
    return np.asarray(cv2.rotate(seen, _TURNS[turns]) if turns else seen, dtype=np.uint16)
