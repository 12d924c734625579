"""Memory of a sender that carries ten thousand images, and what one costs that has nothing to do.

The images are tiny and the archive takes them as fast as it is told to: memory does not depend on how large each of
them is, but on what is kept of each. Sender, archive and gateway are processes of their own; RSS is the sender's.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random

import psutil

from benchmarks.queue_scaling import filled
from fieldstation.bootstrap.station import SystemClock
from fieldstation.demo.pacs import DemoPacs
from fieldstation.domain.jobs import JobState
from fieldstation.store.keys import FileMasterKey
from fieldstation.store.sql_store import SqlStore, open_store
from fieldstation.upload.sender import Sender
from tests.support.gateways import gateway
from tests.support.parcels import SERIES, STUDY, frozen, new_jobs
from tests.support.sites import Way

LIMIT_RSS_GROWTH = 1.10
LIMIT_IDLE_CPU = 0.01

_IMAGES = int(os.environ.get("IMAGES") or 10_000)
_ROWS = 16
_SETTLED = 500
"""After so many images everything that is made once has been made."""
_MOST_S = float(os.environ.get("MINUTES") or 45) * 60
_BEGIN_S = 10.0
_IDLE_S = 5.0
_IDLE_TIMES = 3
_FINISHED = 100_000


def send_for_ever(folder: Path, kind: str, host: str, port: int) -> None:
    """A sender as the program runs it; it is ended from outside."""
    way = Way(kind, host, port, "OFFICE").patient()
    store = open_store(folder, FileMasterKey(folder), SystemClock(), "sender")
    lanes = [way.destination() for _ in range(2)]
    Sender(store.queue, lanes, clock=SystemClock(), version=store.version, random=Random(1)).run(threading.Event())


@contextmanager
def sender(folder: Path, way: Way) -> Iterator[psutil.Process]:
    """That sender in a process of its own."""
    arguments = [str(folder), way.kind, way.host, str(way.port)]
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.long_run", *arguments])
    try:
        yield psutil.Process(process.pid)
    finally:
        process.kill()
        process.wait()


@contextmanager
def archive(kind: str, folder: Path) -> Iterator[Way]:
    """The built-in PACS, with a gateway before it or without."""
    with DemoPacs.start(folder / "pacs") as pacs:
        if kind == "dimse":
            yield Way(kind, pacs.host, pacs.port, "OFFICE")
            return
        with gateway(folder, pacs=pacs) as office:
            yield Way(kind, office.host, office.port)


def queue_tiny_images(store: SqlStore, count: int) -> None:
    """Freeze and queue them, each with pixels of its own."""
    with store.writing() as deeds:
        deeds.add_study(STUDY, [])
        deeds.series_for(SERIES)
    for first in range(1, count + 1, 500):
        instances = []
        for number in range(first, min(first + 500, count + 1)):
            instance, content = frozen.__wrapped__(number, _ROWS)
            instances.append(replace(instance, file_id=store.files.put(content).id))
        with store.writing() as deeds:
            for instance in instances:
                deeds.freeze(instance)
            deeds.send(STUDY.uid, new_jobs(instances), STUDY.created_at)


def unsent(store: SqlStore) -> int:
    """How many images have not been taken yet."""
    with store._database.reading() as connection:  # noqa: SLF001  # to load ten thousand jobs each second would disturb
        return int(
            connection.exec_driver_sql("SELECT count(*) FROM job WHERE state IN ('queued', 'sending')").scalar_one()
        )


def memory(kind: str) -> None:
    """RSS when it has settled, and the most of the last tenth of the run."""
    with tempfile.TemporaryDirectory() as name, archive(kind, Path(name)) as way:
        folder = Path(name) / "data"
        store = open_store(folder, FileMasterKey(folder), SystemClock(), "benchmark")
        queue_tiny_images(store, _IMAGES)
        began = time.monotonic()
        samples: list[tuple[int, int]] = []
        with sender(folder, way) as process:
            while store.queue.owed() > 0 and time.monotonic() - began < _MOST_S:
                done = _IMAGES - unsent(store)
                samples.append((done, process.memory_info().rss))
                time.sleep(1.0)
            left = store.queue.owed()
        store.close()
    seconds = time.monotonic() - began
    settled = next((rss for at, rss in samples if at >= _SETTLED), samples[-1][1])
    last = [rss for at, rss in samples if at >= 0.9 * done]
    growth = statistics.median(last) / settled
    print(
        f"memory, {kind:8} {_IMAGES - left:6,} of {_IMAGES:,} images proved in {seconds:4.0f} s: RSS"
        f" {settled / 1e6:.1f} MB after {_SETTLED}, {statistics.median(last) / 1e6:.1f} MB at the end, ratio"
        f" {growth:.2f} (limit {LIMIT_RSS_GROWTH:.2f})",
        flush=True,
    )


def idle(finished: int) -> None:
    """The share of a core that a sender takes that has nothing to send."""
    with tempfile.TemporaryDirectory() as name, archive("dimse", Path(name)) as way:
        folder = Path(name) / "data"
        filled(folder, finished, JobState.PROVED).close()
        with sender(folder, way) as process:
            time.sleep(_BEGIN_S)
            shares = []
            for _ in range(_IDLE_TIMES):
                before = sum(process.cpu_times()[:2])
                time.sleep(_IDLE_S)
                shares.append((sum(process.cpu_times()[:2]) - before) / _IDLE_S)
    share = statistics.median(shares)
    print(
        f"idle with {finished:7,} finished jobs: {share * 100:.2f} % of a core (limit {LIMIT_IDLE_CPU * 100:.0f} %)",
        flush=True,
    )


def main() -> None:
    """Print both tables."""
    for finished in (1, _FINISHED):
        idle(finished)
    for kind in ("dimse", "gateway"):
        memory(kind)


if __name__ == "__main__":
    if len(sys.argv) == 5:
        send_for_ever(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main()
