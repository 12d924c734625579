"""A page that scrolls: its right edge stays the page inset, with or without a scroll bar."""

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QFrame, QScrollArea, QScroller, QWidget

INSET = 24
_BAR = 12
_OUTSIDE = QPointF(-1, -1)


def let_fingers_scroll(area: QScrollArea) -> None:
    """A finger pushes what is inside; what it came down on is not pressed by that."""
    QScroller.grabGesture(area.viewport(), QScroller.ScrollerGestureType.TouchGesture)

    def on_state(state: QScroller.State) -> None:
        if state is QScroller.State.Dragging:
            for button in area.findChildren(QAbstractButton):
                if button.isDown():
                    _let_go(button)

    QScroller.scroller(area.viewport()).stateChanged.connect(on_state)


def _let_go(button: QAbstractButton) -> None:
    """As if it was released beside it: made not down only, it would be down again with the next move."""
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    beside = button.mapToGlobal(_OUTSIDE)
    no_key = Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(QEvent.Type.MouseButtonRelease, _OUTSIDE, beside, left, none, no_key)
    QApplication.sendEvent(button, event)


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
        let_fingers_scroll(self)
        # The bar is always there, and seen where there is something to scroll: margins that change while the area is
        # laid out leave what is inside as wide as it was.
        self.verticalScrollBar().rangeChanged.connect(lambda _low, high: self.verticalScrollBar().setEnabled(high > 0))
        self.verticalScrollBar().setEnabled(False)
