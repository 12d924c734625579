"""The tray: all cassettes of the van, those that need something first."""

from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from fieldstation.services.boards_plates import TrayBoard
from fieldstation.services.words import sentence, text
from fieldstation.ui.fonts import Role
from fieldstation.ui.stack.tray_row import TrayRowWidget
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.button import Button
from fieldstation.ui.widgets.empty import Empty
from fieldstation.ui.widgets.icon import Icon
from fieldstation.ui.widgets.panel import Card
from fieldstation.ui.widgets.scroll import PageScroll
from fieldstation.ui.widgets.text import Paragraph


class Notice(Card):
    """A sentence with an icon, and a button where it can be put away."""

    seen = Signal()

    def __init__(self, words: str, icon: str, deed: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stand_out(Tone.SURFACE, Tone.CAUTION, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 10, 12, 10)
        row.setSpacing(16)
        row.addWidget(Icon(icon, 24, Tone.CAUTION))
        self.words = Paragraph(words, Role.VALUE)
        self.words.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.words, 1)
        if deed:
            self.button = Button(deed)
            self.button.clicked.connect(self.seen)
            row.addWidget(self.button)


class Tray(QWidget):
    """``read``, ``cleaned``, ``erase`` carry a plate ID; ``opened``: it is seen; ``prompted``: its prompt is."""

    read = Signal(str)
    cleaned = Signal(str)
    erase = Signal(str)
    prompted = Signal()
    opened = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._board: TrayBoard | None = None
        self.rows: list[TrayRowWidget] = []
        self.notices: list[Notice] = []
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(24, 0, 0, 24)
        self._column.setSpacing(12)
        self._card = Card()
        self._list = QVBoxLayout(self._card)
        self._list.setContentsMargins(1, 1, 1, 1)
        self._list.setSpacing(0)
        self._column.addWidget(self._card)
        self._column.addStretch(1)
        self._stack = QStackedWidget()
        self._stack.addWidget(Empty("cassette", text("ui.no_cassettes"), text("ui.no_cassettes_next")))
        self._scroll = PageScroll(inside)
        self._stack.addWidget(self._scroll)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)

    def showEvent(self, event: QShowEvent) -> None:
        """Tell it."""
        super().showEvent(event)
        self.opened.emit()

    def show_board(self, board: TrayBoard, now: datetime) -> None:
        """Bring it up to date; the row that had the focus keeps it."""
        if board == self._board:
            return
        self._board = board
        self._stack.setCurrentIndex(1 if board.rows else 0)
        held = next((each.row.plate_id for each in self.rows if each.has_focus), None)
        for old in (*self.rows, *self.notices):
            old.hide()
            old.deleteLater()
        self._show_notices(board)
        self.rows = [TrayRowWidget(row, now) for row in board.rows]
        for number, widget in enumerate(self.rows):
            widget.read.connect(lambda plate=widget.row.plate_id: self.read.emit(plate))
            widget.cleaned.connect(lambda plate=widget.row.plate_id: self.cleaned.emit(plate))
            widget.erase.connect(lambda plate=widget.row.plate_id: self.erase.emit(plate))
            widget.stepped.connect(lambda step, number=number: self._step(number + step))
            self._list.addWidget(widget)
            if widget.row.plate_id == held:
                widget.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_notices(self, board: TrayBoard) -> None:
        self.notices = []
        if board.prompt:
            prompt = Notice(sentence(board.prompt), "clock", text("ui.got_it"))
            prompt.seen.connect(self.prompted)
            self.notices.append(prompt)
        if board.reader_notice:
            self.notices.append(Notice(sentence(board.reader_notice), "caution"))
        for place, notice in enumerate(self.notices):
            self._column.insertWidget(place, notice)

    def lead_to(self, plate_id: str) -> bool:
        """Bring this cassette's row into sight and give it the focus; whether there is one."""
        for number, widget in enumerate(self.rows):
            if widget.row.plate_id == plate_id:
                self._step(number)
                return True
        return False

    def _step(self, number: int) -> None:
        if 0 <= number < len(self.rows):
            self.rows[number].setFocus(Qt.FocusReason.ShortcutFocusReason)
            self._scroll.ensureWidgetVisible(self.rows[number], 0, 72)
