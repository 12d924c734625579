"""Once a day, at the start of a shift: cassettes that lay too long are erased before they are used."""

from collections.abc import Callable
from datetime import date

from PySide6.QtCore import QObject

from fieldstation.services.boards_plates import TrayBoard
from fieldstation.services.words import sentence, text
from fieldstation.ui.context import Context
from fieldstation.ui.theme import Tone

_SHOWN_MS = 60_000


class EraseReminder(QObject):
    """Says so wherever one is in the app. Until it was seen in the tray, it is said again at the next start."""

    def __init__(self, context: Context, show: Callable[[], None]) -> None:
        """``show`` brings the tray into view."""
        super().__init__(context.toast)
        self._context = context
        self._show = show
        self._asked: date | None = None
        self._said = ""

    def tick(self) -> None:
        """Ask once on each local day."""
        today = self._context.now().astimezone().date()
        if today != self._asked:
            self._asked = today
            self._context.background.run(self, self._context.desk.tray, self._remind)

    def withdraw(self) -> None:
        """The tray is in view and says it by itself."""
        if self._context.toast.words == self._said:
            self._context.toast.dismiss()

    def _remind(self, tray: TrayBoard) -> None:
        if tray.prompt:
            self._said = sentence(tray.prompt)
            self._context.toast.offer(self._said, "clock", text("ui.show"), self._show, _SHOWN_MS, Tone.CAUTION)
