"""Plates that another station reads, cassettes packed beforehand, and the tray by scanner and keys."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from fieldstation.domain.errors import Refused
from fieldstation.domain.plates import GoingOn, TakenOver
from fieldstation.services.boards import ViewState
from fieldstation.services.hand_over import from_code, to_code
from fieldstation.services.qr_code import modules
from fieldstation.services.words import apology, sentence, text
from fieldstation.ui.frame.window import Window
from fieldstation.ui.stack.hand_over_dialog import HandOverDialog
from fieldstation.ui.stack.page import TRAY
from fieldstation.ui.stack.take_over_dialog import TakeOverDialog
from fieldstation.ui.study.station_dialog import StationDialog
from fieldstation.ui.widgets.button import Button
from tests.support.sample_day import LATERAL, MUELLER
from tests.support.sample_desk import SampleDesk
from tests.support.sample_plates import todays_handed
from tests.support.study_page import DIALOGS, press, settle
from tests.ui.conftest import OpenWindow


@dataclass
class Reluctant(SampleDesk):
    """Nothing waits here, and its passphrase is "right"."""

    def hand_over_code(self) -> tuple[tuple[bool, ...], ...]:
        raise Refused("hand_over.nothing")

    def take_over(self, file: Path, passphrase: str) -> tuple[TakenOver, ...]:
        if passphrase != "right":
            raise Refused("hand_over.wrong_passphrase")
        self.changed("take_over", file, passphrase)
        return (
            *(TakenOver(plate=todays_handed(), study_uid=MUELLER) for _ in range(9)),
            TakenOver(plate=todays_handed(), study_uid=None),
        )


class Loaded(SampleDesk):
    """A dozen plates wait, and the passphrase is as wide as one can be."""

    def hand_over(self, file: Path) -> str:
        self.changed("hand_over", file)
        return "WWWW-WWWW-WWWW-WWWW"

    def hand_over_code(self) -> tuple[tuple[bool, ...], ...]:
        return modules(to_code([replace(todays_handed(), plate_id=f"C-03{n:02}") for n in range(12)]))


@pytest.fixture
def stack(window: Window, qtbot: QtBot) -> Window:
    window.go("stack")
    settle(window, qtbot)
    return window


Asked = TypeVar("Asked", bound=QWidget)


def shown(window: Window, kind: type[Asked]) -> Asked:
    return next(each for each in window.findChildren(kind) if each.isVisible())


def scan(window: Window, qtbot: QtBot, word: str) -> None:
    qtbot.keyClicks(window.focusWidget() or window, word)
    qtbot.keyClick(window.focusWidget() or window, Qt.Key.Key_Return)
    settle(window, qtbot)


def undo(window: Window, qtbot: QtBot) -> None:
    next(each for each in window.toast.findChildren(Button) if each.isVisible()).click()
    settle(window, qtbot)


def seen_by_a_scanner(widget: QWidget) -> str:
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    data = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    read, *_ = cv2.QRCodeDetector().detectAndDecode(np.ascontiguousarray(data[:, : image.width()]))
    return read


@DIALOGS
def test_a_dead_reader_hands_its_plates_over_as_a_code_and_a_file(
    stack: Window, desk: SampleDesk, tmp_path: Path, qtbot: QtBot
) -> None:
    stack.stack.other_station.hand_over()
    settle(stack, qtbot)
    asked = shown(stack, HandOverDialog)

    assert from_code(seen_by_a_scanner(asked.code)) == [todays_handed()]
    assert asked.code_says.isVisible()
    assert asked.passphrase.isHidden()

    asked.write_to(tmp_path / "plates.fieldstation")
    settle(stack, qtbot)

    assert desk.calls == [("hand_over", tmp_path / "plates.fieldstation")]
    assert asked.passphrase.isVisible()
    assert asked.passphrase.text() == "ABCD-EFGH-IJKL-MNOP"
    asked.reject()


@DIALOGS
def test_the_code_of_many_plates_covers_nothing_and_the_passphrase_is_seen_whole(
    open_window: OpenWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_window(Loaded())
    window.go("stack")
    window.stack.other_station.hand_over()
    settle(window, qtbot)
    asked = shown(window, HandOverDialog)

    assert len(from_code(seen_by_a_scanner(asked.code))) == 12
    assert asked.then.geometry().top() > asked.code.geometry().bottom()
    asked.write_to(tmp_path / "plates.fieldstation")
    settle(window, qtbot)
    phrase = asked.passphrase
    needed = QFontMetrics(phrase.font()).boundingRect(
        QRect(0, 0, phrase.width(), 999), Qt.TextFlag.TextWordWrap, phrase.text()
    )
    assert phrase.rect().contains(needed)
    assert asked.rect().contains(asked.then.geometry())
    assert window.rect().contains(asked.geometry().translated(-window.pos()))
    asked.reject()


@DIALOGS
def test_where_nothing_waits_there_is_nothing_to_hand_over(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(Reluctant())
    window.go("stack")
    window.stack.other_station.hand_over()
    settle(window, qtbot)
    asked = shown(window, HandOverDialog)

    assert asked.trouble.words == apology(Refused("hand_over.nothing"))
    assert asked.code.isHidden()
    assert asked.write.isHidden()
    asked.reject()


@DIALOGS
def test_plates_of_a_file_are_taken_over_and_a_wrong_passphrase_is_said_in_place(
    open_window: OpenWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_window(Reluctant())
    window.go("stack")
    asked = window.stack.other_station.take_over()
    settle(window, qtbot)
    assert not asked.go.isEnabled()
    asked.use_file(tmp_path / "plates.fieldstation")
    asked.passphrase.setText("wrong")
    QTest.keyClick(asked.passphrase, Qt.Key.Key_Return)
    settle(window, qtbot)
    assert asked.trouble.words == apology(Refused("hand_over.wrong_passphrase"))

    asked.passphrase.setText("right")
    asked.go.click()
    settle(window, qtbot)

    assert asked.trouble.isHidden()
    found = [text("ui.take_over_found") in each.accessibleName() for each in asked.results]
    assert found == [False] + 9 * [True]
    assert text("ui.take_over_not_found") in asked.results[0].accessibleName()
    assert window.rect().contains(asked.geometry().translated(-window.pos()))
    asked.reject()


@DIALOGS
def test_a_scanned_code_is_taken_over_from_any_page(window: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    code = to_code([todays_handed()])
    scan(window, qtbot, code)
    asked = shown(window, TakeOverDialog)
    assert desk.calls == [("take_over_code", code)]
    assert len(asked.results) == 1
    asked.reject()


@DIALOGS
def test_a_code_that_is_scanned_while_it_is_asked_for_is_taken_by_that_dialog(
    stack: Window, desk: SampleDesk, qtbot: QtBot
) -> None:
    asked = stack.stack.other_station.take_over()
    settle(stack, qtbot)
    code = to_code([todays_handed()])
    qtbot.keyClicks(asked.choose, code)
    qtbot.keyClick(asked.choose, Qt.Key.Key_Return)
    settle(stack, qtbot)

    assert desk.calls == [("take_over_code", code)]
    assert asked.results[0].isVisible()
    asked.reject()


@DIALOGS
def test_an_exposed_view_is_read_elsewhere_and_that_can_be_undone(
    window: Window, desk: SampleDesk, qtbot: QtBot
) -> None:
    window.open_study(MUELLER)
    settle(window, qtbot)
    window.study.choose(LATERAL)
    before = window.study.view
    assert before is not None
    window.study.stage.form.other_station.click()
    asked = shown(window, StationDialog)
    assert not asked.go.isEnabled()
    asked.name.setText(" VAN-2 ")
    QTest.keyClick(asked.name, Qt.Key.Key_Return)
    settle(window, qtbot)

    assert desk.calls == [("read_elsewhere", LATERAL, "VAN-2")]
    card = next(each for each in window.study.views.cards if each.card.view_id == LATERAL)
    assert text("ui.view_read_elsewhere") in card.face.accessibleName()
    assert text("ui.at_station", station="VAN-2") in card.face.accessibleName()

    undo(window, qtbot)

    assert desk.calls[-1] == (
        "expose",
        LATERAL,
        before.plate_id,
        before.exposed_at,
        GoingOn(text("ui.undone_reason")),
    )


def test_a_cassette_is_packed_for_a_view_and_taken_out_again(window: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    desk._view(LATERAL, plate_id=None, exposed_at=None, state=ViewState.TO_EXPOSE)
    window.open_study(MUELLER)
    settle(window, qtbot)
    window.study.choose(LATERAL)
    form = window.study.stage.form
    assert not form.pack.isEnabled()
    form.plate.setText("C-0200")
    form.pack.click()
    settle(window, qtbot)

    assert desk.calls == [("pack", LATERAL, "C-0200", None)]
    card = next(each for each in window.study.views.cards if each.card.view_id == LATERAL)
    assert text("ui.plate_packed") in card.face.accessibleName()
    assert (form.pack.isVisible(), form.later.isVisible(), form.not_used.isVisible()) == (False, True, True)

    undo(window, qtbot)

    assert desk.calls[-1][0] == "unbind"
    assert form.pack.isVisible()


def test_what_was_not_used_after_all_comes_back_as_it_was(window: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    window.open_study(MUELLER)
    settle(window, qtbot)
    window.study.choose(LATERAL)
    before = window.study.view
    assert before is not None
    window.study.stage.form.not_used.click()
    settle(window, qtbot)
    undo(window, qtbot)

    assert window.study.view == before


def test_at_the_start_of_a_shift_one_is_asked_to_erase_and_led_to_the_tray(
    window: Window, desk: SampleDesk, qtbot: QtBot
) -> None:
    assert desk.cassettes.prompt is not None
    assert window.toast.isVisible()
    assert window.toast.words == sentence(desk.cassettes.prompt)
    undo(window, qtbot)

    assert window.page is window.stack
    assert window.stack.tabs.tabs[TRAY].isChecked()


def test_the_prompt_to_erase_is_not_said_twice_where_the_tray_says_it(window: Window, qtbot: QtBot) -> None:
    window.go("stack")
    settle(window, qtbot)
    assert window.toast.isVisible()
    window.stack.show_part(TRAY)

    assert window.stack.tray.notices[0].isVisible()
    assert not window.toast.isVisible()


def test_a_cassette_that_is_scanned_over_the_tray_is_found_there(stack: Window, qtbot: QtBot) -> None:
    stack.stack.show_part(TRAY)
    scan(stack, qtbot, "C-0151")

    found = next(each for each in stack.stack.tray.rows if each.row.plate_id == "C-0151")
    assert found.has_focus
    assert found.visibleRegion().boundingRect().height() == found.height()
    assert stack.stack.tabs.tabs[TRAY].isChecked()


def test_the_tray_goes_by_keys_and_the_focus_stays_with_its_row(stack: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    stack.stack.show_part(TRAY)
    rows = stack.stack.tray.rows
    stack.stack.tray.lead_to(rows[0].row.plate_id)
    press(stack, Qt.Key.Key_Down)
    assert rows[1].has_focus
    press(stack, Qt.Key.Key_Tab)
    press(stack, Qt.Key.Key_Space)
    settle(stack, qtbot)

    assert desk.calls == [("erase", rows[1].row.plate_id, None)]
    assert stack.stack.tray.rows[1].has_focus
