"""Lines over the picture, drawn into its pixels on the way to the screen.

Qt's own strokes are as good, but a smooth line across the screen takes it longer than windowing the whole picture.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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


class Frame:
    """Grey values with lines over them, frame after frame in the same memory."""

    def __init__(self) -> None:
        self._pixels: npt.NDArray[np.uint8] = np.empty(0, np.uint8)

    def compose(self, grey: Bytes, corner: QPointF, strokes: Iterable[Stroke], ratio: float) -> QImage:
        """Grey values as an image whose upper left corner is at a point of the screen; valid until the next call."""
        rows, columns = grey.shape
        if self._pixels.size < 4 * grey.size:
            self._pixels = np.empty(4 * grey.size, np.uint8)
        pixels = self._pixels[: 4 * grey.size].reshape(rows, columns, 4)
        cv2.cvtColor(grey, cv2.COLOR_GRAY2BGRA, dst=pixels)
        for stroke in strokes:
            _draw(pixels, corner, stroke, ratio)
        image = QImage(pixels.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        return image


def _draw(pixels: npt.NDArray[np.uint8], corner: QPointF, stroke: Stroke, ratio: float) -> None:
    scale = ratio * (1 << _SHIFT)
    # A pixel's middle is half a pixel from its corner.
    half = (1 << _SHIFT) / 2
    places = (stroke.points - (corner.x(), corner.y())) * scale - half
    way = np.clip(np.rint(places), -_FARTHEST, _FARTHEST).astype(np.int32)
    color = stroke.color
    for tint, width in (
        (_DARK, stroke.width + _OUTLINE),
        ((color.blue(), color.green(), color.red(), 255), stroke.width),
    ):
        # A smooth line comes out about a pixel wider than it is told to be.
        thick = max(1, round(width * ratio) - 1)
        cv2.polylines(pixels, [way], stroke.closed, tint, thick, cv2.LINE_AA, _SHIFT)
