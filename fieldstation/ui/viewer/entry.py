"""A line to type into, on the picture."""

from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QLineEdit, QWidget

from fieldstation.services.words import text
from fieldstation.ui.fonts import Role, font

_WIDTH, _HEIGHT = 280, 44


class Entry(QLineEdit):
    """Enter ends it; whoever opened it closes it. ``what`` names what is asked for."""

    def __init__(self, parent: QWidget, what: str, most: int, words: str, at: QPointF) -> None:
        super().__init__(words, parent)
        self.setMaxLength(most)
        self.setFont(font(Role.NAME))
        self.setPlaceholderText(text(f"ui.entry_{what}"))
        self.setAccessibleName(self.placeholderText())
        width = min(_WIDTH, parent.width())
        x, y = min(max(at.x() - 12, 0), parent.width() - width), min(max(at.y() - 22, 0), parent.height() - _HEIGHT)
        self.setGeometry(round(x), round(y), width, _HEIGHT)
        self.show()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
