"""What a page shows when there is nothing to show: an icon, a sentence, the next step."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.icon import Icon
from fieldstation.ui.widgets.text import Text


class Empty(QWidget):
    """Centred in its place."""

    def __init__(self, icon: str, words: str, after: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setSpacing(8)
        column.addStretch(2)
        column.addWidget(Icon(icon, 32, Tone.QUIET), 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(8)
        self._words = Text(words, Role.PAGE)
        self._after = Text(after, Role.BODY, Tone.QUIET)
        for line in (self._words, self._after):
            line.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(line)
        column.addStretch(3)

    def say(self, words: str, after: str) -> None:
        """Change the sentence and the next step."""
        self._words.say(words)
        self._after.say(after)
