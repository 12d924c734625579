"""What lies between a reader's line and the disk: lag of the preview, time until a whole plate is durable, memory.

What follows, making the picture, is measured by `processing`.

A plate of 3500 × 4300 samples comes over the bridge from a device that has it ready, into a station's encrypted store.
"""

import ctypes
import gc
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import psutil

from benchmarks.bridge import GEOMETRY, HEADER, device
from fieldstation.bootstrap.station import Places, Station, open_station
from fieldstation.domain.exams import Technique
from fieldstation.domain.patients import Sex
from fieldstation.domain.reader import LineBlock, Reader
from fieldstation.services.begin import NewStudy
from fieldstation.services.boards import ReadProgress
from fieldstation.services.capture import Cassette
from fieldstation.services.receiving import Bench

LIMIT_LAG_SECONDS = 0.2
LIMIT_DURABLE_SECONDS = 0.3
LIMIT_PLATES_OF_MEMORY = 3.0


class _Timed:
    """A reader whose blocks are timed: when each was handed over, and when the read was finished; then it tells."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.done = threading.Event()
        self.handed_over = 0.0
        self.finished = 0.0

    def __getattr__(self, name: str) -> object:
        return getattr(self._reader, name)

    def lines(self) -> Iterator[LineBlock]:
        for block in self._reader.lines():
            self.handed_over = time.perf_counter()
            yield block

    def finish_read(self) -> None:
        """Called once the scan is durable and its row says so."""
        self.finished = time.perf_counter()
        self.done.set()
        self._reader.finish_read()


class _Watch(threading.Thread):
    """The most memory that this process held until then, looked at every 5 ms."""

    def __init__(self, until: threading.Event) -> None:
        super().__init__(daemon=True)
        self.most = 0
        self.done = until

    def run(self) -> None:
        process = psutil.Process()
        while not self.done.wait(0.005):
            self.most = max(self.most, process.memory_info().rss)


def read_into(station: Station, timed: _Timed) -> tuple[list[float], int]:
    """Read the plate for a made-up study: the lag of the preview behind each block, and the memory it took."""
    view = station.catalogue.parse("chest-pa")
    study = station.beginning.by_hand(
        NewStudy(patient_id="P", name="TEST^PLATE", birth_date=date(1950, 1, 1), sex=Sex.OTHER, views=[view])
    )
    with station.store.reading() as questions:
        view_id = questions.study_file(study).views[0].id
    lags: list[float] = []

    def on_progress(_progress: ReadProgress) -> None:
        lags.append(time.perf_counter() - timed.handed_over)

    station.darkroom.warm()
    _give_back()
    watch, before = _Watch(timed.done), psutil.Process().memory_info().rss
    watch.start()
    cassette = Cassette(study_uid=study, view_id=view_id, plate_id=HEADER.plate_id, technique=Technique())
    station.capture.read(cassette, on_progress)
    watch.join()
    return lags, watch.most - before


def _give_back() -> None:
    """What the read before has let go of, and the C library keeps for the next, would be counted as nobody's."""
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def main() -> None:
    """Print each figure with its ratio to the limit (below 1 is better than claimed)."""
    with tempfile.TemporaryDirectory() as folder, device() as reader:
        timed = _Timed(reader)
        with closing(open_station(Places(Path(folder) / "data", None), "benchmark")) as station:
            lock = station.bench.lock
            station.__dict__["bench"] = Bench(reader=timed, room=None, arrivals=None, lock=lock)  # type: ignore[arg-type]
            read_into(station, timed)
            timed.done.clear()
            lags, grown = read_into(station, timed)
    print(f"{'3500x4300 plate into the store':32} {'measured':>10} {'limit':>10} {'ratio':>7}")
    for name, measured, limit in (
        ("preview lag, worst, s", max(lags), LIMIT_LAG_SECONDS),
        ("last line to durable, s", timed.finished - timed.handed_over, LIMIT_DURABLE_SECONDS),
        ("memory while read, in plates", grown / GEOMETRY.total_bytes, LIMIT_PLATES_OF_MEMORY),
    ):
        print(f"{name:32} {measured:10.3f} {limit:10.3f} {measured / limit:7.2f}")


if __name__ == "__main__":
    main()
