"""Text over the picture: light, with a dark outline instead of a box, so that nothing is covered."""

import math
from functools import lru_cache

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter

from fieldstation.ui.fonts import Role, font

_LIGHT = QColor("#F4F7FA")
_DARK = QColor(0, 0, 0, 160)
_EDGE = 3
_AROUND = [QPointF(1.4 * math.cos(turn * math.pi / 4), 1.4 * math.sin(turn * math.pi / 4)) for turn in range(8)]


# Letters are moved around instead of stroked as paths, and lines kept: most stay the same from frame to frame, and
# stroking one path takes as long as windowing the whole screen.
@lru_cache(maxsize=64)
def _drawn(text: str, role: Role, ratio: float) -> tuple[QImage, float, float]:
    """The line as an image, its width without the outline, and its ascent."""
    metrics = QFontMetricsF(font(role))
    width = metrics.horizontalAdvance(text)
    size = ((width + 2 * _EDGE) * ratio, (metrics.height() + 2 * _EDGE) * ratio)
    image = QImage(math.ceil(size[0]), math.ceil(size[1]), QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    origin = QPointF(_EDGE, _EDGE + metrics.ascent())
    painter = QPainter(image)
    painter.setFont(font(role))
    painter.setPen(_DARK)
    for offset in _AROUND:
        painter.drawText(origin + offset, text)
    painter.setPen(_LIGHT)
    painter.drawText(origin, text)
    painter.end()
    return image, width, metrics.ascent()


def draw_text(painter: QPainter, x: float, baseline: float, text: str, role: Role, align: Qt.AlignmentFlag) -> None:
    """Draw one line from ``x`` to the right, or ending at ``x`` when aligned right."""
    image, width, ascent = _drawn(text, role, painter.device().devicePixelRatioF())
    left = x - (width if align & Qt.AlignmentFlag.AlignRight else 0)
    painter.drawImage(QPointF(round(left) - _EDGE, round(baseline - ascent) - _EDGE), image)
