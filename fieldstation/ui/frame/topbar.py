"""The top bar: where we are, and the pills that tell the truth at a glance."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from fieldstation.domain.reader import ReaderState
from fieldstation.services.boards import StatusBoard
from fieldstation.services.words import sentence, text
from fieldstation.ui import formats
from fieldstation.ui.fonts import Role
from fieldstation.ui.frame.pill import Pill, PillState
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.icon import Icon
from fieldstation.ui.widgets.panel import Panel
from fieldstation.ui.widgets.text import Text

_READER_TONES = {
    ReaderState.OFF: Tone.QUIET,
    ReaderState.CONNECTING: Tone.QUIET,
    ReaderState.WARMING_UP: Tone.CAUTION,
    ReaderState.FAULT: Tone.BAD,
    ReaderState.READY: Tone.GOOD,
}


def reader_pill(board: StatusBoard, reading: float | None) -> PillState:
    """What the reader does; ``reading`` is how much of a plate is read here, 0 to 1."""
    if reading is not None:
        return PillState("reader", Tone.ACTION, formats.reading(reading), reading)
    tone = _READER_TONES.get(board.reader, Tone.ACTION)
    return PillState("reader", tone, text(f"ui.reader_{board.reader.replace('-', '_')}"))


def link_pill(board: StatusBoard) -> PillState:
    """The link to the office."""
    if board.link.up is None:
        return PillState("link", Tone.QUIET, text("ui.link_unknown"))
    if not board.link.up:
        return PillState("link-down", Tone.CAUTION, text("ui.link_down"))
    return PillState("link", Tone.GOOD, formats.rate(board.link.rate) if board.link.rate else text("ui.link_up"))


def plates_pill(board: StatusBoard) -> PillState:
    """Exposed and unread plates, pictures without a verdict, and scans that belong to no view."""
    words = formats.plates(board.plates_unread, board.undecided, board.unassigned)
    if not words:
        return PillState("plates", Tone.GOOD, text("ui.no_plates"))
    return PillState("plates", Tone.CAUTION, words)


def sending_pill(board: StatusBoard) -> PillState:
    """What is owed to the office. "All safe" counts everything: no plate unread, nothing undecided or unsent."""
    if board.link.stat_waits_since is not None:
        return PillState("fault", Tone.BAD, text("ui.stat_without_link"))
    needs = text("ui.needs_you", n=board.needs_you) if board.needs_you else ""
    if board.owed or needs:
        time = f", {formats.about(board.seconds_left)}" if board.seconds_left is not None else ""
        words = formats.joined(formats.counted("images", board.owed) + time, needs)
        return PillState("fault" if needs else "sending", Tone.BAD if needs else Tone.TEXT, words)
    if board.all_safe:
        return PillState("proved", Tone.GOOD, text("ui.all_safe"))
    words = formats.counted("unsent", board.unsent) if board.unsent else text("ui.nothing_owed")
    return PillState("sending", Tone.TEXT, words)


class TopBar(Panel):
    """56 px: title and subtitle left, pills and the person right. Touching a pill asks for its details."""

    touched = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Tone.SURFACE, "b", parent)
        self.setFixedHeight(56)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 0, 24, 0)
        row.setSpacing(8)
        self._title = Text("", Role.PAGE)
        self._title.setMinimumWidth(64)
        self._subtitle = Text("", Role.BODY, Tone.QUIET)
        self._subtitle.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._title, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addSpacing(4)
        row.addWidget(self._subtitle, 1, Qt.AlignmentFlag.AlignVCenter)
        row.addSpacing(8)
        self._pills = {name: Pill(text(f"ui.pill_{name}")) for name in ("reader", "link", "plates", "sending", "disk")}
        for name, pill in self._pills.items():
            pill.clicked.connect(lambda _checked, name=name: self.touched.emit(name))
            row.addWidget(pill)
        self._pills["disk"].hide()
        row.addSpacing(8)
        row.addWidget(Icon("person", 20, Tone.QUIET))
        self._person = Text("", Role.VALUE)
        row.addWidget(self._person)
        self._board: StatusBoard | None = None
        self._reading: float | None = None

    @property
    def board(self) -> StatusBoard | None:
        """What the pills tell."""
        return self._board

    def head(self, title: str, subtitle: str) -> None:
        """Say where we are."""
        self._title.say(title)
        self._subtitle.say(subtitle)

    def show_board(self, board: StatusBoard) -> None:
        """Bring the pills up to date."""
        self._board = board
        self._pills["reader"].show_state(reader_pill(board, self._reading))
        self._pills["link"].show_state(link_pill(board))
        self._pills["plates"].show_state(plates_pill(board))
        self._pills["sending"].show_state(sending_pill(board))
        free = text("ui.disk_free", n=board.disk_free_bytes // 10**9)
        self._pills["disk"].show_state(PillState("disk", Tone.BAD, free))
        self._pills["disk"].setVisible(board.disk_low)
        self._person.say(board.person)

    def show_reading(self, fraction: float | None) -> None:
        """How much of a plate is read here; None when none is."""
        self._reading = fraction
        if self._board:
            self._pills["reader"].show_state(reader_pill(self._board, fraction))

    def explain(self, name: str) -> str:
        """The longer truth behind a pill."""
        board = self._board
        if board is None:
            return ""
        if name == "reader" and board.reader_fault:
            return sentence(board.reader_fault)
        if name == "link":
            state = {True: "ui.link_is_up", False: "ui.link_is_down", None: "ui.link_is_unknown"}[board.link.up]
            return text(state)
        if name == "disk":
            return text("ui.disk_is_low", n=board.disk_free_bytes // 10**9)
        return self._pills[name].accessibleName()
