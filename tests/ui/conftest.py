"""Real windows, drawn offscreen. What a test leaves running fails it."""

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from fieldstation.ui import style, theme
from fieldstation.ui.app import application
from fieldstation.ui.frame.window import Window
from tests.support.sample_day import NOW
from tests.support.sample_desk import SampleDesk

os.environ["QT_QPA_PLATFORM"] = "offscreen"

_PATIENCE_MS = 60_000

OpenWindow = Callable[[SampleDesk], Window]


class Stopwatch:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


class PatientBot(QtBot):
    """Waits long enough for a machine with much else to do."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = _PATIENCE_MS) -> None:
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal: Any, *, timeout: int = _PATIENCE_MS, **named: Any) -> Any:
        return super().waitSignal(signal, timeout=timeout, **named)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    return PatientBot(request)


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    return application()


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def desk() -> SampleDesk:
    return SampleDesk()


@pytest.fixture
def open_window(qapp: QApplication, qtbot: QtBot, stopwatch: Stopwatch) -> Iterator[OpenWindow]:
    """Opens windows over a desk; when the test is over, none of them may have left anything running."""
    opened: list[Window] = []

    def open_one(desk: SampleDesk) -> Window:
        style.apply(qapp, theme.NIGHT)
        window = Window(desk, lambda: NOW, stopwatch)
        window.resize(1366, 768)
        window.show()
        window.activateWindow()
        window.start()
        opened.append(window)
        qtbot.waitUntil(lambda: window.settled)
        # What a page has just been given is shown, laid out and painted in the next rounds of events.
        for _ in range(3):
            qapp.processEvents()
        return window

    yield open_one
    for window in opened:
        assert window.close()
        assert window.background.idle
        assert [timer for timer in window.findChildren(QTimer) if timer.isActive()] == []
        window.deleteLater()
    qapp.processEvents()


@pytest.fixture
def window(open_window: OpenWindow, desk: SampleDesk) -> Window:
    return open_window(desk)
