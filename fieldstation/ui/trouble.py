"""Why the app could not start, in a window of its own: who started it by its icon sees no terminal."""

import sys

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout

from fieldstation.services.words import text
from fieldstation.ui.app import application
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.button import Button, Kind
from fieldstation.ui.widgets.icon import Icon
from fieldstation.ui.widgets.text import Paragraph, Text

_WIDTH = 560


class TroubleWindow(QDialog):
    """One sentence, and Close."""

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self.setWindowTitle("Fieldstation")
        self.setFixedWidth(_WIDTH)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(16)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(Icon("fault", 32, Tone.BAD))
        head.addWidget(Text(text("ui.cannot_start"), Role.PAGE), 1)
        column.addLayout(head)
        column.addWidget(Paragraph(sentence))
        foot = QHBoxLayout()
        foot.addStretch(1)
        self.close_button = Button(text("ui.close"), Kind.PRIMARY, height=56)
        self.close_button.clicked.connect(self.accept)
        foot.addWidget(self.close_button)
        column.addLayout(foot)


def tell(sentence: str) -> None:
    """Show a sentence until it is closed: not to who reads it in a terminal, nor where there is no screen."""
    application()
    if QGuiApplication.platformName() != "offscreen" and not (sys.stderr and sys.stderr.isatty()):
        TroubleWindow(sentence).exec()
