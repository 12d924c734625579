"""A page that scrolls: its right edge stays the page inset, with or without a scroll bar."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

INSET = 24
_BAR = 12


class PageScroll(QScrollArea):
    """Scrolls down only. The bar lies in the inset."""

    def __init__(self, inside: QWidget, parent: QWidget | None = None, inset: int = INSET) -> None:
        """``inset`` is the room at the right, at least as wide as the bar."""
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setViewportMargins(0, 0, inset - _BAR, 0)
        self.setWidget(inside)
        # The bar is always there, and seen where there is something to scroll: margins that change while the area is
        # laid out leave what is inside as wide as it was.
        self.verticalScrollBar().rangeChanged.connect(lambda _low, high: self.verticalScrollBar().setEnabled(high > 0))
        self.verticalScrollBar().setEnabled(False)
