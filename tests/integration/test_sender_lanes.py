"""Two lanes to one destination: never the same image twice at once, and no more on the way than a break should cost."""

import threading
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from fieldstation.demo.link import Link
from fieldstation.demo.pacs import PacsSettings
from fieldstation.domain.destination import Answer
from fieldstation.domain.jobs import JobState, ProofKind
from fieldstation.domain.store import Parcel
from fieldstation.store.sql_store import SqlStore
from fieldstation.upload.association import PacsAddress
from fieldstation.upload.courier import Courier
from fieldstation.upload.dimse import DimseDestination, DimseSettings
from fieldstation.upload.pace import Pace
from fieldstation.upload.standing import WHEN_WOKEN, Standing
from tests.support.faults import Slow
from tests.support.pacs import demo_pacs
from tests.support.parcels import frozen
from tests.support.peers import wait_until
from tests.support.running import assert_each_is_there_once, office_at, running
from tests.support.sending import LATER, SENT, ScriptedDestination, sending_store, states
from tests.support.stores import ToldClock
from tests.support.storescp import storescp

ROWS = 1000
PACE = Pace(ahead_bytes=100)


class Lanes:
    """Two couriers of one destination, stepped by the test; what a lane does in the middle of a store is told to it."""

    def __init__(self, store: SqlStore) -> None:
        self.clock = clock = ToldClock()
        self.standing = Standing("office", store.queue, clock, Random(1), PACE)
        self.first, self.second = Watched(), Watched()
        self.one = Courier(self.first, store.queue, clock, self.standing)
        self.two = Courier(self.second, store.queue, clock, self.standing)


class Watched(ScriptedDestination):
    """Calls ``opening`` before a store begins, and ``meanwhile`` in its middle, when that many bytes are left."""

    left: int = 1000
    rested: int = 0
    opening: Callable[[], None] = staticmethod(lambda: None)
    meanwhile: Callable[[], None] = staticmethod(lambda: None)

    def store(self, parcel: Parcel, content: bytes, on_progress: Callable[[int], None]) -> Answer:
        self.opening()
        on_progress(len(content) - self.left)
        self.meanwhile()
        return super().store(parcel, content, on_progress)

    def rest(self) -> None:
        self.rested += 1


def test_the_second_begins_only_when_the_first_has_all_but_left(tmp_path: Path) -> None:
    with sending_store(tmp_path, 3) as store:
        lanes = Lanes(store)
        waits: list[float] = []
        lanes.first.meanwhile = lambda: waits.append(lanes.two.step())
        lanes.one.step()
        assert waits == [pytest.approx(PACE.poll_s)]
        assert lanes.second.asked == []
        assert lanes.two.wake.is_set()
        lanes.first.left = 100
        lanes.one.step()
        assert waits[-1] == 0.0
        assert lanes.first.asked == ["store 1", "prove 1", "store 2", "prove 2"]
        assert lanes.second.asked == ["store 3", "prove 3"]
        assert states(store) == [JobState.PROVED] * 3


def test_an_image_that_one_asks_about_is_left_alone_by_the_other(tmp_path: Path) -> None:
    with sending_store(tmp_path, 1) as store:
        lanes = Lanes(store)
        waits: list[float] = []
        lanes.first.on_prove = lambda: waits.append(lanes.two.step())
        lanes.one.step()
        assert waits[0] > 0
        assert lanes.second.asked == []
        assert states(store) == [JobState.PROVED]


def test_a_lane_that_fails_beside_one_that_works_steps_aside(tmp_path: Path) -> None:
    with sending_store(tmp_path, 8) as store:
        lanes = Lanes(store)
        lanes.first.left = 100
        lanes.second.stores = [LATER, SENT]
        waits: list[float] = []

        def fail_once() -> None:
            lanes.first.meanwhile = lambda: None
            waits.append(lanes.two.step())
            waits.append(lanes.two.step())

        lanes.first.meanwhile = fail_once
        lanes.one.step()
        assert waits == [0.0, WHEN_WOKEN]
        assert states(store)[:2] == [JobState.PROVED, JobState.QUEUED]
        for _ in range(PACE.steady - 1):
            assert lanes.two.step() == WHEN_WOKEN
            lanes.two.wake.clear()
            assert lanes.one.step() == 0.0
        assert lanes.two.wake.is_set()
        assert lanes.two.step() == 0.0
        assert lanes.second.asked == ["store 2", "store 5", "prove 5"]


def test_when_both_fail_everything_waits_for_one(tmp_path: Path) -> None:
    with sending_store(tmp_path, 3) as store:
        lanes = Lanes(store)
        lanes.first.left = 100
        lanes.first.stores, lanes.second.stores = [LATER, SENT], [LATER, SENT]
        waits: list[float] = []
        lanes.first.meanwhile = lambda: waits.append(lanes.two.step())
        lanes.one.step()
        assert waits == [0.0]
        assert states(store) == [JobState.QUEUED] * 3
        assert 0 < lanes.one.step() <= PACE.backoff_first_s
        assert lanes.two.step() == WHEN_WOKEN


