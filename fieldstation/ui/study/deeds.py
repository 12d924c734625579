"""What a technologist does to a study: verdicts, presentation, sending; each in the background.

Verdicts and presentations reach the disk in the order in which they were given.
"""

from PySide6.QtCore import QObject, QTimer, Signal

from fieldstation.domain.errors import FieldstationError
from fieldstation.domain.exams import Presentation
from fieldstation.services.boards import StudyBoard, ViewState
from fieldstation.services.words import apology, text
from fieldstation.ui.context import Context
from fieldstation.ui.study.exporting import Exports
from fieldstation.ui.study.order import has_picture
from fieldstation.ui.theme import Tone

_SETTLE_MS = 400
_UNDO_MS = 5000


class Deeds(QObject):
    """``accepted``, ``rejected`` and ``taken_back`` carry the image's UID; ``failed`` too, after the error was said.

    ``sent`` carries the study's UID when a send or its undo is over, whether it went well or not.
    """

    accepted = Signal(str)
    rejected = Signal(str)
    taken_back = Signal(str)
    failed = Signal(str)
    sent = Signal(str)

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self.exports = Exports(context, self)
        self._judging: set[str] = set()
        self._pending: tuple[str, Presentation] | None = None
        # A presentation is noted when the hand has come to rest, not at every touch of a key.
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self.flush)

    def judging(self, image_uid: str) -> bool:
        """Whether a verdict on this picture is on its way to the disk: until it has failed or a board shows it."""
        return image_uid in self._judging

    def note(self, board: StudyBoard) -> None:
        """What is decided on a board is no longer on its way."""
        open_ones = (view for view in board.views if has_picture(view) and view.state is not ViewState.ACCEPTED)
        self._judging &= {view.image_uid for view in open_ones if view.image_uid is not None}

    def present(self, image_uid: str, presentation: Presentation) -> None:
        """Note soon how an undecided picture is to be seen."""
        if self._pending and self._pending[0] != image_uid:
            self.flush()
        self._pending = (image_uid, presentation)
        self._settle.start()

    def flush(self) -> None:
        """Note it now."""
        self._settle.stop()
        pending, self._pending = self._pending, None
        if pending is not None:
            desk = self._context.desk
            self._context.background.run_in_turn(self, lambda: desk.set_presentation(*pending), lambda _: None)

    def accept(self, image_uid: str) -> None:
        """Accept, as it is seen now."""
        self._judging.add(image_uid)
        self._settle.stop()
        pending, self._pending = self._pending, None
        desk = self._context.desk

        def accept() -> None:
            if pending is not None:
                desk.set_presentation(*pending)
            desk.accept(image_uid)

        self._context.background.run_in_turn(
            self, accept, lambda _: self.accepted.emit(image_uid), lambda error: self._fail(image_uid, error)
        )

    def reject(self, image_uid: str, reason: str) -> None:
        """Reject with a reason."""
        self._judging.add(image_uid)
        desk = self._context.desk
        self._context.background.run_in_turn(
            self,
            lambda: desk.reject(image_uid, reason),
            lambda _: self.rejected.emit(image_uid),
            lambda error: self._fail(image_uid, error),
        )

    def take_back(self, image_uid: str) -> None:
        """Take the verdict back."""
        desk = self._context.desk
        self._context.background.run_in_turn(
            self,
            lambda: desk.take_back(image_uid),
            lambda _: self.taken_back.emit(image_uid),
            lambda error: self._fail(image_uid, error),
        )

    def send(self, study_uid: str, said: str) -> None:
        """Send a study of which every view is accepted, and then say so in these words."""
        desk = self._context.desk
        self._context.background.run(
            self,
            lambda: desk.send(study_uid),
            lambda _: self._on_sent(study_uid, said),
            lambda error: self._on_not_sent(study_uid, error),
        )

    def send_partial(self, study_uid: str, said: str) -> None:
        """Send what is accepted, although views are missing."""
        desk = self._context.desk
        self._context.background.run(
            self,
            lambda: desk.send_accepted(study_uid),
            lambda _: self._on_sent(study_uid, said),
            lambda error: self._on_not_sent(study_uid, error),
        )

    def _on_not_sent(self, study_uid: str, error: FieldstationError) -> None:
        self._context.toast.say(apology(error), "fault", Tone.BAD)
        self.sent.emit(study_uid)

    def _on_sent(self, study_uid: str, said: str) -> None:
        desk, toast = self._context.desk, self._context.toast

        def undo() -> None:
            self._context.background.run(self, lambda: desk.undo_send(study_uid), lambda _: self._on_undone(study_uid))

        toast.offer(said, "car", text("ui.undo"), undo, _UNDO_MS)
        self.sent.emit(study_uid)

    def _on_undone(self, study_uid: str) -> None:
        self._context.toast.say(text("ui.called_back"), "undo")
        self.sent.emit(study_uid)

    def _fail(self, image_uid: str, error: FieldstationError) -> None:
        self._judging.discard(image_uid)
        self._context.toast.say(apology(error), "fault", Tone.BAD)
        self.failed.emit(image_uid)
