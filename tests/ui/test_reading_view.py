"""The picture that builds up: only what changes is painted, and the screen is always what a whole painting shows."""

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from fieldstation.ui.study.reading_view import ReadingView
from fieldstation.ui.viewer.canvas import Captions

ROWS, COLUMNS = 430, 350


class Paintings(QObject):
    """How many rows of the view each painting covered."""

    def __init__(self) -> None:
        super().__init__()
        self.heights: list[int] = []

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self.heights.append(event.rect().height())
        return False


@pytest.mark.parametrize("size", [(500, 600), (900, 420)])
def test_while_lines_come_only_what_changes_is_painted(size: tuple[int, int], qapp: QApplication, qtbot: QtBot) -> None:
    view, paintings = ReadingView(), Paintings()
    qtbot.addWidget(view)
    view.resize(*size)
    view.show_captions(Captions(["Somebody", "Chest PA"], ["C-1"]))
    view.show()
    preview = QImage(COLUMNS, ROWS, QImage.Format.Format_Grayscale8)
    preview.fill(0)
    view.show_progress(preview, 0.0, None)
    qapp.processEvents()
    view.installEventFilter(paintings)
    come = 0
    for percent in (5, 30, 55, 60, 75, 80, 85, 90, 95, 98, 100):
        lines = ROWS * percent // 100
        painter = QPainter(preview)
        painter.fillRect(0, come, COLUMNS, lines - come, QColor.fromRgb(*[40 + 2 * percent] * 3))
        painter.end()
        come = lines
        view.show_progress(preview, percent / 100, 100.0 - percent)
        qapp.processEvents()
        seen = view.screen().grabWindow(view.winId()).toImage()
        covered = paintings.heights[-1]
        assert seen.convertToFormat(QImage.Format.Format_RGB32) == whole(view), f"at {percent} %"
    assert covered < size[1] / 2


def whole(view: ReadingView) -> QImage:
    return view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
