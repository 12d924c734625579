"""A link in user space with a rate, a delay and outages: what a cell network with a VPN on top is like.

Bytes wait at the sender until the link takes them; those under way when it goes down are lost. The near end of each
connection is then reset, as by a VPN that goes down; the far end is not told.
"""

import argparse
import asyncio
import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_PIECE = 4096
_RECEIVE_BUFFER = 64 * 1024
_RESET = struct.pack("ii", 1, 0)
_OVERSLEPT_S = 0.02
"""By how much a sleep may be late without the link losing rate by it."""
_HANDSHAKE = 3
"""One-way delays from the first packet of a connection until the far end can answer it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Rate in bytes a second each way, delay in seconds each way, and how long it is up and down, if it flaps."""

    rate: float
    delay_s: float
    up_s: float = float("inf")
    down_s: float = 0.0

    def __str__(self) -> str:
        flaps = "" if self.up_s == float("inf") else f", up {self.up_s:g} s, down {self.down_s:g} s"
        return f"{self.rate * 8 / 1e6:g} Mbit/s, {self.delay_s * 1e3:g} ms each way{flaps}"


def asked_for(usual: Shape) -> Shape:
    """The usual shape, or what the command line says instead of it: ``--mbit 2 --delay-ms 300 --up-s 5 --down-s 1``."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mbit", type=float, default=usual.rate * 8 / 1e6, help="rate each way")
    parser.add_argument("--delay-ms", type=float, default=usual.delay_s * 1e3, help="delay each way")
    parser.add_argument("--up-s", type=float, default=usual.up_s, help="how long it is up, if it flaps")
    parser.add_argument("--down-s", type=float, default=usual.down_s, help="how long it is down then")
    told = parser.parse_args()
    return Shape(rate=told.mbit * 1e6 / 8, delay_s=told.delay_ms / 1e3, up_s=told.up_s, down_s=told.down_s)


class ShapedLink:
    """A proxy in front of ``target``, running in a thread of its own. It begins with a time up at `run`."""

    def __init__(self, target: tuple[str, int], shape: Shape) -> None:
        self._target = target
        self._shape = shape
        self.host = "127.0.0.1"
        with socket.socket() as probe:
            probe.bind((self.host, 0))
            self.port = int(probe.getsockname()[1])
        self.bytes_up = 0
        self.drops = 0
        self._free_at = 0.0
        self._near: set[asyncio.StreamWriter] = set()
        self._far: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @contextmanager
    def run(self) -> Iterator["ShapedLink"]:
        """Carry bytes while the block runs."""
        loop = asyncio.new_event_loop()
        ready, stop = threading.Event(), asyncio.Event()
        thread = threading.Thread(target=lambda: loop.run_until_complete(self._flap(ready, stop)))
        thread.start()
        ready.wait()
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join()
            loop.close()

    async def _flap(self, ready: threading.Event, stop: asyncio.Event) -> None:
        while not stop.is_set():
            listener = socket.create_server((self.host, self.port))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
            server = await asyncio.start_server(self._connected, sock=listener, limit=_PIECE)
            ready.set()
            await _wait(stop, self._shape.up_s)
            server.close()
            self._drop()
            self.drops += not stop.is_set()
            await _wait(stop, self._shape.down_s)
        for far in self._far:
            far.transport.abort()
        await asyncio.sleep(0)

    def _drop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for near in self._near:
            with contextlib.suppress(OSError):
                near.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            near.transport.abort()
        self._near.clear()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._near.add(writer)
        self._start(self._carry(reader, writer))

    def _start(self, work: "asyncio._CoroutineLike[None]") -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, near_reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        delay = self._shape.delay_s
        began = time.monotonic()
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        self._start(self._take(near_reader, under_way, began + (_HANDSHAKE - 1) * delay))
        await _until(began + _HANDSHAKE * delay)
        with contextlib.suppress(OSError):
            far_reader, far = await asyncio.open_connection(*self._target)
            self._far.add(far)
            self._start(self._deliver(under_way, far))
            back: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
            self._start(self._deliver(back, near))
            while data := await far_reader.read(_PIECE):
                back.put_nowait((time.monotonic() + len(data) / self._shape.rate + delay, data))
            back.put_nowait((time.monotonic() + delay, b""))

    async def _take(
        self, reader: asyncio.StreamReader, under_way: "asyncio.Queue[tuple[float, bytes]]", begin_at: float
    ) -> None:
        """Take bytes off the sender at the link's rate, which all connections share."""
        await _until(begin_at)
        with contextlib.suppress(OSError):
            while data := await reader.read(_PIECE):
                self._free_at = max(self._free_at, time.monotonic() - _OVERSLEPT_S) + len(data) / self._shape.rate
                self.bytes_up += len(data)
                under_way.put_nowait((self._free_at + self._shape.delay_s, data))
                await _until(self._free_at)
        under_way.put_nowait((time.monotonic() + self._shape.delay_s, b""))

    async def _deliver(self, under_way: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while True:
                at, data = await under_way.get()
                await _until(at)
                if not data:
                    writer.close()
                    return
                writer.write(data)
                await writer.drain()


async def _until(at: float) -> None:
    wait = at - time.monotonic()
    if wait > 0:
        await asyncio.sleep(wait)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), None if seconds == float("inf") else seconds)
