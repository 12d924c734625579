"""What was seen of a link, and what it says of the time that is left."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fieldstation.domain.jobs import Job, JobState
from fieldstation.domain.link import Link, Outage, SendingPause, Traffic, last_of, link_to, seconds_left
from fieldstation.domain.patients import Priority
from fieldstation.domain.words import Message

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
FAST = Link(destination="office", up=True, down_since=None, rate=1000.0, pace=1000.0)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def outage(begin: float, end: float | None) -> Outage:
    until = None if end is None else ago(end)
    return Outage(destination="office", since=ago(begin), until=until, reason=Message("link.lost"))


def minute(at: float, moved: int, busy_s: float, new: int | None = None) -> Traffic:
    fresh = moved if new is None else new
    return Traffic(destination="office", minute=ago(at), bytes_moved=moved, bytes_new=fresh, busy_s=busy_s)


def job(number: int, **changes: object) -> Job:
    made = Job(
        id=number,
        sop_instance_uid=f"2.25.{number}",
        study_uid="2.25.9",
        destination="office",
        state=JobState.QUEUED,
        priority=Priority.ROUTINE,
        held=False,
        attempts=0,
        not_before=NOW,
        next_try_at=None,
        bytes_total=10_000,
        bytes_sent=0,
        proof=None,
        last=None,
        last_at=None,
        created_at=NOW,
        sent_at=None,
        proved_at=None,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_of_a_link_that_was_never_tried_nothing_is_said() -> None:
    link = link_to("office", [], [], NOW)
    assert (link.up, link.rate, link.pace, link.down_since) == (None, None, None, None)


def test_the_rate_is_that_of_the_latest_half_minute_of_use() -> None:
    slow, fast = minute(20, 10_000, 60.0), minute(1, 120_000, 40.0)
    assert link_to("office", [], [slow, fast], NOW).rate == 3000.0
    assert link_to("office", [], [slow, minute(1, 30_000, 10.0)], NOW).rate == pytest.approx(40_000 / 70)


def test_what_was_measured_an_hour_ago_says_nothing() -> None:
    assert link_to("office", [], [minute(61, 120_000, 40.0)], NOW).rate is None


def test_another_destination_is_another_link() -> None:
    link = link_to("copy", [outage(5, None)], [minute(1, 10_000, 10.0)], NOW)
    assert (link.up, link.rate) == (None, None)


def test_what_is_sent_again_is_rate_but_no_progress() -> None:
    link = link_to("office", [], [minute(1, 100_000, 50.0, new=25_000)], NOW)
    assert (link.rate, link.pace) == (2000.0, 500.0)


def test_a_link_that_is_up_half_of_the_time_gets_across_half_as_fast() -> None:
    flapping = [outage(begin, begin - 0.5) for begin in range(1, 10)]
    traffic = [minute(begin, 30_000, 30.0) for begin in range(1, 11)]
    link = link_to("office", flapping, traffic, NOW)
    assert (link.up, link.rate) == (True, 1000.0)
    assert link.pace == pytest.approx(550.0)


def test_an_outage_that_lasts_longer_than_any_before_makes_the_time_unknown() -> None:
    traffic = [minute(begin, 60_000, 60.0) for begin in range(10, 15)]
    short = link_to("office", [outage(0.5, None)], traffic, NOW)
    assert (short.up, short.down_since) == (False, ago(0.5))
    assert short.pace is not None
    assert link_to("office", [outage(3, None)], traffic, NOW).pace is None
    assert link_to("office", [outage(14, 9), outage(3, None)], traffic, NOW).pace is not None


def test_jobs_go_one_after_the_other_what_is_under_way_first_then_stat() -> None:
    jobs = [
        job(1),
        job(2, priority=Priority.STAT),
        job(3, state=JobState.SENDING, bytes_sent=6000),
        job(4, held=True),
        job(5, state=JobState.REFUSED),
    ]
    left = seconds_left(jobs, {"office": FAST}, {}, NOW)
    assert left == {3: 4.0, 2: 14.0, 1: 24.0}
    assert last_of(left.values()) == 24.0


def test_destinations_are_waited_for_side_by_side() -> None:
    slow = replace(FAST, destination="copy", pace=100.0)
    left = seconds_left([job(1), job(2, destination="copy")], {"office": FAST, "copy": slow}, {}, NOW)
    assert left == {1: 10.0, 2: 100.0}


def test_what_nobody_can_say_is_unknown() -> None:
    jobs = [job(1), job(2, destination="copy")]
    links = {"office": FAST, "copy": replace(FAST, destination="copy", pace=None)}
    left = seconds_left(jobs, links, {}, NOW)
    assert left == {1: 10.0, 2: None}
    assert last_of(left.values()) is None
    assert seconds_left(jobs[:1], links, {"office": None}, NOW) == {1: None}
    assert last_of([]) is None


def test_a_job_that_a_reachable_peer_put_off_has_no_time() -> None:
    waits = job(1, next_try_at=NOW + timedelta(minutes=4))
    assert seconds_left([waits], {"office": FAST}, {}, NOW) == {1: None}
    assert seconds_left([waits], {"office": replace(FAST, up=False)}, {}, NOW) == {1: 10.0}


def test_a_persons_pause_counts_for_all_but_stat_and_what_is_under_way() -> None:
    jobs = [job(1), job(2, priority=Priority.STAT), job(3, state=JobState.SENDING)]
    assert seconds_left(jobs, {"office": FAST}, {"": 600.0}, NOW) == {3: 10.0, 2: 20.0, 1: 630.0}


def test_a_pause_of_a_clock_that_was_put_back_since_is_none() -> None:
    pause = SendingPause(since=NOW, until=NOW + timedelta(minutes=30))
    assert [pause.holds(ago(minutes)) for minutes in (1, 0, -29, -30)] == [False, True, True, False]
