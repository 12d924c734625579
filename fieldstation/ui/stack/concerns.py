"""What speaks against a plate, before it is used all the same: that takes a reason, which the history keeps."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from fieldstation.domain.plates import GoingOn
from fieldstation.domain.words import Message
from fieldstation.services.words import sentence, text
from fieldstation.ui.fonts import Role, font
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.button import Button, Kind
from fieldstation.ui.widgets.dialog import BoxDialog
from fieldstation.ui.widgets.icon import Icon
from fieldstation.ui.widgets.text import Paragraph, Text

REASONS = ("ui.anyway_checked", "ui.anyway_relabelled", "ui.anyway_on_purpose")
"""The usual reasons, the most used first."""
_LONGEST = 200


class ConcernsDialog(BoxDialog):
    """Modal: a plate of another patient cannot be taken back once it is read. ``going_on`` is None until one does."""

    def __init__(self, heading: str, concerns: Sequence[Message], parent: QWidget) -> None:
        self.stop = Button(text("ui.stop_here"), Kind.PRIMARY, icon="close", height=56)
        super().__init__(heading, self.stop, parent)
        self.going_on: GoingOn | None = None
        column = self.column
        for concern in concerns:
            row = QHBoxLayout()
            row.setSpacing(12)
            row.addWidget(Icon("caution", 24, Tone.CAUTION), 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(Paragraph(sentence(concern), Role.VALUE), 1)
            column.addLayout(row)
        column.addSpacing(8)
        column.addWidget(Text(text("ui.anyway"), Role.HEAD, Tone.QUIET))
        self.tiles = []
        for words in map(text, REASONS):
            tile = Button(words, height=56)
            tile.clicked.connect(lambda _checked, words=words: self._go_on(words))
            self.tiles.append(tile)
            column.addWidget(tile)
        row = QHBoxLayout()
        row.setSpacing(12)
        self.other = QLineEdit()
        self.other.setFont(font(Role.BODY))
        self.other.setFixedHeight(44)
        self.other.setMaxLength(_LONGEST)
        self.other.setPlaceholderText(text("ui.anyway_other"))
        self.other.setAccessibleName(text("ui.anyway_other"))
        self.use = Button(text("ui.use_anyway"))
        self.use.setEnabled(False)
        self.other.textChanged.connect(lambda words: self.use.setEnabled(bool(words.strip())))
        self.use.clicked.connect(lambda: self._go_on(self.other.text()))
        row.addWidget(self.other, 1)
        row.addWidget(self.use)
        column.addLayout(row)
        self.stop.setFocus(Qt.FocusReason.OtherFocusReason)

    def _go_on(self, reason: str) -> None:
        self.going_on = GoingOn(reason.strip())
        self.accept()
