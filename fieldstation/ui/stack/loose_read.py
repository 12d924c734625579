"""Reading a cassette that no view waits for: what is on it is kept, and finds its view afterwards."""

from PySide6.QtCore import QObject, Signal

from fieldstation.domain.errors import FieldstationError
from fieldstation.domain.exams import Technique
from fieldstation.services.boards import ReadProgress
from fieldstation.services.words import apology, text
from fieldstation.ui.context import Context
from fieldstation.ui.theme import Tone

_LONGEST_READ_MS = 600_000


class LooseRead(QObject):
    """One at a time. ``progressed`` carries how much is read, 0 to 1, and None at the end; ``finished``: it is kept."""

    progressed = Signal(object)
    finished = Signal()

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._running = False
        self._courier = context.background.courier(self, self._on_progress)

    def start(self, plate_id: str) -> None:
        """Read it. Does nothing while another is read."""
        if self._running:
            return
        self._running = True
        desk, courier = self._context.desk, self._courier
        self._context.toast.offer(
            text("ui.reading_loose", plate=plate_id),
            "reader",
            text("ui.cancel_read"),
            self._cancel,
            _LONGEST_READ_MS,
            Tone.ACTION,
        )
        self._context.background.run(
            self, lambda: desk.scan_plate(plate_id, Technique(), courier), lambda _: self._on_done(), self._on_failed
        )

    def stop_now(self) -> None:
        """Stop it before the program ends: the one call that is not made in the background."""
        if self._running:
            self._context.desk.cancel_scan()

    def _cancel(self) -> None:
        self._context.background.run(self, self._context.desk.cancel_scan, lambda _: None)

    def _on_progress(self, progress: ReadProgress) -> None:
        if self._running:
            self.progressed.emit(progress.fraction)

    def _on_done(self) -> None:
        self._end()
        self._context.toast.say(text("ui.read_loose"), "accepted", Tone.GOOD)
        self.finished.emit()

    def _on_failed(self, error: FieldstationError) -> None:
        self._end()
        self._context.toast.say(apology(error), "fault", Tone.BAD)

    def _end(self) -> None:
        self._running = False
        self.progressed.emit(None)
