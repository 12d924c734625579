"""One plate of the stack: whose it is, how long it waits, and what to do with it."""

from PySide6.QtCore import QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from fieldstation.services.boards import ViewState
from fieldstation.services.boards_plates import StackRow
from fieldstation.services.words import person_name, sentence, text
from fieldstation.ui import formats, icons, paint, theme
from fieldstation.ui.fonts import Role
from fieldstation.ui.stack import hues
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.button import Button
from fieldstation.ui.widgets.focus import FocusButton

ROW_HEIGHT = 80
_DEED = 168
_STATES = {
    ViewState.EXPOSED: ("exposed", Tone.CAUTION),
    ViewState.PARTIAL: ("partial", Tone.BAD),
    ViewState.UNDECIDED: ("undecided", Tone.ACTION),
}


def title(row: StackRow) -> str:
    """``C-0147 → Mueller, Anna · Chest lateral``."""
    return text("ui.plate_of", plate=row.plate_id, whose=formats.joined(person_name(row.patient_name), row.view_name))


def deed(row: StackRow) -> str:
    """What touching the row does."""
    return text("ui.read_plate" if row.state is ViewState.EXPOSED else "ui.judge")


def deed_icon(row: StackRow) -> str:
    """The icon of that."""
    return "reader" if row.state is ViewState.EXPOSED else "undecided"


class StackRowWidget(FocusButton):
    """A row in its patient's colour. ``wanted``: read it, or judge it."""

    wanted = Signal()

    def __init__(self, row: StackRow, hue: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row = row
        self._hue = hue
        self.setFixedHeight(ROW_HEIGHT)
        self.setAccessibleName(formats.joined(title(row), self._state_word(), deed(row)))
        self.button = Button(deed(row), icon=deed_icon(row), height=56, parent=self)
        self.button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.button.clicked.connect(self.wanted)
        self.clicked.connect(self.wanted)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter does it, as space does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        """A whole line."""
        return QSize(900, ROW_HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the button at the right."""
        super().resizeEvent(event)
        width = max(_DEED, self.button.sizeHint().width())
        self.button.setGeometry(self.width() - 16 - width, 12, width, 56)

    def _state_word(self) -> str:
        return text("ui.in_reader") if self.row.in_reader else text(f"ui.view_{self.row.state.replace('-', '_')}")

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw colour, plate, patient and view, state and age."""
        look = theme.current()
        painter = QPainter(self)
        touched = self.isDown() or self.underMouse()
        ground = look.hovered(Tone.SURFACE) if touched else look.color(Tone.SURFACE)
        paint.box(painter, self.rect(), 8, ground, look.color(Tone.LINE))
        own = hues.color(self._hue)
        paint.box(painter, QRect(0, 0, 8, self.height()), 4, own, None)
        row, main, quiet = self.row, look.color(Tone.TEXT), look.color(Tone.QUIET)
        paint.line(painter, QRect(24, 16, 152, 24), row.plate_id, Role.TITLE, main)
        paint.line(painter, QRect(24, 44, 152, 16), row.facility, Role.CAPTION, quiet)
        right = self.button.x() - 16
        state = max(430, right - 344)
        paint.name(painter, QRect(184, 14, state - 200, 28), person_name(row.patient_name), own)
        about = formats.joined(row.view_name, row.accession)
        paint.line(painter, QRect(184, 44, state - 200, 20), about, Role.BODY, main)
        icon, tone = ("reader", Tone.ACTION) if row.in_reader else _STATES[row.state]
        icons.draw(painter, icon, QPointF(state + 10, 28), 20, look.color(tone))
        paint.line(painter, QRect(state + 28, 18, right - state - 28, 20), self._state_word(), Role.VALUE, main)
        waits = sentence(row.fading) if row.fading else ""
        paint.line(painter, QRect(state, 45, right - state, 16), waits, Role.CAPTION, quiet)
        self.draw_ring(painter, self.rect().adjusted(3, 3, -3, -3), 6, look.color(Tone.ACTION))
