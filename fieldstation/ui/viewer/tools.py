"""The strip of tools at the right of the picture, in night colours whatever the theme is."""

from collections.abc import Collection

from PySide6.QtCore import QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from fieldstation.services.words import text
from fieldstation.ui import icons, paint
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import NIGHT, Tone
from fieldstation.ui.viewer.toolbox import GROUPS, STRIP, ToolFace
from fieldstation.ui.widgets.focus import FocusButton

_WIDTH = 72
_HIGHEST, _LOWEST = 56, 48
_INSET = 12


class ToolButton(FocusButton):
    """72 wide, 56 high where there is room: icon over word."""

    def __init__(self, face: ToolFace, parent: QWidget) -> None:
        super().__init__(parent)
        self.face = face
        self._held = False
        self.setText(text(f"ui.tool_{face.code}"))
        self.setAccessibleName(self.text())
        self.setToolTip(f"{self.text()}  ({face.key})" if face.key else self.text())

    def sizeHint(self) -> QSize:
        """As in the measures."""
        return QSize(_WIDTH, _HIGHEST)

    def show_held(self, *, held: bool) -> None:
        """Whether one of its tools is in the hand."""
        self._held = held
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw icon and word; dimmed while there is nothing to work on."""
        painter = QPainter(self)
        enabled = self.isEnabled()
        if enabled and (self.isDown() or self.underMouse() or self._held):
            ground = self.rect().adjusted(4, 0, -4, 0)
            paint.box(painter, ground, 8, NIGHT.color(Tone.RAISED), NIGHT.color(Tone.ACTION) if self._held else None)
        color = NIGHT.color(Tone.TEXT) if enabled else NIGHT.mixed(Tone.QUIET, 45, over=Tone.BACKGROUND)
        top = (self.height() - 44) // 2
        icons.draw(painter, self.face.icon, QPointF(_WIDTH / 2, top + 13), 24, color)
        paint.line(painter, QRect(0, top + 28, _WIDTH, 16), self.text(), Role.CAPTION, color, paint.CENTER)
        if self.face.name in GROUPS:
            _draw_more(painter, QPointF(10, top + 13), color)
        self.draw_ring(painter, self.rect().adjusted(3, 1, -3, -1), 8, NIGHT.color(Tone.ACTION))


def _draw_more(painter: QPainter, at: QPointF, color: QColor) -> None:
    """A small corner that points to where its tools open."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawPolygon([at + QPointF(2, -3.5), at + QPointF(2, 3.5), at + QPointF(-2, 0)])


class ToolStrip(QWidget):
    """The tools. ``used`` carries a tool's name."""

    used = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(_WIDTH)
        self._buttons = {face.name: ToolButton(face, self) for face in STRIP}
        for name, button in self._buttons.items():
            button.clicked.connect(lambda _checked, name=name: self.used.emit(name))

    def button(self, name: str) -> ToolButton:
        """A tool's button."""
        return self._buttons[name]

    def dim(self, names: Collection[str]) -> None:
        """What cannot be used now."""
        for name, button in self._buttons.items():
            button.setEnabled(name not in names)

    def show_held(self, tool: str | None) -> None:
        """Which tool is in the hand."""
        for name, button in self._buttons.items():
            button.show_held(held=tool is not None and any(face.name == tool for face in GROUPS.get(name, ())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """On low screens the buttons come closer; none is cut."""
        super().resizeEvent(event)
        height = (self.height() - 2 * _INSET) // len(self._buttons)
        height = min(max(height, _LOWEST), _HIGHEST)
        for place, button in enumerate(self._buttons.values()):
            button.setGeometry(0, _INSET + place * height, _WIDTH, height)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Black, as the picture's ground."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.black)
        painter.fillRect(0, 0, 1, self.height(), QColor(NIGHT.base[Tone.LINE]))
