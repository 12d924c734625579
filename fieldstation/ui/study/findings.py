"""What was found in the picture, in plain words: caution first; the fine ones fold into one line when it is tight."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from fieldstation.domain.exams import Finding, Severity
from fieldstation.services.words import sentence, text
from fieldstation.ui.theme import Tone
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


class Findings(QWidget):
    """A list of findings."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)

    def show_findings(self, findings: Sequence[Finding], trouble: str) -> None:
        """Replace the list; ``trouble`` with the read, if there was any, comes before all."""
        while (item := self._column.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        if trouble:
            self._column.addWidget(self._row("partial", Tone.BAD, trouble))
        for finding in ordered(findings):
            self._column.addWidget(self._row(*_LOOKS[finding.severity], sentence(finding.message)))
        if not findings and not trouble:
            self._column.addWidget(self._row("accepted", Tone.GOOD, text("ui.no_findings")))

    @staticmethod
    def _row(icon: str, tone: Tone, words: str) -> QWidget:
        row = QWidget()
        across = QHBoxLayout(row)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(12)
        across.addWidget(Icon(icon, 20, tone), 0, Qt.AlignmentFlag.AlignTop)
        across.addWidget(Paragraph(words), 1)
        return row
