"""Dialogs over a window: a box in its middle, gone for good once it is answered."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from fieldstation.ui import paint, theme
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.button import Button
from fieldstation.ui.widgets.icon import Icon
from fieldstation.ui.widgets.text import Paragraph, Text


class BoxDialog(QDialog):
    """Modal, a box without a frame. Escape and ``leave``, at the right of its heading, close it."""

    def __init__(self, heading: str, leave: Button, parent: QWidget, width: int = 720) -> None:
        super().__init__(parent)
        self._over = parent
        self.setWindowTitle(heading)
        self.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setFixedWidth(width)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(24, 20, 24, 24)
        self.column.setSpacing(12)
        head = QHBoxLayout()
        self.heading = Text(heading, Role.PAGE)
        head.addWidget(self.heading, 1)
        leave.clicked.connect(self.reject)
        head.addWidget(leave)
        self.column.addLayout(head)

    def fit(self) -> None:
        """As high as what is shown now, still in the middle of its window."""
        # Not adjustSize: it stops at two thirds of the screen.
        self.column.activate()
        self.resize(self.width(), self.column.totalHeightForWidth(self.width()))
        self.move(self._over.geometry().center() - self.rect().center())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A box over the page."""
        look = theme.current()
        paint.box(QPainter(self), self.rect(), 8, look.color(Tone.SURFACE), look.outline())


class Trouble(QWidget):
    """What went wrong, where it went wrong; hidden while nothing did."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(Icon("fault", 20, Tone.BAD), 0, Qt.AlignmentFlag.AlignTop)
        self._words = Paragraph()
        row.addWidget(self._words, 1)
        self.hide()

    @property
    def words(self) -> str:
        """The sentence; empty while nothing went wrong."""
        return self._words.text()

    def say(self, words: str) -> None:
        """Say what went wrong; empty takes it away."""
        self._words.say(words)
        self.setVisible(bool(words))


def open_over(dialog: QDialog, window: QWidget) -> None:
    """Ask, without waiting for the answer here."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    # Not every window manager hands the focus back, and the keys of the page need it.
    dialog.finished.connect(lambda _: window.activateWindow())
    dialog.open()
    dialog.move(window.geometry().center() - dialog.rect().center())
