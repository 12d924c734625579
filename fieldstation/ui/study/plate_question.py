"""When something speaks against reading a plate, a person is asked; a reason given, the read goes on."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from fieldstation.domain.errors import FieldstationError
from fieldstation.domain.plates import PlateRefused
from fieldstation.services.words import text
from fieldstation.ui.stack.concerns import ConcernsDialog
from fieldstation.ui.study.reading import ReadRun
from fieldstation.ui.widgets.dialog import open_over


class PlateQuestion(QObject):
    """Asks whenever a run is refused for its plate."""

    def __init__(self, run: ReadRun, page: QWidget) -> None:
        super().__init__(page)
        self._run = run
        self._page = page
        run.failed.connect(self._on_failed)

    def _on_failed(self, view_id: str, error: FieldstationError) -> None:
        if not isinstance(error, PlateRefused):
            return
        run = self._run
        study_uid, plate_id, technique = run.study_uid, run.plate_id, run.technique
        asked = ConcernsDialog(text("ui.read_anyway", plate=plate_id), error.concerns, self._page.window())
        asked.accepted.connect(lambda: run.start(study_uid, view_id, plate_id, technique, asked.going_on))
        open_over(asked, self._page.window())
