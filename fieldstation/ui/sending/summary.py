"""The summary: what is owed and how long it takes, what stands in the way, and All safe when nothing is owed."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from fieldstation.services.boards import SendingBoard, StatusBoard
from fieldstation.services.words import sentence, text
from fieldstation.ui import formats
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.icon import Icon
from fieldstation.ui.widgets.panel import Card
from fieldstation.ui.widgets.text import Paragraph, Text


class Summary(Card):
    """136 px: the number, its parts, and one line about safety."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumHeight(136)
        across = QHBoxLayout(self)
        across.setContentsMargins(20, 16, 20, 16)
        across.setSpacing(24)
        left = QVBoxLayout()
        left.setSpacing(4)
        big = QHBoxLayout()
        big.setSpacing(12)
        self._shield = Icon("proved", 32, Tone.GOOD)
        self._number = Text("", Role.NUMBER)
        self._time = Text("", Role.NUMBER_QUIET, Tone.QUIET)
        for widget in (self._shield, self._number, self._time):
            big.addWidget(widget)
        big.addStretch(1)
        left.addLayout(big)
        self._parts = Text("", Role.VALUE)
        left.addWidget(self._parts)
        left.addStretch(1)
        safe = QHBoxLayout()
        safe.setSpacing(8)
        safe.addWidget(Icon("proved", 20, Tone.GOOD))
        safe.addWidget(Text(text("ui.safe_here"), Role.BODY, Tone.QUIET), 1)
        self._safe = QWidget()
        self._safe.setLayout(safe)
        safe.setContentsMargins(0, 0, 0, 0)
        left.addWidget(self._safe)
        across.addLayout(left, 1)
        right = QVBoxLayout()
        right.setSpacing(8)
        self._rate = Text("", Role.VALUE)
        self._rate.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        right.addWidget(self._rate)
        self._trouble_row = QWidget()
        row = QHBoxLayout(self._trouble_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(Icon("caution", 20, Tone.CAUTION), 0, Qt.AlignmentFlag.AlignTop)
        self._trouble = Paragraph("")
        row.addWidget(self._trouble, 1)
        right.addWidget(self._trouble_row)
        right.addStretch(1)
        across.addLayout(right, 1)

    def show_boards(self, board: SendingBoard, status: StatusBoard) -> None:
        """Bring it up to date. "All safe" counts everything: no plate unread, nothing undecided, nothing owed."""
        sent = board.owed == 0
        safe = status.all_safe
        self._shield.setVisible(safe)
        self._safe.setVisible(not safe)
        self._time.say("" if sent or board.seconds_left is None else formats.about(board.seconds_left))
        if safe:
            self._number.say(text("ui.all_safe"))
            self._parts.say(text("ui.all_safe_why"))
        elif sent:
            self._number.say(text("ui.nothing_owed"))
            unsent = formats.counted("unsent", status.unsent) if status.unsent else ""
            plates = formats.plates(status.plates_unread, status.undecided, status.unassigned)
            self._parts.say(formats.joined(unsent, plates))
        else:
            self._number.say(formats.counted("owed", board.owed))
            parts = (
                text("ui.to_send", n=board.to_send) if board.to_send else "",
                text("ui.awaiting_proof", n=board.awaiting_proof) if board.awaiting_proof else "",
                text("ui.held_count", n=board.held) if board.held else "",
                text("ui.needs_you", n=board.needs_you) if board.needs_you else "",
            )
            self._parts.say(formats.joined(*parts))
        self._rate.say(formats.rate(board.rate) if board.rate and not sent else "")
        troubles = [sentence(reason) for reason in board.paused.values()]
        if not board.sender_running and not sent:
            troubles.append(text("ui.no_sender"))
        self._trouble.say("\n".join(troubles))
        self._trouble_row.setVisible(bool(troubles))
