"""Today: the route, what is next, search, opening an order with mouse or keyboard."""

from dataclasses import replace
from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from fieldstation.services.boards import Stage, StopPlace, TodayBoard
from fieldstation.ui.frame.window import Window
from fieldstation.ui.today.page import filtered, next_order
from fieldstation.ui.today.row import OrderRowWidget, columns
from fieldstation.ui.widgets.button import Button, Kind
from tests.support.sample_day import MUELLER, order, todays_stops
from tests.support.sample_desk import SampleDesk
from tests.ui.conftest import OpenWindow


def rows(window: Window) -> dict[str, OrderRowWidget]:
    return {row.row.order_id: row for row in window.today.findChildren(OrderRowWidget)}


def primary(window: Window) -> list[str]:
    buttons = window.page.findChildren(Button)
    return [button.text() for button in buttons if button.kind is Kind.PRIMARY and button.isVisible()]


def board() -> TodayBoard:
    return TodayBoard(as_of=None, stops=todays_stops())


def test_the_next_order_is_at_this_stop_and_urgent_first() -> None:
    following = next_order(board())

    assert following is not None
    assert following.patient_name == "Mueller^Anna"


def test_a_withdrawn_order_is_never_next() -> None:
    here = todays_stops()[1]
    only = replace(here, orders=tuple(row for row in here.orders if row.stage is Stage.WITHDRAWN))

    assert next_order(TodayBoard(as_of=None, stops=(only,))) is None


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("mueller", ["07"]),
        ("MUELLER anna", ["07"]),
        ("room 31", ["12"]),
        ("lakeside", ["12", "13"]),
        ("A-251014-08", ["08"]),
        ("knee", ["09", "12"]),
        ("nobody", []),
        ("", ["01", "02", "07", "08", "09", "12", "13"]),
    ],
)
def test_search_finds_by_name_room_facility_accession_and_procedure(search: str, found: list[str]) -> None:
    stops = filtered(board(), search).stops

    assert [row.order_id for stop in stops for row in stop.orders] == found


def test_one_blue_button_leads_on(window: Window, qtbot: QtBot) -> None:
    assert primary(window) == ["Continue"]


def test_without_a_stop_here_the_next_stop_is_the_next_thing(open_window: OpenWindow, qtbot: QtBot) -> None:
    desk = SampleDesk(stops=tuple(replace(stop, place=StopPlace.AHEAD) for stop in todays_stops()))
    window = open_window(desk)
    assert primary(window) == ["Arrive"]

    arrive = next(button for button in window.today.findChildren(Button) if button.kind is Kind.PRIMARY)
    qtbot.mouseClick(arrive, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.settled)

    assert desk.calls == [("arrive", "s1")]


def test_enter_on_a_row_opens_its_study(window: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    rows(window)["08"].setFocus()
    qtbot.keyClick(rows(window)["08"], Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.page is window.study and window.settled)

    assert desk.calls == [("open_order", "08")]
    assert window.study.board is not None
    assert window.study.board.study_uid == MUELLER


def test_a_done_stop_is_folded_until_it_is_touched(window: Window, qtbot: QtBot) -> None:
    assert not rows(window)["01"].isVisible()

    head = window.today.stops[0].head
    qtbot.mouseClick(head, Qt.MouseButton.LeftButton)

    assert rows(window)["01"].isVisible()


def test_a_done_stop_that_needs_somebody_stays_open(open_window: OpenWindow) -> None:
    done = todays_stops()[0]
    needs = replace(done, orders=(replace(done.orders[0], stage=Stage.NEEDS_YOU), done.orders[1]))

    window = open_window(SampleDesk(stops=(needs, *todays_stops()[1:])))

    assert rows(window)["01"].isVisible()


def test_search_narrows_the_page_and_says_when_nothing_is_found(window: Window, qtbot: QtBot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(window.today.search, "tanaka")
    qtbot.waitUntil(lambda: [row for row, widget in rows(window).items() if widget.isVisible()] == ["13"])

    qtbot.keyClicks(window.today.search, "xyz")
    assert window.today.empty.isVisible()


def test_focus_survives_a_change_of_the_board(window: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    rows(window)["13"].setFocus()
    here = desk.stops[1]
    desk.stops = (desk.stops[0], replace(here, orders=here.orders[:2]), desk.stops[2])
    desk.changed("office")
    qtbot.waitUntil(lambda: "09" not in {key for key, row in rows(window).items() if row.isVisible()})

    focus = window.focusWidget()
    assert isinstance(focus, OrderRowWidget)
    assert focus.row.order_id == "13"


def test_studies_without_a_stop_have_their_own_card(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(SampleDesk(stops=(), unplanned=(order("99", "Shell^Sam", study_uid=MUELLER),)))

    row = rows(window)["99"]
    qtbot.mouseClick(row, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.page is window.study and window.settled)

    assert window.study.board is not None


def test_an_empty_day_says_what_to_do(open_window: OpenWindow) -> None:
    window = open_window(SampleDesk(stops=()))

    assert window.today.empty.isVisible()


@pytest.mark.parametrize("width", [1000, 1064, 1150, 1224, 1700])
def test_columns_never_overlap_and_leave_room_for_the_button(width: int) -> None:
    places = columns(width)

    assert all(left[0] + left[1] <= right[0] + 1 for left, right in pairwise(places))
    assert places[-1][0] + places[-1][1] == width - 16
