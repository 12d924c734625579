"""The images of a study as small cells: how far each is on its way."""

from collections.abc import Sequence
from enum import Enum

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from fieldstation.domain.jobs import JobState
from fieldstation.services.boards import CellBoard
from fieldstation.services.words import text
from fieldstation.ui import formats, icons, paint, theme
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import Tone

CELL = QSize(72, 48)
_GAP = 12
_A_ROW = 4
_LABEL = 20


class CellKind(Enum):
    """How a cell looks: its icon, the tone of the icon, and the catalogue's key of its word."""

    WAITING = ("clock", Tone.QUIET)
    SENDING = ("sending", Tone.ACTION)
    SENT = ("check", Tone.TEXT)
    PROVED = ("proved", Tone.GOOD)
    HELD = ("hold", Tone.QUIET)
    REFUSED = ("refused", Tone.BAD)
    CANCELLED = ("withdrawn", Tone.QUIET)
    GONE = ("fault", Tone.BAD)

    @property
    def word(self) -> str:
        """Its name in the legend."""
        return text(f"ui.cell_{self.name.lower()}")


_KINDS = {
    JobState.QUEUED: CellKind.WAITING,
    JobState.SENDING: CellKind.SENDING,
    JobState.SENT: CellKind.SENT,
    JobState.PROVED: CellKind.PROVED,
    JobState.REFUSED: CellKind.REFUSED,
    JobState.CANCELLED: CellKind.CANCELLED,
}


def kind_of(cell: CellBoard) -> CellKind:
    """Held is shown instead of waiting; it never hides what has already happened."""
    if cell.gone:
        return CellKind.GONE
    if cell.held and cell.state is JobState.QUEUED:
        return CellKind.HELD
    return _KINDS[cell.state]


def draw_cell(painter: QPainter, rect: QRect, kind: CellKind, fraction: float, radius: int) -> None:
    """Ground and outline of a cell."""
    look = theme.current()
    if kind is CellKind.PROVED:
        paint.box(painter, rect, radius, look.tint(Tone.GOOD), None)
    elif kind is CellKind.SENT:
        paint.box(painter, rect, radius, look.color(Tone.RAISED), look.color(Tone.LINE))
    elif kind in {CellKind.REFUSED, CellKind.GONE}:
        paint.box(painter, rect, radius, look.tint(Tone.BAD), look.color(Tone.BAD))
    elif kind is CellKind.SENDING:
        painter.save()
        clip = QPainterPath()
        clip.addRoundedRect(rect, radius, radius)
        painter.setClipPath(clip)
        painter.fillRect(rect.x(), rect.y(), round(rect.width() * fraction), rect.height(), look.muted(Tone.ACTION))
        painter.restore()
        paint.box(painter, rect, radius, None, look.color(Tone.ACTION))
    else:
        paint.box(painter, rect, radius, None, None)
        style = Qt.PenStyle.SolidLine if kind is CellKind.WAITING else Qt.PenStyle.DashLine
        painter.setPen(QPen(look.outline(), 1, style))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(rect.adjusted(0, 0, -1, -1), radius, radius)


class Cells(QWidget):
    """Rows of four cells with the view's name under each."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cells: tuple[CellBoard, ...] = ()
        self.setFixedWidth(_A_ROW * (CELL.width() + _GAP))

    def show_cells(self, cells: Sequence[CellBoard]) -> None:
        """Bring them up to date."""
        rows = max(1, -(-len(cells) // _A_ROW))
        self._cells = tuple(cells)
        self.setFixedHeight(rows * (CELL.height() + _LABEL) + (rows - 1) * 8)
        self.setAccessibleName(", ".join(f"{cell.view_name}: {kind_of(cell).word}" for cell in cells))
        self.update()

    def _place(self, index: int) -> QPoint:
        row, column = divmod(index, _A_ROW)
        return QPoint(_GAP // 2 + column * (CELL.width() + _GAP), row * (CELL.height() + _LABEL + 8))

    def event(self, event: QEvent) -> bool:
        """The full name and state of the cell under the pointer."""
        if isinstance(event, QHelpEvent):
            for index, cell in enumerate(self._cells):
                if QRect(self._place(index), QSize(CELL.width(), CELL.height() + _LABEL)).contains(event.pos()):
                    words = formats.joined(cell.view_name, kind_of(cell).word)
                    QToolTip.showText(event.globalPos(), words, self)
                    return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw all cells."""
        look = theme.current()
        painter = QPainter(self)
        for index, cell in enumerate(self._cells):
            rect = QRect(self._place(index), CELL)
            kind = kind_of(cell)
            draw_cell(painter, rect, kind, cell.fraction, 8)
            if kind is CellKind.SENDING:
                percent = formats.percent(cell.fraction)
                paint.line(painter, rect, percent, Role.CAPTION_VALUE, look.color(Tone.TEXT), paint.CENTER)
            else:
                icon, tone = kind.value
                icons.draw(painter, icon, QPointF(rect.center()) + QPointF(0.5, 0.5), 20, look.color(tone))
            label = QRect(rect.x() - _GAP // 2, rect.bottom() + 5, rect.width() + _GAP, 16)
            paint.line(painter, label, cell.view_name, Role.CAPTION, look.color(Tone.QUIET), paint.CENTER)


class Legend(QWidget):
    """What the cells mean."""

    _SHOWN = (
        CellKind.WAITING,
        CellKind.SENDING,
        CellKind.SENT,
        CellKind.PROVED,
        CellKind.HELD,
        CellKind.REFUSED,
        CellKind.GONE,
    )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(36)
        self.setAccessibleName(", ".join(kind.word for kind in self._SHOWN))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw small cells and their words."""
        look = theme.current()
        painter = QPainter(self)
        x = 0
        for kind in self._SHOWN:
            rect = QRect(x, 12, 28, 24)
            draw_cell(painter, rect, kind, 0.6, 4)
            icon, tone = kind.value
            if kind is not CellKind.SENDING:
                icons.draw(painter, icon, QPointF(rect.center()) + QPointF(0.5, 0.5), 16, look.color(tone))
            width = paint.text_width(kind.word, Role.CAPTION)
            paint.line(painter, QRect(x + 36, 12, width + 2, 24), kind.word, Role.CAPTION, look.color(Tone.QUIET))
            x += 36 + width + 20
