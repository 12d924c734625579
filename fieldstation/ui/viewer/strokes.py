"""Lines over the picture, drawn into its pixels on the way to the screen.

Qt's own strokes are as good, but a smooth line across the screen takes it longer than windowing the whole picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QColor, QImage, QPainter

from fieldstation.ui.viewer.rendering import Colors, Cut
from fieldstation.ui.viewer.screen import Screen

_SHIFT = 4
_FARTHEST = 1 << 20
_OUTLINE = 2.0
_OPEN = False
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
    """How strokes are drawn into pixels."""

    color: tuple[int, int, int, int]
    thick: int


_Lines = dict[_Pen, list[npt.NDArray[np.int32]]]


class Frame:
    """Draws a picture with lines over it, frame after frame.

    The same sequence of strokes is taken to hold the same strokes.
    """

    def __init__(self) -> None:
        self._own: Screen = np.empty(0, np.int32)
        self._lines: _Lines = {}
        self._made_of: tuple[Sequence[Stroke], int, int, float] | None = None

    def fill(self, screen: Screen, cut: Cut, colors: Colors, strokes: Sequence[Stroke], ratio: float) -> None:
        """Write a cut through a table of colours, and strokes within it, to where it lies on the screen."""
        top, left = max(cut.top, 0), max(cut.left, 0)
        rows, columns = (limit - first for limit, first in zip(screen.shape, (cut.top, cut.left), strict=True))
        seen = cut.pixels[top - cut.top : max(rows, 0), left - cut.left : max(columns, 0)]
        if seen.size:
            into = screen[top : top + seen.shape[0], left : left + seen.shape[1]]
            cv2.LUT(seen, colors, dst=into)
            self._draw_lines(into, strokes, left, top, ratio)

    def draw(self, painter: QPainter, cut: Cut, colors: Colors, strokes: Sequence[Stroke], ratio: float) -> None:
        """The same with a painter, where the screen is not to be written to."""
        rows, columns = cut.pixels.shape
        if self._own.size < rows * columns:
            self._own = np.empty(rows * columns, np.int32)
        own = self._own[: rows * columns].reshape(rows, columns)
        cv2.LUT(cut.pixels, colors, dst=own)
        self._draw_lines(own, strokes, cut.left, cut.top, ratio)
        painter.save()
        painter.scale(1 / ratio, 1 / ratio)
        image = QImage(own.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32)
        painter.drawImage(QPoint(cut.left, cut.top), image)
        painter.restore()

    def _draw_lines(self, into: Screen, strokes: Sequence[Stroke], left: int, top: int, ratio: float) -> None:
        made_of = (left, top, ratio)
        if self._made_of is None or self._made_of[0] is not strokes or self._made_of[1:] != made_of:
            self._made_of, self._lines = (strokes, *made_of), _lines(strokes, left, top, ratio)
        samples = into.view(np.uint8).reshape(*into.shape, 4)
        for pen, ways in self._lines.items():
            cv2.polylines(samples, ways, _OPEN, pen.color, pen.thick, cv2.LINE_AA, _SHIFT)


def _lines(strokes: Sequence[Stroke], left: int, top: int, ratio: float) -> _Lines:
    """What is drawn with each pen, in sixteenths of a pixel: all dark outlines, then the lines in them."""
    if not strokes:
        return {}
    # All at once: for the few points of one line numpy takes longer to begin than to reckon.
    ways = [np.vstack([each.points, each.points[:1]]) if each.closed else each.points for each in strokes]
    # A pixel's middle is half a pixel from its corner.
    fine = (np.concatenate(ways) * ratio - (left, top) - 0.5) * (1 << _SHIFT)
    whole = np.clip(np.rint(fine), -_FARTHEST, _FARTHEST).astype(np.int32)
    pens = [_pens(stroke, ratio) for stroke in strokes]
    made: _Lines = {}
    for layer in range(2):
        first = 0
        for way, both in zip(ways, pens, strict=True):
            made.setdefault(both[layer], []).append(whole[first : first + len(way)])
            first += len(way)
    return made


def _pens(stroke: Stroke, ratio: float) -> tuple[_Pen, _Pen]:
    # A smooth line comes out about a pixel wider than it is told to be.
    dark, light = (max(1, round(width * ratio) - 1) for width in (stroke.width + _OUTLINE, stroke.width))
    color = (stroke.color.blue(), stroke.color.green(), stroke.color.red(), 255)
    return _Pen(_DARK, dark), _Pen(color, light)
