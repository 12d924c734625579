"""A reader that has died: what another station needs to read the plates that wait, as a QR code and as a file."""

from pathlib import Path

from PySide6.QtCore import QDir, Qt
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from fieldstation.domain.errors import FieldstationError
from fieldstation.services.words import apology, text
from fieldstation.ui.context import Context
from fieldstation.ui.fonts import Role
from fieldstation.ui.stack.qr_code import QrCode
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.button import Button, Kind
from fieldstation.ui.widgets.dialog import BoxDialog, Trouble, open_over
from fieldstation.ui.widgets.text import Paragraph, Text

_NO_CODE_BUT_A_FILE = "hand_over.too_many"


class HandOverDialog(BoxDialog):
    """Modal. The passphrase is shown once, for as long as the dialog is open."""

    def __init__(self, context: Context, parent: QWidget) -> None:
        super().__init__(text("ui.hand_over"), Button(text("ui.close"), icon="close"), parent, width=800)
        self._context = context
        self.column.addWidget(Paragraph(text("ui.hand_over_why"), Role.BODY, Tone.QUIET))
        across = QHBoxLayout()
        across.setSpacing(24)
        self.code = QrCode()
        self.code.hide()
        across.addWidget(self.code, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(12)
        self.code_says = Paragraph(text("ui.hand_over_code_says"), Role.VALUE)
        self.code_says.hide()
        self._file_says = Paragraph(text("ui.hand_over_file"), Role.VALUE)
        self._file_says.hide()
        self.write = Button(text("ui.hand_over_write"), Kind.PRIMARY, icon="export", height=56)
        self.write.hide()
        self.write.clicked.connect(self._choose)
        self._label = Text(text("ui.hand_over_passphrase"), Role.HEAD, Tone.QUIET)
        self._label.hide()
        # Wraps at its hyphens: not a letter of it may be cut.
        self.passphrase = Paragraph("", Role.NUMBER)
        self.passphrase.hide()
        self.written = Paragraph("")
        self.written.hide()
        self.trouble = Trouble()
        for each in (
            self.code_says,
            self._file_says,
            self.write,
            self._label,
            self.passphrase,
            self.written,
            self.trouble,
        ):
            words.addWidget(each)
        words.addStretch(1)
        across.addLayout(words, 1)
        self.column.addLayout(across)
        self.then = Paragraph(text("ui.hand_over_then"), Role.BODY, Tone.QUIET)
        self.column.addWidget(self.then)
        context.background.run(self, context.desk.hand_over_code, self._on_code, self._on_no_code)

    def _on_code(self, modules: tuple[tuple[bool, ...], ...]) -> None:
        self.code.show_modules(modules)
        self.code.show()
        self.code_says.show()
        self._offer_file()

    def _on_no_code(self, error: FieldstationError) -> None:
        self._fail(error)
        if error.code == _NO_CODE_BUT_A_FILE:
            self._offer_file()
        else:
            self.then.hide()
            self.fit()

    def _offer_file(self) -> None:
        self._file_says.show()
        self.write.show()
        self.write.setFocus(Qt.FocusReason.OtherFocusReason)
        self.fit()

    def _choose(self) -> None:
        dialog = QFileDialog(self, text("ui.hand_over_where"), QDir.homePath())
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(text("ui.hand_over_name"))
        dialog.fileSelected.connect(lambda file: self.write_to(Path(file)))
        open_over(dialog, self)

    def write_to(self, file: Path) -> None:
        """Write the sealed file."""
        desk = self._context.desk
        self.trouble.say("")
        self._context.background.run(
            self, lambda: desk.hand_over(file), lambda phrase: self._on_written(file, phrase), self._fail
        )

    def _on_written(self, file: Path, passphrase: str) -> None:
        self.passphrase.say(passphrase)
        self.written.say(text("ui.hand_over_written", file=file.name))
        for each in (self._label, self.passphrase, self.written):
            each.show()
        self._file_says.hide()
        self.write.become(Kind.SECONDARY)
        self.fit()

    def _fail(self, error: FieldstationError) -> None:
        self.trouble.say(apology(error))
        self.fit()
