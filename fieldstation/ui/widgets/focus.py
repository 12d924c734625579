"""Focus that is seen by those who came with the keyboard, and only by them."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFocusEvent, QPainter
from PySide6.QtWidgets import QAbstractButton, QWidget

from fieldstation.ui import paint

_BY_KEYBOARD = {
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
    Qt.FocusReason.OtherFocusReason,
}


class FocusButton(QAbstractButton):
    """A button that draws itself and knows whether its focus is to be shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ring = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    @property
    def by_keyboard(self) -> bool:
        """Whether the focus is here and came by keyboard."""
        return self._ring

    def show_ring(self) -> None:
        """Show the ring if the focus is here: a key has brought it, if by way of something else."""
        self._ring = self.hasFocus()
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring when focus came by keyboard."""
        self._ring = event.reason() in _BY_KEYBOARD
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the ring."""
        self._ring = False
        super().focusOutEvent(event)
        self.update()

    def draw_ring(self, painter: QPainter, rect: QRect, radius: float, color: QColor) -> None:
        """Draw the ring inside ``rect`` when it is to be seen."""
        if self._ring:
            paint.box(painter, rect, radius, None, color, 2)
