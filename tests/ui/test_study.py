"""Study: judging, taking back, sending; the guard; everything by keyboard."""

import threading
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from fieldstation.domain.exams import Presentation
from fieldstation.services.boards import ViewState
from fieldstation.services.words import text
from fieldstation.ui.frame.window import Window
from fieldstation.ui.scanner import PAUSE_MS
from fieldstation.ui.study.reasons import ReasonsDialog
from fieldstation.ui.widgets.button import Button
from tests.support.sample_day import CHEST, HAND, LATERAL, MUELLER, USUAL, mueller_views
from tests.support.sample_desk import SampleDesk
from tests.support.study_page import DIALOGS, chosen, dialog, press, primary, settle, show_study
from tests.ui.conftest import OpenWindow, Stopwatch


@pytest.fixture
def study(open_window: OpenWindow, desk: SampleDesk, qtbot: QtBot) -> Window:
    window = open_window(desk)
    show_study(window, qtbot)
    return window


def test_what_needs_a_decision_is_chosen_first(study: Window) -> None:
    assert chosen(study) == CHEST
    assert study.study.stage.shown is study.study.stage.viewer
    assert primary(study) == ["Accept"]


def test_for_800_ms_after_the_picture_changes_nothing_is_taken(
    study: Window, desk: SampleDesk, stopwatch: Stopwatch, qtbot: QtBot
) -> None:
    stopwatch.seconds += 0.79
    press(study, Qt.Key.Key_F10)
    qtbot.mouseClick(study.study.quality.verdict.accept_button, Qt.MouseButton.LeftButton)
    press(study, Qt.Key.Key_F9)
    settle(study, qtbot)
    assert desk.calls == []

    stopwatch.seconds += 0.01
    press(study, Qt.Key.Key_F10)
    settle(study, qtbot)

    assert desk.calls == [("accept", "i-chest")]


def test_after_accept_the_next_view_that_needs_something_is_shown(
    study: Window, stopwatch: Stopwatch, qtbot: QtBot
) -> None:
    stopwatch.seconds += 1
    press(study, Qt.Key.Key_F10)
    settle(study, qtbot)

    assert chosen(study) == LATERAL
    assert study.study.stage.shown is study.study.stage.form
    assert study.study.stage.form.plate.text() == "C-0147"
    assert primary(study) == ["Read plate"]


@DIALOGS
def test_a_whole_study_by_keyboard_alone(study: Window, desk: SampleDesk, stopwatch: Stopwatch, qtbot: QtBot) -> None:
    stopwatch.seconds += 1
    press(study, Qt.Key.Key_F10)
    settle(study, qtbot)
    press(study, Qt.Key.Key_Return)
    settle(study, qtbot)
    assert chosen(study) == LATERAL
    stopwatch.seconds += 1
    press(study, Qt.Key.Key_F9)
    qtbot.waitUntil(lambda: bool(study.findChildren(ReasonsDialog)))
    qtbot.keyClicks(dialog(study), "2")
    qtbot.waitUntil(lambda: desk.calls[-1][0] == "reject")
    settle(study, qtbot)
    qtbot.keyClicks(study.study.stage.form.plate, "C-0200", delay=PAUSE_MS + 10)
    press(study, Qt.Key.Key_Return)
    settle(study, qtbot)
    stopwatch.seconds += 1
    press(study, Qt.Key.Key_F10)
    settle(study, qtbot)
    assert primary(study) == ["Send study"]
    study.study.bar.send_button.setFocus()
    press(study, Qt.Key.Key_Space)
    settle(study, qtbot)

    assert [call[0] for call in desk.calls] == ["accept", "scan", "reject", "scan", "accept", "send"]
    assert desk.calls[2][2] == "111210"
    assert desk.calls[3] == ("scan", MUELLER, LATERAL, "C-0200", USUAL)
    assert study.toast.words == "On its way. You can drive."


