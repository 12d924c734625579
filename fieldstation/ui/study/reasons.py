"""Why a picture is rejected: coded reasons (DICOM CID 7011) as large tiles, the most used first."""

from collections import Counter

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from fieldstation.domain.reasons import REJECT_REASONS
from fieldstation.services.words import text
from fieldstation.ui import paint, theme
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.button import Button
from fieldstation.ui.widgets.text import Text

_COLUMNS = 4
_DIGITS = "123456789"


def by_use(used: Counter[str]) -> list[str]:
    """All code values, those used most at this station first, then in the catalogue's order."""
    return sorted(REJECT_REASONS, key=lambda code: -used[code])


class ReasonsDialog(QDialog):
    """Modal: a reject without a reason is worth nothing. Digits 1 to 9 choose the first nine; Escape leaves."""

    def __init__(self, view: str, used: Counter[str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(text("ui.why_retake"))
        self.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.reason: str | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 24)
        column.setSpacing(16)
        head = QHBoxLayout()
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(Text(text("ui.why_retake"), Role.PAGE))
        words.addWidget(Text(text("ui.why_retake_of", view=view), Role.BODY, Tone.QUIET))
        head.addLayout(words, 1)
        cancel = Button(text("ui.keep_judging"), icon="close")
        cancel.clicked.connect(self.reject)
        head.addWidget(cancel, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(head)
        grid = QGridLayout()
        grid.setSpacing(12)
        self.tiles: dict[str, Button] = {}
        for index, code in enumerate(by_use(used)):
            key = str(index + 1) if index < 9 else ""
            tile = Button(text(f"ui.reason_{code}"), height=72, caption=key)
            tile.setMinimumWidth(212)
            tile.clicked.connect(lambda _checked, code=code: self._choose(code))
            self.tiles[code] = tile
            grid.addWidget(tile, index // _COLUMNS, index % _COLUMNS)
        column.addLayout(grid)
        next(iter(self.tiles.values())).setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A digit chooses its tile."""
        if event.text() and event.text() in _DIGITS:
            self._choose(list(self.tiles)[_DIGITS.index(event.text())])
        else:
            super().keyPressEvent(event)

    def _choose(self, code: str) -> None:
        self.reason = code
        self.accept()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A box over the page."""
        look = theme.current()
        paint.box(QPainter(self), self.rect(), 8, look.color(Tone.SURFACE), look.outline())
