"""Notes which cassette was exposed for a view, so that it can be read later, or that it was not used after all."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from fieldstation.domain.errors import FieldstationError
from fieldstation.domain.plates import GoingOn, PlateRefused
from fieldstation.services.boards import ViewCard
from fieldstation.services.words import apology, text
from fieldstation.ui.context import Context
from fieldstation.ui.stack.concerns import ConcernsDialog
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.dialog import open_over

_UNDO_MS = 5000


class Noting(QObject):
    """Each deed says what it has done; noting a cassette can be undone."""

    def __init__(self, context: Context, page: QWidget) -> None:
        super().__init__(page)
        self._context = context
        self._page = page

    def exposed(self, view: ViewCard | None, plate_id: str, going_on: GoingOn | None = None) -> None:
        """The cassette was exposed for the view just now."""
        if view is None:
            return
        desk, now = self._context.desk, self._context.now()

        def refused(error: FieldstationError) -> None:
            if isinstance(error, PlateRefused):
                self._ask(view, plate_id, error)
            else:
                self._fail(error)

        self._context.background.run(
            self,
            lambda: desk.expose(view.view_id, plate_id, now, going_on),
            lambda _: self._context.toast.offer(
                text("ui.noted", plate=plate_id, view=view.name),
                "exposed",
                text("ui.undo"),
                lambda: self.unused(view),
                _UNDO_MS,
            ),
            refused,
        )

    def unused(self, view: ViewCard | None) -> None:
        """The view's cassette was not used for it."""
        if view is None:
            return
        desk = self._context.desk
        self._context.background.run(
            self,
            lambda: desk.unbind(view.view_id, text("ui.unused_reason")),
            lambda _: self._context.toast.say(text("ui.unbound", view=view.name), "undo"),
            self._fail,
        )

    def _ask(self, view: ViewCard, plate_id: str, error: PlateRefused) -> None:
        asked = ConcernsDialog(text("ui.note_anyway", plate=plate_id), error.concerns, self._page.window())
        asked.accepted.connect(lambda: self.exposed(view, plate_id, asked.going_on))
        open_over(asked, self._page.window())

    def _fail(self, error: FieldstationError) -> None:
        self._context.toast.say(apology(error), "fault", Tone.BAD)