def test_a_verdict_is_taken_back_on_its_card(study: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    study.study.choose(HAND)
    settle(study, qtbot)
    card = next(card for card in study.study.views.cards if card.card.view_id == HAND)
    assert card.back.isVisible()

    qtbot.mouseClick(card.back, Qt.MouseButton.LeftButton)
    settle(study, qtbot)

    assert desk.calls == [("take_back", "i-hand")]
    assert not card.back.isVisible()
    assert study.study.quality.verdict.accept_button.isEnabled()


def test_a_refusal_is_said_and_the_picture_can_still_be_judged(study: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    desk.sent = True
    study.study.choose(HAND)
    settle(study, qtbot)
    card = next(card for card in study.study.views.cards if card.card.view_id == HAND)

    qtbot.mouseClick(card.back, Qt.MouseButton.LeftButton)
    settle(study, qtbot)

    assert study.toast.words == text("image.sent")


def test_sending_with_views_open_is_asked_in_place(study: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    qtbot.mouseClick(study.study.bar.send_button, Qt.MouseButton.LeftButton)
    assert study.study.bar.question.isVisible()
    assert desk.calls == []

    qtbot.mouseClick(study.study.bar.question.yes, Qt.MouseButton.LeftButton)
    settle(study, qtbot)

    assert desk.calls == [("send_accepted", MUELLER)]
    assert not study.study.bar.send_button.isEnabled()


def test_a_send_that_is_refused_is_said_and_can_be_tried_again(
    open_window: OpenWindow, desk: SampleDesk, qtbot: QtBot
) -> None:
    desk.views = tuple(
        replace(view, state=ViewState.ACCEPTED, image_uid=view.image_uid or "i-lat") for view in desk.views
    )
    window = open_window(desk)
    show_study(window, qtbot)
    desk.refuse_send = True

    qtbot.mouseClick(window.study.bar.send_button, Qt.MouseButton.LeftButton)
    assert not window.study.bar.send_button.isEnabled()
    settle(window, qtbot)

    assert window.toast.words == text("send.incomplete", accepted=3, needed=4)
    assert window.study.bar.send_button.isEnabled()
    assert window.focusWidget() is window.study.bar.send_button


def test_sending_is_undone_from_the_toast(study: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    study.study.bar.send_partial.emit()
    settle(study, qtbot)
    undo = next(each for each in study.toast.findChildren(Button) if each.text() == "Undo")

    qtbot.mouseClick(undo, Qt.MouseButton.LeftButton)
    settle(study, qtbot)

    assert desk.calls[-1] == ("undo_send", MUELLER)
    assert study.study.bar.send_button.isEnabled()


def test_a_green_light_makes_send_the_next_thing(open_window: OpenWindow, qtbot: QtBot) -> None:
    views = tuple(
        replace(view, state=ViewState.ACCEPTED, image_uid=view.image_uid or "i-lat") for view in mueller_views()
    )
    window = open_window(SampleDesk(views=views))
    show_study(window, qtbot)

    assert primary(window) == ["Send study"]
    assert window.study.bar.light.verdict == "Complete. Send, then leave."


def test_a_window_drag_is_noted_once_before_accept(
    study: Window, desk: SampleDesk, stopwatch: Stopwatch, qtbot: QtBot
) -> None:
    viewer = study.study.stage.viewer
    qtbot.mousePress(viewer, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    qtbot.mouseMove(viewer, QPoint(260, 220))
    qtbot.mouseRelease(viewer, Qt.MouseButton.LeftButton, pos=QPoint(260, 220))
    stopwatch.seconds += 1
    press(study, Qt.Key.Key_F10)
    settle(study, qtbot)

    assert [call[0] for call in desk.calls] == ["set_presentation", "accept"]
    assert desk.presentations["i-chest"].window_width > 2700


def test_coming_back_at_once_shows_the_window_that_was_set(study: Window, qtbot: QtBot) -> None:
    study.study.stage.viewer.invert()
    press(study, Qt.Key.Key_PageDown)
    press(study, Qt.Key.Key_PageUp)
    settle(study, qtbot)

    assert chosen(study) == CHEST
    assert study.study.stage.viewer.presentation.inverted


def test_tools_work_by_key(study: Window, qtbot: QtBot) -> None:
    viewer = study.study.stage.viewer
    viewer.setFocus()

    qtbot.keyClicks(viewer, "]")
    qtbot.waitUntil(lambda: viewer.presentation.quarter_turns == 1)
    qtbot.keyClicks(viewer, "i")
    qtbot.waitUntil(lambda: viewer.presentation.inverted)
    qtbot.keyClicks(viewer, "2")
    qtbot.waitUntil(lambda: viewer.scale == pytest.approx(1.0))
    qtbot.keyClicks(viewer, "0")
    qtbot.waitUntil(lambda: (viewer.presentation.quarter_turns, viewer.presentation.inverted) == (0, False))


@DIALOGS
def test_a_scanner_chooses_no_reason(study: Window, desk: SampleDesk, stopwatch: Stopwatch, qtbot: QtBot) -> None:
    stopwatch.seconds += 1
    press(study, Qt.Key.Key_F9)
    qtbot.waitUntil(lambda: bool(study.findChildren(ReasonsDialog)))
    reasons = dialog(study)

    qtbot.keyClicks(reasons, "12345")
    qtbot.keyClick(reasons, Qt.Key.Key_Return)
    settle(study, qtbot)

    assert reasons.isVisible()
    assert desk.calls == []
    assert study.toast.words == text("ui.cassette_scanned", plate="12345")
    reasons.reject()


def test_page_keys_go_through_the_views(study: Window, qtbot: QtBot) -> None:
    press(study, Qt.Key.Key_PageDown)
    assert chosen(study) == LATERAL
    press(study, Qt.Key.Key_PageUp)
    press(study, Qt.Key.Key_PageUp)
    assert chosen(study) != LATERAL
    settle(study, qtbot)


@DIALOGS
def test_leaving_the_reasons_rejects_nothing(
    study: Window, desk: SampleDesk, stopwatch: Stopwatch, qtbot: QtBot
) -> None:
    stopwatch.seconds += 1
    press(study, Qt.Key.Key_F9)
    qtbot.waitUntil(lambda: bool(study.findChildren(ReasonsDialog)))

    qtbot.keyClick(dialog(study), Qt.Key.Key_Escape)
    settle(study, qtbot)

    assert desk.calls == []


def test_a_picture_is_accepted_after_what_is_still_being_noted_of_it(
    study: Window, desk: SampleDesk, stopwatch: Stopwatch, qtbot: QtBot
) -> None:
    accepted = threading.Event()
    done: list[str] = []

    def accept(image_uid: str) -> None:
        done.append("accept")
        accepted.set()

    def slow(image_uid: str, presentation: Presentation) -> None:
        accepted.wait(0.5)
        done.append("set_presentation")

    desk.accept = accept  # type: ignore[method-assign]
    desk.set_presentation = slow  # type: ignore[method-assign]
    study.study.stage.use("rotate")
    study.study.deeds.flush()
    stopwatch.seconds += 1
    press(study, Qt.Key.Key_F10)
    qtbot.waitUntil(lambda: len(done) == 2)

    assert done == ["set_presentation", "accept"]
