"""The patient banner: whose study this is, on every picture of the patient."""

from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from fieldstation.domain.patients import Priority
from fieldstation.services.boards import PatientBanner
from fieldstation.services.words import person_name, text
from fieldstation.ui import formats, theme
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.chip import BannerChip
from fieldstation.ui.widgets.panel import Panel
from fieldstation.ui.widgets.text import Text


class _Pair(QWidget):
    """Caption over value, with a line before it."""

    def __init__(self, caption: str) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(4)
        column.addWidget(Text(caption, Role.CAPTION, Tone.QUIET))
        self.value = Text("", Role.VALUE)
        column.addWidget(self.value)

    def say(self, value: str) -> None:
        """Show a value, or nothing at all."""
        self.value.say(value)
        self.setVisible(bool(value))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The line at the left."""
        QPainter(self).fillRect(0, 16, 1, self.height() - 32, theme.current().color(Tone.LINE))


class Banner(Panel):
    """72 px: STAT and time, name over facts, ID, accession, room, alerts at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Tone.SURFACE, "b", parent)
        self.setFixedHeight(72)
        self._board: PatientBanner | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 0, 24, 0)
        row.setSpacing(0)
        self._stat = BannerChip("stat", Tone.STAT)
        row.addWidget(self._stat, 0, Qt.AlignmentFlag.AlignVCenter)
        self._gap = QWidget()
        self._gap.setFixedWidth(16)
        row.addWidget(self._gap)
        who = QVBoxLayout()
        who.setContentsMargins(0, 9, 20, 9)
        who.setSpacing(2)
        self.name = Text("", Role.NUMBER)
        self._facts = Text("", Role.CAPTION, Tone.QUIET)
        who.addWidget(self.name)
        who.addWidget(self._facts)
        row.addLayout(who)
        self._pairs = {key: _Pair(text(f"ui.{key}")) for key in ("patient_id", "accession", "room")}
        for pair in self._pairs.values():
            row.addWidget(pair)
        row.addStretch(1)
        self._alerts = QHBoxLayout()
        self._alerts.setSpacing(8)
        row.addLayout(self._alerts)

    def show_board(self, board: PatientBanner, now: datetime) -> None:
        """Show another patient."""
        if board != self._board:
            self._board = board
            self.name.say(person_name(board.name))
            age = formats.counted("years", board.age) if board.age is not None else ""
            born = text("ui.born", date=formats.day(board.birth_date)) if board.birth_date else ""
            self._facts.say(formats.joined(age, formats.sex(board.sex), born))
            self._pairs["patient_id"].say(board.patient_id)
            self._pairs["accession"].say(board.accession)
            self._pairs["room"].say(board.room)
            self._show_alerts(board.alerts)
            stat = board.priority is Priority.STAT
            self._stat.setVisible(stat)
            self._gap.setVisible(stat)
        self.pass_time(now)

    def pass_time(self, now: datetime) -> None:
        """Count down what is urgent."""
        if self._board is not None:
            due = self._board.due_at
            self._stat.say(text("ui.stat"), formats.time_left(due, now) if due else "")

    def _show_alerts(self, alerts: tuple[str, ...]) -> None:
        while (item := self._alerts.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for alert in alerts:
            chip = BannerChip("caution", Tone.CAUTION)
            chip.say(alert)
            self._alerts.addWidget(chip)
