"""Starting the app: the theme that was left, one window for a data folder, and why it cannot start."""

import signal
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from fieldstation.bootstrap.endings import endings_kept
from fieldstation.ui.app import run_app
from fieldstation.ui.remembered import remember_theme, remembered_theme
from fieldstation.ui.single import Doorbell, bring_forward, ring
from fieldstation.ui.trouble import TroubleWindow, tell
from tests.support.sample_desk import SampleDesk


def test_the_theme_that_was_chosen_last_comes_back(tmp_path: Path) -> None:
    assert remembered_theme(tmp_path) == "night"
    remember_theme(tmp_path, "day")
    assert remembered_theme(tmp_path) == "day"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"dusk\n"])
def test_a_theme_that_nobody_knows_is_the_nights(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "theme").write_bytes(content)
    assert remembered_theme(tmp_path) == "night"


def test_a_folder_that_takes_nothing_is_no_reason_not_to_change_colours(tmp_path: Path) -> None:
    remember_theme(tmp_path / "gone", "day")
    assert remembered_theme(tmp_path / "gone") == "night"


def test_a_second_start_rings_at_the_first_of_its_folder_only(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    other = tmp_path / "other"
    bell = Doorbell(tmp_path)
    with qtbot.waitSignal(bell.rung):
        assert ring(tmp_path)
    assert not ring(other)
    bell.take_down()
    assert not ring(tmp_path)


def test_who_rings_before_the_window_is_there_is_heard_later(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    bell = Doorbell(tmp_path)
    assert ring(tmp_path)
    heard: list[bool] = []
    bell.rung.connect(lambda: heard.append(True))

    qtbot.waitUntil(lambda: heard == [True])
    bell.take_down()


def test_who_is_told_to_end_before_the_window_is_there_closes_it_at_once(qapp: QApplication) -> None:
    with endings_kept():
        signal.raise_signal(signal.SIGTERM)
        assert run_app(SampleDesk()) == 0


@pytest.mark.qt_log_ignore("This plugin does not support raise")
def test_a_minimised_window_comes_forward(qapp: QApplication, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.showMinimized()

    bring_forward(window)

    assert not window.isMinimized()
    assert window.isVisible()


@pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")
def test_why_it_cannot_start_is_said_in_a_window(qapp: QApplication, qtbot: QtBot) -> None:
    window = TroubleWindow("The settings cannot be read.")
    qtbot.addWidget(window)
    window.show()
    qtbot.mouseClick(window.close_button, Qt.MouseButton.LeftButton)
    assert not window.isVisible()


def test_nobody_is_asked_to_close_what_nobody_sees(qapp: QApplication) -> None:
    tell("The settings cannot be read.")
