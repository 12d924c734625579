"""Sending: everything that is owed to the office, the most urgent first."""

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from fieldstation.services.boards import HistoryLine, SendingBoard, StatusBoard
from fieldstation.services.words import apology, text
from fieldstation.ui.context import Context
from fieldstation.ui.loading import Loading
from fieldstation.ui.page import Page
from fieldstation.ui.sending.card import SendingCardWidget
from fieldstation.ui.sending.cells import Legend
from fieldstation.ui.sending.stand_in import StandInDialog
from fieldstation.ui.sending.summary import Alarm, Summary
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.dialog import open_over
from fieldstation.ui.widgets.empty import Empty
from fieldstation.ui.widgets.scroll import PageScroll


class SendingPage(Page):
    """Summary, a card for each study, the legend."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._board: SendingBoard | None = None
        self._loading: Loading[tuple[SendingBoard, StatusBoard]] = Loading(
            context.background, self._show, lambda error: context.toast.say(apology(error), "fault", Tone.BAD), self
        )
        self.alarm = Alarm()
        self.summary = Summary()
        self.summary.strip.explained.connect(context.toast.say)
        self.summary.pause.connect(lambda: self._act(context.desk.pause_sending))
        self.summary.resume.connect(lambda: self._act(context.desk.resume_sending))
        self.summary.stand_in.connect(self._ask_stand_in)
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(24, 24, 0, 24)
        self._column.setSpacing(12)
        self._column.addWidget(self.alarm)
        self._column.addWidget(self.summary)
        self._column.addSpacing(4)
        self._column.addStretch(1)
        self._legend = Legend()
        self._cards: dict[str, SendingCardWidget] = {}
        self._scroll = PageScroll(inside)
        self._stack = QStackedWidget()
        self._stack.addWidget(Empty("sending", text("ui.nothing_sent"), text("ui.nothing_sent_next")))
        self._stack.addWidget(self._scroll)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._stack)

    @property
    def cards(self) -> list[SendingCardWidget]:
        """The cards, in order."""
        return list(self._cards.values())

    def reload(self) -> None:
        """Fetch what is owed again."""
        desk = self._context.desk
        self._loading.ask(lambda: (desk.sending(), desk.status()))

    def tick(self) -> None:
        """Count down to the next tries."""
        now = self._context.now()
        if self._board is not None:
            self.summary.pass_time(self._board.link, now)
            self.alarm.show_since(self._board.link.stat_waits_since, now)
        for card in self._cards.values():
            card.pass_time(now)

    def _show(self, boards: tuple[SendingBoard, StatusBoard]) -> None:
        board, status = boards
        self.headed.emit(text("ui.sending"), text("ui.to_the_office"))
        self._stack.setCurrentIndex(1 if board.studies else 0)
        now = self._context.now()
        self.summary.show_boards(board, status, now)
        self.alarm.show_since(board.link.stat_waits_since, now)
        if board == self._board:
            return
        self._board = board
        if [study.study_uid for study in board.studies] != list(self._cards):
            self._rebuild(board)
        for study in board.studies:
            shown = self._cards[study.study_uid]
            shown.show_card(study, now)
            if shown.is_unfolded:
                self._fetch_history(study.study_uid)
        # What asked for a new layout while the page was out of view asked in vain.
        self._column.activate()

    def _rebuild(self, board: SendingBoard) -> None:
        # Cards that stay keep their widgets, with their focus and their unfolded details.
        kept = self._cards
        self._cards = {}
        for card in kept.values():
            self._column.removeWidget(card)
        self._column.removeWidget(self._legend)
        for index, study in enumerate(board.studies):
            card = kept.pop(study.study_uid) if study.study_uid in kept else self._new_card()
            self._cards[study.study_uid] = card
            self._column.insertWidget(3 + index, card)
        self._column.insertWidget(3 + len(board.studies), self._legend)
        for old in kept.values():
            old.hide()
            old.deleteLater()

    def _new_card(self) -> SendingCardWidget:
        desk = self._context.desk
        card = SendingCardWidget()
        card.hold.connect(lambda jobs: self._each(desk.hold, jobs))
        card.release.connect(lambda jobs: self._each(desk.release, jobs))
        card.unfolded.connect(self._fetch_history)
        card.retry.connect(lambda jobs: self._each(desk.retry, jobs))
        return card

    def _fetch_history(self, study_uid: str) -> None:
        desk, card = self._context.desk, self._cards[study_uid]

        def show(history: Mapping[int, Sequence[HistoryLine]]) -> None:
            card.show_history(history)
            self._column.activate()

        self._context.background.run(card, lambda: desk.history(study_uid), show)

    def _each(self, act: Callable[[int], None], jobs: list[int]) -> None:
        def run() -> None:
            for job in jobs:
                act(job)

        self._act(run)

    def _ask_stand_in(self, standby: str) -> None:
        asked = StandInDialog(standby, self.window())
        asked.wanted.connect(lambda name: self._act(lambda: self._context.desk.reroute(name)))
        open_over(asked, self.window())

    def _act(self, deed: Callable[[], None]) -> None:
        self._context.background.run(self, deed, lambda _: self.reload())
