import pytest

from fieldstation.cr_reader.lifecycle import TRANSITIONS, Lifecycle, WrongOrder
from fieldstation.domain.reader import ReaderState, ReaderStatus
from fieldstation.domain.words import Message


def test_every_state_has_its_row_and_can_be_left() -> None:
    assert set(TRANSITIONS) == set(ReaderState)
    assert all(after - {state} for state, after in TRANSITIONS.items())


def test_every_state_can_be_reached_from_off() -> None:
    reached, new = {ReaderState.OFF}, {ReaderState.OFF}
    while new:
        new = {after for state in new for after in TRANSITIONS[state]} - reached
        reached |= new
    assert reached == set(ReaderState)


def test_a_fault_and_the_end_may_come_at_any_moment() -> None:
    for state, after in TRANSITIONS.items():
        if state is not ReaderState.OFF:
            assert {ReaderState.FAULT, ReaderState.OFF} <= after


def test_moving() -> None:
    lifecycle = Lifecycle()
    assert lifecycle.status == ReaderStatus(state=ReaderState.OFF)
    lifecycle.move(ReaderState.CONNECTING)
    fault = Message("reader.link_lost")
    lifecycle.move(ReaderState.FAULT, "P1", fault)
    assert lifecycle.status == ReaderStatus(state=ReaderState.FAULT, plate_id="P1", fault=fault)


def test_moving_where_one_cannot_go_changes_nothing() -> None:
    lifecycle = Lifecycle()
    with pytest.raises(WrongOrder):
        lifecycle.move(ReaderState.READING, "P1")
    assert lifecycle.status == ReaderStatus(state=ReaderState.OFF)
