"""Images over a link that breaks: our gateway beside the limit, and beside pieces that are acknowledged one by one.

The limit is a bare TCP stream that goes on, after each break, at the very byte that the other end has. Everything runs
over the same simulated link, steady and flapping: 10 Mbit/s, 100 ms each way, up 2 s and down 0.5 s, or what the
command line says.
"""

import contextlib
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from urllib.parse import urljoin, urlsplit

import httpx

from benchmarks.shaped_link import Shape, ShapedLink, asked_for
from fieldstation.bootstrap.station import SystemClock
from fieldstation.domain.exams import Instance
from fieldstation.store.sql_store import SqlStore
from fieldstation.upload.gateway import GatewayAddress, GatewayDestination
from fieldstation.upload.sender import Sender
from tests.support.parcels import frozen
from tests.support.sending import jobs, sending_store

LIMIT_TIME = 1.10
LIMIT_EXTRA_POINTS = 3.0

_FLAPPING = Shape(rate=10e6 / 8, delay_s=0.1, up_s=2.0, down_s=0.5)
_ROWS = 1420
_LANES = 2
_PIECE = 64 * 1024
_OFFSET = struct.Struct(">Q")
_RETRY_S = 0.02

Image = tuple[Instance, bytes]


@dataclass(frozen=True, slots=True)
class Run:
    """What one way of sending needed for ``size`` bytes of images at ``rate``: seconds, and bytes on the link."""

    size: int
    rate: float
    seconds: float
    bytes_up: int

    @property
    def ideal(self) -> float:
        """Seconds as multiples of what the link's rate alone would need."""
        return self.seconds / (self.size / self.rate)

    @property
    def extra(self) -> float:
        """Bytes beyond those of the images, in percent."""
        return (self.bytes_up / self.size - 1) * 100


class StreamPeer:
    """The other end of the bare stream: says how much it has, takes the rest, and says when it has all."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._have = 0
        self._newest = 0
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                link, _ = self._listener.accept()
                self._newest += 1
                threading.Thread(target=self._take, args=(link, self._newest), daemon=True).start()

    def _take(self, link: socket.socket, number: int) -> None:
        with link, contextlib.suppress(OSError):
            link.sendall(_OFFSET.pack(self._have))
            while data := link.recv(_PIECE):
                with self._lock:
                    if number != self._newest:
                        return
                    self._have += len(data)
                if self._have >= self._size:
                    link.sendall(b"!")


def send_as_stream(address: tuple[str, int], images: Sequence[Image]) -> None:
    """The limit."""
    content = memoryview(b"".join(data for _, data in images))
    while True:
        try:
            with socket.create_connection(address) as link:
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                (offset,) = _OFFSET.unpack(link.recv(_OFFSET.size, socket.MSG_WAITALL))
                link.sendall(content[offset:])
                if link.recv(1) == b"!":
                    return
        except (OSError, struct.error):
            time.sleep(_RETRY_S)


def send_by_sender(address: tuple[str, int], store: SqlStore) -> None:
    """Ours: the vehicle's sender over its store, until the gateway has said of every image that it has it."""
    gateway_address = GatewayAddress(name="office", url=f"http://{address[0]}:{address[1]}")
    lanes = [GatewayDestination(gateway_address) for _ in range(_LANES)]
    sender = Sender(store.queue, lanes, clock=SystemClock(), version=store.version, random=Random(1))
    stop = threading.Event()
    thread = threading.Thread(target=sender.run, args=(stop,))
    thread.start()
    try:
        while any(job.sent_at is None for job in jobs(store)):
            time.sleep(_RETRY_S)
    finally:
        stop.set()
        thread.join()


