"""The stack itself: the plate that is next on top, the others below, and Send for the whole stop."""

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from fieldstation.services.boards import ViewState
from fieldstation.services.boards_plates import StackBoard, StackRow
from fieldstation.services.words import text
from fieldstation.ui import formats
from fieldstation.ui.stack.hues import hues
from fieldstation.ui.stack.lead import Lead
from fieldstation.ui.stack.row import StackRowWidget
from fieldstation.ui.stack.tray import Notice
from fieldstation.ui.study.bar import Bar
from fieldstation.ui.widgets.empty import Empty
from fieldstation.ui.widgets.scroll import PageScroll


class Plates(QWidget):
    """``wanted`` carries the row to read or to judge; ``tray_wanted``: the plates that no view waits for."""

    wanted = Signal(object)
    tray_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._board: StackBoard | None = None
        self._scanned = ""
        self._reading: tuple[str, float] | None = None
        self._hues: Mapping[str, int] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(24, 0, 0, 24)
        self._column.setSpacing(12)
        self.lead = Lead()
        self.lead.wanted.connect(lambda: self.wanted.emit(self.lead.row))
        self._column.addWidget(self.lead)
        self._column.addSpacing(4)
        self._column.addStretch(1)
        self.rows: list[StackRowWidget] = []
        self._scroll = PageScroll(inside)
        # Room for it is as for a row, within the page's inset.
        self._beside = QVBoxLayout()
        self._beside.setContentsMargins(24, 0, 24, 12)
        column.addLayout(self._beside)
        self.notice: Notice | None = None
        self._stack = QStackedWidget()
        self._stack.addWidget(Empty("plates", text("ui.no_plates"), text("ui.no_plates_next")))
        self._stack.addWidget(self._scroll)
        column.addWidget(self._stack, 1)
        self.bar = Bar(text("ui.send_stop"))
        column.addWidget(self.bar)

    def show_board(self, board: StackBoard) -> None:
        """Bring it up to date."""
        if board != self._board:
            self._board = board
            self._refill()
        self.bar.setVisible(board.stop_id is not None)
        self.bar.show_boards(board.leave, board.send)

    def lead_with(self, plate_id: str) -> None:
        """A scanner has read this cassette: it is named on top."""
        self._scanned = plate_id
        self._refill()
        self._scroll.verticalScrollBar().setValue(0)

    def show_reading(self, view_id: str | None, fraction: float) -> None:
        """How much of a plate is read now; None when none is."""
        self._reading = (view_id, fraction) if view_id else None
        if self._board:
            self._show_lead()

    def _refill(self) -> None:
        board = self._board
        if board is None:
            return
        self._stack.setCurrentIndex(1 if board.rows else 0)
        self._show_notice(board.without_view)
        for old in self.rows:
            self._column.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._hues = hues(row.patient for row in sorted(board.rows, key=lambda row: row.study_uid))
        self._show_lead()
        others = [row for row in board.rows if row is not self.lead.row]
        self.rows = [StackRowWidget(row, self._hues[row.patient]) for row in others]
        for place, widget in enumerate(self.rows):
            widget.wanted.connect(lambda row=widget.row: self.wanted.emit(row))
            self._column.insertWidget(2 + place, widget)

    def _show_notice(self, without_view: int) -> None:
        if self.notice:
            self.notice.hide()
            self.notice.deleteLater()
        self.notice = None
        if without_view:
            self.notice = Notice(formats.counted("without_view", without_view), "caution", text("ui.tray"))
            self.notice.seen.connect(self.tray_wanted)
            self._beside.addWidget(self.notice)

    def _show_lead(self) -> None:
        row, above = self._first()
        if row is None:
            return
        self.lead.show_row(row, self._hues[row.patient], above)
        if self._reading and self._reading[0] == row.view_id:
            self.lead.show_busy(formats.reading(self._reading[1]))

    def _first(self) -> tuple[StackRow | None, str]:
        """The plate that is read, else that was scanned, is in the reader, is to be judged, or is next; and why."""
        rows = self._board.rows if self._board else ()
        reading = self._reading[0] if self._reading else None
        for chosen, why in (
            ([row for row in rows if row.view_id == reading], "ui.lead_reading"),
            ([row for row in rows if row.plate_id == self._scanned and row.state is ViewState.EXPOSED],
             "ui.lead_scanned"),
            ([row for row in rows if row.in_reader], "ui.lead_in_reader"),
            ([row for row in rows if row.state is not ViewState.EXPOSED], "ui.lead_judge"),
        ):  # fmt: skip
            if chosen:
                return chosen[0], text(why)
        return (rows[0], text("ui.lead_next")) if rows else (None, "")
