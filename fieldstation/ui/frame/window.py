"""The main window: rail, top bar, pages; keeps the visible page and the pills fresh."""

from collections.abc import Callable
from datetime import datetime
from typing import cast

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from fieldstation.domain.errors import FieldstationError
from fieldstation.domain.plates import HAND_OVER_MARK
from fieldstation.services.boards import StatusBoard
from fieldstation.services.boards_plates import StackBoard, StackRow
from fieldstation.services.desk import Desk
from fieldstation.services.words import apology, text
from fieldstation.ui import formats, style, theme
from fieldstation.ui.background import Background
from fieldstation.ui.context import Context
from fieldstation.ui.frame.daily import EraseReminder
from fieldstation.ui.frame.rail import PAGES, Rail
from fieldstation.ui.frame.topbar import TopBar
from fieldstation.ui.loading import Loading
from fieldstation.ui.page import Page
from fieldstation.ui.scanner import Scanner
from fieldstation.ui.sending.page import SendingPage
from fieldstation.ui.stack.page import TRAY, StackPage
from fieldstation.ui.study.order import waiting_for
from fieldstation.ui.study.page import StudyPage
from fieldstation.ui.theme import Theme, Tone
from fieldstation.ui.today.page import TodayPage
from fieldstation.ui.widgets.toast import Toast

_POLL_MS = 250
_CLOSE_MS = 5000
_OFFERED_MS = 20_000