def send_in_pieces(address: tuple[str, int], images: Sequence[Image]) -> None:
    """What resumable uploads often do: a request for each 64 KiB, the next when the last one is acknowledged."""
    root = f"http://{address[0]}:{address[1]}/files"
    with httpx.Client(headers={"Tus-Resumable": "1.0.0"}, trust_env=False, timeout=30.0) as client:
        for instance, content in images:
            place, offset = "", 0
            while offset < len(content):
                try:
                    if not place:
                        place = urljoin(root, client.post(root, headers=_creation(instance)).headers["Location"])
                    offset = _send_piece(client, place, content, offset)
                except httpx.TransportError:
                    time.sleep(_RETRY_S)


def _send_piece(client: httpx.Client, place: str, content: bytes, offset: int) -> int:
    answer = client.patch(
        place,
        content=content[offset : offset + _PIECE],
        headers={"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"},
    )
    if answer.status_code != 204:
        answer = client.head(place)
    return int(answer.headers["Upload-Offset"])


def _creation(instance: Instance) -> dict[str, str]:
    metadata = {
        "sop_instance_uid": instance.sop_instance_uid,
        "sop_class_uid": instance.sop_class_uid,
        "transfer_syntax_uid": instance.transfer_syntax_uid,
        "sha256": instance.sha256,
    }
    pairs = ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in metadata.items())
    return {"Upload-Length": str(instance.size), "Upload-Metadata": pairs}


@contextmanager
def gateway() -> Iterator[tuple[str, int]]:
    """A gateway in a process of its own, and its address."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "fieldstation.main", "gateway", "serve", "--port", "0", "--data", folder],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        try:
            url = urlsplit(process.stdout.readline().split()[-1])
            assert url.hostname is not None
            assert url.port is not None
            yield url.hostname, url.port
        finally:
            process.terminate()
            process.communicate()


@contextmanager
def stream_peer(size: int) -> Iterator[tuple[str, int]]:
    """The limit's other end, and its address."""
    peer = StreamPeer(size)
    try:
        yield peer.address
    finally:
        peer.close()


def measure(shape: Shape, target: tuple[str, int], send: Callable[[tuple[str, int]], None], size: int) -> Run:
    """Send over a link that begins with a time up."""
    with ShapedLink(target, shape).run() as link:
        began = time.monotonic()
        send((link.host, link.port))
        seconds = time.monotonic() - began
    return Run(size, shape.rate, seconds, link.bytes_up)


def compare(shape: Shape, count: int) -> None:
    """The limit, ours, and, for one image, pieces one by one."""
    images = [frozen(number, _ROWS) for number in range(1, count + 1)]
    size = sum(len(content) for _, content in images)
    with stream_peer(size) as target:
        limit = measure(shape, target, lambda address: send_as_stream(address, images), size)
    _print(f"{count} x {size / count / 1e6:.1f} MB: the limit", limit, limit)
    with (
        tempfile.TemporaryDirectory() as folder,
        gateway() as target,
        sending_store(Path(folder), count, _ROWS, SystemClock()) as store,
    ):
        ours = measure(shape, target, lambda address: send_by_sender(address, store), size)
    _print("  our gateway", ours, limit)
    if count == 1:
        with gateway() as target:
            pieces = measure(shape, target, lambda address: send_in_pieces(address, images), size)
        _print("  64 KiB pieces, one by one", pieces, limit)


def main() -> None:
    """Print seconds and extra bytes of each, and both beside the limit."""
    flapping = asked_for(_FLAPPING)
    steady = Shape(rate=flapping.rate, delay_s=flapping.delay_s)
    print(f"{'':40} {'s':>6} {'x ideal':>8} {'extra':>7} {'x limit':>8} {'points':>7}")
    for shape in dict.fromkeys((steady, flapping)):
        print(shape)
        for count in (4, 1):
            compare(shape, count)
    print(f"claimed of four images while the link flaps: {LIMIT_TIME:.2f} x limit, {LIMIT_EXTRA_POINTS:.1f} points")


def _print(name: str, run: Run, limit: Run) -> None:
    print(
        f"{name:40} {run.seconds:6.1f} {run.ideal:8.2f} {run.extra:6.1f}%"
        f" {run.seconds / limit.seconds:8.2f} {run.extra - limit.extra:7.1f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
