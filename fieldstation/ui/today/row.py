"""One order of a stop: two lines of text in fixed columns, and what to do next."""

from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from fieldstation.domain.patients import OrderState, Priority
from fieldstation.services.boards import OrderRow, Stage
from fieldstation.services.words import person_name, text
from fieldstation.ui import formats, icons, paint, theme
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.button import Button, Kind
from fieldstation.ui.widgets.chip import draw_chip
from fieldstation.ui.widgets.focus import FocusButton

ROW_HEIGHT = 72
PADDING = 16
_ACTION = 132
# (width, least width) of flag, patient, room, procedure, reason, state; the action takes the rest.
_COLUMNS = ((120, 110), (216, 186), (96, 84), (216, 176), (256, 196), (188, 172))

_STAGES = {
    Stage.PLANNED: ("planned", Tone.QUIET),
    Stage.ARRIVED: ("place", Tone.TEXT),
    Stage.EXPOSED: ("exposed", Tone.CAUTION),
    Stage.READ: ("undecided", Tone.ACTION),
    Stage.ACCEPTED: ("accepted", Tone.GOOD),
    Stage.SENDING: ("sending", Tone.ACTION),
    Stage.NEEDS_YOU: ("fault", Tone.BAD),
    Stage.SAFE: ("proved", Tone.GOOD),
    Stage.ELSEWHERE: ("accepted", Tone.QUIET),
    Stage.WITHDRAWN: ("withdrawn", Tone.QUIET),
}


def columns(width: int) -> list[tuple[int, int]]:
    """(x, width) of the seven columns in a row of that width; in a narrow one each gives way as far as it can."""
    wish, least = (sum(each) for each in zip(*_COLUMNS, strict=True))
    missing = wish + _ACTION - (width - 2 * PADDING)
    share = min(1.0, max(0.0, missing / (wish - least)))
    widths = [round(full - share * (full - low)) for full, low in _COLUMNS]
    places, x = [], PADDING
    for each in widths:
        places.append((x, each))
        x += each
    places.append((x, width - PADDING - x))
    return places


@dataclass(frozen=True, slots=True)
class StateWords:
    """An order's state in a word and a detail."""

    word: str
    detail: str


def state_words(row: OrderRow) -> StateWords:
    """What the state column says."""
    left = row.total - row.done
    details = {
        Stage.PLANNED: formats.counted("views_to_do", left),
        Stage.ARRIVED: formats.counted("views_to_do", left),
        Stage.EXPOSED: text("ui.views_accepted", n=row.done, of=row.total),
        Stage.READ: text("ui.views_accepted", n=row.done, of=row.total),
        Stage.ACCEPTED: text("ui.views_accepted", n=row.done, of=row.total),
        Stage.SENDING: text("ui.images_safe", n=row.done, of=row.total),
        Stage.NEEDS_YOU: text("ui.images_safe", n=row.done, of=row.total),
        Stage.SAFE: text("ui.pacs_holds", n=row.total),
        Stage.ELSEWHERE: text("ui.nothing_to_do"),
        Stage.WITHDRAWN: text("ui.nothing_to_do"),
    }
    return StateWords(text(f"ui.stage_{row.stage.replace('-', '_')}"), details[row.stage])


