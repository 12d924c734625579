"""The summary: what is owed and how long it takes, Pause, the link's last hour, and what stands in the way."""

from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from fieldstation.services.boards import LinkBoard, SendingBoard, StatusBoard
from fieldstation.services.words import sentence, text
from fieldstation.ui import formats, paint, theme
from fieldstation.ui.fonts import Role
from fieldstation.ui.sending.strip import Strip, gaps_in_words
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.button import Button
from fieldstation.ui.widgets.icon import Icon
from fieldstation.ui.widgets.panel import Card, Line, Panel
from fieldstation.ui.widgets.text import Paragraph, Text

_OWED_WIDTH = 560


class Alarm(QWidget):
    """What cannot wait, across the page: STAT without a link."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 12, 20, 12)
        row.setSpacing(16)
        row.addWidget(Icon("fault", 32, Tone.BAD))
        words = QVBoxLayout()
        words.setSpacing(0)
        self._what = Text("", Role.TITLE)
        self._next = Paragraph(text("ui.stat_waits_next"), Role.BODY)
        words.addWidget(self._what)
        words.addWidget(self._next)
        row.addLayout(words, 1)
        self.hide()

    def show_since(self, since: datetime | None, now: datetime) -> None:
        """How long STAT has waited; nothing where it has not."""
        self.setVisible(since is not None)
        if since is not None:
            self._what.say(text("ui.stat_waits", span=formats.span((now - since).total_seconds())))
            self.setAccessibleName(self._what.text())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """As loud as colour gets, with an icon and words."""
        look = theme.current()
        paint.box(QPainter(self), self.rect(), 8, look.fill(Tone.BAD), look.color(Tone.BAD), 2)


class Summary(Card):
    """136 px: the number, its parts and one line about safety; the link beside it. Troubles are added below."""

    pause = Signal()
    resume = Signal()
    stand_in = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumHeight(136)
        self._paused = False
        self._standby = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        across = QHBoxLayout()
        across.setSpacing(0)
        owed = QWidget()
        owed.setLayout(self._owed())
        owed.setMinimumWidth(_OWED_WIDTH)
        across.addWidget(owed, 1)
        edge = Panel(Tone.LINE)
        edge.setFixedWidth(1)
        across.addWidget(edge)
        across.addLayout(self._link())
        column.addLayout(across)
        self._trouble_row = QWidget()
        below = QVBoxLayout(self._trouble_row)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(0)
        below.addWidget(Line())
        row = QHBoxLayout()
        row.setContentsMargins(20, 12, 20, 12)
        row.setSpacing(12)
        row.addWidget(Icon("caution", 20, Tone.CAUTION))
        self._trouble = Paragraph("")
        self._trouble.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._trouble, 1)
        self.stand_in_button = Button("", icon="sending")
        self.stand_in_button.clicked.connect(lambda: self.stand_in.emit(self._standby))
        row.addWidget(self.stand_in_button)
        below.addLayout(row)
        column.addWidget(self._trouble_row)

    def _owed(self) -> QHBoxLayout:
        across = QHBoxLayout()
        across.setContentsMargins(19, 15, 19, 15)
        across.setSpacing(12)
        left = QVBoxLayout()
        left.setSpacing(4)
        big = QHBoxLayout()
        big.setSpacing(12)
        self._shield = Icon("proved", 32, Tone.GOOD)
        self._number = Text("", Role.NUMBER)
        self._time = Text("", Role.NUMBER_QUIET, Tone.QUIET)
        big.addWidget(self._shield)
        big.addWidget(self._number)
        big.addWidget(self._time, 1)
        left.addLayout(big)
        self._parts = Text("", Role.VALUE)
        left.addWidget(self._parts)
        left.addStretch(1)
        safe = QHBoxLayout()
        safe.setSpacing(8)
        safe.setContentsMargins(0, 0, 0, 0)
        self._safe_icon = Icon("proved", 20, Tone.GOOD)
        self._safe_words = Text(text("ui.safe_here"), Role.BODY, Tone.QUIET)
        safe.addWidget(self._safe_icon)
        safe.addWidget(self._safe_words, 1)
        self._safe = QWidget()
        self._safe.setLayout(safe)
        left.addWidget(self._safe)
        across.addLayout(left, 1)
        right = QVBoxLayout()
        self.pause_button = Button(text("ui.pause"), icon="hold")
        self.pause_button.clicked.connect(self._on_pause)
        right.addWidget(self.pause_button)
        right.addStretch(1)
        across.addLayout(right)
        return across

    def _link(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setContentsMargins(23, 15, 23, 12)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Text(text("ui.link_last_hour"), Role.HEAD, Tone.QUIET), 1)
        self._link_icon = Icon("link", 20, Tone.GOOD)
        self._link_words = Text("", Role.BODY, Tone.QUIET)
        head.addWidget(self._link_icon)
        head.addWidget(self._link_words)
        column.addLayout(head)
        column.addStretch(1)
        self.strip = Strip()
        column.addWidget(self.strip)
        return column

    def show_boards(self, board: SendingBoard, status: StatusBoard, now: datetime) -> None:
        """Bring it up to date. "All safe" counts everything: no plate unread, nothing undecided, nothing owed."""
        sent = board.owed == 0
        safe = status.all_safe
        self._shield.setVisible(safe)
        self._time.say(time_in_words(board) if not sent else "")
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
        self._show_pause(board, safe=safe)
        self._show_troubles(board, sent=sent)
        self.pass_time(board.link, now)

    def pass_time(self, link: LinkBoard, now: datetime) -> None:
        """Move the hour on."""
        self.strip.show_link(link, now)
        if link.up is False:
            since = min(link.down.values())
            self._link_icon.show_as("link-down", Tone.BAD)
            self._link_words.say(text("ui.no_link_since", span=formats.span((now - since).total_seconds())))
            return
        self._link_icon.show_as("link", Tone.GOOD if link.up else Tone.QUIET)
        rate = formats.rate(link.rate) if link.rate else ""
        gaps = gaps_in_words(link.outages, now) if link.up is not None else text("ui.link_unknown")
        self._link_words.say(formats.joined(rate, gaps))

    def _on_pause(self) -> None:
        (self.resume if self._paused else self.pause).emit()

    def _show_pause(self, board: SendingBoard, *, safe: bool) -> None:
        self._paused = board.paused_until is not None
        self.pause_button.setVisible(self._paused or board.to_send > 0)
        self.pause_button.say(text("ui.go_on" if self._paused else "ui.pause"))
        self.pause_button.show_icon("sending" if self._paused else "hold")
        self._safe.setVisible(self._paused or not safe)
        self._safe_icon.show_as("hold" if self._paused else "proved", Tone.CAUTION if self._paused else Tone.GOOD)
        until = formats.clock(board.paused_until) if board.paused_until else ""
        self._safe_words.say(text("ui.paused_until", time=until) if until else text("ui.safe_here"))

    def _show_troubles(self, board: SendingBoard, *, sent: bool) -> None:
        troubles = [sentence(reason) for reason in board.paused.values()]
        if board.link.up:
            for name, since in board.link.down.items():
                troubles.append(text("ui.one_without_link", destination=name, time=formats.clock(since)))
        if not board.sender_running and not sent:
            troubles.append(text("ui.no_sender"))
        troubles.extend(sentence(warning) for warning in board.expiring)
        self._trouble.say("\n".join(troubles))
        self._trouble_row.setVisible(bool(troubles) or board.stand_in is not None)
        self._standby = board.stand_in or ""
        self.stand_in_button.setVisible(board.stand_in is not None)
        self.stand_in_button.say(text("ui.stand_in", destination=self._standby))


def time_in_words(board: SendingBoard) -> str:
    """``about 4 min``; what nobody can say is said to be so, where there is anything to send."""
    if board.seconds_left is not None:
        return formats.about(board.seconds_left)
    return text("ui.time_unknown") if board.to_send else ""
