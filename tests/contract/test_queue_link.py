"""What the queue remembers of the link, and the pause that a person asks for."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from fieldstation.domain.jobs import JobState
from fieldstation.domain.link import KEPT, Outage, SendingPause, Traffic
from fieldstation.domain.patients import Priority
from fieldstation.domain.words import Message
from fieldstation.store.sql_store import SqlStore
from tests.support.stores import NOW, ToldClock, frozen_exam, new_jobs, store_in

LOST = Message("link.down", {"host": "10.8.0.1", "port": 104})
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> ToldClock:
    return ToldClock()


@pytest.fixture
def store(tmp_path: Path, clock: ToldClock) -> Iterator[SqlStore]:
    with store_in(tmp_path / "data", clock) as store:
        yield store


def outage(destination: str = "office", since: datetime = NOW, until: datetime | None = None) -> Outage:
    return Outage(destination=destination, since=since, until=until, reason=LOST)


def outages(store: SqlStore, since: datetime = NOW - timedelta(days=9)) -> list[Outage]:
    with store.reading() as questions:
        return list(questions.outages(since))


def history(store: SqlStore, subject: str) -> list[str]:
    with store.reading() as questions:
        return [event.what for event in questions.events(subject=subject)]


def test_an_outage_begins_once_and_ends_once(store: SqlStore) -> None:
    store.queue.reached("office", NOW)
    store.queue.lost(outage())
    store.queue.lost(outage(since=NOW + MINUTE))
    store.queue.lost(outage("copy"))
    assert outages(store) == [outage(), outage("copy")]
    store.queue.reached("office", NOW + 2 * MINUTE)
    store.queue.reached("office", NOW + 3 * MINUTE)
    assert outages(store) == [outage(until=NOW + 2 * MINUTE), outage("copy")]
    assert history(store, "destination:office") == ["destination.lost", "destination.reached"]


def test_only_outages_that_reach_into_the_time_asked_for_are_told(store: SqlStore) -> None:
    store.queue.lost(outage())
    store.queue.reached("office", NOW + MINUTE)
    store.queue.lost(outage(since=NOW + 5 * MINUTE))
    assert outages(store, NOW + MINUTE) == [outage(since=NOW + 5 * MINUTE)]
    assert len(outages(store, NOW + MINUTE / 2)) == 2


def test_a_clock_that_is_put_back_makes_no_outage_end_before_it_began(store: SqlStore) -> None:
    store.queue.lost(outage())
    store.queue.reached("office", NOW - timedelta(days=9))
    assert outages(store) == [outage(until=NOW)]


def test_what_a_dead_sender_left_open_lasted_as_long_as_anybody_saw(store: SqlStore, clock: ToldClock) -> None:
    store.queue.lost(outage())
    clock.go(seconds=90)
    with store.writing() as deeds:
        deeds.pause_sending(SendingPause(since=clock.now(), until=clock.now()))
    seen = clock.now()
    clock.go(seconds=3600)
    store.queue.recover()
    assert outages(store) == [outage(until=seen)]
    store.queue.lost(outage(since=clock.now()))
    assert len(outages(store)) == 2


def test_old_outages_are_forgotten(store: SqlStore) -> None:
    for days in range(4):
        begin = NOW + days * KEPT
        store.queue.lost(outage(since=begin))
        store.queue.reached("office", begin + MINUTE)
    assert [one.since for one in outages(store)] == [NOW + 2 * KEPT, NOW + 3 * KEPT]


def test_bytes_add_up_by_the_minute_and_old_minutes_are_forgotten(store: SqlStore) -> None:
    def carried(minute: datetime, moved: int, destination: str = "office") -> Traffic:
        return Traffic(destination=destination, minute=minute, bytes_moved=moved, bytes_new=moved // 2, busy_s=2.5)

    for minute, moved in ((NOW, 10), (NOW, 20), (NOW + MINUTE, 8)):
        store.queue.carried(carried(minute, moved))
    store.queue.carried(carried(NOW, 2, "copy"))
    with store.reading() as questions:
        told = [(one.destination, one.minute, one.bytes_moved, one.busy_s) for one in questions.traffic(NOW)]
        assert [one.bytes_new for one in questions.traffic(NOW + MINUTE)] == [4]
    assert told == [("copy", NOW, 2, 2.5), ("office", NOW, 30, 5.0), ("office", NOW + MINUTE, 8, 2.5)]
    store.queue.carried(carried(NOW + KEPT + MINUTE, 1))
    with store.reading() as questions:
        assert [one.minute for one in questions.traffic(NOW)] == [NOW + MINUTE, NOW + KEPT + MINUTE]


def test_a_pause_stops_all_but_stat_and_ends_by_itself(store: SqlStore, clock: ToldClock) -> None:
    routine, urgent = frozen_exam(store), frozen_exam(store, 2)
    with store.writing() as deeds:
        deeds.send(routine.study.uid, new_jobs(routine, "office"), NOW)
        deeds.pause_sending(SendingPause(since=NOW, until=NOW + 30 * MINUTE))
    assert store.queue.claim("office", NOW) is None
    assert store.queue.next_due("office") == NOW + 30 * MINUTE
    with store.writing() as deeds:
        deeds.send(urgent.study.uid, new_jobs(urgent, "office", priority=Priority.STAT), NOW)
    assert store.queue.next_due("office") == NOW
    parcel = store.queue.claim("office", NOW)
    assert parcel is not None
    assert parcel.job.priority is Priority.STAT
    clock.go(seconds=30 * 60)
    assert store.queue.next_due("office") == NOW
    assert store.queue.claim("office", clock.now()) is not None


def test_a_pause_can_be_ended_before_its_time_and_leaves_proof_alone(store: SqlStore) -> None:
    exam = frozen_exam(store, images=2)
    with store.writing() as deeds:
        deeds.send(exam.study.uid, new_jobs(exam, "office"), NOW)
    assert store.queue.claim("office", NOW) is not None
    with store.writing() as deeds:
        deeds.pause_sending(SendingPause(since=NOW, until=NOW + 30 * MINUTE))
        deeds.pause_sending(SendingPause(since=NOW, until=NOW + 40 * MINUTE))
    store.queue.sent(1, Message("pacs.stored"), NOW)
    assert store.queue.awaiting_proof("office", NOW) is not None
    with store.reading() as questions:
        assert questions.sending_pause() == SendingPause(since=NOW, until=NOW + 40 * MINUTE)
        assert questions.job(2).state is JobState.QUEUED
    with store.writing() as deeds:
        deeds.resume_sending()
        deeds.resume_sending()
    assert store.queue.claim("office", NOW) is not None
    assert history(store, "sending") == ["sending.paused", "sending.paused", "sending.resumed"]
