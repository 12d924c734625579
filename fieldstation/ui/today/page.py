"""Today: what is to be done, in the order of the route."""

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QVBoxLayout

from fieldstation.domain.patients import OrderState, Priority
from fieldstation.services.boards import OrderRow, Stage, StopCard, StopPlace, TodayBoard
from fieldstation.services.words import apology, person_name, text
from fieldstation.ui import formats
from fieldstation.ui.context import Context
from fieldstation.ui.fonts import Role, font
from fieldstation.ui.loading import Loading
from fieldstation.ui.page import Page
from fieldstation.ui.theme import Tone
from fieldstation.ui.today.route import Route
from fieldstation.ui.today.row import OrderRowWidget
from fieldstation.ui.today.stop import StopWidget, folds, stop_widget
from fieldstation.ui.widgets.button import Kind
from fieldstation.ui.widgets.empty import Empty
from fieldstation.ui.widgets.icon import Icon
from fieldstation.ui.widgets.scroll import PageScroll
from fieldstation.ui.widgets.text import Text

_OPEN_STAGES = (Stage.READ, Stage.EXPOSED, Stage.ARRIVED, Stage.PLANNED, Stage.ACCEPTED)


def next_order(board: TodayBoard) -> OrderRow | None:
    """The order to go on with: at this stop, STAT first, what is furthest along first."""
    here = [row for stop in board.stops if stop.place is StopPlace.HERE for row in stop.orders]
    candidates = [
        row for row in (*here, *board.unplanned) if row.stage in _OPEN_STAGES and row.state is not OrderState.WITHDRAWN
    ]
    return min(
        candidates,
        key=lambda row: (row.priority is not Priority.STAT, _OPEN_STAGES.index(row.stage)),
        default=None,
    )


def matches(row: OrderRow, facility: str, words: list[str]) -> bool:
    """Whether every word is part of the name, room, facility, accession or procedure."""
    hay = " ".join(
        (person_name(row.patient_name), formats.room(row.room), facility, row.accession, row.procedure)
    ).casefold()
    return all(word in hay for word in words)


def filtered(board: TodayBoard, search: str) -> TodayBoard:
    """The part of the board that a search leaves; stops without a hit are left out."""
    words = search.casefold().split()
    if not words:
        return board

    def kept(stop: StopCard) -> StopCard:
        return replace(stop, orders=tuple(row for row in stop.orders if matches(row, stop.facility, words)))

    stops = tuple(stop for stop in map(kept, board.stops) if stop.orders)
    return replace(board, stops=stops, unplanned=tuple(row for row in board.unplanned if matches(row, "", words)))


