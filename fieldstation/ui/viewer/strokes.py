"""Lines over the picture, drawn into its pixels on the way to the screen.

Qt's own strokes are as good, but a smooth line across the screen takes it longer than windowing the whole picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage

from fieldstation.ui.viewer.pyramid import Bytes

_SHIFT = 4
_FARTHEST = 1 << 20
_OUTLINE = 2.0
_DARK = (16, 16, 16, 255)


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line through some points of the screen (device-independent pixels), with a dark outline.

    Points are of shape (n, 2), x before y.
    """

    points: npt.NDArray[np.float64]
    color: QColor
    width: float = 2.0
    closed: bool = False


def line(points: Sequence[QPointF], color: QColor, width: float = 2.0) -> Stroke:
    """A stroke through a few points."""
    return Stroke(np.array([(each.x(), each.y()) for each in points]), color, width)


@dataclass(frozen=True, slots=True)
class _Pen:
    """How strokes are drawn into the pixels of a frame."""

    dark: bool
    color: tuple[int, int, int, int]
    thick: int
    closed: bool


class Frame:
    """Grey values with lines over them, frame after frame in the same memory."""

    def __init__(self) -> None:
        self._pixels: npt.NDArray[np.uint8] = np.empty(0, np.uint8)
        self._ways: dict[_Pen, list[npt.NDArray[np.int32]]] = {}
        self._made_of: tuple[Sequence[Stroke], QPointF, float] | None = None

    def compose(self, grey: Bytes, corner: QPointF, strokes: Sequence[Stroke], ratio: float) -> QImage:
        """Grey values as an image whose upper left corner is at a point of the screen; valid until the next call.

        The same sequence of strokes is taken to hold the same strokes.
        """
        rows, columns = grey.shape
        if self._pixels.size < 4 * grey.size:
            self._pixels = np.empty(4 * grey.size, np.uint8)
        pixels = self._pixels[: 4 * grey.size].reshape(rows, columns, 4)
        cv2.cvtColor(grey, cv2.COLOR_GRAY2BGRA, dst=pixels)
        made_of = self._made_of
        if made_of is None or made_of[0] is not strokes or made_of[1:] != (corner, ratio):
            self._made_of = (strokes, corner, ratio)
            self._ways = _ways(corner, strokes, ratio)
        for pen, ways in self._ways.items():
            cv2.polylines(pixels, ways, pen.closed, pen.color, pen.thick, cv2.LINE_AA, _SHIFT)
        image = QImage(pixels.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        return image


def _ways(corner: QPointF, strokes: Sequence[Stroke], ratio: float) -> dict[_Pen, list[npt.NDArray[np.int32]]]:
    """Points in sixteenths of a pixel, by what they are drawn with: all dark outlines, then the lines in them."""
    scale = ratio * (1 << _SHIFT)
    # A pixel's middle is half a pixel from its corner.
    half = (1 << _SHIFT) / 2
    made: dict[_Pen, list[npt.NDArray[np.int32]]] = {}
    if not strokes:
        return made
    # All at once: for the few points of one line numpy takes longer to begin than to reckon.
    places = (np.concatenate([stroke.points for stroke in strokes]) - (corner.x(), corner.y())) * scale - half
    whole = np.clip(np.rint(places), -_FARTHEST, _FARTHEST).astype(np.int32)
    ends = accumulate(len(stroke.points) for stroke in strokes)
    for stroke, end in zip(strokes, ends, strict=True):
        points = whole[end - len(stroke.points) : end]
        # A smooth line comes out about a pixel wider than it is told to be.
        dark, light = (max(1, round(width * ratio) - 1) for width in (stroke.width + _OUTLINE, stroke.width))
        color = (stroke.color.blue(), stroke.color.green(), stroke.color.red(), 255)
        made.setdefault(_Pen(dark=True, color=_DARK, thick=dark, closed=stroke.closed), []).append(points)
        made.setdefault(_Pen(dark=False, color=color, thick=light, closed=stroke.closed), []).append(points)
    return dict(sorted(made.items(), key=lambda item: not item[0].dark))
