"""Before a plate is read: which cassette it is, and Read."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from fieldstation.services.boards import ViewCard, ViewState
from fieldstation.services.words import text
from fieldstation.ui.fonts import Role, font
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.button import Button, Kind
from fieldstation.ui.widgets.dialog import Trouble
from fieldstation.ui.widgets.icon import Icon
from fieldstation.ui.widgets.panel import Card
from fieldstation.ui.widgets.text import Paragraph, Text


class ReadForm(QWidget):
    """On the black ground of the picture. ``read``, ``packed`` and ``exposed`` (to be read later) carry the plate ID.

    ``unused``: the cassette was not used after all; ``elsewhere``: another station reads it.
    """

    read = Signal(str)
    packed = Signal(str)
    exposed = Signal(str)
    unused = Signal()
    elsewhere = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(320, 320)
        outer = QVBoxLayout(self)
        outer.addStretch(2)
        self._card = Card()
        self._card.setFixedWidth(440)
        # Stretches, not an alignment: only so does the card grow with what is written in it.
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(self._card)
        middle.addStretch(1)
        outer.addLayout(middle)
        outer.addStretch(3)
        column = QVBoxLayout(self._card)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(16)
        head = QHBoxLayout()
        head.setSpacing(12)
        self._icon = Icon("cassette", 24, Tone.QUIET)
        head.addWidget(self._icon)
        self._title = Text("", Role.TITLE)
        head.addWidget(self._title, 1)
        column.addLayout(head)
        self._hint = Paragraph("", Role.BODY, Tone.QUIET)
        column.addWidget(self._hint)
        label = Text(text("ui.cassette"), Role.HEAD, Tone.QUIET)
        column.addWidget(label)
        column.addSpacing(-8)
        row = QHBoxLayout()
        row.setSpacing(12)
        self.plate = QLineEdit()
        self.plate.setFont(font(Role.TITLE))
        self.plate.setFixedHeight(56)
        self.plate.setMaxLength(64)
        self.plate.setAccessibleName(text("ui.cassette"))
        self.plate.setPlaceholderText(text("ui.cassette_example"))
        self.button = Button(text("ui.read_plate"), Kind.PRIMARY, icon="reader", height=56)
        row.addWidget(self.plate, 1)
        row.addWidget(self.button)
        column.addLayout(row)
        column.addLayout(self._notes())
        self._trouble = Trouble()
        column.addWidget(self._trouble)
        self.plate.returnPressed.connect(self._on_read)
        self.button.clicked.connect(self._on_read)
        self.plate.textChanged.connect(self._on_text)
        self._busy = False
        self._on_text()

    def _notes(self) -> QHBoxLayout:
        """Two at a time: before the exposure, or what else may become of an exposed cassette."""
        row = QHBoxLayout()
        row.setSpacing(12)
        self.pack = Button(text("ui.pack"), icon="cassette")
        self.pack.clicked.connect(lambda: self.packed.emit(self.plate.text().strip()))
        self.later = Button(text("ui.exposed_later"), icon="exposed")
        self.later.clicked.connect(lambda: self.exposed.emit(self.plate.text().strip()))
        self.not_used = Button(text("ui.not_used"), icon="undo")
        self.not_used.clicked.connect(self.unused)
        self.other_station = Button(text("ui.read_elsewhere"), icon="export")
        self.other_station.clicked.connect(self.elsewhere)
        for button in (self.pack, self.later, self.not_used, self.other_station):
            row.addWidget(button, 1)
        return row

    @property
    def trouble(self) -> str:
        """The sentence about what went wrong; empty when nothing did."""
        return self._trouble.words

    def show_view(self, card: ViewCard) -> None:
        """Ask for this view's cassette; of one that is noted it can be said that it was not used."""
        exposed, packed = card.state is ViewState.EXPOSED, card.packed
        self._title.say(card.name)
        self._hint.say(text("ui.hint_packed" if packed else f"ui.hint_{card.state.replace('-', '_')}"))
        self.plate.setText(card.plate_id or "" if card.state is not ViewState.REJECTED else "")
        self.plate.selectAll()
        self.pack.setVisible(not exposed and not packed)
        self.later.setVisible(not exposed)
        self.not_used.setVisible(exposed or packed)
        self.other_station.setVisible(exposed)

    def show_trouble(self, words: str) -> None:
        """Say what went wrong with the last read; empty takes it away."""
        self._trouble.say(words)

    def show_busy(self, busy: bool) -> None:  # noqa: FBT001 - a state, not a mode
        """While another plate is in the reader, nothing can be read."""
        self._busy = busy
        self.plate.setEnabled(not busy)
        self._on_text()

    def _on_text(self) -> None:
        named = bool(self.plate.text().strip())
        self.button.setEnabled(not self._busy and named)
        self.later.setEnabled(named)
        self.pack.setEnabled(named)

    def _on_read(self) -> None:
        if self.button.isEnabled():
            self.read.emit(self.plate.text().strip())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Black."""
        QPainter(self).fillRect(self.rect(), Qt.GlobalColor.black)
