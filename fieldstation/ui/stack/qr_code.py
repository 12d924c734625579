"""A QR code on screen."""

import math

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from fieldstation.services.words import text

_LARGEST = 392


class QrCode(QWidget):
    """Dark on white in both themes, each module as many whole pixels as fit, so that a scanner takes it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._modules: tuple[tuple[bool, ...], ...] = ()
        self.setAccessibleName(text("ui.hand_over_code"))

    def show_modules(self, modules: tuple[tuple[bool, ...], ...]) -> None:
        """Rows of dark (True) and light modules, with the quiet zone."""
        self._modules = modules
        side = math.ceil(self._module * len(modules) / self.devicePixelRatioF())
        self.setFixedSize(side, side)
        self.update()

    @property
    def _module(self) -> int:
        """The side of a module, in pixels of the screen: equal for all of them, however the screen is scaled."""
        return max(1, int(_LARGEST * self.devicePixelRatioF()) // len(self._modules))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """White, and the dark modules."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.white)
        ratio = self.devicePixelRatioF()
        painter.scale(1 / ratio, 1 / ratio)
        for row, line in enumerate(self._modules):
            for column, dark in enumerate(line):
                if dark:
                    size = self._module
                    painter.fillRect(column * size, row * size, size, size, Qt.GlobalColor.black)
