"""One study on its way: who, the images as cells, progress in words, what can be done."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from fieldstation.domain.jobs import JobState
from fieldstation.domain.patients import Priority
from fieldstation.services.boards import CellBoard, HistoryLine, SendingCard
from fieldstation.services.words import person_name, sentence, text
from fieldstation.ui import formats, paint, theme
from fieldstation.ui.fonts import Role
from fieldstation.ui.sending.cells import Cells
from fieldstation.ui.sending.details import Details
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.button import Button
from fieldstation.ui.widgets.chip import chip_width, draw_chip
from fieldstation.ui.widgets.icon import Icon
from fieldstation.ui.widgets.panel import Card
from fieldstation.ui.widgets.text import Paragraph, Text

_ACTIONS = 280
_NARROW = 1200


def headline(card: SendingCard, now: datetime) -> tuple[str, Tone, str]:
    """Icon, tone and words of how the study stands; what needs a person comes first."""
    states = {cell.state for cell in card.cells}
    open_cells = [cell for cell in card.cells if not cell.done]
    if any(cell.needs_you for cell in card.cells):
        return "fault", Tone.BAD, text("ui.stage_needs_you")
    if not open_cells:
        return "proved", Tone.GOOD, text("ui.stage_safe")
    if JobState.SENDING in states:
        left = formats.span(card.seconds_left) if card.seconds_left is not None else ""
        return "sending", Tone.ACTION, text("ui.seconds_left", span=left) if left else text("ui.cell_sending")
    return _waiting(card, open_cells, now)


def _waiting(card: SendingCard, open_cells: list[CellBoard], now: datetime) -> tuple[str, Tone, str]:
    if all(cell.held for cell in open_cells):
        return "hold", Tone.QUIET, text("ui.cell_held")
    if card.next_try_at is not None and card.next_try_at > now:
        span = formats.span((card.next_try_at - now).total_seconds())
        return "clock", Tone.QUIET, text("ui.next_try", span=span)
    if all(cell.state is JobState.SENT for cell in open_cells):
        return "check", Tone.TEXT, text("ui.proof_to_come")
    return "clock", Tone.QUIET, text("ui.cell_waiting")


class _Who(QWidget):
    """Name with the STAT flag, what, where."""

    def __init__(self) -> None:
        super().__init__()
        self._card: SendingCard | None = None
        self.setFixedHeight(80)
        self.setMinimumWidth(232)
        self.setMaximumWidth(272)

    def show_card(self, card: SendingCard) -> None:
        self._card = card
        self.setToolTip(formats.joined(person_name(card.patient_name), card.description))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Three lines."""
        if self._card is None:
            return
        look = theme.current()
        painter = QPainter(self)
        card = self._card
        stat = card.priority is Priority.STAT
        room = chip_width("stat", text("ui.stat")) + 12 if stat else 0
        name = QRect(0, 0, self.width() - room, 28)
        used = paint.name(painter, name, person_name(card.patient_name), look.color(Tone.TEXT))
        if stat:
            draw_chip(painter, used + 12, 14, "stat", text("ui.stat"), Tone.STAT)
        paint.line(painter, QRect(0, 32, self.width(), 20), card.description, Role.BODY, look.color(Tone.TEXT))
        due = text("ui.due", time=formats.clock(card.due_at)) if card.due_at else ""
        when = due or text("ui.sent_at", time=formats.clock(card.sent_at))
        where = QRect(0, 58, self.width(), 16)
        paint.line(painter, where, formats.joined(card.facility, when), Role.CAPTION, look.color(Tone.QUIET))


