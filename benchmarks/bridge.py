"""A plate of 3500 × 4300 samples through the driver ``bridge`` on loopback, beside what is claimed.

The device is a process of its own and has the plate ready, so that what is measured is the link and the driver.
"""

import multiprocessing
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

import psutil

from fieldstation.bootstrap.station import SystemClock
from fieldstation.catalogue import load_catalogue
from fieldstation.cr_reader.bridge.server import DeviceServer
from fieldstation.cr_reader.drivers import make_reader
from fieldstation.domain.exams import ReaderIdentity
from fieldstation.domain.reader import LineBlock, PlateHeader, Reader, ReaderState, ReaderStatus
from fieldstation.domain.signal import PlateGeometry, ResponseKind, SignalResponse
from fieldstation.domain.words import Message

LIMIT_BYTES_A_SECOND = 150_000_000
LIMIT_BLOCKS_A_SECOND = 10.0
LIMIT_PLATES_OF_MEMORY = 3.0
ROUNDS = 7

GEOMETRY = PlateGeometry(rows=4300, columns=3500, pitch_mm=0.1, bits=16)
HEADER = PlateHeader(
    plate_id="P1",
    plate_size="35CMX43CM",
    geometry=GEOMETRY,
    response=SignalResponse(kind=ResponseKind.LOG, gain=1000.0, offset=2000.0),
)


class _ReadyReader:
    """Delivers the same block of lines again and again, at once."""

    identity = ReaderIdentity(manufacturer="Benchmark", model="Ready", serial="1", software="1", simulated=True)
    notes: tuple[Message, ...] = ()
    block = bytes(range(256)) * (64 * GEOMETRY.line_bytes // 256)

    def connect(self) -> None:
        """Always ready."""

    def disconnect(self) -> None:
        """Always ready."""

    def status(self) -> ReaderStatus:
        return ReaderStatus(state=ReaderState.READY)

    def identify(self) -> str | None:
        return HEADER.plate_id

    def begin_read(self, plate_id: str) -> PlateHeader:
        assert plate_id == HEADER.plate_id
        return HEADER

    def lines(self) -> Iterator[LineBlock]:
        for first in range(0, GEOMETRY.rows, 64):
            count = min(64, GEOMETRY.rows - first)
            yield LineBlock(first, self.block[: count * GEOMETRY.line_bytes])

    def finish_read(self) -> None:
        """Nothing is kept."""

    def erase(self, plate_id: str) -> None:
        """Nothing to erase."""

    def eject(self) -> None:
        """Nothing is kept."""

    def cancel(self) -> None:
        """It is over before anybody could."""


def serve(teller: Connection) -> None:
    """The device's process."""
    server = DeviceServer(_ReadyReader(), ("127.0.0.1", 0))
    teller.send(server.port)
    server.run()


def plain_seconds() -> float:
    """How long the same bytes take over a plain socket on loopback, the best of some."""
    times = []
    for _ in range(ROUNDS):
        with socket.create_server(("127.0.0.1", 0)) as server:
            sender = threading.Thread(target=_pour, args=(server.getsockname()[1],))
            sender.start()
            connection, _ = server.accept()
            with connection:
                buffer = memoryview(bytearray(1 << 20))
                started = time.perf_counter()
                while connection.recv_into(buffer):
                    pass
                times.append(time.perf_counter() - started)
            sender.join()
    return min(times)


def _pour(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for _ in range(0, GEOMETRY.rows, 64):
            connection.sendall(_ReadyReader.block)


def read_plate(reader: Reader) -> tuple[float, float]:
    """Seconds for a whole read of one plate, and the longest wait for a block of lines."""
    started = last = time.perf_counter()
    reader.begin_read(HEADER.plate_id)
    longest, received = 0.0, 0
    for block in reader.lines():
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
        received += len(block.data)
    reader.finish_read()
    assert received == GEOMETRY.total_bytes
    return time.perf_counter() - started, longest


@contextmanager
def device() -> Iterator[Reader]:
    """The driver, connected to a device in a process of its own."""
    listener, teller = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(teller,), daemon=True)
    process.start()
    reader = make_reader("bridge", {"port": listener.recv()}, catalogue=load_catalogue(), clock=SystemClock()).reader
    reader.connect()
    try:
        yield reader
    finally:
        reader.disconnect()
        process.terminate()
        process.join()


def main() -> None:
    """Print each figure with its ratio to the limit."""
    with device() as reader:
        read_plate(reader)
        before = psutil.Process().memory_info().rss
        rounds = [read_plate(reader) for _ in range(ROUNDS)]
        grown = psutil.Process().memory_info().rss - before
    speed = GEOMETRY.total_bytes / statistics.median(seconds for seconds, _ in rounds)
    slowest = max(longest for _, longest in rounds)
    plain = GEOMETRY.total_bytes / plain_seconds()
    print(f"{'3500x4300 plate by bridge':28} {'measured':>12} {'limit':>12} {'ratio':>7}")
    for name, measured, limit in (
        ("MB/s, median", speed / 1e6, LIMIT_BYTES_A_SECOND / 1e6),
        ("blocks/s at the slowest", 1 / slowest, LIMIT_BLOCKS_A_SECOND),
        ("memory grown, in plates", grown / GEOMETRY.total_bytes, LIMIT_PLATES_OF_MEMORY),
    ):
        print(f"{name:28} {measured:12.2f} {limit:12.2f} {measured / limit:7.2f}")
    print(f"{'MB/s of a plain socket':28} {plain / 1e6:12.2f} {'':12} {speed / plain:7.2f}")


if __name__ == "__main__":
    main()