class Window(QWidget):
    """Everything on screen. ``theme_chosen`` carries the theme's name, so that it can be remembered."""

    theme_chosen = Signal(str)

    def __init__(
        self, desk: Desk, now: Callable[[], datetime], monotonic: Callable[[], float], scanner_prefix: str = ""
    ) -> None:
        super().__init__()
        self.setWindowTitle("Fieldstation")
        self.setMinimumSize(1280, 720)
        self._desk = desk
        self._version: int | None = None
        self._headings: dict[Page, tuple[str, str]] = {}
        self.background = Background(self)
        self.toast = Toast(self)
        self._context = Context(desk=desk, background=self.background, toast=self.toast, now=now, monotonic=monotonic)
        self._status: Loading[StatusBoard] = Loading(self.background, self._show_status, self._apologise, self)
        self._back_to_stack = False
        self._lay_out()
        self._reminder = EraseReminder(self._context, self._show_tray)
        self.stack.tray.opened.connect(self._reminder.withdraw)
        self._scanner = Scanner(scanner_prefix, self)
        self._scanner.scanned.connect(self._on_scanned)
        self.background.failed.connect(self._apologise)
        self._keys()
        self._poll = QTimer(self)
        self._poll.setInterval(_POLL_MS)
        self._poll.timeout.connect(self._look_for_changes)
        self._second = QTimer(self)
        self._second.setInterval(1000)
        self._second.timeout.connect(self._tick)
        self.go("today")

    def _lay_out(self) -> None:
        self.rail = Rail()
        self.topbar = TopBar()
        self.today = TodayPage(self._context)
        self.stack = StackPage(self._context)
        self.study = StudyPage(self._context)
        self.sending = SendingPage(self._context)
        pages = (self.today, self.stack, self.study, self.sending)
        self._pages: dict[str, Page] = dict(zip(PAGES, pages, strict=True))
        self._stack = QStackedWidget()
        for page in self._pages.values():
            self._stack.addWidget(page)
            page.headed.connect(lambda title, more, page=page: self._head(page, title, more))
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addWidget(self.rail)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(self.topbar)
        column.addWidget(self._stack, 1)
        across.addLayout(column, 1)
        self.toast.raise_()
        self.rail.chosen.connect(self._choose)
        self.rail.theme_wanted.connect(self.switch_theme)
        self.topbar.touched.connect(self._explain)
        self.today.study_wanted.connect(self.open_study)
        self.stack.wanted.connect(self._work_on)
        self.stack.loose_read.progressed.connect(self.topbar.show_reading)
        self.study.reading_changed.connect(self._show_reading)
        for decided in (self.study.deeds.accepted, self.study.deeds.rejected):
            decided.connect(self._on_decided)

    def _keys(self) -> None:
        for number, page in enumerate(PAGES, start=1):
            QShortcut(QKeySequence(f"Ctrl+{number}"), self, lambda page=page: self._choose(page))
        QShortcut(QKeySequence("F8"), self, self.switch_theme)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, self._search)

    def start(self) -> None:
        """Begin to look for changes, and for what a barcode scanner reads."""
        self._scanner.watch(_app())
        self._tick()
        self._look_for_changes()
        self._poll.start()
        self._second.start()
        self.background.run(self, self._desk.connect_reader, lambda _none: self._status.ask(self._desk.status))

    @property
    def settled(self) -> bool:
        """Whether what is on screen is all there is: nothing is being fetched and nothing has changed since."""
        return self.background.idle and self._desk.version() == self._version

    @property
    def page(self) -> Page:
        """The page in view."""
        return self._pages[PAGES[self._stack.currentIndex()]]

    def go(self, name: str) -> None:
        """Bring a page into view."""
        page = self._pages[name]
        self._stack.setCurrentWidget(page)
        self.rail.mark(name)
        title, more = self._headings.get(page, (text(f"ui.{name}"), ""))
        self.topbar.head(title, more)
        page.reload()

    def _choose(self, name: str) -> None:
        self._back_to_stack = False
        self.go(name)

    def open_study(self, study_uid: str) -> None:
        """Show one study."""
        self._back_to_stack = False
        self._open(study_uid)

    def _open(self, study_uid: str) -> None:
        self.study.open(study_uid)
        self.go("study")
        self.background.run(self, lambda: self._desk.opened(study_uid), lambda _none: None)

    def switch_theme(self) -> None:
        """Night to day, and back."""
        self.wear(theme.DAY if theme.current() is theme.NIGHT else theme.NIGHT)
        self.theme_chosen.emit(theme.current().name)

    def wear(self, look: Theme) -> None:
        """Show everything in a theme."""
        style.apply(_app(), look)
        self.rail.name_theme()

    def _on_scanned(self, plate_id: str) -> None:
        if plate_id.startswith(f"{HAND_OVER_MARK};"):
            self.stack.other_station.scanned(plate_id)
        elif QApplication.activeModalWidget() is not None:
            self.toast.say(text("ui.cassette_scanned", plate=plate_id), "cassette", Tone.CAUTION)
        elif self.page is self.study and waiting_for(self.study.board, plate_id):
            self.study.scanned(plate_id)
        elif not (self.page is self.stack and self.stack.find_in_tray(plate_id)):
            self.background.run(self, self._desk.stack, lambda board: self._on_scanned_in(board, plate_id))

    def _on_scanned_in(self, board: StackBoard, plate_id: str) -> None:
        if any(row.plate_id == plate_id for row in board.rows):
            self.stack.lead_with(plate_id)
            self.go("stack")
        elif self.page is self.study:
            self.study.scanned(plate_id)
        else:
            self.toast.offer(
                text("ui.cassette_of_nobody", plate=plate_id),
                "cassette",
                text("ui.read_it_now"),
                lambda: self._read_loose(plate_id),
                _OFFERED_MS,
                Tone.CAUTION,
            )

    def _read_loose(self, plate_id: str) -> None:
        self.go("stack")
        self.stack.loose_read.start(plate_id)

    def _work_on(self, row: StackRow) -> None:
        """Read or judge a plate of the stack; once that is decided, the stack comes back."""
        self._back_to_stack = True
        self._open(row.study_uid)
        self.study.work_on(row)

    def _on_decided(self, _image_uid: str) -> None:
        if self._back_to_stack:
            self.go("stack")

    def _show_reading(self, fraction: float | None) -> None:
        self.topbar.show_reading(fraction)
        self.stack.show_reading(self.study.run.view_id, fraction or 0.0)

    def _search(self) -> None:
        self.go("today")
        self.today.search.setFocus()

    def _show_tray(self) -> None:
        self._choose("stack")
        self.stack.show_part(TRAY)

    def _head(self, page: Page, title: str, more: str) -> None:
        self._headings[page] = (title, more)
        if page is self.page:
            self.topbar.head(title, more)

    def _look_for_changes(self) -> None:
        version = self._desk.version()
        if version != self._version:
            self._version = version
            self._status.ask(self._desk.status)
            self.page.reload()

    def _tick(self) -> None:
        self.rail.show_time(formats.clock(self._context.now()))
        self._reminder.tick()
        self.page.tick()

    def _show_status(self, board: StatusBoard) -> None:
        self.topbar.show_board(board)
        self.rail.count("sending", board.owed)
        self.rail.count("stack", board.plates_unread + board.unassigned)

    def _apologise(self, error: FieldstationError) -> None:
        self.toast.say(apology(error), "fault", Tone.BAD)

    def _explain(self, pill: str) -> None:
        if pill == "sending":
            self.go("sending")
        elif pill == "plates":
            self.go("stack")
        elif words := self.topbar.explain(pill):
            self.toast.say(words)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop looking, stop a read that runs (what was read is safe), and wait for what is under way."""
        self._scanner.leave(_app())
        self._poll.stop()
        self._second.stop()
        self.toast.dismiss()
        self.study.stop()
        self.stack.loose_read.stop_now()
        self.background.close(_CLOSE_MS)
        super().closeEvent(event)


def _app() -> QApplication:
    return cast("QApplication", QApplication.instance())
