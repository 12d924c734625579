"""Sending: every state of an image, what can be done about it, All safe."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from fieldstation.domain.jobs import JobState
from fieldstation.domain.words import Message
from fieldstation.services.words import text
from fieldstation.ui.frame.window import Window
from fieldstation.ui.sending.card import SendingCardWidget, headline
from fieldstation.ui.sending.cells import CellKind, kind_of
from fieldstation.ui.widgets.text import Paragraph, Text
from tests.support.sample_day import NOW, card, cell, todays_sending
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


def test_details_name_the_last_event_of_every_image(sending: Window, qtbot: QtBot) -> None:
    shown = sending.sending.cards[1]
    qtbot.mouseClick(shown.details_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Hip AP" in words(shown))

    assert {"Pelvis AP", "Hip AP", "Hip lateral"} <= set(words(shown))
    assert f"10:30 · {text('event.job_proved', kind='query')}" in words(shown)


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


def test_nothing_sent_yet_says_so(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(SampleDesk(board=replace(todays_sending(), owed=0, studies=())))
    window.go("sending")
    settle(window, qtbot)

    assert "Nothing to send" in words(window)
