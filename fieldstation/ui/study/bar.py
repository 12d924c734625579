"""The bar: the leave light of the stop, the question before a partial send, and Send."""

from PySide6.QtCore import QPointF, QRect, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from fieldstation.services.boards import LeaveLight, SendCell
from fieldstation.services.words import sentence, text
from fieldstation.ui import formats, icons, paint, theme
from fieldstation.ui.fonts import Role, font
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.button import Button, Kind
from fieldstation.ui.widgets.panel import Panel
from fieldstation.ui.widgets.text import Text


class LeaveLightWidget(QWidget):
    """Green when nothing is missing at this stop; else what is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tone = Tone.CAUTION
        self._icon = "caution"
        self._verdict = ""
        self._list = ""

    @property
    def verdict(self) -> str:
        """The line in bold."""
        return self._verdict

    def show_light(self, light: LeaveLight, cell: SendCell) -> None:
        """Bring it up to date."""
        if light.green:
            self._tone, self._icon = Tone.GOOD, "car"
            self._verdict = text("ui.leave_send" if cell.to_send else "ui.leave_now")
            self._list = text("ui.leave_complete", n=cell.accepted, of=cell.needed)
        else:
            self._tone, self._icon = Tone.CAUTION, "caution"
            self._verdict = text("ui.leave_not_yet")
            self._list = formats.joined(*(sentence(each).rstrip(".") for each in light.missing))
        self.setAccessibleName(f"{self._verdict} {self._list}")
        self.setToolTip(self._list)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Tint, edge, icon, verdict over the list; a long list takes two small lines."""
        look = theme.current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), look.fill(self._tone))
        painter.fillRect(0, 0, 6, self.height(), look.color(self._tone))
        icons.draw(painter, self._icon, QPointF(40, self.height() / 2), 32, look.color(self._tone))
        color = look.color(Tone.TEXT)
        width = self.width() - 72 - 16
        fits = paint.text_width(self._list, Role.BODY) <= width
        top = 12 if fits else 6
        paint.line(painter, QRect(72, top, width, 24), self._verdict, Role.TITLE, color)
        if fits:
            paint.line(painter, QRect(72, 38, width, 20), self._list, Role.BODY, color)
            return
        metrics = QFontMetrics(font(Role.CAPTION))
        shown = metrics.elidedText(self._list, Qt.TextElideMode.ElideRight, 2 * width - 80)
        painter.setFont(font(Role.CAPTION))
        painter.setPen(color)
        painter.drawText(QRect(72, 31, width, 36), Qt.TextFlag.TextWordWrap, shown)


class PartialQuestion(Panel):
    """Asked in place of the leave light, not in a window: are the views that are accepted to go alone?"""

    confirmed = Signal()
    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Tone.RAISED, "t", parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 0, 16, 0)
        row.setSpacing(12)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        self._title = Text("", Role.TITLE)
        self._more = Text("", Role.BODY, Tone.QUIET)
        words.addWidget(self._title)
        words.addWidget(self._more)
        words.addStretch(1)
        row.addLayout(words, 1)
        self.no = Button(text("ui.partial_no"))
        self.yes = Button("")
        self.no.clicked.connect(self.dismissed)
        self.yes.clicked.connect(self.confirmed)
        row.addWidget(self.no)
        row.addWidget(self.yes)

    def ask(self, cell: SendCell) -> None:
        """Put the numbers in."""
        self._title.say(formats.counted("partial_open", cell.needed - cell.accepted))
        self._more.say(text("ui.partial_more"))
        self.yes.say(formats.counted("partial_yes", cell.to_send))


class Bar(QWidget):
    """72 px: the light and the send button. ``send_partial``: what is accepted is to go, and that was confirmed."""

    send = Signal()
    send_partial = Signal()

    def __init__(self, words: str, parent: QWidget | None = None) -> None:
        """``words`` are those of the button."""
        super().__init__(parent)
        self._words = words
        self.setFixedHeight(72)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.light = LeaveLightWidget()
        self.question = PartialQuestion()
        self._left = QStackedWidget()
        self._left.addWidget(self.light)
        self._left.addWidget(self.question)
        row.addWidget(self._left, 1)
        cell = Panel(Tone.SURFACE, "lt")
        cell.setFixedWidth(328)
        inside = QHBoxLayout(cell)
        inside.setContentsMargins(16, 0, 16, 0)
        self.send_button = Button(words, icon="sending", height=56)
        inside.addWidget(self.send_button)
        row.addWidget(cell)
        self._cell: SendCell | None = None
        self._green = False
        self._held_focus = False
        self.send_button.clicked.connect(self._on_send)
        self.question.confirmed.connect(self._on_confirmed)
        self.question.dismissed.connect(self._put_away)

    def show_boards(self, light: LeaveLight, cell: SendCell) -> None:
        """Bring it up to date. The button turns primary only when the light is green and there is something to send."""
        self.light.show_light(light, cell)
        self._cell, self._green = cell, light.green
        time = formats.about(cell.seconds) if cell.seconds is not None and cell.to_send else ""
        if not cell.to_send and cell.accepted:
            number = text("ui.send_all_on_the_way")
        elif cell.to_send == cell.needed:
            number = formats.counted("images", cell.to_send)
        else:
            number = text("ui.send_of", n=cell.to_send, of=cell.needed)
        self.send_button.say(self._words, formats.joined(number, time))
        self._allow(on=cell.to_send > 0)
        ready = light.green and cell.to_send > 0
        self.send_button.become(Kind.PRIMARY if ready else Kind.SECONDARY)
        if self._left.currentWidget() is self.question:
            if cell.accepted >= cell.needed or not cell.to_send:
                self._put_away()
            else:
                self.question.ask(cell)

    @property
    def once_sent(self) -> str:
        """What to say when the button was touched: that one can drive only where the light was green."""
        return text("ui.on_its_way" if self._green else "ui.on_its_way_stay")

    def _on_send(self) -> None:
        if self._cell is None:
            return
        if self._cell.accepted >= self._cell.needed:
            # Until the next board says how it stands, so that a second touch sends nothing twice.
            self._allow(on=False)
            self.send.emit()
            return
        self.question.ask(self._cell)
        self._left.setCurrentWidget(self.question)
        self.question.yes.setFocus(Qt.FocusReason.OtherFocusReason)

    def _allow(self, *, on: bool) -> None:
        """A button that is put out of action lets go of the focus, which would jump to the rail, and gets it back."""
        if on:
            self.send_button.setEnabled(True)
            if self._held_focus and self.window().focusWidget() is None:
                self.send_button.setFocus(Qt.FocusReason.OtherFocusReason)
            self._held_focus = False
        else:
            self._held_focus = self._held_focus or self.send_button.hasFocus()
            self.send_button.clearFocus()
            self.send_button.setEnabled(False)

    def _on_confirmed(self) -> None:
        self._put_away()
        self.send_partial.emit()

    def _put_away(self) -> None:
        if self.question.isAncestorOf(self.focusWidget() or self):
            self.send_button.setFocus(Qt.FocusReason.OtherFocusReason)
        self._left.setCurrentWidget(self.light)
