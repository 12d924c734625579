"""Stack: plates whoever's they are, the tray, and scans that belong to no view."""

from dataclasses import dataclass, replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from fieldstation.domain.errors import Refused
from fieldstation.domain.plates import GoingOn, PlateState
from fieldstation.domain.words import Message
from fieldstation.services.boards import LeaveLight
from fieldstation.services.words import apology, sentence, text
from fieldstation.ui.frame.window import Window
from fieldstation.ui.stack.concerns import REASONS, ConcernsDialog
from fieldstation.ui.stack.hues import hues
from fieldstation.ui.stack.page import TRAY, UNASSIGNED
from fieldstation.ui.stack.row import title
from fieldstation.ui.widgets.button import Button
from tests.support.sample_day import CHEST, LATERAL, MUELLER, NOW, USUAL
from tests.support.sample_desk import SampleDesk
from tests.support.sample_plates import todays_stack, todays_unassigned, tray_row
from tests.support.study_page import DIALOGS, press, settle
from tests.ui.conftest import OpenWindow, Stopwatch

OTHER = Message("plate.other_patient_opened", {"plate": "C-0142"})


@dataclass
class Refusing(SampleDesk):
    """Sends no stop."""

    tried: int = 0

    def send_stop(self, stop_id: str) -> int:
        assert stop_id == "s2"
        self.tried += 1
        raise Refused("send.no_destination")


@dataclass
class Jammed(SampleDesk):
    """Another process has the reader."""

    def scan_plate(self, *_read: object) -> str | None:
        raise Refused("lock.held_by_unknown", name="reader")


@pytest.fixture
def stack(open_window: OpenWindow, desk: SampleDesk, qtbot: QtBot) -> Window:
    desk.loose = todays_unassigned()
    window = open_window(desk)
    window.go("stack")
    settle(window, qtbot)
    return window


def question(window: Window) -> ConcernsDialog:
    return next(each for each in window.findChildren(ConcernsDialog) if each.isVisible())


def read_it_now(window: Window) -> None:
    next(each for each in window.toast.findChildren(Button) if each.text() == text("ui.read_it_now")).click()


def scan(window: Window, qtbot: QtBot, plate_id: str) -> None:
    qtbot.keyClicks(window.focusWidget() or window, plate_id)
    qtbot.keyClick(window.focusWidget() or window, Qt.Key.Key_Return)
    settle(window, qtbot)


def test_the_plate_in_the_reader_is_named_on_top_with_its_patient(stack: Window) -> None:
    lead = stack.stack.plates.lead

    assert lead.row is not None
    assert title(lead.row) == "C-0147 → Mueller, Anna · Chest lateral"
    assert text("ui.lead_in_reader") in lead.accessibleName()
    assert [each.row.plate_id for each in stack.stack.plates.rows] == ["C-0142", "C-0150", "C-0152", "C-0158", "C-0159"]


def test_each_patient_has_a_colour_of_his_own() -> None:
    numbers = hues(row.patient for row in todays_stack().rows)

    assert sorted(numbers.values()) == [0, 1, 2]


def test_a_touch_reads_a_row_and_after_the_verdict_the_stack_is_back(
    stack: Window, desk: SampleDesk, stopwatch: Stopwatch, qtbot: QtBot
) -> None:
    qtbot.mouseClick(stack.stack.plates.rows[0].button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(desk.calls) and desk.calls[-1][0] == "scan")
    settle(stack, qtbot)
    assert stack.page is stack.study
    assert desk.calls == [("scan", MUELLER, CHEST, "C-0142", USUAL)]
    stopwatch.seconds += 1

    press(stack, Qt.Key.Key_F10)
    qtbot.waitUntil(lambda: stack.page is stack.stack)
    settle(stack, qtbot)

    assert desk.calls[-1][0] == "accept"


def test_a_study_that_was_opened_by_itself_stays_after_its_verdict(
    stack: Window, desk: SampleDesk, stopwatch: Stopwatch, qtbot: QtBot
) -> None:
    stack.open_study(MUELLER)
    settle(stack, qtbot)
    stopwatch.seconds += 1

    press(stack, Qt.Key.Key_F10)
    qtbot.waitUntil(lambda: bool(desk.calls) and desk.calls[-1][0] == "accept")
    settle(stack, qtbot)

    assert stack.page is stack.study


