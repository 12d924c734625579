"""What the frame asks of a page."""

from PySide6.QtCore import Signal

from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.panel import Panel


class Page(Panel):
    """One destination of the rail. ``headed`` tells the top bar where we are (title and what follows it)."""

    headed = Signal(str, str)

    def __init__(self) -> None:
        super().__init__(Tone.BACKGROUND)

    def reload(self) -> None:
        """Something was committed, or the page comes into view: fetch its boards again."""
        raise NotImplementedError

    def tick(self) -> None:
        """A second has passed: what counts down is drawn again."""
