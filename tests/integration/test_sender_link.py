"""What a sender writes down of the link while it uses it: breaks, their end, and what it carries."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from math import log2
from pathlib import Path
from random import Random

import pytest

from fieldstation.domain.destination import Answer, Disposition
from fieldstation.domain.link import Outage, Traffic
from fieldstation.domain.words import Message
from fieldstation.store.sql_store import SqlStore
from fieldstation.upload.courier import Courier
from fieldstation.upload.link import LinkSense
from fieldstation.upload.pace import Pace
from fieldstation.upload.standing import Standing
from tests.support.sending import SENT, ScriptedDestination, say, sending_store
from tests.support.stores import NOW, ToldClock

DOWN = say(Disposition.LATER, "link.down")
LOST = say(Disposition.LATER, "link.lost")
FULL = say(Disposition.LATER, "pacs.full")


@pytest.fixture
def clock() -> ToldClock:
    return ToldClock()


@pytest.fixture
def store(tmp_path: Path, clock: ToldClock) -> Iterator[SqlStore]:
    with sending_store(tmp_path, 2, clock=clock) as store:
        yield store


class Lane:
    """One courier, and the time that passes for it."""

    def __init__(self, store: SqlStore, clock: ToldClock, destination: ScriptedDestination) -> None:
        self.clock = clock
        self.standing = Standing(destination.name, store.queue, clock, Random(1), Pace(verify_after_s=None))
        self.courier = Courier(destination, store.queue, clock, self.standing)

    def work(self) -> float:
        while (wait := self.courier.step()) == 0:
            pass
        return wait

    def finish(self) -> None:
        """Work and wait until nothing is due any more."""
        while (wait := self.work()) < float("inf"):
            self.clock.go(seconds=wait + 1e-6)


def passing(clock: ToldClock, seconds: float) -> Callable[[], None]:
    """Time that passes while something is done."""

    def pass_time() -> None:
        clock.go(seconds=seconds)

    return pass_time


def outages(store: SqlStore) -> Sequence[Outage]:
    with store.reading() as questions:
        return questions.outages(NOW - timedelta(days=1))


def traffic(store: SqlStore) -> Sequence[Traffic]:
    with store.reading() as questions:
        return questions.traffic(NOW - timedelta(days=1))


def test_a_break_is_an_outage_until_the_first_bytes_move_again(store: SqlStore, clock: ToldClock) -> None:
    destination = ScriptedDestination(stores=[DOWN, SENT], progress=(0, 500))
    lane = Lane(store, clock, destination)
    during: list[Outage] = []
    destination.on_store = lambda: during.extend(outages(store))
    lane.work()
    begun = clock.now()
    assert [(one.since, one.until, one.reason.code) for one in outages(store)] == [(begun, None, "link.down")]
    assert lane.standing.link.is_down
    lane.finish()
    # While the second try is still under way the link is known to be up.
    assert [one.until is None for one in during] == [False, False]
    assert [one.until for one in outages(store)] == [clock.now()]


def test_an_outage_begins_when_the_last_byte_moved(store: SqlStore, clock: ToldClock) -> None:
    destination = ScriptedDestination(stores=[LOST, SENT], progress=(0, 500))
    destination.on_store = passing(clock, 30)
    before = clock.now()
    Lane(store, clock, destination).work()
    assert [one.since for one in outages(store)] == [before]


def test_a_peer_that_says_no_has_been_reached(store: SqlStore, clock: ToldClock) -> None:
    Lane(store, clock, ScriptedDestination(stores=[FULL])).work()
    assert outages(store) == []


def test_a_login_page_is_no_link_and_a_probe_that_is_answered_ends_it(store: SqlStore, clock: ToldClock) -> None:
    destination = ScriptedDestination(
        stores=[say(Disposition.PAUSE, "link.login_wanted"), SENT],
        probes=[say(Disposition.PAUSE, "link.login_wanted"), say(Disposition.FINE)],
    )
    lane = Lane(store, clock, destination)
    lane.finish()
    assert [one.until for one in outages(store)] == [clock.now()]


def test_a_link_that_is_lost_is_looked_for_when_nothing_is_to_be_sent(store: SqlStore, clock: ToldClock) -> None:
    destination = ScriptedDestination(stores=[DOWN], reaches=[False, False, True])
    lane = Lane(store, clock, destination)
    lane.work()
    with store.writing() as deeds:
        for job in (1, 2):
            deeds.hold(job)
    lane.finish()
    assert destination.asked == ["store 1", "reach", "reach", "reach"]
    assert outages(store)[0].until == clock.now()


def test_a_network_that_changes_is_looked_at_once_when_nothing_is_due(store: SqlStore, clock: ToldClock) -> None:
    destination = ScriptedDestination(reaches=[True, False])
    lane = Lane(store, clock, destination)
    lane.standing.link_changed()
    assert lane.work() == float("inf")
    assert outages(store) == []
    lane.standing.link_changed()
    assert 0 < lane.work() <= Pace().reach_s
    assert [(one.until, one.reason.code) for one in outages(store)] == [(None, "link.unreachable")]


def test_a_peer_that_is_there_and_cannot_now_is_looked_at_ever_more_rarely(store: SqlStore, clock: ToldClock) -> None:
    destination = ScriptedDestination(stores=[FULL] * 12 + [SENT], reaches=[True] * 1000)
    Lane(store, clock, destination).finish()
    waits = "".join("r" if asked == "reach" else " " for asked in destination.asked).split()
    assert max(len(looks) for looks in waits) > 1
    assert all(len(looks) <= log2(Pace().backoff_most_s / Pace().reach_s) + 1 for looks in waits)


@pytest.mark.parametrize(("asked_s", "waits_s"), [(40.0, 40.0), (0.5, 0.5), (1e9, Pace().backoff_most_s)])
def test_a_server_that_asks_to_be_left_alone_is_left_alone(
    store: SqlStore, clock: ToldClock, asked_s: float, waits_s: float
) -> None:
    busy = Answer(Disposition.LATER, Message("web.busy", {"status": 503}), asked_s)
    destination = ScriptedDestination(stores=[busy, SENT])
    stored_at = []
    destination.on_store = lambda: stored_at.append(clock.now())
    Lane(store, clock, destination).finish()
    assert (stored_at[1] - stored_at[0]).total_seconds() == pytest.approx(waits_s, abs=0.01)


def test_a_person_need_not_wait_for_as_long_as_a_server_asked(store: SqlStore, clock: ToldClock) -> None:
    destination = ScriptedDestination(
        stores=[Answer(Disposition.LATER, Message("web.busy", {"status": 429}), 40), SENT]
    )
    lane = Lane(store, clock, destination)
    lane.work()
    with store.writing() as deeds:
        deeds.retry(2)
    lane.work()
    assert destination.asked == ["store 1", "store 1", "prove 1", "store 2", "prove 2"]


def test_what_goes_across_is_counted_and_what_is_sent_again_is_not_new(store: SqlStore, clock: ToldClock) -> None:
    destination = ScriptedDestination(stores=[LOST, SENT], progress=(0, 400, 1000))
    destination.on_store = passing(clock, 2)
    lane = Lane(store, clock, destination)
    lane.finish()
    assert sum(one.bytes_moved for one in traffic(store)) == 3000
    assert sum(one.bytes_new for one in traffic(store)) == 2000
    assert sum(one.busy_s for one in traffic(store)) == pytest.approx(6.0)


def test_what_a_gateway_has_already_did_not_move(store: SqlStore, clock: ToldClock) -> None:
    Lane(store, clock, ScriptedDestination(progress=(700, 1000))).work()
    assert [(one.bytes_moved, one.bytes_new) for one in traffic(store)] == [(600, 600)]


def test_the_time_of_two_lanes_counts_once(store: SqlStore, clock: ToldClock) -> None:
    link = LinkSense("office", store.queue, clock, write_s=5.0)
    with link.in_use():
        clock.go(seconds=1)
        with link.in_use():
            link.moved(3000, 3000, clock.monotonic())
            clock.go(seconds=2)
        clock.go(seconds=1)
    clock.go(seconds=60)
    with link.in_use():
        clock.go(seconds=1)
    link.write()
    link.write()
    assert [(one.bytes_moved, one.busy_s) for one in traffic(store)] == [(3000, 5.0)]


def test_it_is_written_down_while_it_goes_but_not_too_often(store: SqlStore, clock: ToldClock) -> None:
    link = LinkSense("office", store.queue, clock, write_s=5.0)
    with link.in_use():
        for _ in range(4):
            clock.go(seconds=2)
            link.moved(100, 100, clock.monotonic())
        assert [(one.bytes_moved, one.busy_s) for one in traffic(store)] == [(300, 6.0)]