class _Track(QWidget):
    """4 px: how many of the bytes are across."""

    def __init__(self) -> None:
        super().__init__()
        self._fraction = 0.0
        self._tone = Tone.ACTION
        self.setFixedHeight(4)

    def show_fraction(self, fraction: float, tone: Tone) -> None:
        self._fraction, self._tone = fraction, tone
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Track and bar."""
        look = theme.current()
        painter = QPainter(self)
        paint.box(painter, self.rect(), 2, look.color(Tone.LINE), None)
        done = QRect(0, 0, round(self.width() * self._fraction), 4)
        if done.width() > 0:
            paint.box(painter, done, 2, look.color(self._tone), None)


class SendingCardWidget(Card):
    """128 px, more with details or more than four images. Signals carry the jobs they are about."""

    hold = Signal(list)
    release = Signal(list)
    retry = Signal(list)
    unfolded = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._board: SendingCard | None = None
        self._history: Mapping[int, Sequence[HistoryLine]] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        across = QHBoxLayout()
        across.setContentsMargins(20, 16, 20, 16)
        across.setSpacing(24)
        self._who = _Who()
        across.addWidget(self._who, 1)
        self._cells = Cells()
        across.addWidget(self._cells, 0, Qt.AlignmentFlag.AlignVCenter)
        across.addLayout(self._progress(), 2)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        self.retry_button = Button(text("ui.retry"))
        self.hold_button = Button(text("ui.hold"))
        self.details_button = Button(text("ui.details"))
        buttons.addStretch(1)
        for button in (self.retry_button, self.hold_button, self.details_button):
            buttons.addWidget(button)
        actions = QWidget()
        buttons.setContentsMargins(0, 0, 0, 0)
        actions.setLayout(buttons)
        actions.setFixedWidth(_ACTIONS)
        across.addWidget(actions)
        column.addLayout(across)
        self._details = Details()
        self._details.hide()
        column.addWidget(self._details)
        self.setMinimumHeight(128)
        self.details_button.clicked.connect(self._fold)
        self.hold_button.clicked.connect(self._on_hold)
        self.retry_button.clicked.connect(lambda: self.retry.emit(self._retriable()))

    def _progress(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(8)
        column.setContentsMargins(0, 12, 0, 0)
        head = QHBoxLayout()
        head.setSpacing(8)
        self._icon = Icon("clock", 20, Tone.QUIET)
        self._headline = Text("", Role.NAME)
        self._bytes = Text("", Role.BODY, Tone.QUIET)
        head.addWidget(self._icon)
        head.addWidget(self._headline, 1)
        head.addWidget(self._bytes)
        column.addLayout(head)
        self._track = _Track()
        column.addWidget(self._track)
        self._last = Paragraph("", Role.BODY, Tone.QUIET)
        column.addWidget(self._last)
        column.addStretch(1)
        return column

    def show_card(self, card: SendingCard, now: datetime) -> None:
        """Bring it up to date."""
        if card != self._board:
            self._board = card
            self._who.show_card(card)
            self._cells.show_cells(card.cells)
            self._show_words()
            self._details.show_cells(card.cells, self._history)
            self._show_buttons()
        self.pass_time(now)

    @property
    def is_unfolded(self) -> bool:
        """Whether its details are in view."""
        return self._details.isVisibleTo(self)

    def show_history(self, history: Mapping[int, Sequence[HistoryLine]]) -> None:
        """Everything that happened to each of its jobs."""
        if history != self._history and self._board is not None:
            self._history = history
            self._details.show_cells(self._board.cells, history)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """On narrow screens the bytes move into the line below."""
        super().resizeEvent(event)
        self._show_words()

    def _show_words(self) -> None:
        card = self._board
        if card is None:
            return
        done, total = formats.megabytes(card.bytes_done), formats.megabytes(card.bytes_total)
        size = text("ui.bytes_of", done=done, total=total)
        narrow = self.width() < _NARROW
        self._bytes.say(size)
        self._bytes.setVisible(not narrow)
        time = formats.clock(card.last_at) if card.last_at else ""
        last = sentence(card.last) if card.last else ""
        self._last.say(formats.joined(size if narrow else "", time, last))

    def pass_time(self, now: datetime) -> None:
        """Count down to the next try."""
        card = self._board
        if card is None:
            return
        icon, tone, words = headline(card, now)
        self._icon.show_as(icon, tone)
        self._headline.say(words)
        fraction = card.bytes_done / card.bytes_total if card.bytes_total else 0.0
        self._track.show_fraction(fraction, tone if tone in {Tone.GOOD, Tone.BAD} else Tone.ACTION)
        self._track.setVisible(tone is not Tone.BAD or fraction > 0)

    def _retriable(self) -> list[int]:
        cells = self._board.cells if self._board else ()
        return [
            cell.job_id
            for cell in cells
            if cell.needs_you or (cell.state is JobState.QUEUED and cell.attempts and not cell.held)
        ]

    def _holdable(self) -> list[int]:
        cells = self._board.cells if self._board else ()
        return [cell.job_id for cell in cells if not cell.held and cell.state in {JobState.QUEUED, JobState.SENDING}]

    def _held(self) -> list[int]:
        return [cell.job_id for cell in (self._board.cells if self._board else ()) if cell.held]

    def _show_buttons(self) -> None:
        retriable = self._retriable()
        refused = any(cell.state is JobState.REFUSED for cell in (self._board.cells if self._board else ()))
        self.retry_button.setVisible(bool(retriable))
        self.retry_button.say(text("ui.retry" if refused else "ui.send_now"))
        held = self._held()
        self.hold_button.setVisible(bool(held or self._holdable()))
        self.hold_button.say(text("ui.release" if held else "ui.hold"))
        name = person_name(self._board.patient_name) if self._board else ""
        for button in (self.retry_button, self.hold_button, self.details_button):
            button.setAccessibleName(f"{button.text()}, {name}")

    def _on_hold(self) -> None:
        held = self._held()
        if held:
            self.release.emit(held)
        else:
            self.hold.emit(self._holdable())

    def _fold(self) -> None:
        shown = not self._details.isVisibleTo(self)
        self._details.setVisible(shown)
        self.details_button.say(text("ui.fewer_details" if shown else "ui.details"))
        self._show_buttons()
        if shown and self._board is not None:
            self.unfolded.emit(self._board.study_uid)
