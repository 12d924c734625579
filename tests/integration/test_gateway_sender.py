"""The whole way: the vehicle's queue and sender, a link that breaks, the gateway, and the PACS behind it."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from fieldstation.bootstrap.station import SystemClock
from fieldstation.demo.link import Link, seeded_cuts
from fieldstation.demo.pacs import PacsSettings
from fieldstation.dicom.encode import decode
from fieldstation.domain.destination import Answer
from fieldstation.domain.jobs import JobState, ProofKind
from fieldstation.domain.patients import Priority
from fieldstation.domain.store import Parcel
from fieldstation.gateway.app import COMMIT_BYTES
from fieldstation.store.sql_store import SqlStore
from fieldstation.upload.gateway import GatewayDestination
from fieldstation.upload.pace import Pace
from fieldstation.upload.sender import Sender
from tests.support.gateways import Gateway, gateway, whole
from tests.support.pacs import demo_pacs
from tests.support.parcels import frozen
from tests.support.peers import free_port, wait_until
from tests.support.running import running
from tests.support.sending import add, jobs, sending_store, states

QUICK = Pace(
    poll_s=0.02, backoff_first_s=0.02, backoff_most_s=0.2, reach_s=0.05, ask_first_s=0.05, pending_first_s=0.05
)
IMAGES, ROWS = 5, 700


def run_until(done: Callable[[], bool], store: SqlStore, url: str, office: Gateway) -> None:
    """Send with two lanes, as the vehicle does."""
    lanes = [office.destination(url) for _ in range(2)]
    sender = Sender(store.queue, lanes, clock=SystemClock(), version=store.version, random=Random(1), pace=QUICK)
    stop = threading.Event()
    thread = threading.Thread(target=sender.run, args=(stop,))
    thread.start()
    try:
        wait_until(done, "every image to be proved", 60.0)
    finally:
        stop.set()
        thread.join()


def test_every_image_is_proved_once_over_a_link_that_breaks(tmp_path: Path) -> None:
    with (
        demo_pacs(tmp_path / "pacs") as pacs,
        gateway(tmp_path, pacs=pacs) as office,
        Link((office.host, office.port), cuts=seeded_cuts(5, 8, 100_000, 500_000), outage_s=0.05) as link,
        sending_store(tmp_path / "van", IMAGES, ROWS, SystemClock()) as store,
    ):
        run_until(lambda: set(states(store)) == {JobState.PROVED}, store, f"http://{link.host}:{link.port}", office)
        assert link.cuts >= 5
        assert {job.proof for job in jobs(store)} == {ProofKind.RECEIPT}
        kept = pacs.instances()
        assert len(kept) == len(pacs.stores()) == IMAGES
        for number in range(1, IMAGES + 1):
            instance, content = frozen(number, ROWS)
            assert (decode(kept[instance.sop_instance_uid].read_bytes()) == decode(content)).all()
        assert not office.spooled()


@pytest.mark.parametrize("listens", [False, True], ids=["same association", "listener"])
def test_a_gateway_proves_by_storage_commitment(tmp_path: Path, *, listens: bool) -> None:
    port = free_port()
    settings = PacsSettings(commitment_to=("FIELDSTATION_GW", "127.0.0.1", port) if listens else None)
    options = ("--proof", "commitment", *(("--dicom-port", str(port)) if listens else ()))
    with (
        demo_pacs(tmp_path / "pacs", settings) as pacs,
        gateway(tmp_path, *options, pacs=pacs) as office,
        sending_store(tmp_path / "van", 2, clock=SystemClock()) as store,
    ):
        run_until(lambda: set(states(store)) == {JobState.PROVED}, store, office.url, office)
        receipt = office.receipt(frozen(1)[0].sop_instance_uid)
        assert receipt["proof"]["kind"] == "commitment"


def test_a_stat_image_goes_before_the_rest_of_a_long_one_which_then_goes_on(tmp_path: Path) -> None:
    pace = replace(QUICK, progress_s=0.0, ahead_bytes=0, ahead_least_s=0.0)
    with gateway(tmp_path) as office, sending_store(tmp_path / "van", 1, ROWS, SystemClock()) as store:
        lanes = [Watched(office.destination(), lambda: interrupt(office, store)) for _ in range(2)]
        with running(store, *lanes, pace=pace):
            wait_until(lambda: all(job.sent_at for job in jobs(store)) and len(jobs(store)) == 2, "both to be there")
        routine, stat = sorted(jobs(store), key=lambda job: job.id)
        assert stat.sent_at is not None
        assert routine.sent_at is not None
        assert stat.sent_at < routine.sent_at
        assert (routine.attempts, stat.attempts) == (2, 1)
        goes_on_at = [at for lane in lanes for job_id, at in lane.began if job_id == routine.id]
        assert sorted(at > 0 for at in goes_on_at) == [False, True]
        assert whole(office, 1, ROWS)
        assert whole(office, 2, 320)


def interrupt(office: Gateway, store: SqlStore) -> None:
    """Queue a STAT image as soon as the gateway has some of the first."""
    if len(jobs(store)) == 1:
        wait_until(lambda: any(path.stat().st_size for path in office.spooled()), "the gateway to have some of it")
        add(store, 1, first=2, priority=Priority.STAT)


class Watched:
    """A lane that tells of each piece that leaves, and where each try begins."""

    def __init__(self, lane: GatewayDestination, on_piece: Callable[[], None]) -> None:
        self._lane, self._on_piece = lane, on_piece
        self.began: list[tuple[int, int]] = []

    def store(self, parcel: Parcel, content: bytes, on_progress: Callable[[int], None]) -> Answer:
        told = []

        def on_piece(sent: int) -> None:
            told.append(sent)
            if sent >= 3 * COMMIT_BYTES:
                self._on_piece()
            on_progress(sent)

        try:
            return self._lane.store(parcel, content, on_piece)
        finally:
            self.began.append((parcel.job.id, told[0]))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lane, name)