class OrderRowWidget(FocusButton):
    """A row. ``opened`` is also emitted by its Continue button."""

    opened = Signal()

    def __init__(self, row: OrderRow, now: datetime, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row = row
        self._now = now
        self._continue: Button | None = None
        self.setFixedHeight(ROW_HEIGHT)
        words = state_words(row)
        self.setAccessibleName(
            formats.joined(
                text("ui.stat") if row.priority is Priority.STAT else "",
                person_name(row.patient_name),
                formats.room(row.room),
                row.procedure,
                words.word,
                words.detail,
            )
        )
        self.clicked.connect(self.opened)

    def make_next(self) -> None:
        """This is the next thing to do: show the one blue button."""
        self._continue = Button(text("ui.continue"), Kind.PRIMARY, height=56, parent=self)
        self._continue.clicked.connect(self.opened)

    def pass_time(self, now: datetime) -> None:
        """Count down what is urgent."""
        self._now = now
        if self.row.due_at and self.row.priority is Priority.STAT:
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens, as space does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        """A whole line."""
        return QSize(900, ROW_HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the button in its column."""
        super().resizeEvent(event)
        if self._continue:
            size = self._continue.sizeHint()
            self._continue.setGeometry(self.width() - PADDING - size.width(), 8, size.width(), 56)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw all columns."""
        look = theme.current()
        painter = QPainter(self)
        painter.fillRect(1, 0, self.width() - 2, 1, look.color(Tone.LINE))
        if self.isDown() or self.underMouse():
            painter.fillRect(self.rect().adjusted(1, 1, -1, -1), look.hovered(Tone.SURFACE))
        flag, patient, room, procedure, reason, state, action = columns(self.width())
        self._draw_flag(painter, flag[0])
        row = self.row
        gone = row.state is OrderState.WITHDRAWN
        main = look.color(Tone.QUIET if gone else Tone.TEXT)
        self._draw_patient(painter, patient, gone)
        self._two_lines(painter, room, formats.room(row.room), "", main)
        views = formats.counted("views", len(row.views)) + (f": {', '.join(row.views)}" if row.views else "")
        self._two_lines(painter, procedure, row.procedure, views, main)
        self._two_lines(painter, reason, row.reason, formats.doctor(row.referring_physician), main, Role.BODY)
        icon, tone = _STAGES[row.stage]
        icons.draw(painter, icon, QPointF(state[0] + 10, 27), 20, look.color(tone))
        words = state_words(row)
        self._two_lines(painter, (state[0] + 28, state[1] - 28), words.word, words.detail, look.color(Tone.TEXT))
        if self._continue is None and not gone:
            icons.draw(painter, "next", QPointF(action[0] + action[1] - 12, 36), 20, look.color(Tone.QUIET))
        self.draw_ring(painter, self.rect().adjusted(3, 3, -3, -3), 8, look.color(Tone.ACTION))

    def _two_lines(
        self, painter: QPainter, place: tuple[int, int], first: str, second: str, color: QColor, role: Role = Role.VALUE
    ) -> None:
        look = theme.current()
        x, width = place
        paint.line(painter, QRect(x, 17, width - 12, 20), first, role, color)
        paint.line(painter, QRect(x, 40, width - 12, 16), second, Role.CAPTION, look.color(Tone.QUIET))

    def _draw_patient(self, painter: QPainter, place: tuple[int, int], gone: bool) -> None:  # noqa: FBT001
        look = theme.current()
        x, width = place
        name = QRect(x, 11, width - 12, 28)
        color = look.color(Tone.QUIET if gone else Tone.TEXT)
        drawn = paint.name(painter, name, person_name(self.row.patient_name), color)
        if gone:
            painter.fillRect(x, name.center().y() + 1, drawn, 2, color)
        facts = formats.facts(self.row.age, self.row.sex, self.row.birth_date)
        paint.line(painter, QRect(x, 40, width - 12, 16), facts, Role.CAPTION, look.color(Tone.QUIET))

    def _draw_flag(self, painter: QPainter, x: int) -> None:
        row = self.row
        if row.state is OrderState.WITHDRAWN:
            draw_chip(painter, x, 36, "minus", text("ui.withdrawn"), Tone.QUIET)
            return
        changed = row.state is OrderState.CHANGED
        if row.priority is not Priority.STAT:
            if changed:
                draw_chip(painter, x, 36, "changed", text("ui.changed"), Tone.CAUTION)
            return
        below = formats.time_left(row.due_at, self._now) if row.due_at else ""
        below = formats.joined(below, text("ui.changed") if changed else "")
        draw_chip(painter, x, 27 if below else 36, "stat", text("ui.stat"), Tone.STAT)
        over = row.due_at is not None and row.due_at < self._now
        color = theme.current().color(Tone.BAD if over else Tone.TEXT)
        paint.line(painter, QRect(QPoint(x, 42), QSize(112, 16)), below, Role.CAPTION_VALUE, color)
