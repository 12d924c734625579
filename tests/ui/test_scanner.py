"""A barcode scanner types where it is not asked to: it presses nothing, and what it types is a cassette's ID."""

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QCheckBox, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from fieldstation.ui.scanner import PAUSE_MS, Scanner
from tests.support.study_page import DIALOGS

pytestmark = DIALOGS


class Form(QWidget):
    """A field, a button that digits and the space bar could press, and a shortcut on a plain letter."""

    def __init__(self) -> None:
        super().__init__()
        self.field = QLineEdit("before")
        self.box = QCheckBox()
        self.keys: list[str] = []
        self.fired = 0
        column = QVBoxLayout(self)
        column.addWidget(self.field)
        column.addWidget(self.box)
        QShortcut(QKeySequence("C"), self, self._fire)

    def _fire(self) -> None:
        self.fired += 1

    def keyPressEvent(self, event: object) -> None:
        self.keys.append(event.text())  # type: ignore[attr-defined]


class Heard:
    """What the scanner read."""

    def __init__(self, qapp: QApplication, prefix: str) -> None:
        self.words: list[str] = []
        self.scanner = Scanner(prefix, qapp)
        self.scanner.scanned.connect(self.words.append)


@pytest.fixture
def form(qtbot: QtBot) -> Form:
    shown = Form()
    shown.resize(300, 100)
    qtbot.addWidget(shown)
    shown.show()
    shown.activateWindow()
    qtbot.waitActive(shown)
    shown.box.setFocus()
    return shown


@pytest.fixture(params=[""])
def heard(qapp: QApplication, request: pytest.FixtureRequest) -> object:
    found = Heard(qapp, request.param)
    found.scanner.watch(qapp)
    yield found
    found.scanner.leave(qapp)
    found.scanner.deleteLater()


def scan(qtbot: QtBot, widget: QWidget, word: str) -> None:
    qtbot.keyClicks(widget, word)
    qtbot.keyClick(widget, Qt.Key.Key_Return)


def test_a_burst_is_one_word_and_reaches_nobody(form: Form, heard: Heard, qtbot: QtBot) -> None:
    scan(qtbot, form.box, "C-01 47")

    assert heard.words == ["C-01 47"]
    assert (form.keys, form.fired, form.box.isChecked()) == ([], 0, False)


def send(widget: QWidget, word: str, apart_ms: int) -> None:
    """Keys that waited for the window, ended with Enter: they arrive at once, whatever lay between them."""
    codes = [(0, sign) for sign in word] + [(Qt.Key.Key_Return, "\r")]
    for place, (code, sign) in enumerate(codes, start=1):
        for kind in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
            event = QKeyEvent(kind, code, Qt.KeyboardModifier.NoModifier, sign)
            event.setTimestamp(1000 + place * apart_ms)
            QApplication.sendEvent(widget, event)


def test_behind_a_stall_of_the_window_keys_are_told_by_when_they_were_pressed(form: Form, heard: Heard) -> None:
    by_hand = ["x", "-", "1", "\r"]
    send(form, "x-1", PAUSE_MS + 1)
    assert (form.keys, heard.words) == (by_hand, [])

    send(form, "x-2", PAUSE_MS)
    assert (form.keys, heard.words) == (by_hand, ["x-2"])


def test_a_key_by_hand_reaches_its_widget(form: Form, heard: Heard, qtbot: QtBot) -> None:
    qtbot.keyClicks(form.box, "x")
    qtbot.waitUntil(lambda: form.keys == ["x"])
    qtbot.keyClick(form.box, Qt.Key.Key_Space)

    assert form.box.isChecked()
    assert heard.words == []


def test_a_field_has_its_keys_at_once_and_its_text_back_after_a_scan(form: Form, heard: Heard, qtbot: QtBot) -> None:
    form.field.setFocus()
    qtbot.keyClicks(form.field, "!")
    assert form.field.text() == "before!"
    qtbot.wait_until(lambda: not heard.scanner._pause.isActive())

    scan(qtbot, form.field, "C-0147")

    assert heard.words == ["C-0147"]
    assert form.field.text() == "before!"


def test_what_is_typed_by_hand_into_a_field_ends_with_its_own_enter(form: Form, heard: Heard, qtbot: QtBot) -> None:
    entered: list[str] = []
    form.field.returnPressed.connect(lambda: entered.append(form.field.text()))
    form.field.setFocus()
    form.field.clear()
    qtbot.keyClicks(form.field, "C-1", delay=PAUSE_MS + 10)
    qtbot.wait_until(lambda: not heard.scanner._pause.isActive())
    qtbot.keyClick(form.field, Qt.Key.Key_Return)

    assert entered == ["C-1"]
    assert heard.words == []


def test_a_burst_without_enter_presses_nothing(form: Form, heard: Heard, qtbot: QtBot) -> None:
    qtbot.keyClicks(form.box, "C-0147")
    qtbot.wait_until(lambda: not heard.scanner._pause.isActive())

    assert (form.keys, form.fired, heard.words) == ([], 0, [])


@pytest.mark.parametrize("heard", ["~"], indirect=True)
def test_with_a_prefix_only_its_words_are_scans(form: Form, heard: Heard, qtbot: QtBot) -> None:
    scan(qtbot, form.box, "C-0147")
    scan(qtbot, form.box, "~C-0148")

    assert heard.words == ["C-0148"]


def test_keys_for_a_list_that_lies_over_a_field_are_the_fields(form: Form, heard: Heard, qtbot: QtBot) -> None:
    """As that of completions in the dialog that asks for a folder."""
    over = Form()
    qtbot.addWidget(over)
    over.setFocusProxy(form.field)

    qtbot.keyClicks(over, "media")

    assert over.keys == list("media")
    assert heard.words == []
