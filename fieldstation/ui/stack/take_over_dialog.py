"""Takes plates over that another station exposed: out of its file, or out of its QR code."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QDir, Qt
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from fieldstation.domain.errors import FieldstationError
from fieldstation.domain.plates import TakenOver
from fieldstation.services.words import apology, text
from fieldstation.ui import formats
from fieldstation.ui.context import Context
from fieldstation.ui.fonts import Role, font
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.button import Button, Kind
from fieldstation.ui.widgets.dialog import BoxDialog, Trouble, open_over
from fieldstation.ui.widgets.icon import Icon
from fieldstation.ui.widgets.scroll import PageScroll
from fieldstation.ui.widgets.text import Paragraph, Text

_LIST_HEIGHT = 380


class TakeOverDialog(BoxDialog):
    """Modal. Once plates were taken over it says of each whether its view was found, those first that have none."""

    def __init__(self, context: Context, parent: QWidget) -> None:
        super().__init__(text("ui.take_over"), Button(text("ui.close"), icon="close"), parent)
        self._context = context
        self._file: Path | None = None
        self._ask = QWidget()
        form = QVBoxLayout(self._ask)
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(12)
        form.addWidget(Paragraph(text("ui.take_over_how"), Role.BODY, Tone.QUIET))
        row = QHBoxLayout()
        row.setSpacing(12)
        self.choose = Button(text("ui.take_over_choose"), icon="disk", height=56)
        self.choose.clicked.connect(self._choose)
        self._name = Text(text("ui.take_over_none"), Role.VALUE)
        row.addWidget(self.choose)
        row.addWidget(self._name, 1)
        form.addLayout(row)
        form.addWidget(Text(text("ui.hand_over_passphrase"), Role.HEAD, Tone.QUIET))
        row = QHBoxLayout()
        row.setSpacing(12)
        self.passphrase = QLineEdit()
        self.passphrase.setFont(font(Role.TITLE))
        self.passphrase.setFixedHeight(56)
        self.passphrase.setMaxLength(64)
        self.passphrase.setAccessibleName(text("ui.hand_over_passphrase"))
        self.go = Button(text("ui.take_over_go"), Kind.PRIMARY, icon="check", height=56)
        row.addWidget(self.passphrase, 1)
        row.addWidget(self.go)
        form.addLayout(row)
        self.column.addWidget(self._ask)
        self.trouble = Trouble()
        self.column.addWidget(self.trouble)
        self.passphrase.textChanged.connect(self._allow)
        self.passphrase.returnPressed.connect(self.go.click)
        self.go.clicked.connect(self._take_file)
        self._allow()
        self.choose.setFocus(Qt.FocusReason.OtherFocusReason)

    def take_code(self, code: str) -> None:
        """A scanner has read the other station's QR code."""
        desk = self._context.desk
        self._take(lambda: desk.take_over_code(code))

    def use_file(self, file: Path) -> None:
        """This file was chosen."""
        self._file = file
        self._name.say(file.name)
        self.passphrase.setFocus(Qt.FocusReason.OtherFocusReason)
        self._allow()

    def _choose(self) -> None:
        dialog = QFileDialog(self, text("ui.take_over_choose"), QDir.homePath(), text("ui.take_over_files"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda file: self.use_file(Path(file)))
        open_over(dialog, self)

    def _allow(self) -> None:
        self.go.setEnabled(self._file is not None and bool(self.passphrase.text().strip()))

    def _take_file(self) -> None:
        desk, file, passphrase = self._context.desk, self._file, self.passphrase.text()
        if file is not None:
            self._take(lambda: desk.take_over(file, passphrase))

    def _take(self, deed: Callable[[], Sequence[TakenOver]]) -> None:
        self.trouble.say("")
        self.go.setEnabled(False)
        self._context.background.run(self, deed, self._on_taken, self._on_failed)

    def _on_failed(self, error: FieldstationError) -> None:
        self.trouble.say(apology(error))
        self._allow()
        self.fit()
        self.passphrase.selectAll()
        self.passphrase.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_taken(self, taken: Sequence[TakenOver]) -> None:
        self._ask.hide()
        inside = QWidget()
        rows = QVBoxLayout(inside)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(16)
        self.results = [TakenRow(one) for one in sorted(taken, key=lambda one: one.study_uid is not None)]
        for row in self.results:
            rows.addWidget(row)
        rows.addStretch(1)
        scroll = PageScroll(inside)
        scroll.setFixedHeight(min(_LIST_HEIGHT, inside.sizeHint().height()))
        self.column.addWidget(scroll)
        # Only what is shown counts for the height.
        scroll.show()
        self.fit()


class TakenRow(QWidget):
    """What became of one plate."""

    def __init__(self, taken: TakenOver, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        plate, found = taken.plate, taken.study_uid is not None
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(12)
        icon = Icon("accepted", 24, Tone.GOOD) if found else Icon("caution", 24, Tone.CAUTION)
        across.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(2)
        about = formats.joined(plate.plate_id, text("ui.label_accession", value=plate.accession))
        became = text("ui.take_over_found" if found else "ui.take_over_not_found")
        when = text("ui.take_over_exposed", time=formats.clock(plate.exposed_at), station=plate.station)
        column.addWidget(Text(about, Role.TITLE))
        column.addWidget(Text(became, Role.VALUE))
        column.addWidget(Text(when, Role.BODY, Tone.QUIET))
        across.addLayout(column, 1)
        self.setAccessibleName(formats.joined(about, became, when))
