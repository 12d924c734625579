"""Several real processes on one store, and one that is killed at every step it takes."""

import os
import shutil
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fieldstation.domain.exams import ScanState, Verdict
from fieldstation.domain.jobs import JobState
from fieldstation.domain.words import Message
from fieldstation.store.sql_store import SqlStore
from tests.support.children import Child
from tests.support.disks import mounted, new_disk
from tests.support.store_children import (
    IMAGE_UID,
    LINES,
    PART_10,
    claim_all,
    count_cycles,
    live_until_step,
    live_with_power_cuts,
    open_only,
    send_all,
)
from tests.support.stores import GEOMETRY, NOW, frozen_exam, new_jobs, new_jobs_of, read_exam, store_in


def test_concurrent_increments_lose_nothing(tmp_path: Path) -> None:
    with store_in(tmp_path) as store:
        read_exam(store)
        children = [Child(count_cycles, tmp_path, 50) for _ in range(4)]
        assert [child.end() for child in children] == [["done"]] * 4
        with store.reading() as questions:
            cassette = questions.cassette("P1")
    assert cassette is not None
    assert cassette.cycles == 1 + 200


def test_no_job_is_handed_out_twice(tmp_path: Path) -> None:
    with store_in(tmp_path) as store:
        exam = frozen_exam(store, images=40)
        with store.writing() as deeds:
            deeds.send(exam.study.uid, new_jobs(exam, "office"), NOW)
        children = [Child(claim_all, tmp_path) for _ in range(4)]
        claimed = [job_id for child in children for job_id in child.end()]
        assert sorted(claimed) == list(range(1, 41))
        with store.reading() as questions:
            assert {(job.state, job.attempts) for job in questions.jobs()} == {(JobState.SENDING, 1)}


def test_send_in_many_processes_at_once_makes_each_job_once(tmp_path: Path) -> None:
    with store_in(tmp_path) as store:
        frozen_exam(store, images=3)
        children = [Child(send_all, tmp_path) for _ in range(4)]
        assert sorted(made for child in children for made in child.end()) == [0, 0, 0, 6]
        with store.reading() as questions:
            jobs = questions.jobs()
    assert len({(job.sop_instance_uid, job.destination) for job in jobs}) == len(jobs) == 6


def test_a_new_folder_opened_by_many_at_once_becomes_one_store(tmp_path: Path) -> None:
    children = [Child(open_only, tmp_path / "new") for _ in range(4)]
    assert [child.end() for child in children] == [[0]] * 4


def test_new_folders_opened_by_threads_at_once_become_stores(tmp_path: Path) -> None:
    def open_and_close(number: int) -> bool:
        with store_in(tmp_path / f"{number}") as store, store.reading() as questions:
            return not questions.jobs()

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(open_and_close, range(4)))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empty")
    with store_in(folder):
        return folder


def test_killed_at_every_step(empty: Path, tmp_path: Path) -> None:
    """Whatever a person was shown is there afterwards, once; what was begun can be taken up again."""
    whole = shutil.copytree(empty, tmp_path / "whole")
    child = Child(live_until_step, whole, 0)
    *shown, steps = child.end()
    assert shown[-1] == "proved"
    assert steps > 25
    for step in range(1, steps + 1):
        folder = shutil.copytree(empty, tmp_path / str(step))
        child = Child(live_until_step, folder, step)
        shown = child.end()
        assert child.exit_code == -signal.SIGKILL
        with store_in(folder) as store:
            check_what_was_shown(store, Counter(shown))
            check_that_it_goes_on(store, Counter(shown))
            check_files(store, folder)


def test_a_power_cut_after_whatever_was_shown_leaves_it_there(empty: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    with new_disk(tmp_path / "first") as disk:
        folder = shutil.copytree(empty, disk.folder / "data")
        os.sync()
        child = Child(live_with_power_cuts, disk, folder, kept)
        cuts = child.end()
    assert cuts[-1][1][-2] == "proved"
    for number, shown in cuts:
        with mounted(kept / str(number), tmp_path / f"after-{number}") as after, store_in(after / "data") as store:
            check_what_was_shown(store, Counter(shown))
            check_files(store, after / "data")
            check_that_it_goes_on(store, Counter(shown))


def check_what_was_shown(store: SqlStore, shown: Counter[str]) -> None:
    with store.reading() as questions:
        files = questions.study_files()
        assert len(files) >= shown["study"]
        if not files:
            return
        (file,) = files
        what = Counter(event.what for event in questions.events())
    assert len(file.scans) >= shown["scan"]
    for scan in file.scans:
        durable = store.files.get_partial(scan.file_id)
        assert durable == b"".join(LINES)[: len(durable)]
        assert len(durable) >= shown["line"] * GEOMETRY.line_bytes
        assert (scan.state is ScanState.DURABLE) >= bool(shown["durable"])
        if scan.state is ScanState.DURABLE:
            assert store.files.get(scan.file_id) == b"".join(LINES)
    accepted = [image for image in file.images if image.verdict is Verdict.ACCEPTED]
    assert len(accepted) == len(file.instances) == what["image.accepted"] >= shown["accepted"]
    assert [store.files.get(instance.file_id) for instance in file.instances] == [PART_10] * len(accepted)
    assert len(file.jobs) == what["job.queued"] >= shown["queued"]
    order = [JobState.QUEUED, JobState.SENDING, JobState.SENT, JobState.PROVED]
    for job in file.jobs:
        assert order.index(job.state) >= shown["sending"] + shown["sent"] + shown["proved"]


def check_that_it_goes_on(store: SqlStore, shown: Counter[str]) -> None:
    why = Message("scan.interrupted")
    with store.writing() as deeds:
        for scan in deeds.unfinished_scans():
            sealed = store.files.seal(scan.file_id)
            deeds.end_scan_partial(scan.id, sealed.size // GEOMETRY.line_bytes, why, NOW)
    recovered = store.queue.recover()
    with store.reading() as questions:
        files = questions.study_files()
    if not files or not files[0].instances:
        assert recovered == 0
        return
    (file,) = files
    for scan in file.scans:
        assert len(store.files.get(scan.file_id)) == scan.lines * GEOMETRY.line_bytes
        assert scan.lines >= shown["line"]
    with store.writing() as deeds:
        made = deeds.send(file.study.uid, new_jobs_of(file.instances, "office"), NOW)
    assert made == 1 - len(file.jobs)
    with store.reading() as questions:
        (job,) = questions.jobs()
    assert (job.sop_instance_uid, job.destination) == (IMAGE_UID, "office")
    assert (store.queue.claim("office", NOW) is not None) == (job.state is JobState.QUEUED)


def check_files(store: SqlStore, folder: Path) -> None:
    """Every file that a row knows stays, and every other one goes to quarantine, not away."""

    def names(of: str) -> set[str]:
        return {path.name for path in (folder / of).rglob("*") if path.is_file()}

    before = names("files")
    with store.reading() as questions:
        file = next(iter(questions.study_files()), None)
    known = {scan.file_id for scan in file.scans} | {one.file_id for one in file.instances} if file else set()
    assert set(store.quarantine_unknown()) == before - known
    assert names("files") == known
    assert names("quarantine") == before - known
