"""Calls in the background: results in the GUI thread, or nowhere."""

import sys
import threading

import pytest
from PySide6.QtCore import QObject, QThread
from pytestqt.qtbot import QtBot

from fieldstation.domain.errors import Failed, FieldstationError
from fieldstation.ui.background import Background
from fieldstation.ui.loading import Loading


@pytest.fixture
def background(qtbot: QtBot) -> Background:
    return Background()


def test_a_call_runs_elsewhere_and_its_result_comes_home(qtbot: QtBot, background: Background) -> None:
    results: list[tuple[int, bool]] = []
    home = threading.get_ident()

    background.run(background, threading.get_ident, lambda ident: results.append((ident, _at_home(background))))
    qtbot.waitUntil(lambda: background.idle)

    assert results[0][0] != home
    assert results[0][1]


def _at_home(background: Background) -> bool:
    return QThread.currentThread() is background.thread()


def test_an_error_goes_to_who_asked(qtbot: QtBot, background: Background) -> None:
    errors: list[FieldstationError] = []

    def fail() -> None:
        raise Failed("reader.jam")

    background.run(background, fail, lambda _: pytest.fail("it failed"), errors.append)
    qtbot.waitUntil(lambda: background.idle)

    assert [error.code for error in errors] == ["reader.jam"]


def test_an_error_that_nobody_takes_is_said(qtbot: QtBot, background: Background) -> None:
    def fail() -> None:
        raise Failed("reader.jam")

    with qtbot.waitSignal(background.failed) as said:
        background.run(background, fail, lambda _: None)

    assert said.args is not None
    assert said.args[0].code == "reader.jam"


def test_a_bug_is_said_in_a_calm_sentence_and_logged(
    qtbot: QtBot, background: Background, caplog: pytest.LogCaptureFixture
) -> None:
    errors: list[FieldstationError] = []

    background.run(background, lambda: 1 / 0, lambda _: pytest.fail("it failed"), errors.append)
    qtbot.waitUntil(lambda: background.idle)

    assert [error.code for error in errors] == ["ui.bug"]
    assert "ZeroDivisionError" in caplog.text


def test_a_result_for_somebody_who_is_gone_is_dropped(qtbot: QtBot, background: Background) -> None:
    owner, gate = QObject(), threading.Event()
    background.run(owner, lambda: gate.wait(60), lambda _: pytest.fail("nobody is there"))
    owner.deleteLater()
    with qtbot.waitSignal(owner.destroyed):
        pass

    gate.set()

    qtbot.waitUntil(lambda: background.idle)


def test_a_courier_carries_values_home_in_order(qtbot: QtBot, background: Background) -> None:
    values: list[int] = []
    courier = background.courier(background, values.append)

    def work() -> None:
        for number in range(100):
            courier(number)

    background.run(background, work, lambda _: None)
    qtbot.waitUntil(lambda: len(values) == 100)

    assert values == list(range(100))
    qtbot.waitUntil(lambda: background.idle)


def test_loading_shows_the_last_answer_only(qtbot: QtBot, background: Background) -> None:
    shown: list[int] = []
    gate = threading.Event()
    loading: Loading[int] = Loading(background, shown.append, lambda error: pytest.fail(error.code), background)

    def first() -> int:
        gate.wait(60)
        return 1

    loading.ask(first)
    loading.ask(lambda: 2)
    loading.ask(lambda: 3)
    gate.set()
    qtbot.waitUntil(lambda: background.idle)

    assert shown == [3]


def test_qt_counts_its_references_to_none(qtbot: QtBot) -> None:
    """PySide6 6.12.0 gives None away uncounted before Python 3.12, which ends the process after some minutes."""
    thing = QObject()
    before = sys.getrefcount(None)

    for _ in range(1000):
        thing.setObjectName("a")

    assert sys.getrefcount(None) > before - 500


def test_what_waits_for_its_turn_is_done_even_when_the_program_closes(background: Background) -> None:
    done: list[str] = []
    gate = threading.Event()
    background.run_in_turn(background, lambda: (gate.wait(0.2), done.append("noted")), lambda _: None)
    background.run_in_turn(background, lambda: done.append("accepted"), lambda _: None)

    assert background.close(60_000)

    assert done == ["noted", "accepted"]
