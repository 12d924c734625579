"""A Qt binding that miscounts references to None ends the app after some thousand calls: decision 6."""

import sys

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

CALLS = 200


def test_calls_that_return_none_leave_its_references_alone(qtbot: QtBot) -> None:
    label = QLabel()
    qtbot.addWidget(label)
    before = sys.getrefcount(None)
    for _ in range(CALLS):
        label.update()
    assert abs(sys.getrefcount(None) - before) < CALLS / 2
