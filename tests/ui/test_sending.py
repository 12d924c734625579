"""Sending: every state of an image, what can be done about it, All safe."""

from dataclasses import replace
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from fieldstation.domain.jobs import JobState
from fieldstation.domain.words import Message
from fieldstation.services.words import sentence, text
from fieldstation.ui.frame.window import Window
from fieldstation.ui.sending.card import SendingCardWidget, headline
from fieldstation.ui.sending.cells import CellKind, kind_of
from fieldstation.ui.sending.stand_in import StandInDialog
from fieldstation.ui.sending.strip import outage_in_words
from fieldstation.ui.widgets.text import Paragraph, Text
from tests.support.sample_day import NOW, at, card, cell, todays_link, todays_sending
from tests.support.sample_desk import SampleDesk
from tests.ui.conftest import OpenWindow


@pytest.fixture
def sending(window: Window, qtbot: QtBot) -> Window:
    window.go("sending")
    settle(window, qtbot)
    return window


def settle(window: Window, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.settled)
    QApplication.processEvents()


def words(widget: SendingCardWidget | Window) -> list[str]:
    labels = [*widget.findChildren(Text), *widget.findChildren(Paragraph)]
    return [label.text() for label in labels if label.isVisible()]


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (JobState.QUEUED, CellKind.WAITING),
        (JobState.SENDING, CellKind.SENDING),
        (JobState.SENT, CellKind.SENT),
        (JobState.PROVED, CellKind.PROVED),
        (JobState.REFUSED, CellKind.REFUSED),
        (JobState.CANCELLED, CellKind.CANCELLED),
    ],
)
def test_every_state_has_its_look(state: JobState, kind: CellKind) -> None:
    assert kind_of(cell(1, "Chest PA", state)) is kind
    assert kind.word


def test_held_is_shown_instead_of_waiting_but_hides_nothing_that_happened() -> None:
    assert kind_of(cell(1, "Chest PA", JobState.QUEUED, held=True)) is CellKind.HELD
    assert kind_of(cell(1, "Chest PA", JobState.PROVED, held=True)) is CellKind.PROVED


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ((JobState.PROVED, JobState.REFUSED, JobState.SENDING), "Needs you"),
        ((JobState.PROVED, JobState.SENDING), "Sending"),
        ((JobState.PROVED, JobState.SENT), "Proof to come"),
        ((JobState.PROVED, JobState.PROVED), "Safe"),
        ((JobState.PROVED, JobState.QUEUED), "Waiting"),
    ],
)
def test_the_headline_says_what_matters_most(states: tuple[JobState, ...], said: str) -> None:
    cells = tuple(cell(number, "Chest PA", state) for number, state in enumerate(states))

    assert headline(card("2.25.1", "Somebody^Sam", cells), NOW)[2] == said


def test_all_studies_are_shown_most_urgent_first(sending: Window) -> None:
    assert len(sending.sending.cards) == len(todays_sending().studies)
    assert "8 images owed" in words(sending)
    assert "6 to send · 1 waiting for proof · 1 held · 1 needs you" in words(sending)


def test_cards_lie_below_each_other_and_what_is_unfolded_pushes_the_next_down(sending: Window, qtbot: QtBot) -> None:
    def places() -> list[tuple[int, int]]:
        shown = [sending.sending.summary, *sending.sending.cards]
        return [(card.y(), card.y() + card.height()) for card in shown]

    def apart() -> bool:
        return all(above[1] < below[0] for above, below in pairwise(places()))

    assert apart()
    assert all(bottom - top >= 128 for top, bottom in places())
    before = places()[2]
    qtbot.mouseClick(sending.sending.cards[1].details_button, Qt.MouseButton.LeftButton)
    settle(sending, qtbot)
    qtbot.waitUntil(lambda: places()[2][1] - places()[2][0] > before[1] - before[0] + 3 * 3 * 20)
    qtbot.waitUntil(apart)


def test_the_next_try_counts_down(sending: Window) -> None:
    assert "Next try in 22 s" in words(sending.sending.cards[0])


