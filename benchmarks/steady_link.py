"""Four images over a steady long link: our sender beside DCMTK's storescu and dcmsend.

All of them send the same four JPEG-LS files, over the same simulated link of 10 Mbit/s and 100 ms each way, to the same
PACS. The ideal is what the compressed bytes need at the link's rate alone.
"""

import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from random import Random

from benchmarks.shaped_link import Shape, ShapedLink
from fieldstation.bootstrap.station import SystemClock
from fieldstation.demo.pacs import DemoPacs
from fieldstation.domain.jobs import JobState
from fieldstation.store.sql_store import SqlStore
from fieldstation.upload.association import PacsAddress
from fieldstation.upload.dimse import DimseDestination, DimseSettings
from fieldstation.upload.sender import Sender
from tests.support.parcels import frozen
from tests.support.sending import jobs, sending_store

LIMIT_LAST_ANSWER = 1.12
LIMIT_ALL_PROVED = 1.18

_IMAGES = 4
_ROWS = 1420
_SHAPE = Shape(rate=10e6 / 8, delay_s=0.1)
_MOST_S = 300.0


def main() -> None:
    """Print the table."""
    size = sum(frozen(number, _ROWS)[0].size for number in range(1, _IMAGES + 1))
    ideal_s = size / _SHAPE.rate
    print(f"{_IMAGES} images, {size / 1e6:.1f} MB as JPEG-LS, 10 Mbit/s, 100 ms each way; ideal {ideal_s:.1f} s\n")
    print(f"{'':34}{'last answer':>12}{'all proved':>12}{'bytes':>8}{'kept':>6}")
    print(f"{'limit':34}{LIMIT_LAST_ANSWER:>11.2f}x{LIMIT_ALL_PROVED:>11.2f}x")
    for lanes, name in ((2, "Fieldstation"), (1, "Fieldstation, one lane")):
        _measure(name, size, partial(_send_ours, lanes))
    for command in (["storescu", "-xt", "-aec", "OFFICE"], ["dcmsend", "-aec", "OFFICE"]):
        if shutil.which(command[0]) is None:
            print(f"{command[0]:34}{'not here':>12}")
        else:
            _measure(command[0], size, partial(_send_by, command))


def _measure(name: str, size: int, send: Callable[[PacsAddress], Sequence[float]]) -> None:
    """Send to a PACS behind the shaped link, and print what it came to: times as multiples of the ideal."""
    with (
        tempfile.TemporaryDirectory() as folder,
        DemoPacs.start(Path(folder)) as pacs,
        ShapedLink((pacs.host, pacs.port), _SHAPE).run() as link,
    ):
        times = send(PacsAddress(host=link.host, port=link.port, ae_title="OFFICE"))
        cells = [f"{at / (size / _SHAPE.rate):.2f}x" for at in times]
        cells += ["-"] * (2 - len(cells))
        print(f"{name:34}{cells[0]:>12}{cells[1]:>12}{link.bytes_up / size:>7.2f}x{len(pacs.instances()):>6}")


def _send_ours(lanes: int, address: PacsAddress) -> Sequence[float]:
    """Seconds until the last success answer, and until all are proved."""
    settings = DimseSettings(name="office", pacs=address, calling_ae_title="VAN7")
    with tempfile.TemporaryDirectory() as folder, sending_store(Path(folder), _IMAGES, _ROWS, SystemClock()) as store:
        stop = threading.Event()
        sender = Sender(
            store.queue,
            [DimseDestination(settings) for _ in range(lanes)],
            clock=SystemClock(),
            version=store.version,
            random=Random(1),
        )
        thread = threading.Thread(target=sender.run, args=(stop,))
        began = time.monotonic()
        thread.start()
        try:
            last = _when(store, {JobState.SENT, JobState.PROVED}, began)
            proved = _when(store, {JobState.PROVED}, began)
        finally:
            stop.set()
            thread.join()
    return last, proved


def _when(store: SqlStore, states: set[JobState], began: float) -> float:
    """Seconds until all jobs are in one of the states."""
    while not {job.state for job in jobs(store)} <= states:
        if time.monotonic() - began > _MOST_S:
            return float("inf")
        time.sleep(0.02)
    return time.monotonic() - began


def _send_by(command: Sequence[str], address: PacsAddress) -> Sequence[float]:
    """Seconds until DCMTK's program has ended."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, _IMAGES + 1):
            (Path(folder) / f"{number}.dcm").write_bytes(frozen(number, _ROWS)[1])
        files = sorted(str(path) for path in Path(folder).iterdir())
        began = time.monotonic()
        subprocess.run([*command, address.host, str(address.port), *files], capture_output=True, check=False)
        return [time.monotonic() - began]


if __name__ == "__main__":
    main()
