"""A store that fails while a courier works: nothing is lost, nothing is sent twice, and the sender goes on."""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest

from fieldstation.domain.destination import Disposition
from fieldstation.domain.errors import Failed
from fieldstation.domain.jobs import JobState
from fieldstation.domain.store import Queue
from fieldstation.store.sql_store import SqlStore
from fieldstation.upload.courier import Courier
from fieldstation.upload.pace import Pace
from fieldstation.upload.standing import Standing
from tests.support.sending import SENT, ScriptedDestination, say, sending_store, states
from tests.support.stores import ToldClock

PAUSE = say(Disposition.PAUSE, "link.login_wanted")


class FailingQueue:
    """The real queue, whose first call of that name meets a full disk."""

    def __init__(self, store: SqlStore, name: str) -> None:
        self._queue, self._fails = store.queue, name

    def __getattr__(self, name: str) -> Any:
        if name != self._fails:
            return getattr(self._queue, name)
        self._fails = ""
        return _full


def _full(*_arguments: object, **_options: object) -> None:
    raise Failed("disk.full")


@pytest.fixture
def clock() -> ToldClock:
    return ToldClock()


@pytest.fixture
def store(tmp_path: Path, clock: ToldClock) -> Iterator[SqlStore]:
    with sending_store(tmp_path, 2, clock=clock) as store:
        yield store


@pytest.fixture
def failures_until_all_is_proved(store: SqlStore, clock: ToldClock) -> Callable[[ScriptedDestination, str], int]:
    def failures(destination: ScriptedDestination, fails: str) -> int:
        """Work until nothing is due any more, while the queue fails once; how often a step failed."""
        queue = cast("Queue", FailingQueue(store, fails))
        standing = Standing(destination.name, queue, clock, Random(1), Pace(verify_after_s=None))
        courier = Courier(destination, queue, clock, standing)
        failed, wait = 0, 0.0
        while wait < float("inf"):
            clock.go(seconds=wait + 1e-6)
            try:
                wait = courier.step()
            except Failed:
                failed, wait = failed + 1, 2.0
        assert states(store) == [JobState.PROVED, JobState.PROVED]
        return failed

    return failures


def test_a_store_that_fails_in_the_middle_loses_nothing(
    failures_until_all_is_proved: Callable[[ScriptedDestination, str], int],
) -> None:
    destination = ScriptedDestination()
    assert failures_until_all_is_proved(destination, "sent") == 1
    assert destination.asked[:2] == ["store 1", "prove 1"]
    assert destination.asked.count("store 1") == 1


@pytest.mark.parametrize("fails", ["later", "last_retry", "lost", "pause", "reached", "resume", "wake"])
def test_a_store_that_fails_at_a_pause_ends_neither_the_sender_nor_leaves_the_pause(
    store: SqlStore, failures_until_all_is_proved: Callable[[ScriptedDestination, str], int], fails: str
) -> None:
    assert failures_until_all_is_proved(ScriptedDestination(stores=[PAUSE, SENT]), fails) == 1
    with store.reading() as questions:
        assert not questions.paused()
