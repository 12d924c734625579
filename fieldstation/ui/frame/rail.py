"""The left rail: where one can go, the theme, the clock."""

from PySide6.QtCore import QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from fieldstation.services.words import text
from fieldstation.ui import icons, paint, theme
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.button import Button, Kind
from fieldstation.ui.widgets.focus import FocusButton
from fieldstation.ui.widgets.icon import Icon
from fieldstation.ui.widgets.panel import Panel
from fieldstation.ui.widgets.text import Text

RAIL_WIDTH = 88
PAGES = ("today", "stack", "study", "sending")
_ICONS = {"stack": "plates"}


class RailItem(FocusButton):
    """A destination: icon over word, with a count."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._icon = _ICONS.get(page, page)
        self._count = 0
        self.setText(text(f"ui.{page}"))
        self.setAccessibleName(self.text())
        self.setCheckable(True)
        self.setFixedSize(RAIL_WIDTH, 76)

    def count(self, number: int) -> None:
        """Show a count in the corner; none for zero."""
        if number != self._count:
            self._count = number
            self.setAccessibleName(f"{self.text()}, {number}" if number else self.text())
            self.update()

    def nextCheckState(self) -> None:
        """Which page is in view is said by the window."""

    def sizeHint(self) -> QSize:
        """As in the measures."""
        return QSize(RAIL_WIDTH, 76)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw ground, bar, icon, word, badge."""
        look = theme.current()
        painter = QPainter(self)
        active = self.isChecked()
        if active:
            painter.fillRect(self.rect(), look.color(Tone.RAISED))
            painter.fillRect(0, 0, 4, self.height(), look.color(Tone.ACTION))
        elif self.isDown() or self.underMouse():
            painter.fillRect(self.rect(), look.hovered(Tone.SURFACE))
        tone = look.color(Tone.TEXT if active else Tone.QUIET)
        icons.draw(painter, self._icon, QPointF(self.width() / 2, 28), 24, tone)
        role = Role.CAPTION_VALUE if active else Role.CAPTION
        paint.line(painter, QRect(0, 46, self.width(), 16), self.text(), role, tone, paint.CENTER)
        if self._count:
            words = str(self._count)
            width = max(20, paint.text_width(words, Role.HEAD) + 12)
            badge = QRect(self.width() // 2 + 8, 6, width, 20)
            paint.box(painter, badge, 8, look.color(Tone.TEXT), None)
            paint.line(painter, badge, words, Role.HEAD, look.color(Tone.SURFACE), paint.CENTER)
        self.draw_ring(painter, self.rect().adjusted(4, 4, -4, -4), 8, look.color(Tone.ACTION))


class Rail(Panel):
    """The rail. ``chosen`` carries the name of a page."""

    chosen = Signal(str)
    theme_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Tone.SURFACE, "r", parent)
        self.setFixedWidth(RAIL_WIDTH)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = Panel(Tone.SURFACE, "rb")
        head.setFixedSize(RAIL_WIDTH, 56)
        inside = QVBoxLayout(head)
        inside.addWidget(Icon("app", 24, Tone.QUIET), 0, Qt.AlignmentFlag.AlignCenter)
        column.addWidget(head)
        self._items: dict[str, RailItem] = {}
        for page in PAGES:
            item = RailItem(page)
            item.clicked.connect(lambda _checked, page=page: self.chosen.emit(page))
            self._items[page] = item
            column.addWidget(item)
        column.addStretch(1)
        self._theme = Button("", Kind.GHOST, icon="day")
        self._theme.setFixedSize(44, 44)
        self._theme.clicked.connect(self.theme_wanted)
        column.addWidget(self._theme, 0, Qt.AlignmentFlag.AlignHCenter)
        self._clock = Text("", Role.VALUE, Tone.QUIET)
        self._clock.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._clock.setFixedHeight(44)
        column.addWidget(self._clock)
        column.addSpacing(8)
        self.name_theme()

    def mark(self, page: str) -> None:
        """Show where we are."""
        for name, item in self._items.items():
            item.setChecked(name == page)

    def count(self, page: str, number: int) -> None:
        """Show how many wait there."""
        self._items[page].count(number)

    def show_time(self, words: str) -> None:
        """Show the clock."""
        self._clock.say(words)

    def name_theme(self) -> None:
        """Say what the theme button leads to."""
        other = "day" if theme.current() is theme.NIGHT else "night"
        self._theme.show_icon(other)
        self._theme.setAccessibleName(text(f"ui.theme_{other}"))
        self._theme.setToolTip(text(f"ui.theme_{other}"))
