"""What was found in the picture, in plain words, the loudest first; what has a place carries its number there."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from fieldstation.domain.exams import Box, Finding, Severity
from fieldstation.services.words import sentence, text
from fieldstation.ui.theme import NIGHT, Tone
from fieldstation.ui.viewer.places import TAG, draw_tag
from fieldstation.ui.widgets.focus import FocusButton
from fieldstation.ui.widgets.icon import Icon
from fieldstation.ui.widgets.text import Paragraph

_LOOKS = {
    Severity.FINE: ("accepted", Tone.GOOD),
    Severity.CAUTION: ("caution", Tone.CAUTION),
    Severity.BAD: ("fault", Tone.BAD),
}
_ORDER = (Severity.BAD, Severity.CAUTION, Severity.FINE)


def ordered(findings: Sequence[Finding]) -> list[Finding]:
    """The loudest first."""
    return sorted(findings, key=lambda finding: _ORDER.index(finding.severity))


def places_of(findings: Sequence[Finding]) -> list[Box]:
    """The places that are marked in the picture, in the order of their numbers."""
    return [finding.box for finding in ordered(findings) if finding.box is not None]


class PlaceTag(FocusButton):
    """The number of a finding's place, as it is in the picture; touched, it shows the place."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.setFixedSize(44, 44)
        self.setAccessibleName(text("ui.show_place", n=number))
        self.setToolTip(self.accessibleName())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The tag, at the right end of its row, beside the first line."""
        painter = QPainter(self)
        draw_tag(painter, QPointF(44 - TAG, 0), self.number, NIGHT.color(Tone.CAUTION))
        self.draw_ring(painter, self.rect().adjusted(44 - TAG - 4, 0, 0, TAG + 4 - 44), 4, NIGHT.color(Tone.ACTION))


class Findings(QWidget):
    """A list of findings. ``pointed`` carries the number of a place that is to be shown."""

    pointed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._fine: list[QWidget] = []
        self._fold: QWidget | None = None

    def show_findings(self, findings: Sequence[Finding], trouble: str) -> None:
        """Replace the list; ``trouble`` with the read, if there was any, comes before all."""
        while (item := self._column.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        if trouble:
            self._column.addWidget(self._row("partial", Tone.BAD, trouble, None))
        number = 0
        self._fine = []
        for finding in ordered(findings):
            number += finding.box is not None
            tag = PlaceTag(number) if finding.box is not None else None
            row = self._row(*_LOOKS[finding.severity], sentence(finding.message), tag)
            self._column.addWidget(row)
            if finding.severity is Severity.FINE:
                self._fine.append(row)
        if not findings and not trouble:
            self._column.addWidget(self._row("accepted", Tone.GOOD, text("ui.no_findings"), None))
        self._fold = self._row("accepted", Tone.GOOD, text("ui.rest_is_fine"), None)
        self._column.addWidget(self._fold)
        self.fold(folded=False)

    @property
    def folded(self) -> bool:
        """Whether what is fine takes one line."""
        return self._fold is not None and not self._fold.isHidden()

    def fold(self, *, folded: bool) -> None:
        """What is fine takes one line, or a line each; alone it always has its own."""
        folded = folded and self._can_fold
        for row in self._fine:
            row.setVisible(not folded)
        if self._fold is not None:
            self._fold.setVisible(folded)

    def saved_by_folding(self, width: int) -> int:
        """How many pixels lower it is when folded."""
        if self._fold is None or not self._can_fold:
            return 0
        heights = [row.heightForWidth(width) + self._column.spacing() for row in self._fine]
        return sum(heights) - self._fold.heightForWidth(width) - self._column.spacing()

    @property
    def _can_fold(self) -> bool:
        return 0 < len(self._fine) < self._column.count() - 1

    def _row(self, icon: str, tone: Tone, words: str, tag: PlaceTag | None) -> QWidget:
        row = QWidget()
        across = QHBoxLayout(row)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(12)
        across.addWidget(Icon(icon, 20, tone), 0, Qt.AlignmentFlag.AlignTop)
        across.addWidget(Paragraph(words), 1)
        if tag is not None:
            across.addWidget(tag, 0, Qt.AlignmentFlag.AlignTop)
            tag.clicked.connect(lambda: self.pointed.emit(tag.number))
        return row
