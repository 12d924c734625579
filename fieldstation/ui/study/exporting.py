"""Takes accepted pictures out of the program: asks for a folder, writes in the background, says what was written."""

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from fieldstation.domain.errors import FieldstationError, Refused
from fieldstation.services.boards import ViewCard, ViewState
from fieldstation.services.export import ExportForm, ExportWish
from fieldstation.services.words import apology, text
from fieldstation.ui import formats
from fieldstation.ui.context import Context
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.dialog import open_over

_MINUTES_MS = 600_000
_WISHES: Mapping[str, ExportWish] = {
    "export-named": ExportWish(form=ExportForm.PNG, banner=True),
    "export-named-jpeg": ExportWish(form=ExportForm.JPEG, banner=True),
    "export-png": ExportWish(form=ExportForm.PNG),
    "export-jpeg": ExportWish(form=ExportForm.JPEG),
    "export-dicom": ExportWish(form=ExportForm.DICOM),
    "export-patient": ExportWish(form=ExportForm.DICOMDIR),
}


class Exports(QObject):
    """What is wanted goes by the names of the tools that ask for it."""

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context

    def ask(self, wanted: str, study_uid: str, view: ViewCard) -> None:
        """Ask where to; all but the patient's folder are of the view's picture, which has to be accepted."""
        wish = _WISHES[wanted]
        if wish.form is not ExportForm.DICOMDIR:
            if view.state is not ViewState.ACCEPTED:
                # Said before a folder is asked for, not after one was looked for in vain.
                self._on_failed(Refused("export.not_accepted"))
                return
            wish = ExportWish(form=wish.form, banner=wish.banner, image_uid=view.image_uid)
        window = self._context.toast.window()
        dialog = QFileDialog(window, text("ui.export_where"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda folder: self._write(study_uid, Path(folder), wish))
        open_over(dialog, window)

    def _write(self, study_uid: str, folder: Path, wish: ExportWish) -> None:
        desk, toast = self._context.desk, self._context.toast
        toast.say(text("ui.export_writing"), "disk", milliseconds=_MINUTES_MS)
        self._context.background.run(
            self,
            lambda: desk.export(study_uid, folder, wish),
            lambda files: self._on_written(files, folder),
            self._on_failed,
        )

    def _on_written(self, files: list[Path], folder: Path) -> None:
        words = text("ui.export_written", files=formats.counted("files", len(files)), folder=str(folder))
        self._context.toast.say(words, "check", Tone.GOOD)

    def _on_failed(self, error: FieldstationError) -> None:
        self._context.toast.say(apology(error), "fault", Tone.BAD)
