"""Painting shared by widgets that draw themselves: rounded boxes, one line of text, a dot of a badge."""

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen

from fieldstation.ui.fonts import Role, font

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTER = Qt.AlignmentFlag.AlignCenter
NAME_ROLES = Role.PAGE, Role.TITLE, Role.NAME


def text_width(text: str, role: Role) -> int:
    """How wide a line of text is, in pixels."""
    return QFontMetrics(font(role)).horizontalAdvance(text)


def line(painter: QPainter, rect: QRect, text: str, role: Role, color: QColor, align: Qt.AlignmentFlag = LEFT) -> int:
    """One line of text, elided at the right where it does not fit; the width that it took."""
    metrics = QFontMetrics(font(role))
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    painter.setFont(font(role))
    painter.setPen(color)
    painter.drawText(rect, align | Qt.TextFlag.TextSingleLine, shown)
    return metrics.horizontalAdvance(shown)


def name(painter: QPainter, rect: QRect, text: str, color: QColor) -> int:
    """A person's name, smaller where it would not fit, since half a name can be another's; the width that it took."""
    fitting = (role for role in NAME_ROLES if text_width(text, role) <= rect.width())
    return line(painter, rect, text, next(fitting, NAME_ROLES[-1]), color)


def box(
    painter: QPainter, rect: QRect, radius: float, fill: QColor | None, outline: QColor | None, width: float = 1
) -> None:
    """A rounded box whose outline lies inside the rectangle."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(fill if fill is not None else Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(outline, width) if outline is not None else Qt.PenStyle.NoPen)
    inset = width / 2 if outline is not None else 0
    painter.drawRoundedRect(QRectF(rect).adjusted(inset, inset, -inset, -inset), radius, radius)


def frame(painter: QPainter, rect: QRect, color: QColor) -> None:
    """A 1 px line along the inside of a rectangle: four strips, since a large outline takes as long as a picture."""
    right, bottom = rect.x() + rect.width() - 1, rect.y() + rect.height() - 1
    painter.fillRect(rect.x(), rect.y(), rect.width(), 1, color)
    painter.fillRect(rect.x(), bottom, rect.width(), 1, color)
    painter.fillRect(rect.x(), rect.y(), 1, rect.height(), color)
    painter.fillRect(right, rect.y(), 1, rect.height(), color)
