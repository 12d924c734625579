"""Plates that go to another station, or come from one: the menu at the right of the page's head."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QWidget

from fieldstation.services.words import text
from fieldstation.ui.context import Context
from fieldstation.ui.stack.hand_over_dialog import HandOverDialog
from fieldstation.ui.stack.take_over_dialog import TakeOverDialog
from fieldstation.ui.widgets.button import Button, Kind
from fieldstation.ui.widgets.dialog import open_over


class OtherStation(Button):
    """Opens the menu, and from it the dialogs."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(text("ui.other_station"), Kind.GHOST, icon="more", parent=parent)
        self._context = context
        self.clicked.connect(self._pop)

    def _pop(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(text("ui.hand_over_menu")).triggered.connect(self.hand_over)
        menu.addAction(text("ui.take_over_menu")).triggered.connect(self.take_over)
        right = self.mapToGlobal(self.rect().bottomRight())
        menu.popup(right - QPoint(menu.sizeHint().width(), 0))

    def hand_over(self) -> None:
        """Show what another station needs to read the plates that wait here."""
        open_over(HandOverDialog(self._context, self.window()), self.window())

    def take_over(self) -> TakeOverDialog:
        """Ask for what another station has handed over."""
        asked = TakeOverDialog(self._context, self.window())
        open_over(asked, self.window())
        return asked

    def scanned(self, code: str) -> None:
        """A scanner has read another station's QR code."""
        opened = [each for each in self.window().findChildren(TakeOverDialog) if each.isVisible()]
        (opened[0] if opened else self.take_over()).take_code(code)
