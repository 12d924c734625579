"""A read that runs: it belongs to a view of a study, whatever is on screen meanwhile."""

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage, QPainter

from fieldstation.domain.errors import FieldstationError
from fieldstation.domain.exams import Technique
from fieldstation.domain.plates import GoingOn
from fieldstation.services.boards import ReadProgress
from fieldstation.services.desk import Desk
from fieldstation.ui.background import Background


class ReadRun(QObject):
    """One read at a time. ``finished`` carries view and image UID, ``failed`` view and error."""

    started = Signal(str)
    progressed = Signal()
    finished = Signal(str, str)
    failed = Signal(str, object)

    def __init__(self, desk: Desk, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._background = background
        self.view_id: str | None = None
        self.study_uid = ""
        self.plate_id = ""
        self.technique = Technique()
        self.progress: ReadProgress | None = None
        self.preview: QImage | None = None
        self._courier = background.courier(self, self._on_progress)

    @property
    def running(self) -> bool:
        """Whether a plate is read now."""
        return self.view_id is not None

    @property
    def fraction(self) -> float:
        """How much of the plate is read, 0 to 1."""
        return self.progress.fraction if self.progress else 0.0

    def start(
        self, study_uid: str, view_id: str, plate_id: str, technique: Technique, going_on: GoingOn | None = None
    ) -> None:
        """Read a cassette for a view. Does nothing while another is read."""
        if self.running:
            return
        self.study_uid, self.view_id, self.plate_id, self.technique = study_uid, view_id, plate_id, technique
        self.progress = self.preview = None
        desk, courier = self._desk, self._courier

        def read() -> str:
            return desk.scan(study_uid, view_id, plate_id, technique, courier, going_on)

        self._background.run(self, read, self._on_done, self._on_failed)
        self.started.emit(view_id)

    def cancel(self) -> None:
        """Stop it. The lines that came are kept."""
        if self.running:
            self._background.run(self, self._desk.cancel_scan, lambda _: None)

    def stop_now(self) -> None:
        """Stop it before the program ends: the one call that is not made in the background."""
        if self.running:
            self._desk.cancel_scan()

    def _on_progress(self, progress: ReadProgress) -> None:
        if not self.running:
            return
        self.progress = progress
        rows, width = progress.preview.shape if progress.preview.size else (0, 0)
        if rows:
            if self.preview is None:
                self.preview = QImage(width, progress.preview_rows, QImage.Format.Format_Grayscale8)
                self.preview.fill(0)
            lines = progress.preview.tobytes()
            block = QImage(lines, width, rows, width, QImage.Format.Format_Grayscale8)
            painter = QPainter(self.preview)
            painter.drawImage(0, progress.first_row, block)
            painter.end()
        self.progressed.emit()

    def _on_done(self, image_uid: str) -> None:
        self.finished.emit(self._end(), image_uid)

    def _on_failed(self, error: FieldstationError) -> None:
        self.failed.emit(self._end(), error)

    def _end(self) -> str:
        view_id = self.view_id or ""
        self.view_id = self.progress = self.preview = None
        return view_id
