"""Tabs: parts of a page beside each other, each with how many wait there."""

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from fieldstation.ui import paint, theme
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.focus import FocusButton

_HEIGHT = 56


class Tab(FocusButton):
    """One of them; the chosen one has a blue line."""

    def __init__(self, words: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._count = 0
        self.setText(words)
        self.setAccessibleName(words)
        self.setCheckable(True)
        self.setFixedHeight(_HEIGHT)

    def count(self, number: int) -> None:
        """Say how many wait there; nothing for zero."""
        if number != self._count:
            self._count = number
            self.setAccessibleName(f"{self.text()}, {number}" if number else self.text())
            self.updateGeometry()
            self.update()

    def nextCheckState(self) -> None:
        """Which one is in view is said by the page."""

    @property
    def _badge(self) -> int:
        return max(24, paint.text_width(str(self._count), Role.HEAD) + 12) + 8 if self._count else 0

    def sizeHint(self) -> QSize:
        """Words and count."""
        return QSize(paint.text_width(self.text(), Role.TITLE) + self._badge + 32, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """Words are never cut."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw words, count and line."""
        look = theme.current()
        painter = QPainter(self)
        if self.isDown() or self.underMouse():
            paint.box(painter, self.rect().adjusted(0, 6, 0, -6), 8, look.hovered(Tone.BACKGROUND), None)
        color = look.color(Tone.TEXT if self.isChecked() else Tone.QUIET)
        width = paint.line(painter, QRect(16, 0, self.width() - 16, _HEIGHT), self.text(), Role.TITLE, color)
        if self._count:
            badge = QRect(16 + width + 8, (_HEIGHT - 24) // 2, self._badge - 8, 24)
            paint.box(painter, badge, 12, look.mixed(Tone.TEXT, 14), None)
            paint.line(painter, badge, str(self._count), Role.HEAD, look.color(Tone.TEXT), paint.CENTER)
        if self.isChecked():
            painter.fillRect(16, _HEIGHT - 4, self.width() - 32, 4, look.color(Tone.ACTION))
        self.draw_ring(painter, self.rect().adjusted(2, 4, -2, -6), 8, look.color(Tone.ACTION))


class Tabs(QWidget):
    """A row of tabs. ``chosen`` carries the number of one, from 0."""

    chosen = Signal(int)

    def __init__(self, words: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self.tabs = [Tab(each, self) for each in words]
        for number, tab in enumerate(self.tabs):
            row.addWidget(tab)
            tab.clicked.connect(lambda _checked, number=number: self.chosen.emit(number))
        row.addStretch(1)

    def mark(self, number: int) -> None:
        """Show which one is in view."""
        for each, tab in enumerate(self.tabs):
            tab.setChecked(each == number)
