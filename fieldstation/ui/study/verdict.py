"""Retake and Accept, or the line that says it is accepted."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from fieldstation.services.words import text
from fieldstation.ui.fonts import Role
from fieldstation.ui.study.guard import Guard
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.button import Button, Kind
from fieldstation.ui.widgets.icon import Icon
from fieldstation.ui.widgets.panel import Card
from fieldstation.ui.widgets.text import Text


class _AcceptedLine(Card):
    """The green line."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(72)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 0, 16, 0)
        row.setSpacing(12)
        row.addWidget(Icon("accepted", 24, Tone.GOOD))
        row.addWidget(Text(text("ui.view_accepted"), Role.TITLE))
        row.addStretch(1)
        row.addWidget(Text(text("ui.take_back_on_card"), Role.CAPTION, Tone.QUIET))


class VerdictBar(QWidget):
    """Two large buttons, 24 px apart. While the guard is shut they take nothing."""

    accepted = Signal()
    retake = Signal()

    def __init__(self, guard: Guard, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._guard = guard
        self.setFixedHeight(72)
        self._stack = QStackedWidget(self)
        pair = QWidget()
        row = QHBoxLayout(pair)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(24)
        self.retake_button = Button(text("ui.retake"), height=72, caption="F9")
        self.retake_button.setFixedWidth(112)
        self.accept_button = Button(text("ui.accept"), Kind.PRIMARY, icon="check", height=72, caption="F10")
        row.addWidget(self.retake_button)
        row.addWidget(self.accept_button, 1)
        self._stack.addWidget(pair)
        self._line = _AcceptedLine()
        self._stack.addWidget(self._line)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._stack)
        self.retake_button.clicked.connect(self.try_retake)
        self.accept_button.clicked.connect(self.try_accept)
        self._line.stand_out(Tone.SURFACE, Tone.GOOD, 1)

    def offer(self) -> None:
        """There is a picture to judge."""
        self._set_pair(Kind.PRIMARY, text("ui.accept"), "F10")
        for button in (self.retake_button, self.accept_button):
            button.setEnabled(True)

    def wait(self) -> None:
        """There is none yet."""
        self._set_pair(Kind.SECONDARY, text("ui.accept"), text("ui.after_reading"))
        for button in (self.retake_button, self.accept_button):
            button.setEnabled(False)

    def save(self) -> None:
        """A verdict is on its way to the disk."""
        self.wait()
        self.accept_button.say(text("ui.accept"), text("ui.saving"))

    def show_accepted(self) -> None:
        """It is accepted; taking it back is done elsewhere, not under the same finger."""
        self.wait()
        self._stack.setCurrentIndex(1)

    def try_accept(self) -> None:
        """Accept, if that can be and is meant."""
        if self.accept_button.isEnabled() and self._guard.open:
            self.accepted.emit()

    def try_retake(self) -> None:
        """Retake, if that can be and is meant."""
        if self.retake_button.isEnabled() and self._guard.open:
            self.retake.emit()

    def _set_pair(self, kind: Kind, words: str, caption: str) -> None:
        self._stack.setCurrentIndex(0)
        self.accept_button.become(kind)
        self.accept_button.say(words, caption)
        self.retake_button.say(text("ui.retake"), "F9")
