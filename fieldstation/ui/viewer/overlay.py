"""Text over the picture: light, with a dark outline instead of a box, so that nothing is covered."""

from functools import lru_cache

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen

from fieldstation.ui.fonts import Role, font

_LIGHT = QColor("#F4F7FA")
_DARK = QColor(0, 0, 0, 210)


@lru_cache(maxsize=256)
def _path(text: str, role: Role) -> tuple[QPainterPath, float]:
    path = QPainterPath()
    path.addText(QPointF(0, 0), font(role), text)
    return path, QFontMetricsF(font(role)).horizontalAdvance(text)


def draw_text(painter: QPainter, x: float, baseline: float, text: str, role: Role, align: Qt.AlignmentFlag) -> None:
    """Draw one line from ``x`` to the right, or ending at ``x`` when aligned right."""
    path, width = _path(text, role)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(x - (width if align & Qt.AlignmentFlag.AlignRight else 0), baseline)
    painter.strokePath(path, QPen(_DARK, 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.fillPath(path, _LIGHT)
    painter.restore()