def test_hold_and_release_and_retry_reach_every_image_of_the_study(
    sending: Window, desk: SampleDesk, qtbot: QtBot
) -> None:
    cards = sending.sending.cards
    qtbot.mouseClick(cards[0].hold_button, Qt.MouseButton.LeftButton)
    settle(sending, qtbot)
    qtbot.mouseClick(cards[3].hold_button, Qt.MouseButton.LeftButton)
    settle(sending, qtbot)
    qtbot.mouseClick(cards[2].retry_button, Qt.MouseButton.LeftButton)
    settle(sending, qtbot)

    assert desk.calls == [*(("hold", job) for job in (1, 2, 3, 4)), ("release", 11), ("retry", 8)]


@pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")
def test_a_standby_stands_in_for_a_primary_in_trouble_once_a_person_says_so_twice(
    sending: Window, desk: SampleDesk, qtbot: QtBot
) -> None:
    summary = sending.sending.summary
    assert not summary.stand_in_button.isVisible()
    desk.board = replace(desk.board, stand_in="night", paused={"office": Message("pacs.query_refused")})
    sending.sending.reload()
    qtbot.waitUntil(summary.stand_in_button.isVisible)
    assert summary.stand_in_button.text() == "Send to night as well"
    for answer in ("leave", "go"):
        qtbot.mouseClick(summary.stand_in_button, Qt.MouseButton.LeftButton)
        (asked,) = (each for each in sending.findChildren(StandInDialog) if each.isVisible())
        assert desk.calls == []
        qtbot.mouseClick(getattr(asked, answer), Qt.MouseButton.LeftButton)
        settle(sending, qtbot)
    assert desk.calls == [("reroute", "night")]
    qtbot.waitUntil(lambda: not summary.stand_in_button.isVisible())


def test_details_tell_everything_that_happened_to_every_image(sending: Window, qtbot: QtBot) -> None:
    shown = sending.sending.cards[1]
    qtbot.mouseClick(shown.details_button, Qt.MouseButton.LeftButton)
    settle(sending, qtbot)

    assert {"Pelvis AP", "Hip AP", "Hip lateral"} <= set(words(shown))
    assert {"10:28:00", "10:29:00", "10:30:00"} <= set(words(shown))
    assert f"{text('event.job_queued')} · Alvarez, Rosa" in words(shown)
    assert text("event.job_proved", kind="query") in words(shown)


def test_a_waiting_study_can_be_sent_now_and_a_refused_one_tried_again(sending: Window) -> None:
    cards = sending.sending.cards
    assert [cards[index].retry_button.text() for index in (0, 2)] == ["Send now", "Retry"]


def test_pause_says_until_when_and_what_still_goes_and_can_be_ended(
    sending: Window, desk: SampleDesk, qtbot: QtBot
) -> None:
    button = sending.sending.summary.pause_button
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    settle(sending, qtbot)
    assert "Paused until 11:14. STAT still goes out." in words(sending)
    assert button.text() == "Go on"
    qtbot.keyClick(button, Qt.Key.Key_Space)
    settle(sending, qtbot)
    assert "All images are safe on this laptop." in words(sending)
    assert desk.calls == [("pause_sending",), ("resume_sending",)]


