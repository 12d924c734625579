"""One cassette of the register: what is on it, for whom, how old it is, when it was erased and cleaned."""

from datetime import datetime

from PySide6.QtCore import QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from fieldstation.domain.plates import PlateState
from fieldstation.services.boards_plates import TrayRow
from fieldstation.services.words import person_name, sentence, text
from fieldstation.ui import formats, icons, paint, theme
from fieldstation.ui.fonts import Role, font
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.button import Button

ROW_HEIGHT = 72
_STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
_STATES = {
    PlateState.PACKED: ("cassette", Tone.ACTION),
    PlateState.EXPOSED: ("exposed", Tone.CAUTION),
    PlateState.READ: ("reader", Tone.CAUTION),
    PlateState.ERASED: ("accepted", Tone.GOOD),
    PlateState.ERASE_DUE: ("clock", Tone.CAUTION),
}


class TrayRowWidget(QWidget):
    """A row. ``read``, ``cleaned``, ``erase``: its buttons; ``stepped``: to the row above (−1) or below (1).

    What no view waits for is read here; other exposed plates are read from the stack.
    """

    read = Signal()
    cleaned = Signal()
    erase = Signal()
    stepped = Signal(int)

    def __init__(self, row: TrayRow, now: datetime, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row = row
        self._now = now
        self.setFixedHeight(ROW_HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(
            formats.joined(row.plate_id, self.state_word, self.whose, *(sentence(each) for each in row.notices))
        )
        self.erase_button = Button(text("ui.erase"), icon="reset", parent=self)
        self.erase_button.clicked.connect(self.erase)
        self.erase_button.setVisible(row.state in (PlateState.READ, PlateState.ERASE_DUE))
        self.read_button = Button(text("ui.read"), icon="reader", parent=self)
        self.read_button.clicked.connect(self.read)
        self.read_button.setVisible(row.state is PlateState.EXPOSED and row.view_id is None)
        self.clean_button = Button(text("ui.cleaned"), icon="check", parent=self)
        self.clean_button.clicked.connect(self.cleaned)
        self.read_button.setAccessibleName(text("ui.read_of", plate=row.plate_id))
        self.erase_button.setAccessibleName(text("ui.erase_of", plate=row.plate_id))
        self.clean_button.setAccessibleName(text("ui.cleaned_of", plate=row.plate_id))

    @property
    def has_focus(self) -> bool:
        """Whether the focus is on the row or on one of its buttons."""
        return any(each.hasFocus() for each in (self, self.read_button, self.erase_button, self.clean_button))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down go from row to row."""
        if event.key() in _STEPS:
            self.stepped.emit(_STEPS[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that the focus is here."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show it no more."""
        super().focusOutEvent(event)
        self.update()

    @property
    def state_word(self) -> str:
        """What is on it, in a word."""
        return text(f"ui.plate_{self.row.state.replace('-', '_')}")

    @property
    def whose(self) -> str:
        """Patient and view that it is packed or exposed for; empty where it is for nobody."""
        return formats.joined(person_name(self.row.patient_name), self.row.view_name)

    def sizeHint(self) -> QSize:
        """A whole line."""
        return QSize(900, ROW_HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the buttons at the right."""
        super().resizeEvent(event)
        right = self.width() - 16
        for button in (self.clean_button, self.erase_button):
            width = button.sizeHint().width()
            button.setGeometry(right - width, 14, width, 44)
            right -= width + 8
        # A row shows one of the two.
        self.read_button.setGeometry(self.erase_button.geometry())

    def _when(self, moment: datetime | None) -> str:
        if moment is None:
            return text("ui.never")
        return formats.clock(moment) if _same_day(moment, self._now) else formats.day(moment.astimezone().date())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the columns."""
        look = theme.current()
        painter = QPainter(self)
        row, main, quiet = self.row, look.color(Tone.TEXT), look.color(Tone.QUIET)
        painter.fillRect(0, 0, self.width(), 1, look.color(Tone.LINE))
        if self.hasFocus():
            paint.box(
                painter, self.rect().adjusted(3, 3, -3, -3), 6, look.color(Tone.RAISED), look.color(Tone.ACTION), 2
            )
        icon, tone = _STATES[row.state]
        icons.draw(painter, icon, QPointF(26, 27), 20, look.color(tone))
        paint.line(painter, QRect(44, 17, 148, 20), self.state_word, Role.VALUE, main)
        since = text("ui.since", time=self._when(row.since)) if row.since else ""
        paint.line(painter, QRect(44, 40, 148, 16), since, Role.CAPTION, quiet)
        paint.line(painter, QRect(200, 16, 120, 24), row.plate_id, Role.TITLE, main)
        paint.line(painter, QRect(200, 40, 120, 16), formats.plate_size(row.size), Role.CAPTION, quiet)
        right = self.erase_button.x() - 16
        erased = right - 148
        age = erased - 128
        self._tell(painter, QRect(324, 0, age - 336, ROW_HEIGHT))
        paint.line(painter, QRect(age, 17, 120, 20), formats.counted("cycles", row.cycles), Role.VALUE, main)
        service = formats.day(row.in_service_at.astimezone().date()) if row.in_service_at else text("ui.unknown")
        paint.line(painter, QRect(age, 40, 120, 16), text("ui.in_service", day=service), Role.CAPTION, quiet)
        words = text("ui.erased_at", time=self._when(row.last_erased_at))
        paint.line(painter, QRect(erased, 17, 140, 20), words, Role.BODY, main)
        words = text("ui.cleaned_at", time=self._when(row.last_cleaned_at))
        paint.line(painter, QRect(erased, 40, 140, 16), words, Role.CAPTION, quiet)

    def _tell(self, painter: QPainter, place: QRect) -> None:
        """Whose it is and how it fades; what recurs on it is told first, on two lines where it is nobody's."""
        look, row = theme.current(), self.row
        notices = " ".join(sentence(each) for each in row.notices)
        below = look.color(Tone.CAUTION if notices else Tone.QUIET)
        told = notices or (sentence(row.fading) if row.fading else "")
        if not self.whose:
            painter.setPen(below)
            painter.setFont(font(Role.CAPTION))
            painter.drawText(place, paint.LEFT | Qt.TextFlag.TextWordWrap, told)
            return
        name = QRect(place.x(), 17, place.width(), 20)
        paint.line(painter, name, self.whose, Role.VALUE, look.color(Tone.TEXT))
        paint.line(painter, QRect(place.x(), 40, place.width(), 16), told, Role.CAPTION, below)


def _same_day(one: datetime, other: datetime) -> bool:
    return one.astimezone().date() == other.astimezone().date()