class TodayPage(Page):
    """The route. ``study_wanted`` carries a Study Instance UID."""

    study_wanted = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._board: TodayBoard | None = None
        self._shown: TodayBoard | None = None
        self._unfolded: set[str] = set()
        self._loading: Loading[TodayBoard] = Loading(
            context.background, self._show, lambda error: context.toast.say(apology(error), "fault", Tone.BAD), self
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 0, 0)
        column.setSpacing(16)
        column.addLayout(self._toolbar())
        self._route = Route()
        self._scroll = PageScroll(self._route)
        column.addWidget(self._scroll, 1)
        self.empty = Empty("today", text("ui.no_orders"), text("ui.no_orders_next"))
        column.addWidget(self.empty, 1)
        self.empty.hide()

    def _toolbar(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 24, 0)
        row.setSpacing(24)
        self.search = QLineEdit()
        self.search.setProperty("lead", "icon")
        self.search.setFont(font(Role.BODY))
        self.search.setPlaceholderText(text("ui.search"))
        self.search.setAccessibleName(text("ui.search"))
        self.search.setClearButtonEnabled(True)
        self.search.setFixedSize(384, 56)
        self.search.textChanged.connect(self._refill)
        inside = QHBoxLayout(self.search)
        inside.setContentsMargins(16, 0, 0, 0)
        inside.addWidget(Icon("search", 20, Tone.QUIET))
        inside.addStretch(1)
        row.addWidget(self.search)
        as_of = QHBoxLayout()
        as_of.setSpacing(8)
        as_of.addWidget(Icon("sync", 20, Tone.QUIET))
        self._as_of = Text("", Role.BODY, Tone.TEXT)
        as_of.addWidget(self._as_of)
        row.addLayout(as_of)
        row.addStretch(1)
        return row

    @property
    def stops(self) -> list[StopWidget]:
        """The cards, in order."""
        return self._route.stops

    def reload(self) -> None:
        """Fetch the route again."""
        self._loading.ask(self._context.desk.today)

    def tick(self) -> None:
        """Count down what is urgent."""
        now = self._context.now()
        for stop in self.stops:
            for row in stop.rows:
                row.pass_time(now)

    def _show(self, board: TodayBoard) -> None:
        if board != self._board:
            self._board = board
            self._refill()
        as_of = text("ui.as_of", time=formats.clock(board.as_of)) if board.as_of else text("ui.never_synced")
        changed = sum(row.state is not OrderState.SCHEDULED for stop in board.stops for row in stop.orders)
        self._as_of.say(formats.joined(as_of, formats.counted("changes", changed) if changed else ""))
        here = next((stop for stop in board.stops if stop.place is StopPlace.HERE), None)
        where = text("ui.stop_of", n=here.position, of=len(board.stops)) if here else ""
        if not here and board.stops:
            where = formats.counted("stops", len(board.stops))
        self.headed.emit(text("ui.today"), formats.joined(where, formats.long_day(self._context.now())))

    def _refill(self) -> None:
        if self._board is None:
            return
        focused = self._focused_order()
        board = filtered(self._board, self.search.text())
        following = next_order(self._board)
        now = self._context.now()
        cards = [self._stop(stop) for stop in board.stops]
        if board.unplanned:
            cards.append(StopWidget(text("ui.without_stop"), "", board.unplanned, now, self._open))
        rows = {row.row.order_id: row for card in cards for row in card.rows}
        if following is None:
            self._point_at_next_stop(cards)
        elif following.order_id in rows:
            rows[following.order_id].make_next()
        self._route.show_stops(cards)
        if focused in rows:
            rows[focused].setFocus(Qt.FocusReason.OtherFocusReason)
        found = bool(cards)
        self._scroll.setVisible(found)
        self.empty.setVisible(not found)
        if self.search.text():
            self.empty.say(text("ui.nothing_found"), text("ui.nothing_found_next"))
        else:
            self.empty.say(text("ui.no_orders"), text("ui.no_orders_next"))

    def _stop(self, stop: StopCard) -> StopWidget:
        card = stop_widget(stop, self._context.now(), self._open)
        card.arrived.connect(lambda: self._arrive(stop))
        if folds(stop) and not self.search.text():
            card.fold(stop.stop_id not in self._unfolded)
            card.head.clicked.connect(lambda: self._toggle(stop.stop_id, card))
        return card

    def _toggle(self, stop_id: str, card: StopWidget) -> None:
        self._unfolded ^= {stop_id}
        card.fold(stop_id not in self._unfolded)

    def _point_at_next_stop(self, cards: list[StopWidget]) -> None:
        ahead = next((card for card in cards if card.arrive is not None), None)
        if ahead is not None and ahead.arrive is not None:
            ahead.arrive.become(Kind.PRIMARY)

    def _focused_order(self) -> str:
        # The row itself or its Continue button.
        focus = QApplication.focusWidget()
        for widget in (focus, focus.parentWidget() if focus else None):
            if isinstance(widget, OrderRowWidget) and self.isAncestorOf(widget):
                return widget.row.order_id
        return ""

    def _arrive(self, stop: StopCard) -> None:
        desk = self._context.desk
        self._context.background.run(self, lambda: desk.arrive(stop.stop_id), lambda _: self.reload())

    def _open(self, row: OrderRow) -> None:
        if row.study_uid is not None:
            self.study_wanted.emit(row.study_uid)
            return
        if row.state is OrderState.WITHDRAWN:
            self._context.toast.say(text("ui.withdrawn_order"))
            return
        desk = self._context.desk
        self._context.background.run(self, lambda: desk.open_order(row.order_id), self.study_wanted.emit)
