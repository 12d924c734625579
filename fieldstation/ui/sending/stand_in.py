"""Whether a standby is to stand in for the primary destination: asked first, since it is not taken back."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from fieldstation.services.words import text
from fieldstation.ui.fonts import Role
from fieldstation.ui.widgets.button import Button, Kind
from fieldstation.ui.widgets.dialog import BoxDialog
from fieldstation.ui.widgets.text import Paragraph


class StandInDialog(BoxDialog):
    """Modal. ``wanted`` carries the standby's name, once, if it is."""

    wanted = Signal(str)

    def __init__(self, standby: str, parent: QWidget) -> None:
        self.leave = Button(text("ui.stand_in_leave"), icon="close", height=56)
        super().__init__(text("ui.stand_in_question", destination=standby), self.leave, parent)
        self.column.addWidget(Paragraph(text("ui.stand_in_why", destination=standby), Role.VALUE))
        self.column.addSpacing(8)
        self.go = Button(text("ui.stand_in", destination=standby), Kind.PRIMARY, icon="sending", height=56)
        self.go.clicked.connect(self.accept)
        self.accepted.connect(lambda: self.wanted.emit(standby))
        self.column.addWidget(self.go)
        self.leave.setFocus(Qt.FocusReason.OtherFocusReason)
