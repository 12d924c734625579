"""The middle of Study: the picture with its tools, or the plate being read, or the question which plate to read."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from fieldstation.ui.study.read_form import ReadForm
from fieldstation.ui.study.reading_view import ReadingView
from fieldstation.ui.viewer.tools import ToolStrip
from fieldstation.ui.viewer.viewer import Viewer


class Stage(QWidget):
    """Black, edge to edge. ``presented`` carries the presentation after a gesture."""

    presented = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.viewer = Viewer()
        self.reading = ReadingView()
        self.form = ReadForm()
        self._stack = QStackedWidget()
        for widget in (self.viewer, self.reading, self.form):
            self._stack.addWidget(widget)
        self.tools = ToolStrip()
        row.addWidget(self._stack, 1)
        row.addWidget(self.tools)
        self.tools.used.connect(self.use)
        self.viewer.presented.connect(self.presented)
        self.tools.setEnabled(False)

    def show_viewer(self) -> None:
        """The picture."""
        self._stack.setCurrentWidget(self.viewer)
        self.tools.setEnabled(True)

    def show_reading(self) -> None:
        """The plate being read; nothing to work on yet."""
        self._stack.setCurrentWidget(self.reading)
        self.tools.setEnabled(False)

    def show_form(self) -> None:
        """Which plate?"""
        self._stack.setCurrentWidget(self.form)
        self.tools.setEnabled(False)

    @property
    def shown(self) -> QWidget | None:
        """What is in the middle."""
        return self._stack.currentWidget()

    def use(self, tool: str) -> None:
        """Use a tool of the strip by its name."""
        if self.shown is not self.viewer:
            return
        deeds = {
            "rotate": lambda: self.viewer.rotate(1),
            "rotate-back": lambda: self.viewer.rotate(-1),
            "invert": self.viewer.invert,
            "fit": self.viewer.fit,
            "one-to-one": self.viewer.true_size,
            "reset": self.viewer.reset,
        }
        deeds[tool]()
