"""The exposure gauge: where the deviation index is between −3 and +3 (IEC 62494-1)."""

from PySide6.QtCore import QPointF, QRect, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QWidget

from fieldstation.ui import paint, theme
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import Tone

_END = 3.35
_BANDS = (
    (-_END, -3.0, Tone.BAD),
    (-3.0, -1.0, Tone.CAUTION),
    (-1.0, 1.0, Tone.GOOD),
    (1.0, 3.0, Tone.CAUTION),
    (3.0, _END, Tone.BAD),
)
_MARKS = ((-3, "−3"), (-1, "−1"), (0, "0"), (1, "+1"), (3, "+3"))


class Gauge(QWidget):
    """A bar of 12 px with a needle; only the band the needle is in has its full colour."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value: float | None = None
        self.setFixedHeight(46)

    def show_value(self, value: float | None) -> None:
        """Move the needle; None takes it away."""
        self._value = value
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as the column."""
        return QSize(296, 46)

    def _x(self, value: float) -> int:
        return round((value + _END) / (2 * _END) * self.width())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw bands, marks, needle."""
        look = theme.current()
        painter = QPainter(self)
        value = None if self._value is None else max(-_END + 0.05, min(_END - 0.05, self._value))
        for low, high, tone in _BANDS:
            inside = value is not None and low <= value <= high
            color = look.color(tone) if inside else look.muted(tone)
            left, right = self._x(low), self._x(high)
            painter.fillRect(left, 12, right - left - (1 if high < _END else 0), 12, color)
        for mark, words in _MARKS:
            place = QRect(self._x(mark) - 20, 29, 40, 16)
            paint.line(painter, place, words, Role.CAPTION, look.color(Tone.QUIET), paint.CENTER)
        if value is not None:
            x = self._x(value)
            painter.fillRect(x - 3, 8, 7, 18, look.color(Tone.SURFACE))
            painter.fillRect(x - 1, 6, 3, 20, look.color(Tone.TEXT))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(look.color(Tone.TEXT))
            painter.setBrush(look.color(Tone.TEXT))
            painter.drawPolygon(QPolygonF([QPointF(x - 5.5, 1), QPointF(x + 6.5, 1), QPointF(x + 0.5, 8)]))
