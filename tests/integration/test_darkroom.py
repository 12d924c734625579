"""The darkroom's worker process: it works, dies, is too slow, runs out of memory, idles away, and nothing is lost."""

import multiprocessing.process
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
from PySide6 import QtCore

from fieldstation.catalogue import load_catalogue
from fieldstation.dicom.encode import decode
from fieldstation.domain.errors import Failed, Refused
from fieldstation.domain.findings import FindingRule
from fieldstation.domain.signal import PlateGeometry
from fieldstation.imaging.develop import develop
from fieldstation.services.darkroom import Darkroom, WorkerBug
from fieldstation.services.words import apology
from tests.support.facts import facts_of
from tests.support.peers import wait_until
from tests.support.plates import LOG_RESPONSE, geometry, kerma, raw_plate

CHEST = load_catalogue().get("chest-pa")
PLATE = raw_plate(kerma("chest", 645, 525, 60), LOG_RESPONSE, 12)
RAW, GEOMETRY = PLATE.tobytes(), geometry(PLATE)
ENOUGH_SECONDS = 60.0


@pytest.fixture
def darkroom() -> Iterator[Darkroom]:
    room = Darkroom()
    yield room
    room.close()


def worker_of(room: Darkroom) -> multiprocessing.process.BaseProcess:
    assert room._worker
    return room._worker.process


def ended(process: multiprocessing.process.BaseProcess) -> bool:
    process.join(ENOUGH_SECONDS)
    return not process.is_alive()


def under_way() -> bool:
    """A job is being watched, so it is past the point where a new worker would be started for it."""
    return any(isinstance(thread, threading.Timer) for thread in threading.enumerate())


def test_the_worker_says_what_the_rules_say() -> None:
    room = Darkroom(rules={"finding.far_over": FindingRule(shown=True, limit=0.0)})
    findings = room.develop(RAW, GEOMETRY, LOG_RESPONSE, CHEST).findings
    room.close()
    assert {finding.message.code for finding in findings} <= {"finding.far_over", "finding.on_target"}


def test_the_worker_makes_the_same_picture_as_the_function(darkroom: Darkroom) -> None:
    here, there = develop(RAW, GEOMETRY, LOG_RESPONSE, CHEST), darkroom.develop(RAW, GEOMETRY, LOG_RESPONSE, CHEST)
    assert np.array_equal(here.pixels, there.pixels)
    assert (here.presentation, here.findings) == (there.presentation, there.findings)
    assert here.exposure_index == there.exposure_index


def test_what_is_frozen_is_what_was_developed_whoever_freezes_it(darkroom: Darkroom) -> None:
    facts = facts_of(CHEST, None, GEOMETRY)
    frozen = darkroom.freeze(facts, RAW)
    assert frozen.state is None
    assert np.array_equal(decode(frozen.image), darkroom.develop(RAW, GEOMETRY, LOG_RESPONSE, CHEST).pixels)
    os.kill(worker_of(darkroom).pid or 0, signal.SIGTERM)
    assert ended(worker_of(darkroom))
    assert darkroom.freeze(facts, RAW) == frozen


def test_a_refusal_crosses_as_it_is(darkroom: Darkroom) -> None:
    with pytest.raises(Refused, match=r"scan\.misfit") as caught:
        darkroom.develop(b"odd", GEOMETRY, LOG_RESPONSE, CHEST)
    assert apology(caught.value)
    assert darkroom.develop(RAW, GEOMETRY, LOG_RESPONSE, CHEST).exposure_index


def test_a_bug_says_where_and_never_with_what(darkroom: Darkroom) -> None:
    broken = PlateGeometry(rows=645, columns=525, pitch_mm=0.1, bits="SECRET")  # type: ignore[arg-type]
    with pytest.raises(WorkerBug) as caught:
        darkroom.develop(RAW, broken, LOG_RESPONSE, CHEST)
    assert "response.py" in str(caught.value)
    assert "SECRET" not in str(caught.value)


def test_a_killed_worker_costs_its_own_job_only(darkroom: Darkroom) -> None:
    darkroom.warm()
    first = worker_of(darkroom)
    psutil.Process(first.pid).suspend()
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(darkroom.develop, RAW, GEOMETRY, LOG_RESPONSE, CHEST)
        wait_until(under_way, "the job to reach the worker")
        first.kill()
        with pytest.raises(Failed, match=r"darkroom\.died"):
            job.result(ENOUGH_SECONDS)
    assert darkroom.develop(RAW, GEOMETRY, LOG_RESPONSE, CHEST).exposure_index


def test_a_worker_that_was_killed_between_jobs_is_not_even_noticed(darkroom: Darkroom) -> None:
    darkroom.develop(RAW, GEOMETRY, LOG_RESPONSE, CHEST)
    worker_of(darkroom).kill()
    assert ended(worker_of(darkroom))
    assert darkroom.develop(RAW, GEOMETRY, LOG_RESPONSE, CHEST).exposure_index


