"""Grounds: a plain area in a token's colour, with lines at its edges; a card with rounded corners."""

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QWidget

from fieldstation.ui import paint, theme
from fieldstation.ui.theme import Tone


class Panel(QWidget):
    """A plain area. ``edges`` names the sides that have a 1 px line: any of "ltrb"."""

    def __init__(self, tone: Tone, edges: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tone = tone
        self._edges = edges

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Fill, then lines."""
        look = theme.current()
        painter = QPainter(self)
        area = self.rect()
        painter.fillRect(area, look.color(self._tone))
        line = look.color(Tone.LINE)
        for edge, strip in (
            ("l", QRect(area.topLeft(), QPoint(area.left(), area.bottom()))),
            ("t", QRect(area.topLeft(), QPoint(area.right(), area.top()))),
            ("r", QRect(area.topRight(), area.bottomRight())),
            ("b", QRect(area.bottomLeft(), area.bottomRight())),
        ):
            if edge in self._edges:
                painter.fillRect(strip, line)


class Card(QFrame):
    """A box with rounded corners and a 1 px outline in the colour of a token."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._outline = Tone.LINE
        self._outline_width = 1
        self._ground = Tone.SURFACE

    def stand_out(self, ground: Tone, outline: Tone, width: int) -> None:
        """Change ground and outline."""
        if (ground, outline, width) != (self._ground, self._outline, self._outline_width):
            self._ground, self._outline, self._outline_width = ground, outline, width
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw ground and outline."""
        look = theme.current()
        painter = QPainter(self)
        outline = look.color(self._outline)
        paint.box(painter, self.rect(), 8, look.color(self._ground), outline, self._outline_width)


class Line(QWidget):
    """A 1 px line across."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(1)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        QPainter(self).fillRect(self.rect(), theme.current().color(Tone.LINE))
