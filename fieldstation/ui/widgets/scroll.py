"""A page that scrolls: its right edge stays the page inset, with or without a scroll bar."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

INSET = 24
_BAR = 12


class PageScroll(QScrollArea):
    """Scrolls down only. The bar lies in the inset, so nothing moves when it comes or goes."""

    def __init__(self, inside: QWidget, parent: QWidget | None = None, inset: int = INSET) -> None:
        """``inset`` is the room at the right, at least as wide as the bar."""
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._inset = inset
        self.setViewportMargins(0, 0, inset, 0)
        self.setWidget(inside)
        self.verticalScrollBar().rangeChanged.connect(self._on_range)

    def _on_range(self, _low: int, high: int) -> None:
        self.setViewportMargins(0, 0, self._inset - _BAR if high > 0 else self._inset, 0)
