"""Stack: the page with its three parts."""

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout

from fieldstation.domain.errors import FieldstationError
from fieldstation.domain.plates import GoingOn, PlateRefused, PlateState
from fieldstation.services.boards_plates import Candidate, StackBoard, TrayBoard, UnassignedBoard
from fieldstation.services.words import apology, text
from fieldstation.ui.context import Context
from fieldstation.ui.loading import Loading
from fieldstation.ui.page import Page
from fieldstation.ui.stack.concerns import ConcernsDialog
from fieldstation.ui.stack.loose import Loose, whose
from fieldstation.ui.stack.loose_read import LooseRead
from fieldstation.ui.stack.other_station import OtherStation
from fieldstation.ui.stack.plates import Plates
from fieldstation.ui.stack.tray import Tray
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.dialog import open_over
from fieldstation.ui.widgets.tabs import Tabs

TRAY, UNASSIGNED = 1, 2
"""The numbers of the tray and of the unassigned scans among the parts."""
_UNDO_MS = 5000


class StackPage(Page):
    """``wanted`` carries a `StackRow` that is to be read or judged."""

    wanted = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._stop_id: str | None = None
        self._facility = ""
        self._loading: Loading[tuple[StackBoard, TrayBoard, UnassignedBoard]] = Loading(
            context.background, self._show, self._apologise, self
        )
        self.tabs = Tabs((text("ui.stack"), text("ui.tray"), text("ui.unassigned_tab")))
        self.plates = Plates()
        self.tray = Tray()
        self.loose = Loose()
        self.loose_read = LooseRead(context, self)
        self._stack = QStackedWidget()
        for part in (self.plates, self.tray, self.loose):
            self._stack.addWidget(part)
        head = QHBoxLayout()
        head.setContentsMargins(8, 8, 24, 8)
        head.addWidget(self.tabs, 1)
        self.other_station = OtherStation(context)
        head.addWidget(self.other_station)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._stack, 1)
        self.tabs.chosen.connect(self.show_part)
        self.plates.wanted.connect(self.wanted)
        self.plates.tray_wanted.connect(lambda: self.show_part(TRAY))
        self.plates.bar.send.connect(self._send)
        self.plates.bar.send_partial.connect(self._send)
        self.tray.read.connect(self.loose_read.start)
        self.loose_read.finished.connect(self._on_read)
        self.tray.cleaned.connect(self._clean)
        self.tray.erase.connect(self._erase)
        self.tray.prompted.connect(lambda: self._do(context.desk.prompted))
        self.loose.glimpse.connect(self._glimpse)
        self.loose.assigned.connect(self._assign)
        self.loose.set_aside.connect(lambda scan, reason: self._do(lambda: context.desk.set_aside(scan, reason)))
        self.show_part(0)

    def show_part(self, number: int) -> None:
        """Stack, tray or unassigned, from 0."""
        self._stack.setCurrentIndex(number)
        self.tabs.mark(number)

    def reload(self) -> None:
        """Fetch the boards again."""
        desk = self._context.desk
        self._loading.ask(lambda: (desk.stack(), desk.tray(), desk.unassigned()))

    def lead_with(self, plate_id: str) -> None:
        """A scanner has read this cassette's ID: its plate comes on top."""
        self.plates.lead_with(plate_id)
        self.show_part(0)

    def find_in_tray(self, plate_id: str) -> bool:
        """While the tray is in view, bring this cassette's row into sight; whether there is one."""
        return self._stack.currentWidget() is self.tray and self.tray.lead_to(plate_id)

    def show_reading(self, view_id: str | None, fraction: float) -> None:
        """How much of a plate is read now."""
        self.plates.show_reading(view_id, fraction)

    def _show(self, boards: tuple[StackBoard, TrayBoard, UnassignedBoard]) -> None:
        stack, tray, loose = boards
        self._stop_id = stack.stop_id
        self.headed.emit(text("ui.stack"), stack.facility)
        self.plates.show_board(stack)
        self.tray.show_board(tray, self._context.now())
        self.loose.show_board(loose)
        due = sum(row.state in (PlateState.READ, PlateState.ERASE_DUE) for row in tray.rows)
        for tab, number in zip(
            self.tabs.tabs, (len(stack.rows), due + stack.without_view, len(loose.waiting)), strict=True
        ):
            tab.count(number)

    def _send(self) -> None:
        stop_id, desk, said = self._stop_id, self._context.desk, self.plates.bar.once_sent
        if stop_id is None:
            return

        def undo() -> None:
            self._context.background.run(self, lambda: desk.undo_stop(stop_id), lambda _: self._on_undone())

        def sent(_made: int) -> None:
            self._context.toast.offer(said, "car", text("ui.undo"), undo, _UNDO_MS)
            self.reload()

        self._context.background.run(self, lambda: desk.send_stop(stop_id), sent, self._fail)

    def _on_undone(self) -> None:
        self._context.toast.say(text("ui.called_back"), "undo")
        self.reload()

    def _on_read(self) -> None:
        self.show_part(UNASSIGNED)
        self.reload()

    def _clean(self, plate_id: str) -> None:
        self._do(lambda: self._context.desk.mark_cleaned(plate_id))

    def _glimpse(self, scan_id: str) -> None:
        desk = self._context.desk
        self._context.background.run(
            self, lambda: desk.loose_picture(scan_id), lambda picture: self.loose.show_picture(scan_id, picture)
        )

    def _assign(self, scan_id: str, to: Candidate, plate_id: str, going_on: GoingOn | None = None) -> None:
        desk, toast = self._context.desk, self._context.toast
        self._guarded(
            lambda: desk.assign(scan_id, to.view_id, plate_id, going_on),
            lambda: toast.say(text("ui.assigned", whose=whose(to)), "accepted", Tone.GOOD),
            text("ui.assign_anyway", whose=whose(to)),
            lambda reason: self._assign(scan_id, to, plate_id, reason),
        )

    def _erase(self, plate_id: str, going_on: GoingOn | None = None) -> None:
        desk, toast = self._context.desk, self._context.toast
        toast.say(text("ui.erasing_plate", plate=plate_id), "reader")
        self._guarded(
            lambda: desk.erase(plate_id, going_on),
            lambda: toast.say(text("ui.erased_plate", plate=plate_id), "accepted", Tone.GOOD),
            text("ui.erase_anyway", plate=plate_id),
            lambda reason: self._erase(plate_id, reason),
        )

    def _guarded(
        self,
        deed: Callable[[], object],
        done: Callable[[], None],
        question: str,
        again: Callable[[GoingOn | None], None],
    ) -> None:
        """Do it; where something speaks against it, ask, and with a reason do it again."""

        def succeeded(_result: object) -> None:
            done()
            self.reload()

        def refused(error: FieldstationError) -> None:
            if not isinstance(error, PlateRefused):
                self._fail(error)
                return
            asked = ConcernsDialog(question, error.concerns, self.window())
            asked.accepted.connect(lambda: again(asked.going_on))
            open_over(asked, self.window())

        self._context.background.run(self, deed, succeeded, refused)

    def _do(self, deed: Callable[[], None]) -> None:
        self._context.background.run(self, deed, lambda _: self.reload(), self._fail)

    def _fail(self, error: FieldstationError) -> None:
        self._apologise(error)
        self.reload()

    def _apologise(self, error: FieldstationError) -> None:
        self._context.toast.say(apology(error), "fault", Tone.BAD)
