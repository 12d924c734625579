"""The strip of tools at the right of the picture, in night colours whatever the theme is."""

from PySide6.QtCore import QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from fieldstation.services.words import text
from fieldstation.ui import icons, paint
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import NIGHT, Tone
from fieldstation.ui.widgets.focus import FocusButton

TOOLS = (("rotate", "]"), ("invert", "I"), ("fit", "F"), ("one-to-one", "1"), ("reset", "0"))


class Tool(FocusButton):
    """72 by 56: icon over word."""

    def __init__(self, name: str, key: str) -> None:
        super().__init__()
        self._icon = name
        self.setText(text(f"ui.tool_{name.replace('-', '_')}"))
        self.setAccessibleName(self.text())
        self.setToolTip(f"{self.text()}  ({key})")
        self.setFixedSize(72, 56)

    def sizeHint(self) -> QSize:
        """As in the measures."""
        return QSize(72, 56)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw icon and word; dimmed while there is nothing to work on."""
        painter = QPainter(self)
        enabled = self.isEnabled()
        if enabled and (self.isDown() or self.underMouse()):
            paint.box(painter, self.rect().adjusted(4, 0, -4, 0), 8, NIGHT.color(Tone.RAISED), None)
        color = NIGHT.color(Tone.TEXT) if enabled else NIGHT.mixed(Tone.QUIET, 45, over=Tone.BACKGROUND)
        icons.draw(painter, self._icon, QPointF(36, 20), 24, color)
        paint.line(painter, QRect(0, 36, 72, 16), self.text(), Role.CAPTION, color, paint.CENTER)
        self.draw_ring(painter, self.rect().adjusted(3, 1, -3, -1), 8, NIGHT.color(Tone.ACTION))


class ToolStrip(QWidget):
    """The tools that work. ``used`` carries a tool's name."""

    used = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(72)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 12, 0, 12)
        column.setSpacing(0)
        for name, key in TOOLS:
            tool = Tool(name, key)
            tool.clicked.connect(lambda _checked, name=name: self.used.emit(name))
            column.addWidget(tool)
        column.addStretch(1)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Black, as the picture's ground."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.black)
        painter.fillRect(0, 0, 1, self.height(), QColor(NIGHT.base[Tone.LINE]))
