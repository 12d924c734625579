"""The pixels of the screen under a painter, to be written without one copy of the picture more."""

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QImage, QPainter, QTransform

Screen = npt.NDArray[np.int32]
"""Opaque colours, 0xffRRGGBB, of shape (rows, columns)."""

_WRITTEN_ALIKE = {QImage.Format.Format_RGB32, QImage.Format.Format_ARGB32_Premultiplied}


def screen_of(painter: QPainter, size: QSize) -> Screen | None:
    """So many pixels from the painter's origin on, valid while it paints. It must be free to paint all of them.

    None where it paints on something else than an image in memory, or not pixel upon pixel.
    """
    device, seen = painter.paintEngine().paintDevice(), painter.deviceTransform()
    corner, ratio = seen.map(QPointF(0, 0)), painter.device().devicePixelRatioF()
    left, top = round(corner.x()), round(corner.y())
    upright = QTransform.fromTranslate(left, top).scale(ratio, ratio)
    if not isinstance(device, QImage) or device.format() not in _WRITTEN_ALIKE or seen != upright:
        return None
    lines = np.frombuffer(device.bits(), np.int32).reshape(device.height(), device.bytesPerLine() // 4)
    made = lines[top : top + size.height(), left : left + size.width()]
    return made if min(left, top) >= 0 and made.shape == (size.height(), size.width()) else None
