"""The state table of upload jobs: what may follow what, and that no state is a dead end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldstation.domain.jobs import TRANSITIONS, IllegalTransition, JobState, check_transition

ALLOWED = {
    ("queued", "sending"),
    ("queued", "refused"),
    ("queued", "cancelled"),
    ("sending", "queued"),
    ("sending", "sent"),
    ("sending", "refused"),
    ("sent", "proved"),
    ("sent", "queued"),
    ("sent", "refused"),
    ("proved", "queued"),
    ("refused", "queued"),
    ("refused", "cancelled"),
    ("cancelled", "queued"),
}


@pytest.mark.parametrize("old", JobState)
@pytest.mark.parametrize("new", JobState)
def test_the_table_is_what_is_enforced(old: JobState, new: JobState) -> None:
    if (old, new) in ALLOWED:
        check_transition(old, new)
    else:
        with pytest.raises(IllegalTransition, match=f"{old} -> {new}"):
            check_transition(old, new)


def test_every_state_is_in_the_table() -> None:
    assert set(TRANSITIONS) == set(JobState)


@given(st.sampled_from(JobState))
def test_from_everywhere_there_is_a_way_to_proof(start: JobState) -> None:
    reached = {start}
    while more := {new for old in reached for new in TRANSITIONS[old]} - reached:
        reached |= more
    assert JobState.PROVED in reached


def test_nothing_is_proved_that_was_not_sent() -> None:
    assert {old for old in JobState if JobState.PROVED in TRANSITIONS[old]} == {JobState.SENT}
    assert {old for old in JobState if JobState.SENT in TRANSITIONS[old]} == {JobState.SENDING}
