"""On top of the stack: the plate in the reader or the one that was scanned, named in large type before it is read."""

from PySide6.QtCore import QPointF, QRect, QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from fieldstation.services.boards_plates import StackRow
from fieldstation.services.words import person_name, sentence, text
from fieldstation.ui import formats, icons, paint, theme
from fieldstation.ui.fonts import Role
from fieldstation.ui.stack import hues
from fieldstation.ui.stack.row import deed, deed_icon, title
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.button import Button, Kind


class Lead(QWidget):
    """120 px, the page's one blue button at its right. ``wanted``: do with this plate what its row would."""

    wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row: StackRow | None = None
        self._hue = 0
        self._above = ""
        self.setFixedHeight(120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        across = QHBoxLayout(self)
        across.setContentsMargins(24, 0, 24, 0)
        across.addStretch(1)
        self.button = Button("", Kind.PRIMARY, icon="reader", height=56)
        self.button.setMinimumWidth(168)
        across.addWidget(self.button)
        self.button.clicked.connect(self.wanted)

    def sizeHint(self) -> QSize:
        """A whole line."""
        return QSize(900, 120)

    def show_row(self, row: StackRow, hue: int, above: str) -> None:
        """Name this plate; ``above`` says why it is the one."""
        self.row, self._hue, self._above = row, hue, above
        self.button.say(deed(row))
        self.button.show_icon(deed_icon(row))
        self.button.setAccessibleName(formats.joined(deed(row), title(row)))
        self.setAccessibleName(formats.joined(above, row.plate_id, person_name(row.patient_name), row.view_name))
        self.update()

    def show_busy(self, words: str) -> None:
        """The reader is busy with it: say how far, and lead to the picture."""
        self.button.say(text("ui.look"), words)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the large line and what goes with it."""
        row = self.row
        if row is None:
            return
        look = theme.current()
        painter = QPainter(self)
        own = hues.color(self._hue)
        paint.box(painter, self.rect(), 8, look.color(Tone.RAISED), own, 2)
        width = self.button.x() - 24 - 24
        icons.draw(painter, "cassette", QPointF(34, 28), 20, look.color(Tone.QUIET))
        paint.line(painter, QRect(52, 18, width - 28, 20), self._above, Role.BODY, look.color(Tone.QUIET))
        drawn = paint.line(
            painter, QRect(24, 40, width, 36), text("ui.plate_to", plate=row.plate_id), Role.NUMBER_QUIET,
            look.color(Tone.TEXT),
        )  # fmt: skip
        whose = formats.joined(person_name(row.patient_name), row.view_name)
        paint.line(painter, QRect(24 + drawn + 10, 40, width - drawn - 10, 36), whose, Role.NUMBER, own)
        more = formats.joined(row.facility, row.accession, sentence(row.fading) if row.fading else "")
        paint.line(painter, QRect(24, 82, width, 20), more, Role.BODY, look.color(Tone.QUIET))
