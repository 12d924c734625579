"""Dialogs over a window: in its middle, and gone for good once they are answered."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QWidget


def open_over(dialog: QDialog, window: QWidget) -> None:
    """Ask, without waiting for the answer here."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    # Not every window manager hands the focus back, and the keys of the page need it.
    dialog.finished.connect(lambda _: window.activateWindow())
    dialog.open()
    dialog.move(window.geometry().center() - dialog.rect().center())
