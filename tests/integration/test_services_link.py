"""The link as screens and the shell tell it, over a real store."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from fieldstation.domain.link import Outage, SendingPause, Traffic
from fieldstation.domain.patients import Priority
from fieldstation.domain.words import Message
from fieldstation.services.link import LinkView, link_view
from fieldstation.store.sql_store import SqlStore
from tests.support.stores import NOW, Exam, frozen_exam, new_jobs, store_in

MINUTE = timedelta(minutes=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with store_in(tmp_path / "data") as store:
        yield store


@pytest.fixture
def exam(store: SqlStore) -> Exam:
    exam = frozen_exam(store)
    with store.writing() as deeds:
        deeds.send(exam.study.uid, new_jobs(exam, "office", priority=Priority.STAT), NOW)
    return exam


def seen(store: SqlStore, minutes: float) -> LinkView:
    with store.reading() as questions:
        return link_view(questions, NOW + minutes * MINUTE)


def lost(store: SqlStore, destination: str = "office") -> None:
    store.queue.lost(Outage(destination=destination, since=NOW, until=None, reason=Message("link.down")))


def carried(store: SqlStore, minutes: float, destination: str = "office") -> None:
    minute = NOW + minutes * MINUTE
    store.queue.carried(Traffic(destination=destination, minute=minute, bytes_moved=1000, bytes_new=1000, busy_s=10.0))


def test_stat_that_waits_a_quarter_of_an_hour_without_a_link_is_told(store: SqlStore, exam: Exam) -> None:
    assert seen(store, 20).board.up is None
    lost(store)
    assert seen(store, 14.9).board.stat_waits_since is None
    waits = seen(store, 15).board
    assert (waits.up, waits.down, waits.stat_waits_since) == (False, {"office": NOW}, NOW)
    carried(store, 10)
    assert seen(store, 15).board.stat_waits_since is None
    assert seen(store, 25).board.stat_waits_since == NOW + 10 * MINUTE
    store.queue.reached("office", NOW + 26 * MINUTE)
    assert seen(store, 27).board.stat_waits_since is None


def test_stat_that_is_held_does_not_wait_for_the_link(store: SqlStore, exam: Exam) -> None:
    lost(store)
    with store.writing() as deeds:
        deeds.hold(1)
    assert seen(store, 30).board.stat_waits_since is None


def test_what_goes_to_two_places_at_once_is_one_link(store: SqlStore, exam: Exam) -> None:
    carried(store, 1)
    carried(store, 1, "copy")
    lost(store, "copy")
    view = seen(store, 2)
    assert [(name, link.up, link.rate) for name, link in view.links.items()] == [
        ("copy", False, 100.0),
        ("office", True, 100.0),
    ]
    assert (view.board.up, view.board.rate, view.board.down) == (True, 200.0, {"copy": NOW})
    assert [(one.minute, one.rate) for one in view.board.minutes] == [(NOW + MINUTE, 200.0)]


def test_time_left_is_that_of_the_queue_and_unknown_where_nobody_can_say(store: SqlStore, exam: Exam) -> None:
    assert (seen(store, 1).seconds_left, seen(store, 1).seconds_for(500, Priority.STAT)) == (None, None)
    carried(store, 0)
    size = exam.instances[0].size
    view = seen(store, 1)
    assert view.seconds_left == pytest.approx(size / 100)
    assert view.seconds_left_of(view.jobs) == view.seconds_left
    # What is sent next goes behind STAT, unless it goes before everything else.
    assert view.seconds_for(500, Priority.ROUTINE) == pytest.approx((size + 500) / 100)
    assert view.seconds_for(500, Priority.STAT) == pytest.approx((size + 500) / 100)
    with store.writing() as deeds:
        deeds.hold(1)
    assert seen(store, 1).seconds_left is None
    assert seen(store, 1).left == {}


def test_a_pause_is_told_while_it_holds(store: SqlStore, exam: Exam) -> None:
    with store.writing() as deeds:
        deeds.pause_sending(SendingPause(since=NOW, until=NOW + 30 * MINUTE))
    assert seen(store, 29).paused_until == NOW + 30 * MINUTE
    assert seen(store, 30).paused_until is None
