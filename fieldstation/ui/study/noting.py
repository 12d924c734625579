"""Notes what becomes of a view's cassette: packed, exposed to be read later, not used after all, read elsewhere."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from fieldstation.domain.errors import FieldstationError
from fieldstation.domain.plates import GoingOn, PlateRefused
from fieldstation.services.boards import ViewCard, ViewState
from fieldstation.services.words import apology, text
from fieldstation.ui.context import Context
from fieldstation.ui.stack.concerns import ConcernsDialog
from fieldstation.ui.study.read_form import ReadForm
from fieldstation.ui.study.station_dialog import StationDialog
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.dialog import open_over

_UNDO_MS = 5000


class Noting(QObject):
    """Each deed says what it has done, and can be undone: the view's cassette is then again what it was before."""

    def __init__(self, context: Context, form: ReadForm, view: Callable[[], ViewCard | None]) -> None:
        """``view`` is the one that the form is about."""
        super().__init__(form)
        self._context = context
        self._form = form
        form.packed.connect(lambda plate_id: self._with(view(), lambda card: self._pack(card, plate_id)))
        form.exposed.connect(lambda plate_id: self._with(view(), lambda card: self._expose(card, plate_id)))
        form.unused.connect(lambda: self._with(view(), self._unbind))
        form.elsewhere.connect(lambda: self._with(view(), self._ask_station))

    def _with(self, view: ViewCard | None, deed: Callable[[ViewCard], None]) -> None:
        if view is not None:
            deed(view)

    def _pack(self, view: ViewCard, plate_id: str, going_on: GoingOn | None = None) -> None:
        desk = self._context.desk
        self._do(
            lambda: desk.pack(view.view_id, plate_id, going_on),
            (text("ui.packed_for", plate=plate_id, view=view.name), "cassette"),
            view,
            lambda error: self._ask(
                text("ui.pack_anyway", plate=plate_id), error, lambda reason: self._pack(view, plate_id, reason)
            ),
        )

    def _expose(self, view: ViewCard, plate_id: str, going_on: GoingOn | None = None) -> None:
        desk, now = self._context.desk, self._context.now()
        self._do(
            lambda: desk.expose(view.view_id, plate_id, now, going_on),
            (text("ui.noted", plate=plate_id, view=view.name), "exposed"),
            view,
            lambda error: self._ask(
                text("ui.note_anyway", plate=plate_id), error, lambda reason: self._expose(view, plate_id, reason)
            ),
        )

    def _unbind(self, view: ViewCard) -> None:
        desk = self._context.desk
        self._do(
            lambda: desk.unbind(view.view_id, text("ui.unused_reason")),
            (text("ui.unbound", view=view.name), "undo"),
            view,
            self._fail,
        )

    def _ask_station(self, view: ViewCard) -> None:
        asked = StationDialog(view.name, self._form.window())
        asked.accepted.connect(lambda: self._read_elsewhere(view, asked.station))
        open_over(asked, self._form.window())

    def _read_elsewhere(self, view: ViewCard, station: str) -> None:
        desk = self._context.desk
        self._do(
            lambda: desk.read_elsewhere(view.view_id, station),
            (text("ui.read_elsewhere_done", view=view.name, station=station), "accepted"),
            view,
            self._fail,
        )

    def _do(
        self,
        deed: Callable[[], None],
        said: tuple[str, str],
        before: ViewCard,
        refused: Callable[[FieldstationError], None],
    ) -> None:
        """Do it, and say so with an icon and a way back to what the view was."""
        toast, (words, icon) = self._context.toast, said
        self._context.background.run(
            self,
            deed,
            lambda _: toast.offer(words, icon, text("ui.undo"), lambda: self._put_back(before), _UNDO_MS),
            refused,
        )

    def _put_back(self, view: ViewCard) -> None:
        desk, undone = self._context.desk, GoingOn(text("ui.undone_reason"))

        def deed() -> None:
            if view.state is ViewState.EXPOSED and view.plate_id and view.exposed_at:
                desk.expose(view.view_id, view.plate_id, view.exposed_at, undone)
            elif view.packed and view.plate_id:
                desk.pack(view.view_id, view.plate_id, undone)
            else:
                desk.unbind(view.view_id, undone.reason)

        self._context.background.run(
            self, deed, lambda _: self._context.toast.say(text("ui.called_back"), "undo"), self._fail
        )

    def _ask(self, question: str, error: FieldstationError, again: Callable[[GoingOn | None], None]) -> None:
        """What speaks against the plate is asked about; anything else is said."""
        if not isinstance(error, PlateRefused):
            self._fail(error)
            return
        asked = ConcernsDialog(question, error.concerns, self._form.window())
        asked.accepted.connect(lambda: again(asked.going_on))
        open_over(asked, self._form.window())

    def _fail(self, error: FieldstationError) -> None:
        self._context.toast.say(apology(error), "fault", Tone.BAD)
