"""What the tests of Study share: the page opened, keys pressed, what is on it."""

import threading
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from fieldstation.ui.frame.window import Window
from fieldstation.ui.study.reasons import ReasonsDialog
from fieldstation.ui.widgets.button import Button, Kind
from tests.support.sample_day import MUELLER

# The plugin that draws offscreen tells of what it cannot do when a second window opens; a real one can.
DIALOGS = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")


def show_study(window: Window, qtbot: QtBot) -> None:
    window.open_study(MUELLER)
    settle(window, qtbot)


def settle(window: Window, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.settled)
    QApplication.processEvents()


def press(window: Window, key: Qt.Key) -> None:
    """A key goes to whatever has the focus, as it does for a person."""
    QTest.keyClick(window.focusWidget() or window, key)


def holding(go_on: threading.Event) -> Callable[[float], None]:
    """Half way, a read waits for this."""

    def step(fraction: float) -> None:
        if fraction == 0.5 and not go_on.wait(60):
            pytest.fail("nobody let the read go on")

    return step


def chosen(window: Window) -> str:
    view = window.study.view
    assert view is not None
    return view.view_id


def primary(window: Window) -> list[str]:
    return [each.text() for each in window.study.findChildren(Button) if each.kind is Kind.PRIMARY and each.isVisible()]


def dialog(window: Window) -> ReasonsDialog:
    return next(each for each in window.findChildren(ReasonsDialog) if each.isVisible())


def use(window: Window, qtbot: QtBot, group: str, tool: str) -> None:
    """As a hand does: the button of the strip, then the row that opens beside it."""
    stage = window.study.stage
    qtbot.mouseClick(stage.tools.button(group), Qt.MouseButton.LeftButton)
    row = next(each for each in stage.flyout.rows if each.face.name == tool)
    qtbot.mouseClick(row, Qt.MouseButton.LeftButton)
