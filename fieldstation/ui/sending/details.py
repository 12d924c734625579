"""The details of a study on its way: every image with all that happened to it."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from fieldstation.services.boards import CellBoard, HistoryLine
from fieldstation.services.words import person_name, sentence
from fieldstation.ui import formats
from fieldstation.ui.fonts import Role
from fieldstation.ui.sending.cells import kind_of
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.icon import Icon
from fieldstation.ui.widgets.panel import Line
from fieldstation.ui.widgets.text import Paragraph, Text

_TOP = Qt.AlignmentFlag.AlignTop


class Details(QWidget):
    """A row for each image: name, state and tries, and beside them its history, the oldest first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(20, 0, 20, 16)
        self._column.setSpacing(8)

    def show_cells(self, cells: Sequence[CellBoard], history: Mapping[int, Sequence[HistoryLine]]) -> None:
        """Bring it up to date; an image whose history is not there yet shows the last thing that happened."""
        while (item := self._column.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for cell in cells:
            self._column.addWidget(Line())
            self._column.addWidget(_row(cell, history.get(cell.job_id, ())))


def _row(cell: CellBoard, lines: Sequence[HistoryLine]) -> QWidget:
    row = QWidget()
    across = QHBoxLayout(row)
    across.setContentsMargins(0, 8, 0, 4)
    across.setSpacing(12)
    icon, tone = kind_of(cell).value
    across.addWidget(Icon(icon, 20, tone), 0, _TOP)
    name = Text(cell.view_name, Role.VALUE)
    name.setFixedWidth(200)
    state = Text(kind_of(cell).word, Role.BODY)
    state.setFixedWidth(88)
    tries = Text(formats.counted("tries", cell.attempts) if cell.attempts else "", Role.BODY, Tone.QUIET)
    tries.setFixedWidth(72)
    for widget in (name, state, tries):
        across.addWidget(widget, 0, _TOP)
    across.addLayout(_history(cell, lines), 1)
    return row


def _history(cell: CellBoard, lines: Sequence[HistoryLine]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(1, 1)
    if not lines and cell.last and cell.last_at:
        lines = [HistoryLine(cell.last_at, "", cell.last)]
    for index, line in enumerate(lines):
        who = person_name(line.person) if line.person else ""
        grid.addWidget(Text(formats.clock_with_seconds(line.at), Role.BODY, Tone.QUIET), index, 0, _TOP)
        grid.addWidget(Paragraph(formats.joined(sentence(line.message), who), tone=Tone.QUIET), index, 1)
    return grid
