"""From a plate's last line to its picture: time and memory, as ratios of what is claimed.

The plate is a chest of 3500 × 4300 samples that a simulated exposure made, and goes through the darkroom as in the app:
to the worker, developed there, and back.
"""

import statistics
import threading
import time
from collections.abc import Callable

import cv2
import numpy as np
import psutil
import pydicom
from pydicom.data import get_testdata_file

from fieldstation.catalogue import load_catalogue
from fieldstation.domain.signal import PlateGeometry, ResponseKind, SignalResponse
from fieldstation.services.darkroom import Darkroom

LIMIT_SECONDS = 1.0
LIMIT_EXTRA_BYTES = 450 * 1024 * 1024
ROUNDS = 7

GEOMETRY = PlateGeometry(rows=4300, columns=3500, pitch_mm=0.1, bits=12)
RESPONSE = SignalResponse(kind=ResponseKind.LOG, gain=1000.0, offset=2100.0)


def chest_plate() -> bytes:
    """A chest behind 60 µGy, with quantum noise."""
    density = pydicom.dcmread(str(get_testdata_file("RG1_UNCR.dcm"))).pixel_array.astype(np.float32)
    decades = 2.0 * (density / density.max() - 1.0)
    kerma = 60.0 * 10.0 ** cv2.resize(decades, (GEOMETRY.columns, GEOMETRY.rows), interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(1).standard_normal(kerma.shape, np.float32) * np.sqrt(kerma / 2000.0)
    signal = RESPONSE.offset + RESPONSE.gain * np.log10(np.maximum(kerma + noise, 1e-3))
    return np.clip(np.rint(signal), 0, 4095).astype("<u2").tobytes()


class PeakMemory:
    """The most memory that this process and its worker held together, above what was held at the start."""

    def __init__(self) -> None:
        self._start = self._held()
        self._peak = self._start
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> int:
        """End watching; the extra bytes."""
        self._done.set()
        self._thread.join()
        return self._peak - self._start

    def _watch(self) -> None:
        while not self._done.wait(0.005):
            self._peak = max(self._peak, self._held())

    @staticmethod
    def _held() -> int:
        this = psutil.Process()
        return sum(process.memory_info().rss for process in (this, *this.children(recursive=True)))


def seconds_of(work: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Print each figure with its ratio to the limit (below 1 is better than claimed)."""
    raw = chest_plate()
    view = load_catalogue().get("chest-pa")
    memory = PeakMemory()
    darkroom = Darkroom()

    def develop() -> object:
        return darkroom.develop(raw, GEOMETRY, RESPONSE, view)

    try:
        cold = seconds_of(develop)
        warm = [seconds_of(develop) for _ in range(ROUNDS)]
    finally:
        darkroom.close()
        extra = memory.stop()
    mib = 1024 * 1024
    print(f"{'3500x4300 plate to picture':32} {'measured':>10} {'limit':>10} {'ratio':>7}")
    for name, seconds in (("warm, median", statistics.median(warm)), ("warm, worst", max(warm)), ("cold worker", cold)):
        print(f"{name:32} {seconds:8.3f} s {LIMIT_SECONDS:8.3f} s {seconds / LIMIT_SECONDS:7.2f}")
    print(
        f"{'extra memory, both processes':32} {extra / mib:6.0f} MiB {LIMIT_EXTRA_BYTES / mib:6.0f} MiB"
        f" {extra / LIMIT_EXTRA_BYTES:7.2f}"
    )


if __name__ == "__main__":
    main()
