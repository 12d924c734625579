"""The list of stops with the route drawn beside it."""

from itertools import pairwise

from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from fieldstation.services.boards import StopPlace
from fieldstation.ui import icons, paint, theme
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import Tone
from fieldstation.ui.today.stop import HEAD_HEIGHT, StopWidget

GUTTER = 48


class Route(QWidget):
    """Cards under each other, 16 px apart; in the gutter a node for each stop and a line from one to the next."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stops: list[StopWidget] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(GUTTER, 0, 0, 24)
        self._column.setSpacing(16)
        self._column.addStretch(1)

    def show_stops(self, stops: list[StopWidget]) -> None:
        """Replace the cards."""
        for old in self.stops:
            old.hide()
            old.deleteLater()
        self.stops = stops
        for index, stop in enumerate(stops):
            self._column.insertWidget(index, stop)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw line and nodes."""
        look = theme.current()
        painter = QPainter(self)
        nodes = [stop for stop in self.stops if stop.place is not None and stop.isVisibleTo(self)]
        middles = [stop.y() + HEAD_HEIGHT // 2 for stop in nodes]
        for above, below in pairwise(middles):
            painter.fillRect(15, above + 16, 2, below - above - 32, look.outline())
        for stop, middle in zip(nodes, middles, strict=True):
            rect = QRect(0, middle - 16, 32, 32)
            if stop.place is StopPlace.DONE:
                paint.box(painter, rect, 16, None, look.muted(Tone.GOOD), 2)
                icons.draw(painter, "check", QPointF(16, middle), 20, look.color(Tone.GOOD))
                continue
            here = stop.place is StopPlace.HERE
            paint.box(painter, rect, 16, None, look.color(Tone.ACTION) if here else look.outline(), 2)
            color = look.color(Tone.TEXT if here else Tone.QUIET)
            paint.line(painter, rect, str(stop.position), Role.NAME, color, paint.CENTER)
