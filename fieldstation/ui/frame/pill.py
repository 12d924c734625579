"""A pill of the top bar: one truth at a glance."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QSize
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from fieldstation.ui import icons, paint, theme
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.focus import FocusButton


@dataclass(frozen=True, slots=True)
class PillState:
    """What a pill says: an icon in a tone, words, and how much of something is done (0 to 1, None: nothing runs)."""

    icon: str
    tone: Tone
    words: str
    progress: float | None = None


class Pill(FocusButton):
    """40 px high, touchable over the whole bar."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._state = PillState("info", Tone.QUIET, "")
        self.setFixedHeight(56)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_state(self, state: PillState) -> None:
        """Say something else."""
        if state == self._state:
            return
        resize = state.words != self._state.words
        self._state = state
        self.setAccessibleName(f"{self._name}: {state.words}")
        if resize:
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Icon, words, padding of 12."""
        return QSize(12 + 20 + 8 + paint.text_width(self._state.words, Role.VALUE) + 14, 56)

    def minimumSizeHint(self) -> QSize:
        """A truth is never cut."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw box, icon, words and the line of progress."""
        look = theme.current()
        painter = QPainter(self)
        rect = QRect(0, 8, self.width(), 40)
        ground = look.hovered(Tone.RAISED) if self.underMouse() or self.isDown() else look.color(Tone.RAISED)
        paint.box(painter, rect, 8, ground, look.color(Tone.LINE))
        if self._state.progress is not None:
            painter.save()
            clip = QPainterPath()
            clip.addRoundedRect(rect, 8, 8)
            painter.setClipPath(clip)
            done = round(rect.width() * self._state.progress)
            painter.fillRect(rect.left(), rect.bottom() - 2, done, 3, look.color(Tone.ACTION))
            painter.restore()
        icons.draw(painter, self._state.icon, QPointF(22, 28), 20, look.color(self._state.tone))
        words = QRect(40, 8, self.width() - 50, 40)
        paint.line(painter, words, self._state.words, Role.VALUE, look.color(Tone.TEXT))
        self.draw_ring(painter, rect, 8, look.color(Tone.ACTION))
