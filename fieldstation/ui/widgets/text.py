"""Text in a role and a tone: one line that elides, or a paragraph that wraps."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from fieldstation.ui import theme
from fieldstation.ui.fonts import Role, font
from fieldstation.ui.theme import Tone


class Text(QLabel):
    """One line of text. Too long for its place, it is elided and says all of itself in a tool tip."""

    def __init__(
        self, text: str = "", role: Role = Role.BODY, tone: Tone = Tone.TEXT, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.role = role
        self._tone = tone
        self.setFont(font(role))
        self.setMinimumHeight(role.line)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.say(text)

    def say(self, text: str) -> None:
        """Show another text."""
        if text != self.text():
            self.setText(text)
            self.updateGeometry()

    def paint_in(self, tone: Tone) -> None:
        """Show it in another colour."""
        if tone is not self._tone:
            self._tone = tone
            self.update()

    def sizeHint(self) -> QSize:
        """All of the text on one line."""
        return QSize(QFontMetrics(self.font()).horizontalAdvance(self.text()) + 1, self.role.line)

    def minimumSizeHint(self) -> QSize:
        """A line may shrink to an ellipsis."""
        return QSize(0, self.role.line)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the line in its tone."""
        painter = QPainter(self)
        painter.setPen(theme.current().color(self._tone))
        metrics = QFontMetrics(self.font())
        shown = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        self.setToolTip(self.text() if shown != self.text() else "")
        painter.drawText(self.rect(), self.alignment() | Qt.TextFlag.TextSingleLine, shown)


class Paragraph(QLabel):
    """Text that wraps to the width it is given."""

    def __init__(
        self, text: str = "", role: Role = Role.BODY, tone: Tone = Tone.TEXT, parent: QWidget | None = None
    ) -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setFont(font(role))
        self.role = role
        self._tone = tone
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)

    def say(self, text: str) -> None:
        """Show another text."""
        if text != self.text():
            self.setText(text)

    def paint_in(self, tone: Tone) -> None:
        """Show it in another colour."""
        if tone is not self._tone:
            self._tone = tone
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the lines in their tone."""
        painter = QPainter(self)
        painter.setPen(theme.current().color(self._tone))
        painter.drawText(self.rect(), self.alignment() | Qt.TextFlag.TextWordWrap, self.text())
