"""Chips: a small flag with an icon and a word."""

from PySide6.QtCore import QPointF, QRect, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from fieldstation.ui import icons, paint, theme
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import Tone


def chip_width(icon: str, text: str) -> int:
    """How wide a chip of 24 px is."""
    return 8 + (16 + 4 if icon else 0) + paint.text_width(text, Role.HEAD) + 8


def draw_chip(painter: QPainter, x: int, middle: int, icon: str, text: str, tone: Tone) -> int:
    """Draw a chip of 24 px; STAT is filled, others are tinted, quiet ones outlined. The width that it took."""
    look = theme.current()
    rect = QRect(x, middle - 12, chip_width(icon, text), 24)
    fill: QColor | None = look.tint(tone)
    outline: QColor | None = None
    words, mark = look.color(Tone.TEXT), look.color(tone)
    if tone is Tone.STAT:
        fill = look.color(Tone.STAT)
        words = mark = look.color(Tone.ON_STAT)
    elif tone is Tone.QUIET:
        fill, outline, mark = None, look.outline(), look.color(Tone.TEXT)
    paint.box(painter, rect, 4, fill, outline)
    left = rect.left() + 8
    if icon:
        icons.draw(painter, icon, QPointF(left + 8, middle), 16, mark)
        left += 20
    paint.line(painter, QRect(left, rect.top(), rect.right() - left, 24), text, Role.HEAD, words)
    return rect.width()


class BannerChip(QWidget):
    """A chip of 32 px: the STAT flag with its time, or an alert."""

    def __init__(self, icon: str, tone: Tone, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = icon
        self._tone = tone
        self._text = ""
        self._more = ""
        self.setFixedHeight(32)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def say(self, text: str, more: str = "") -> None:
        """Show a word and, after it, a value."""
        if (text, more) != (self._text, self._more):
            self._text, self._more = text, more
            self.setAccessibleName(f"{text} {more}".strip())
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """Icon, words, padding."""
        more = paint.text_width(self._more, Role.VALUE) + 12 if self._more else 0
        return QSize(12 + 20 + 8 + paint.text_width(self._text, Role.NAME) + more + 12 + 2, 32)

    def minimumSizeHint(self) -> QSize:
        """A flag is never cut."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        look = theme.current()
        painter = QPainter(self)
        filled = self._tone is Tone.STAT
        paint.box(painter, self.rect(), 8, look.color(self._tone) if filled else look.tint(self._tone), None)
        words = look.color(Tone.ON_STAT if filled else Tone.TEXT)
        icons.draw(painter, self._icon, QPointF(22, 16), 20, words if filled else look.color(self._tone))
        width = paint.text_width(self._text, Role.NAME)
        paint.line(painter, QRect(40, 0, width + 2, 32), self._text, Role.NAME, words)
        if self._more:
            paint.line(painter, QRect(40 + width + 12, 0, self.width(), 32), self._more, Role.VALUE, words)