def test_a_scanned_cassette_is_named_on_top_before_it_is_read(stack: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    stack.go("today")
    scan(stack, qtbot, "C-0150")

    lead = stack.stack.plates.lead
    assert stack.page is stack.stack
    assert lead.row is not None
    assert lead.row.plate_id == "C-0150"
    assert text("ui.lead_scanned") in lead.accessibleName()
    assert desk.calls == []


def test_a_cassette_of_nobody_is_said_to_be_one(stack: Window, qtbot: QtBot) -> None:
    scan(stack, qtbot, "C-9999")

    assert stack.toast.words == text("ui.cassette_of_nobody", plate="C-9999")


def test_a_cassette_of_nobody_is_read_when_wished_and_led_to_among_the_unassigned(
    stack: Window, desk: SampleDesk, qtbot: QtBot
) -> None:
    desk.loose = replace(desk.loose, waiting=())
    stack.go("today")
    scan(stack, qtbot, "C-9999")
    read_it_now(stack)
    qtbot.waitUntil(lambda: stack.toast.words == text("ui.read_loose"))
    settle(stack, qtbot)

    assert ("scan_plate", "C-9999") in desk.calls
    assert stack.page is stack.stack
    assert stack.stack.tabs.tabs[UNASSIGNED].isChecked()
    assert stack.stack.loose.isVisible()


def test_the_tray_reads_an_exposed_plate_that_no_view_waits_for(stack: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    of_another_station = tray_row("C-0501", PlateState.EXPOSED, since=NOW)
    desk.cassettes = replace(desk.cassettes, rows=(*desk.cassettes.rows, of_another_station))
    desk.changed("taken over")
    stack.stack.show_part(TRAY)
    settle(stack, qtbot)
    rows = stack.stack.tray.rows
    assert [each.row.plate_id for each in rows if each.read_button.isVisible()] == ["C-0501"]
    rows[-1].read_button.click()
    qtbot.waitUntil(lambda: stack.toast.words == text("ui.read_loose"))

    assert ("scan_plate", "C-0501") in desk.calls


def test_a_cassette_of_nobody_that_cannot_be_read_is_said_to_be_so(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(Jammed())
    scan(window, qtbot, "C-9999")
    read_it_now(window)

    qtbot.waitUntil(lambda: window.toast.words == apology(Refused("lock.held_by_unknown", name="reader")))
    settle(window, qtbot)
    assert not window.stack.tabs.tabs[UNASSIGNED].isChecked()


def test_the_stop_is_sent_once_its_light_is_green_or_the_question_is_answered(
    stack: Window, desk: SampleDesk, qtbot: QtBot
) -> None:
    bar = stack.stack.plates.bar
    assert desk.calls == []
    bar.send_button.click()
    bar.question.yes.click()
    settle(stack, qtbot)
    assert desk.calls == [("send_stop", "s2")]
    assert stack.toast.words == text("ui.on_its_way_stay")

    desk.plates = replace(
        desk.plates, leave=LeaveLight(missing=()), send=replace(desk.plates.send, accepted=8, to_send=8)
    )
    desk.changed("elsewhere")
    settle(stack, qtbot)
    qtbot.waitUntil(lambda: bar.light.verdict == text("ui.leave_send"))
    bar.send_button.click()
    settle(stack, qtbot)

    assert desk.calls[-1] == ("send_stop", "s2")
    assert stack.toast.words == text("ui.on_its_way")


def test_a_send_that_is_refused_leaves_the_focus_where_one_can_go_on(open_window: OpenWindow, qtbot: QtBot) -> None:
    refusing = Refusing()
    board = refusing.plates
    refusing.plates = replace(board, leave=LeaveLight(missing=()), send=replace(board.send, accepted=8, to_send=8))
    window = open_window(refusing)
    window.go("stack")
    settle(window, qtbot)
    button = window.stack.plates.bar.send_button
    button.setFocus()
    press(window, Qt.Key.Key_Space)
    settle(window, qtbot)

    assert window.toast.words == apology(Refused("send.no_destination"))
    assert window.focusWidget() is button
    press(window, Qt.Key.Key_Space)
    settle(window, qtbot)
    assert refusing.tried == 2


def test_a_partial_send_that_is_refused_leaves_the_focus_on_send(open_window: OpenWindow, qtbot: QtBot) -> None:
    refusing = Refusing()
    window = open_window(refusing)
    window.go("stack")
    settle(window, qtbot)
    bar = window.stack.plates.bar
    bar.send_button.setFocus()
    press(window, Qt.Key.Key_Space)
    assert window.focusWidget() is bar.question.yes
    press(window, Qt.Key.Key_Space)
    settle(window, qtbot)

    assert refusing.tried == 1
    assert window.focusWidget() is bar.send_button


def test_plates_without_an_order_are_told_beside_the_stack_and_lead_to_the_tray(
    stack: Window, desk: SampleDesk, qtbot: QtBot
) -> None:
    desk.plates = replace(desk.plates, rows=(), without_view=1)
    desk.changed("elsewhere")
    settle(stack, qtbot)
    notice = stack.stack.plates.notice
    assert notice is not None
    assert notice.words.text() == text("ui.without_view_one", n=1)
    notice.button.click()
    assert stack.stack.tabs.tabs[TRAY].isChecked()


@DIALOGS
def test_what_speaks_against_a_plate_is_said_and_going_on_takes_a_reason(
    stack: Window, desk: SampleDesk, qtbot: QtBot
) -> None:
    desk.concerns = (OTHER,)
    stack.stack.plates.lead.button.click()
    qtbot.waitUntil(lambda: bool(stack.findChildren(ConcernsDialog)))
    settle(stack, qtbot)
    asked = question(stack)
    asked.stop.click()
    settle(stack, qtbot)
    assert desk.calls == []
    assert stack.study.stage.form.trouble == sentence(OTHER)

    stack.go("stack")
    settle(stack, qtbot)
    stack.stack.plates.lead.button.click()
    qtbot.waitUntil(lambda: any(each.isVisible() for each in stack.findChildren(ConcernsDialog)))
    settle(stack, qtbot)
    question(stack).tiles[0].click()
    qtbot.waitUntil(lambda: bool(desk.calls) and desk.calls[-1][0] == "scan")
    settle(stack, qtbot)


def test_the_tray_notes_a_cleaning_and_puts_its_prompt_away(stack: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    stack.stack.show_part(1)
    tray = stack.stack.tray
    dusty = next(row for row in tray.rows if row.row.notices)
    dusty.clean_button.click()
    settle(stack, qtbot)
    tray.notices[0].button.click()
    settle(stack, qtbot)

    assert desk.calls == [("mark_cleaned", dusty.row.plate_id), ("prompted",)]
    assert tray.notices == []


@DIALOGS
def test_a_cassette_is_erased_unread_only_with_a_reason_where_it_is_exposed(
    stack: Window, desk: SampleDesk, qtbot: QtBot
) -> None:
    stack.stack.show_part(1)
    due = next(row for row in stack.stack.tray.rows if row.row.state is PlateState.ERASE_DUE)
    assert due.erase_button.isVisible()
    desk.concerns = (OTHER,)
    due.erase_button.click()
    qtbot.waitUntil(lambda: bool(stack.findChildren(ConcernsDialog)))
    settle(stack, qtbot)
    question(stack).tiles[0].click()
    qtbot.waitUntil(lambda: bool(desk.calls))
    settle(stack, qtbot)

    assert desk.calls == [("erase", due.row.plate_id, GoingOn(text(REASONS[0])))]
    assert stack.toast.words == text("ui.erased_plate", plate=due.row.plate_id)


@DIALOGS
def test_a_loose_scan_is_assigned_with_a_reason_where_its_label_contradicts(
    stack: Window, desk: SampleDesk, qtbot: QtBot
) -> None:
    stack.stack.show_part(2)
    qtbot.waitUntil(lambda: ("loose_picture", "u-2") in desk.calls)
    stack.stack.loose.cards[0].assign.click()
    qtbot.waitUntil(lambda: bool(stack.findChildren(ConcernsDialog)))
    settle(stack, qtbot)
    question(stack).tiles[1].click()
    qtbot.waitUntil(lambda: desk.calls[-1][0] == "assign")
    settle(stack, qtbot)

    assert desk.calls[-1] == ("assign", "u-1", LATERAL, "", GoingOn(text(REASONS[1])))
    assert [card.row.scan_id for card in stack.stack.loose.cards] == ["u-2"]


def test_a_loose_scan_is_set_aside_with_a_reason(stack: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    stack.stack.show_part(2)
    stack.stack.loose.cards[1].set_aside.emit(text("ui.aside_empty"))
    settle(stack, qtbot)

    assert ("set_aside", "u-2", text("ui.aside_empty")) in desk.calls
    assert stack.stack.tabs.tabs[2].accessibleName() == f"{text('ui.unassigned_tab')}, 1"


def test_a_cassette_is_noted_as_exposed_and_that_can_be_undone(stack: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    stack.open_study(MUELLER)
    settle(stack, qtbot)
    stack.study.choose(LATERAL)
    form = stack.study.stage.form
    assert form.not_used.isVisible()
    form.not_used.click()
    settle(stack, qtbot)
    assert desk.calls == [("unbind", LATERAL, text("ui.unused_reason"))]

    form.plate.setText("C-0200")
    form.later.click()
    settle(stack, qtbot)
    assert desk.calls[-1] == ("expose", LATERAL, "C-0200", NOW, None)
    assert form.not_used.isVisible()
    undo = next(each for each in stack.toast.findChildren(Button) if each.isVisible())
    undo.click()
    settle(stack, qtbot)

    assert [call[0] for call in desk.calls] == ["unbind", "expose", "unbind"]


@DIALOGS
def test_noting_a_cassette_says_what_speaks_against_it(stack: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    desk.concerns = (OTHER,)
    stack.open_study(MUELLER)
    settle(stack, qtbot)
    stack.study.choose(LATERAL)
    stack.study.stage.form.exposed.emit("C-0142")
    qtbot.waitUntil(lambda: bool(stack.findChildren(ConcernsDialog)))
    settle(stack, qtbot)
    question(stack).tiles[2].click()
    qtbot.waitUntil(lambda: bool(desk.calls))
    settle(stack, qtbot)

    assert desk.calls == [("expose", LATERAL, "C-0142", NOW, GoingOn(text(REASONS[2])))]
