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

_SHIFT = 4
_FARTHEST = 1 << 20
_OUTLINE = 2.0
_OPEN = False
_DARK = (16, 16, 16, 255)
# So many that OpenCV gives half of them to another processor, which it does from 2**18 samples on.
_ROWS = 256
# A smooth line fades where it is cut off: it is drawn on beyond the edge of a strip.
_MARGIN = 4
_REACH = _MARGIN + 16


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
    """How strokes are drawn into the pixels of a strip."""

    color: tuple[int, int, int, int]
    thick: int


_Lines = dict[_Pen, list[npt.NDArray[np.int32]]]


class Frame:
    """Draws a picture with lines over it, frame after frame through the same memory.

    A strip at a time: what one is made of is still in the processor's cache when it is drawn, which takes two thirds of
    the time that one step after the other takes over the whole screen.
    """

    def __init__(self) -> None:
        self._strip: npt.NDArray[np.int32] = np.empty((0, 0), np.int32)
        self._lines: list[_Lines] = []
        self._made_of: tuple[Sequence[Stroke], tuple[int, int, int, int], float] | None = None

    def draw(self, painter: QPainter, cut: Cut, colors: Colors, strokes: Sequence[Stroke], ratio: float) -> None:
        """Draw a cut through a table of colours, and strokes within it.

        The same sequence of strokes is taken to hold the same strokes.
        """
        rows, columns = cut.pixels.shape
        if self._strip.shape[1] != columns:
            self._strip = np.empty((_ROWS + 2 * _MARGIN, columns), np.int32)
        made_of = (cut.left, cut.top, rows, columns)
        if self._made_of is None or self._made_of[0] is not strokes or self._made_of[1:] != (made_of, ratio):
            self._made_of = (strokes, made_of, ratio)
            self._lines = _lines(cut, strokes, ratio)
        samples = self._strip.view(np.uint8).reshape(*self._strip.shape, 4)
        painter.save()
        painter.scale(1 / ratio, 1 / ratio)
        for place, first in enumerate(range(0, rows, _ROWS)):
            last = min(first + _ROWS, rows)
            inside = self._strip[_MARGIN : _MARGIN + last - first]
            cv2.LUT(cut.pixels[first:last], colors, dst=inside)
            for pen, ways in self._lines[place].items() if self._lines else ():
                cv2.polylines(samples, ways, _OPEN, pen.color, pen.thick, cv2.LINE_AA, _SHIFT)
            image = QImage(inside.data, columns, last - first, 4 * columns, QImage.Format.Format_RGB32)
            painter.drawImage(QPoint(cut.left, cut.top + first), image)
        painter.restore()


def _lines(cut: Cut, strokes: Sequence[Stroke], ratio: float) -> list[_Lines]:
    """For each strip, what is drawn with each pen: all dark outlines, then the lines in them.

    A line goes to the strips that it touches, from point to point in sixteenths of a pixel.
    """
    if not strokes:
        return []
    # All at once: for the few points of one line numpy takes longer to begin than to reckon.
    ends = [stroke.points if stroke.closed else stroke.points[:-1] for stroke in strokes]
    others = [np.roll(stroke.points, -1, axis=0) if stroke.closed else stroke.points[1:] for stroke in strokes]
    places = np.stack([np.concatenate(ends), np.concatenate(others)], axis=1)
    # A pixel's middle is half a pixel from its corner.
    fine = (places * ratio - (cut.left, cut.top) - 0.5) * (1 << _SHIFT)
    whole = np.clip(np.rint(fine), -_FARTHEST, _FARTHEST).astype(np.int32)
    count = -(-cut.pixels.shape[0] // _ROWS)
    tops = (np.arange(count, dtype=np.int32) * _ROWS - _MARGIN) << _SHIFT
    lines = whole - np.stack([np.zeros_like(tops), tops], axis=1)[:, np.newaxis, np.newaxis]
    first = np.maximum((whole[..., 1].min(axis=1) >> _SHIFT) - _REACH, 0) // _ROWS
    last = np.minimum((whole[..., 1].max(axis=1) >> _SHIFT) + _REACH, count * _ROWS - 1) // _ROWS
    pens = [pens for stroke, way in zip(strokes, ends, strict=True) for pens in [_pens(stroke, ratio)] * len(way)]
    made: list[_Lines] = [{} for _ in range(count)]
    for layer in range(2):
        for index, (begin, end) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
            for strip in range(begin, end + 1):
                made[strip].setdefault(pens[index][layer], []).append(lines[strip, index])
    return made


def _pens(stroke: Stroke, ratio: float) -> tuple[_Pen, _Pen]:
    # A smooth line comes out about a pixel wider than it is told to be.
    dark, light = (max(1, round(width * ratio) - 1) for width in (stroke.width + _OUTLINE, stroke.width))
    color = (stroke.color.blue(), stroke.color.green(), stroke.color.red(), 255)
    return _Pen(_DARK, dark), _Pen(color, light)
