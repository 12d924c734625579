"""One stop of the route: its head and its orders."""

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from fieldstation.services.boards import OrderRow, Stage, StopCard, StopPlace
from fieldstation.services.words import text
from fieldstation.ui import formats, icons, paint, theme
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import Tone
from fieldstation.ui.today.row import OrderRowWidget
from fieldstation.ui.widgets.button import Button, Kind
from fieldstation.ui.widgets.focus import FocusButton
from fieldstation.ui.widgets.panel import Card

HEAD_HEIGHT = 56


class StopHead(FocusButton):
    """Facility, address and how the stop stands. Touching that of a done stop folds or unfolds its orders."""

    def __init__(self, title: str, address: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._address = address
        self._state = ("", Tone.TEXT, "")
        self._room = 0
        self.setFixedHeight(HEAD_HEIGHT)
        self.setAccessibleName(formats.joined(title, address))

    def show_state(self, icon: str, tone: Tone, words: str) -> None:
        """What the right end says."""
        self._state = (icon, tone, words)
        self.setAccessibleName(formats.joined(self._title, self._address, words))
        self.update()

    def leave_room(self, pixels: int) -> None:
        """Keep the right end free for a button."""
        self._room = pixels

    def sizeHint(self) -> QSize:
        """A whole line."""
        return QSize(900, HEAD_HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw title, address, state."""
        look = theme.current()
        painter = QPainter(self)
        if self.focusPolicy() is not Qt.FocusPolicy.NoFocus and (self.underMouse() or self.isDown()):
            paint.box(painter, self.rect().adjusted(2, 2, -2, -1), 7, look.hovered(Tone.SURFACE), None)
        icon, tone, words = self._state
        right = self.width() - 16 - self._room
        if words:
            width = paint.text_width(words, Role.BODY)
            color = look.color(Tone.TEXT if tone is Tone.ACTION else Tone.QUIET)
            paint.line(painter, QRect(right - width, 0, width + 1, self.height()), words, Role.BODY, color)
            icons.draw(painter, icon, QPointF(right - width - 18, 28), 20, look.color(tone))
            right -= width + 44
        width = min(paint.text_width(self._title, Role.TITLE), right - 16)
        text_color = look.color(Tone.TEXT)
        paint.line(painter, QRect(16, 0, width + 1, self.height()), self._title, Role.TITLE, text_color)
        rest = QRect(16 + width + 12, 0, right - width - 28, self.height())
        paint.line(painter, rest, self._address, Role.BODY, look.color(Tone.QUIET))
        self.draw_ring(painter, self.rect().adjusted(3, 3, -3, -3), 8, look.color(Tone.ACTION))


class StopWidget(Card):
    """A card: head and rows. ``arrived`` when its Arrive button was touched."""

    arrived = Signal()

    def __init__(
        self, title: str, address: str, orders: tuple[OrderRow, ...], now: datetime, opened: Callable[[OrderRow], None]
    ) -> None:
        super().__init__()
        self.place: StopPlace | None = None
        self.position = 0
        self.arrive: Button | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._head = StopHead(title, address)
        self._head.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column.addWidget(self._head)
        self.rows = [OrderRowWidget(row, now) for row in orders]
        for row in self.rows:
            row.opened.connect(lambda row=row: opened(row.row))
            column.addWidget(row)

    @property
    def head(self) -> StopHead:
        """The line with the facility."""
        return self._head

    def fold(self, folded: bool) -> None:  # noqa: FBT001 - a state, not a mode
        """Show or hide the orders."""
        for row in self.rows:
            row.setVisible(not folded)


def stop_widget(stop: StopCard, now: datetime, opened: Callable[[OrderRow], None]) -> StopWidget:
    """The card of a stop of the route."""
    planned = text("ui.planned_at", time=formats.clock(stop.planned_at)) if stop.planned_at else ""
    ahead = stop.place is StopPlace.AHEAD
    address = formats.joined(stop.address, planned if ahead else "")
    card = StopWidget(stop.facility, address, stop.orders, now, opened)
    card.place = stop.place
    card.position = stop.position
    if stop.place is StopPlace.HERE:
        card.stand_out(Tone.SURFACE, Tone.ACTION, 1)
        since = text("ui.since", time=formats.clock(stop.arrived_at)) if stop.arrived_at else ""
        card.head.show_state("place", Tone.ACTION, formats.joined(text("ui.you_are_here"), since))
    elif stop.place is StopPlace.DONE:
        times = ""
        if stop.arrived_at and stop.completed_at:
            times = text("ui.from_to", a=formats.clock(stop.arrived_at), b=formats.clock(stop.completed_at))
        studies = formats.counted("studies", len(stop.orders))
        card.head.show_state("check", Tone.GOOD, formats.joined(studies, text("ui.done"), times))
        card.head.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    else:
        arrive = Button(text("ui.arrive"), Kind.SECONDARY, icon="place")
        arrive.setAccessibleName(text("ui.arrive_at", facility=stop.facility))
        arrive.clicked.connect(card.arrived)
        row = QHBoxLayout(card.head)
        row.setContentsMargins(0, 6, 12, 6)
        row.addStretch(1)
        row.addWidget(arrive)
        card.head.leave_room(arrive.sizeHint().width())
        card.arrive = arrive
    return card


def folds(stop: StopCard) -> bool:
    """A done stop is folded, unless something at it still needs a person."""
    return stop.place is StopPlace.DONE and all(row.stage is not Stage.NEEDS_YOU for row in stop.orders)
