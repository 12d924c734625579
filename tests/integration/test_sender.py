"""The whole sender between a real store and a real PACS, over a link that fails, and killed on the way."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random

import pytest

from fieldstation.bootstrap.station import SystemClock
from fieldstation.demo.link import Direction, Link, seeded_cuts
from fieldstation.demo.pacs import DemoPacs, PacsSettings
from fieldstation.dicom.encode import decode
from fieldstation.domain.jobs import JobState
from fieldstation.store.sql_store import SqlStore
from fieldstation.upload.association import PacsAddress
from fieldstation.upload.dimse import DimseDestination, DimseSettings
from fieldstation.upload.pace import Pace
from fieldstation.upload.sender import Sender
from tests.support.faults import (
    ASSOCIATE_AC,
    ASSOCIATE_RQ,
    P_DATA,
    RELEASE_RP,
    RELEASE_RQ,
    CutsAt,
    CutsAtConnect,
    Slow,
    Watch,
)
from tests.support.orthanc import orthanc
from tests.support.pacs import demo_pacs
from tests.support.parcels import frozen
from tests.support.peers import wait_until
from tests.support.running import assert_each_is_there_once as assert_each
from tests.support.running import office_at, running
from tests.support.sender_process import QUICK
from tests.support.sending import ScriptedDestination, add, jobs, sending_store, states

COUNT = 4
ROWS = 1000
"""1.5 MB an image."""


def all_proved(store: SqlStore) -> bool:
    return set(states(store)) == {JobState.PROVED}


def assert_each_is_there_once(pacs: DemoPacs, count: int = COUNT, rows: int = ROWS) -> None:
    assert_each(pacs, count, rows)


@pytest.mark.parametrize(
    "watch",
    [
        CutsAtConnect(3),
        CutsAt(Direction.UP, ASSOCIATE_RQ, 3),
        CutsAt(Direction.DOWN, ASSOCIATE_AC, 3),
        CutsAt(Direction.UP, P_DATA, 3, nth=6),
        CutsAt(Direction.DOWN, P_DATA, 3),
        CutsAt(Direction.DOWN, P_DATA, 3, nth=2),
        CutsAt(Direction.UP, RELEASE_RQ, 1),
        CutsAt(Direction.DOWN, RELEASE_RP, 1),
    ],
    ids=["connect", "associate-rq", "associate-ac", "image", "store-rsp", "find-rsp", "release-rq", "release-rp"],
)
def test_wherever_the_link_breaks_each_image_is_there_once_and_proved(tmp_path: Path, watch: Watch) -> None:
    with (
        sending_store(tmp_path / "data", COUNT, ROWS) as store,
        demo_pacs(tmp_path / "pacs") as pacs,
        Link((pacs.host, pacs.port), watch=watch) as link,
    ):
        with running(store, office_at(link)):
            wait_until(lambda: all_proved(store), "all to be proved")
            wait_until(lambda: link.cuts > 0, "the cut")
        assert_each_is_there_once(pacs)
        assert store.queue.owed() == 0


def test_a_link_cut_in_the_middle_of_images_costs_only_time(tmp_path: Path) -> None:
    cuts = seeded_cuts(7, 6, 200_000, 1_200_000)
    with (
        sending_store(tmp_path / "data", COUNT, ROWS) as store,
        demo_pacs(tmp_path / "pacs") as pacs,
        Link((pacs.host, pacs.port), cuts=cuts, outage_s=0.1) as link,
    ):
        with running(store, office_at(link)):
            wait_until(lambda: all_proved(store), "all to be proved")
        assert_each_is_there_once(pacs)
        assert link.cuts == len(cuts)
        payload = sum(frozen(number, ROWS)[0].size for number in range(1, COUNT + 1))
        # An image that is under way at a cut is sent again, and no other.
        assert payload < link.bytes_up < payload + sum(cuts) + 100_000


def test_orthanc_behind_a_link_that_resets_has_each_image_once(tmp_path: Path) -> None:
    with orthanc(tmp_path / "orthanc") as archive, sending_store(tmp_path / "data", COUNT, ROWS) as store:
        cuts = seeded_cuts(3, 5, 300_000, 1_300_000)
        with Link((archive.host, archive.port), cuts=cuts) as link:
            address = PacsAddress(host=link.host, port=link.port, ae_title=archive.ae_title)
            destination = DimseDestination(DimseSettings(name="office", pacs=address, calling_ae_title="VAN7"))
            with running(store, destination):
                wait_until(lambda: all_proved(store), "all to be proved")
            assert link.cuts == len(cuts)
        expected = dict(frozen(number, ROWS) for number in range(1, COUNT + 1))
        assert set(archive.instances()) == {instance.sop_instance_uid for instance in expected}
        for instance, content in expected.items():
            assert (decode(archive.file(instance.sop_instance_uid)) == decode(content)).all()


@pytest.mark.parametrize(("times", "count"), [(3, 4), pytest.param(10, 8, marks=pytest.mark.faults)])
def test_a_sender_killed_again_and_again_sends_each_image_once(tmp_path: Path, times: int, count: int) -> None:
    random = Random(5)
    slow = Slow(1e6)
    with (
        sending_store(tmp_path / "data", count, ROWS) as store,
        demo_pacs(tmp_path / "pacs") as pacs,
        Link((pacs.host, pacs.port), watch=slow) as link,
    ):
        for _ in range(times):
            enough = link.bytes_up + random.randint(1_000, 500_000)
            with sender_process(tmp_path / "data", link) as process:
                wait_until(partial(more_than, link, enough), "bytes to pass")
                process.kill()
        assert not all_proved(store)
        slow.rate = 20e6
        with sender_process(tmp_path / "data", link) as process:
            wait_until(lambda: all_proved(store), "all to be proved")
            process.terminate()
            assert process.communicate(timeout=30)[0] == "ended cleanly\n"
        assert process.returncode == 0
        assert_each_is_there_once(pacs, count)


def more_than(link: Link, enough: int) -> bool:
    return link.bytes_up > enough


def test_told_to_stop_in_the_middle_of_an_image_it_ends_at_once_and_the_next_goes_on(tmp_path: Path) -> None:
    with sending_store(tmp_path / "data", 1, ROWS) as store, demo_pacs(tmp_path / "pacs") as pacs:
        with Link((pacs.host, pacs.port), watch=Slow(100_000)) as link:
            with running(store, office_at(link)):
                wait_until(lambda: link.bytes_up > 100_000, "the image to be under way")
                assert states(store) == [JobState.SENDING]
            assert states(store) == [JobState.QUEUED]
            assert last_codes(store) == {"sender.stopped"}
        assert not pacs.instances()
        with running(store, office_at(pacs)):
            wait_until(lambda: all_proved(store), "it to be proved")
        assert_each_is_there_once(pacs, 1)


def test_a_pacs_that_forgets_is_asked_and_sent_to_again(tmp_path: Path) -> None:
    with (
        sending_store(tmp_path / "data", 2) as store,
        demo_pacs(tmp_path / "pacs", PacsSettings(forgets=1)) as pacs,
    ):
        with running(store, office_at(pacs)):
            wait_until(lambda: all_proved(store), "all to be proved")
        assert len(pacs.instances()) == 2
        assert len(pacs.stores()) == 3


def test_a_pacs_that_is_full_and_restarts_gets_everything(tmp_path: Path) -> None:
    always_full = PacsSettings(statuses=(0x0000,) + (0xA700,) * 1000)
    with (
        sending_store(tmp_path / "data", 3) as store,
        demo_pacs(tmp_path / "pacs", always_full) as full,
        running(store, office_at(full)),
    ):
        wait_until(lambda: "pacs.full" in last_codes(store), "the PACS to be full")
        assert states(store)[0] is JobState.PROVED
        full.kill()
        with demo_pacs(tmp_path / "pacs", PacsSettings(port=full.port)) as pacs:
            wait_until(lambda: all_proved(store), "all to be proved")
            assert len(pacs.instances()) == 3


def last_codes(store: SqlStore) -> set[str]:
    return {job.last.code for job in jobs(store) if job.last is not None}


def test_what_becomes_due_while_it_runs_starts_by_itself(tmp_path: Path) -> None:
    destination = ScriptedDestination()
    with sending_store(tmp_path / "data", 3) as store:
        with store.writing() as deeds:
            for job in jobs(store):
                deeds.hold(job.id)
        with running(store, destination):
            wait_until(lambda: store.queue.owed() == 0, "nothing to be owed")
            assert not destination.asked
            with store.writing() as deeds:
                deeds.release(2)
            wait_until(lambda: states(store)[1] is JobState.PROVED, "the released one to be proved")
    assert destination.asked == ["store 2", "prove 2", "end"]


def test_a_sender_that_is_woken_looks_at_once_whatever_its_version_says(tmp_path: Path) -> None:
    with sending_store(tmp_path / "data", 1) as store:
        sender = Sender(
            store.queue,
            [ScriptedDestination()],
            clock=SystemClock(),
            version=lambda: 0,
            random=Random(1),
            pace=Pace(poll_s=3600.0),
        )
        stop = threading.Event()
        thread = threading.Thread(target=sender.run, args=(stop,))
        thread.start()
        try:
            wait_until(lambda: all_proved(store), "the first to be proved")
            add(store, 1, first=2)
            sender.wake()
            wait_until(lambda: all_proved(store), "the second to be proved")
        finally:
            stop.set()
            thread.join()


def test_a_bug_ends_the_sender_loudly(tmp_path: Path) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with sending_store(tmp_path / "data", 1) as store:
        sender = Sender(
            store.queue,
            [ScriptedDestination(on_store=fail)],
            clock=SystemClock(),
            version=store.version,
            random=Random(1),
            pace=QUICK,
        )
        with pytest.raises(ZeroDivisionError):
            sender.run(threading.Event())
        assert states(store) == [JobState.SENDING]
        with running(store, destination := ScriptedDestination()):
            wait_until(lambda: all_proved(store), "it to be proved")
        assert destination.asked[0] == "prove 1"


@contextmanager
def sender_process(folder: Path, link: Link) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.sender_process", str(folder), link.host, str(link.port), "OFFICE"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
