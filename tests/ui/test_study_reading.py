"""Study: reading a plate, noting how it was taken, and what becomes of reads that end early."""

import threading
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from fieldstation.domain.exams import Technique
from fieldstation.services.boards import ViewState
from fieldstation.services.words import text
from fieldstation.ui.frame.window import Window
from tests.support.sample_day import CHEST, HAND, LATERAL, mueller_views
from tests.support.sample_desk import SampleDesk
from tests.support.study_page import chosen, holding, primary, settle, show_study
from tests.ui.conftest import OpenWindow, Stopwatch


@pytest.fixture
def study(open_window: OpenWindow, desk: SampleDesk, qtbot: QtBot) -> Window:
    window = open_window(desk)
    show_study(window, qtbot)
    return window


def _name(thing: object) -> str:
    return thing.accessibleName() if hasattr(thing, "accessibleName") else ""


def test_the_picture_builds_up_while_the_plate_is_read(study: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    go_on = threading.Event()
    desk.step = holding(go_on)
    study.study.choose(LATERAL)
    study.study.stage.form.button.click()
    qtbot.waitUntil(lambda: study.study.run.fraction >= 0.49)

    assert study.study.stage.shown is study.study.stage.reading
    picture = study.study.stage.reading.grab().toImage()
    assert picture.pixelColor(picture.width() // 2, picture.height() // 4).red() > 0
    assert not study.study.stage.tools.isEnabled()
    assert primary(study) == []
    assert not study.study.quality.verdict.accept_button.isEnabled()
    go_on.set()
    settle(study, qtbot)
    assert study.study.stage.viewer.isVisible()


def test_a_read_that_finishes_never_replaces_the_picture_being_judged(
    study: Window, desk: SampleDesk, stopwatch: Stopwatch, qtbot: QtBot
) -> None:
    go_on = threading.Event()
    desk.step = holding(go_on)
    study.study.choose(LATERAL)
    study.study.stage.form.button.click()
    qtbot.waitUntil(lambda: study.study.run.fraction >= 0.3)
    study.study.choose(CHEST)
    qtbot.waitUntil(lambda: study.study.stage.shown is study.study.stage.viewer)
    qtbot.waitUntil(study.study.quality.verdict.accept_button.isEnabled)
    stopwatch.seconds += 1

    go_on.set()
    settle(study, qtbot)

    assert chosen(study) == CHEST
    assert study.study.guard.open
    assert study.toast.words == "Chest lateral is read and waits for your decision."


def test_cancel_stops_the_read_and_says_so_in_place(study: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    desk.step = holding(desk.cancelled)
    study.study.choose(LATERAL)
    study.study.stage.form.button.click()
    qtbot.waitUntil(lambda: study.study.run.fraction >= 0.3)

    qtbot.mouseClick(study.study.stage.reading.cancel, Qt.MouseButton.LeftButton)
    settle(study, qtbot)

    assert ("cancel_scan",) in desk.calls
    assert study.study.stage.form.trouble == text("reader.cancelled")
    view = study.study.view
    assert view is not None
    assert view.state is ViewState.PARTIAL


def test_a_jam_is_a_plain_sentence_beside_the_form(study: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    desk.jam_at = 0.4
    study.study.choose(LATERAL)
    study.study.stage.form.button.click()
    settle(study, qtbot)

    assert study.study.stage.form.trouble == text("reader.jam", line=desk.jammed_at_line, lines=1956)
    assert study.study.stage.form.isVisible()
    assert not study.study.run.running


def test_a_picture_of_a_part_can_be_judged(open_window: OpenWindow, qtbot: QtBot) -> None:
    hand, leg, chest, lateral = mueller_views()
    part = replace(lateral, state=ViewState.PARTIAL, image_uid="i-part")
    window = open_window(SampleDesk(views=(hand, leg, replace(chest, state=ViewState.ACCEPTED), part)))
    show_study(window, qtbot)

    assert chosen(window) == LATERAL
    assert window.study.quality.verdict.accept_button.isEnabled()


def test_a_retake_that_broke_off_never_shows_the_rejected_picture_again(open_window: OpenWindow, qtbot: QtBot) -> None:
    hand, leg, chest, lateral = mueller_views()
    broken = replace(hand, state=ViewState.PARTIAL, image_uid="i-hand-0")
    accepted = replace(chest, state=ViewState.ACCEPTED)
    window = open_window(SampleDesk(views=(broken, leg, accepted, replace(lateral, state=ViewState.TO_EXPOSE))))
    show_study(window, qtbot)

    assert chosen(window) == HAND
    assert window.study.stage.form.isVisible()


def test_closing_the_window_stops_the_read(study: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    desk.step = holding(desk.cancelled)
    study.study.choose(LATERAL)
    study.study.stage.form.button.click()
    qtbot.waitUntil(lambda: study.study.run.fraction >= 0.3)

    study.close()

    assert ("cancel_scan",) in desk.calls


def test_technique_is_noted_before_the_plate_is_read(study: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    study.study.choose(LATERAL)
    kvp = next(each for each in study.study.quality.editor.children() if _name(each) == "kVp")
    qtbot.keyClick(kvp, Qt.Key.Key_Up)
    qtbot.mouseClick(kvp, Qt.MouseButton.LeftButton, pos=QPoint(130, 28))
    study.study.stage.form.button.click()
    settle(study, qtbot)

    assert desk.calls[-1][4] == Technique(kvp=95, mas=3.2, sid_mm=1800, grid="none")


def test_a_scanner_is_not_taken_for_a_hand(study: Window, qtbot: QtBot) -> None:
    viewer = study.study.stage.viewer
    viewer.setFocus()
    before, scale = viewer.presentation, viewer.scale

    qtbot.keyClicks(viewer, "FI10-0147")
    qtbot.keyClick(viewer, Qt.Key.Key_Return)

    settle(study, qtbot)
    assert study.toast.words == text("ui.cassette_unknown", plate="FI10-0147")
    assert (viewer.presentation, viewer.scale) == (before, scale)


def test_a_scanned_cassette_leads_to_its_view(study: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    study.study.stage.viewer.setFocus()
    qtbot.keyClicks(study.study.stage.viewer, "C-0147")
    qtbot.keyClick(study.study.stage.viewer, Qt.Key.Key_Return)
    settle(study, qtbot)

    assert chosen(study) == LATERAL
    assert study.study.stage.form.plate.text() == "C-0147"
    assert desk.calls == []