def test_a_lane_lets_go_of_what_another_waits_for_in_vain_and_leaves_the_peer_to_it_for_a_while(tmp_path: Path) -> None:
    with sending_store(tmp_path, 8) as store:
        lanes = Lanes(store)
        waits: list[float] = []

        def wait_for_a_connection() -> None:
            lanes.second.opening = lambda: None
            waits.append(lanes.one.step())
            lanes.clock.go(seconds=PACE.one_s)
            waits.extend(lanes.one.step() for _ in range(2))

        lanes.one.step()
        lanes.second.opening = wait_for_a_connection
        lanes.two.step()
        assert waits == [PACE.poll_s, PACE.poll_s, WHEN_WOKEN]
        assert lanes.first.rested == 1
        for _ in range(PACE.steady):
            lanes.two.step()
            assert lanes.one.step() == WHEN_WOKEN
        lanes.clock.go(seconds=PACE.one_for_s)
        lanes.two.step()
        assert lanes.one.step() == 0.0
        assert lanes.first.asked == ["store 1", "prove 1", "store 8", "prove 8"]


def test_a_link_that_is_slow_to_connect_is_no_peer_that_takes_one_connection(tmp_path: Path) -> None:
    with sending_store(tmp_path, 3) as store:
        lanes = Lanes(store)

        def connect() -> None:
            lanes.clock.go(seconds=PACE.one_s)

        lanes.first.opening = connect
        lanes.one.step()
        waits: list[float] = []

        def connect_slowly() -> None:
            lanes.clock.go(seconds=2 * PACE.one_s)
            waits.extend(lanes.one.step() for _ in range(2))

        lanes.second.opening = connect_slowly
        lanes.two.step()
        assert waits == [PACE.poll_s] * 2
        assert lanes.first.rested == 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_lanes_over_a_link_that_breaks_send_no_more_again_than_the_image_in_flight(
    tmp_path: Path, seed: int
) -> None:
    count, size = 6, frozen(1, ROWS)[0].size
    random = Random(seed)
    cuts = tuple(random.randint(size // 4, 3 * size // 2) for _ in range(4))
    with (
        sending_store(tmp_path / "data", count, ROWS) as store,
        demo_pacs(tmp_path / "pacs") as pacs,
        Link((pacs.host, pacs.port), cuts=cuts, outage_s=0.1, watch=Slow(8_000_000)) as link,
    ):
        with running(store, office_at(link), office_at(link)):
            wait_until(lambda: set(states(store)) == {JobState.PROVED}, "all to be proved")
        assert_each_is_there_once(pacs, count, ROWS)
        assert link.cuts >= len(cuts)
        payload = sum(frozen(number, ROWS)[0].size for number in range(1, count + 1))
        assert link.bytes_up < payload + len(cuts) * size + 300_000


def test_a_pacs_that_takes_one_association_at_a_time_gets_everything(tmp_path: Path) -> None:
    with (
        sending_store(tmp_path / "data", 4, ROWS) as store,
        demo_pacs(tmp_path / "pacs", PacsSettings(most_associations=1)) as pacs,
    ):
        with running(store, office_at(pacs), office_at(pacs)):
            wait_until(lambda: set(states(store)) == {JobState.PROVED}, "all to be proved")
        assert_each_is_there_once(pacs, 4, ROWS)


def test_storescp_that_lets_a_second_association_wait_gets_everything_over_one(tmp_path: Path) -> None:
    with sending_store(tmp_path / "data", 6) as store, storescp(tmp_path / "pacs") as pacs:
        address = PacsAddress(host=pacs.host, port=pacs.port, ae_title=pacs.ae_title)
        settings = DimseSettings(name="office", pacs=address, calling_ae_title="VAN7", proof=ProofKind.NONE)
        with running(store, DimseDestination(settings), DimseDestination(settings), pace=Pace(one_s=0.2)):
            wait_until(lambda: len(pacs.files()) == 6 and set(states(store)) == {JobState.SENT}, "all to be sent", 40.0)


def test_two_lanes_leave_no_thread_behind(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with sending_store(tmp_path / "data", 4) as store, demo_pacs(tmp_path / "pacs") as pacs:
        lanes: list[DimseDestination] = [office_at(pacs), office_at(pacs)]
        with running(store, *lanes):
            wait_until(lambda: set(states(store)) == {JobState.PROVED}, "all to be proved")
        assert len(pacs.instances()) == 4
    assert set(threading.enumerate()) <= before