def test_a_job_that_hangs_is_stopped() -> None:
    room = Darkroom(time_limit_s=0.2)
    try:
        room.warm()
        psutil.Process(worker_of(room).pid).suspend()
        with pytest.raises(Failed, match=r"darkroom\.slow") as caught:
            room.develop(RAW, GEOMETRY, LOG_RESPONSE, CHEST)
        assert apology(caught.value)
    finally:
        room.close()


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
def test_a_plate_that_needs_too_much_memory_is_answered_and_the_next_is_made() -> None:
    room = Darkroom(memory_limit_bytes=700 * 1024 * 1024)
    huge = PlateGeometry(rows=60_000, columns=6_000, pitch_mm=0.01, bits=12)
    try:
        with pytest.raises(Failed, match=r"darkroom\.no_memory") as caught:
            room.develop(RAW[: 525 * 2] + bytes(huge.line_bytes - 525 * 2), huge, LOG_RESPONSE, CHEST)
        assert apology(caught.value)
        worker = worker_of(room)
        assert room.develop(RAW, GEOMETRY, LOG_RESPONSE, CHEST).exposure_index
        assert worker_of(room) is worker
    finally:
        room.close()


def test_an_idle_worker_ends_itself_and_is_started_again() -> None:
    room = Darkroom(idle_s=0.05)
    try:
        room.warm()
        worker = worker_of(room)
        assert ended(worker)
        assert worker.exitcode == 0
        assert room.develop(RAW, GEOMETRY, LOG_RESPONSE, CHEST).exposure_index
    finally:
        room.close()


def test_many_threads_share_it(darkroom: Darkroom) -> None:
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(darkroom.develop, RAW, GEOMETRY, LOG_RESPONSE, CHEST) for _ in range(8)]
        indices = {job.result(ENOUGH_SECONDS).exposure_index for job in jobs}
    assert len(indices) == 1


def test_closing_ends_the_worker_with_its_job_and_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    room = Darkroom()
    room.warm()
    worker = worker_of(room)
    psutil.Process(worker.pid).suspend()
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(room.develop, RAW, GEOMETRY, LOG_RESPONSE, CHEST)
        wait_until(under_way, "the job to reach the worker")
        room.close()
        with pytest.raises(Failed, match=r"darkroom\.died"):
            job.result(ENOUGH_SECONDS)
    room.close()
    assert not worker.is_alive()
    assert set(threading.enumerate()) == before


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to a single process")
def test_ctrl_c_does_not_reach_the_worker(darkroom: Darkroom) -> None:
    darkroom.warm()
    worker = worker_of(darkroom)
    os.kill(worker.pid or 0, signal.SIGINT)
    assert darkroom.develop(RAW, GEOMETRY, LOG_RESPONSE, CHEST).exposure_index
    os.kill(worker.pid or 0, signal.SIGINT)
    assert darkroom.develop(RAW, GEOMETRY, LOG_RESPONSE, CHEST).exposure_index
    assert worker_of(darkroom) is worker


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to a single process")
def test_ctrl_c_does_not_reach_the_first_worker_of_a_program() -> None:
    script = """
import os, signal
from fieldstation.services.darkroom import Darkroom
room = Darkroom(idle_s=0.1)
room.warm()
worker = room._worker.process
os.kill(worker.pid, signal.SIGINT)
worker.join(60)
print(worker.exitcode)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads the memory map")
def test_the_worker_knows_no_qt_though_the_app_does(darkroom: Darkroom) -> None:
    darkroom.develop(RAW, GEOMETRY, LOG_RESPONSE, CHEST)
    mapped = {entry.path for entry in psutil.Process(worker_of(darkroom).pid).memory_maps()}
    assert not [path for path in mapped if "Qt6" in path or "PySide" in path]
    assert QtCore.__name__ in sys.modules


def test_importing_the_darkroom_loads_neither_opencv_nor_pydicom() -> None:
    script = (
        "import sys, fieldstation.services.darkroom, fieldstation.imaging.preview, fieldstation.dicom.uids;"
        "print(*{'cv2', 'pydicom', 'jpeg_ls', 'PySide6'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_worker_that_starts_for_a_picture_waits_for_no_dicom_library() -> None:
    script = "import sys, fieldstation.services.darkroom_worker; print('cv2' in sys.modules, 'pydicom' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]


def test_the_program_that_starts_a_worker_is_not_run_again_in_it(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "print('run')\n"
        "from fieldstation.services.darkroom import Darkroom\n"
        "from fieldstation.catalogue import load_catalogue\n"
        "from fieldstation.domain.signal import PlateGeometry, ResponseKind, SignalResponse\n"
        "plate = PlateGeometry(rows=20, columns=20, pitch_mm=0.1, bits=12)\n"
        "response = SignalResponse(kind=ResponseKind.LINEAR, gain=400.0)\n"
        "room = Darkroom()\n"
        "print(room.develop(bytes(800), plate, response, load_catalogue().get('chest-pa')).findings[0].message.code)\n"
        "room.close()\n"
    )
    done = subprocess.run(
        [sys.executable, program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=ENOUGH_SECONDS,
    )
    assert done.stdout.split() == ["run", "finding.no_image"]


def test_turning_a_picture_turns_the_frozen_one(darkroom: Darkroom) -> None:
    facts = facts_of(CHEST, None, GEOMETRY)
    turned = replace(facts, image=replace(facts.image, presentation=replace(facts.image.presentation, quarter_turns=1)))
    assert np.array_equal(
        decode(darkroom.freeze(turned, RAW).image), np.rot90(decode(darkroom.freeze(facts, RAW).image), -1)
    )
