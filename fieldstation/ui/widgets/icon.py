"""An icon as a widget."""

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from fieldstation.ui import icons, theme
from fieldstation.ui.theme import Tone


class Icon(QWidget):
    """An icon in a tone. It goes with a word, so it has no accessible name of its own."""

    def __init__(self, name: str, size: int = 20, tone: Tone = Tone.TEXT, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._size = size
        self._tone = tone
        self.setFixedSize(size, size)

    def show_as(self, name: str, tone: Tone) -> None:
        """Show another icon, or the same in another colour."""
        if (name, tone) != (self._name, self._tone):
            self._name, self._tone = name, tone
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        center = QPointF(self.width() / 2, self.height() / 2)
        icons.draw(painter, self._name, center, self._size, theme.current().color(self._tone))