def test_the_link_is_told_in_words_and_each_gap_on_touch(sending: Window, qtbot: QtBot) -> None:
    assert "1.0 Mbit/s · 3 gaps, the longest 6 min" in words(sending)
    strip = sending.sending.summary.strip
    middle = strip.width() * 27 // 60
    gap = strip.outage_at(middle)
    assert gap is not None
    assert outage_in_words(gap, NOW).startswith("10:08 to 10:14 (6 min): The link broke")
    assert strip.outage_at(strip.width() * 5 // 60) is None
    strip.setFocus()
    qtbot.keyClick(strip, Qt.Key.Key_Left)
    assert sending.toast.accessibleName().startswith("10:32 to 10:34 (2 min)")
    qtbot.keyClick(strip, Qt.Key.Key_Left)
    assert sending.toast.accessibleName().startswith("10:08 to 10:14 (6 min)")
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(strip.width() * 17 // 60, 20))
    assert sending.toast.accessibleName().startswith("10:01 to 10:02 (1 min)")
    assert "10:01 to 10:02 (1 min)" in strip.accessibleDescription()


def test_a_link_that_was_never_tried_and_one_without_gaps_say_so(open_window: OpenWindow, qtbot: QtBot) -> None:
    nothing = todays_link(up=None, rate=None, minutes=(), outages=())
    desk = SampleDesk(board=replace(todays_sending(), link=nothing, seconds_left=None))
    window = open_window(desk)
    window.go("sending")
    settle(window, qtbot)
    assert {"Link not tried", "time unknown"} <= set(words(window))
    desk.board = replace(desk.board, link=replace(nothing, up=True))
    desk.changed("link")
    qtbot.waitUntil(lambda: "No gaps" in words(window))
    settle(window, qtbot)


def test_stat_that_waits_without_a_link_is_loud(open_window: OpenWindow, qtbot: QtBot) -> None:
    link = todays_link(up=False, down={"office": at(10, 21)}, stat_waits_since=at(10, 21))
    window = open_window(SampleDesk(board=replace(todays_sending(), link=link, seconds_left=None)))
    window.go("sending")
    settle(window, qtbot)
    assert {"STAT has waited 23 min without a link", "No link for 23 min"} <= set(words(window))
    assert window.sending.alarm.isVisible()


def test_one_destination_without_a_link_is_named(open_window: OpenWindow, qtbot: QtBot) -> None:
    board = replace(todays_sending(), link=todays_link(down={"copy": at(10, 40)}))
    window = open_window(SampleDesk(board=board))
    window.go("sending")
    settle(window, qtbot)
    assert text("ui.one_without_link", destination="copy", time="10:40") in words(window)


def test_cards_stay_the_same_widgets_while_bytes_move(sending: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    before = sending.sending.cards
    first, second, *rest = desk.board.studies
    moved = replace(second, bytes_done=second.bytes_done + 1_000_000)
    desk.board = replace(desk.board, studies=(first, moved, *rest))
    desk.changed("progress")
    qtbot.waitUntil(lambda: "16.5 of 18.0 MB" in words(sending.sending.cards[1]))

    assert sending.sending.cards == before


def test_nothing_owed_is_not_all_safe_while_a_picture_is_undecided(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(SampleDesk(board=replace(todays_sending(), owed=0, studies=todays_sending().studies[-1:])))
    window.go("sending")
    settle(window, qtbot)

    assert "Nothing owed" in words(window)
    assert "1 plate unread · 1 undecided" in words(window)
    assert "All safe" not in words(window)


def test_all_safe_when_nothing_is_owed(open_window: OpenWindow, qtbot: QtBot) -> None:
    board = replace(
        todays_sending(),
        owed=0,
        to_send=0,
        awaiting_proof=0,
        held=0,
        needs_you=0,
        studies=todays_sending().studies[-1:],
    )
    window = open_window(SampleDesk(board=board, views=()))
    window.go("sending")
    settle(window, qtbot)

    assert "All safe" in words(window)


def test_a_paused_destination_is_said_in_words(open_window: OpenWindow, qtbot: QtBot) -> None:
    board = replace(todays_sending(), paused={"office": Message("event.job_held")}, sender_running=False)
    window = open_window(SampleDesk(board=board))
    window.go("sending")
    settle(window, qtbot)

    assert f"{text('event.job_held')}\n{text('ui.no_sender')}" in words(window)


def test_a_certificate_that_ends_soon_is_said_in_words(open_window: OpenWindow, qtbot: QtBot) -> None:
    warning = Message("certificate.own_ends", {"name": "van7.pem", "date": "2026-03-14", "days": 10})
    window = open_window(SampleDesk(board=replace(todays_sending(), expiring=[warning])))
    window.go("sending")
    settle(window, qtbot)

    assert sentence(warning) in words(window)


def test_nothing_sent_yet_says_so(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(SampleDesk(board=replace(todays_sending(), owed=0, studies=())))
    window.go("sending")
    settle(window, qtbot)

    assert "Nothing to send" in words(window)
