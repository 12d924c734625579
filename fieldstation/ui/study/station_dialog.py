"""Which station reads a plate instead of this one."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from fieldstation.services.words import text
from fieldstation.ui.fonts import Role, font
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.button import Button, Kind
from fieldstation.ui.widgets.dialog import BoxDialog
from fieldstation.ui.widgets.text import Paragraph

_LONGEST = 16
"""Station names are AE titles and the like: at most 16 characters."""


class StationDialog(BoxDialog):
    """Modal, since it closes the view here. ``station`` is what was entered."""

    def __init__(self, view: str, parent: QWidget) -> None:
        leave = Button(text("ui.close"), icon="close")
        super().__init__(text("ui.read_elsewhere_where"), leave, parent, width=560)
        self.column.addWidget(Paragraph(text("ui.read_elsewhere_means", view=view), Role.BODY, Tone.QUIET))
        self.name = QLineEdit()
        self.name.setFont(font(Role.TITLE))
        self.name.setFixedHeight(56)
        self.name.setMaxLength(_LONGEST)
        self.name.setPlaceholderText(text("ui.read_elsewhere_station"))
        self.name.setAccessibleName(text("ui.read_elsewhere_station"))
        self.go = Button(text("ui.read_elsewhere"), Kind.PRIMARY, icon="check", height=56)
        self.go.setEnabled(False)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.name, 1)
        row.addWidget(self.go)
        self.column.addLayout(row)
        self.name.textChanged.connect(lambda words: self.go.setEnabled(bool(words.strip())))
        self.name.returnPressed.connect(self.go.click)
        self.go.clicked.connect(self.accept)
        self.name.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def station(self) -> str:
        """Its name."""
        return self.name.text().strip()
