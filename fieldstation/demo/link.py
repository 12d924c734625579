"""A link that fails: a TCP proxy in user space that counts bytes, breaks connections and can be taken down.

One thread a connection does both directions, so that a break is a real reset and no thread is left in a system call.
"""

import contextlib
import selectors
import socket
import struct
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Self

_CHUNK = 16 * 1024
_TICK_S = 0.02
_CONNECT_S = 5.0
_RESET = struct.pack("ii", 1, 0)


class Direction(StrEnum):
    """Up is from the vehicle to the office."""

    UP = "up"
    DOWN = "down"


@dataclass(slots=True)
class Flow:
    """One direction of one connection; ``connection`` counts from 1, ``passed`` is what went through so far."""

    connection: int
    direction: Direction
    passed: int = 0


class Cut(Exception):
    """Raised by what watches a flow: ``let_through`` bytes more, then the connection is reset."""

    def __init__(self, let_through: int = 0) -> None:
        super().__init__(let_through)
        self.let_through = let_through


def seeded_cuts(seed: int, count: int, first: int, last: int) -> tuple[int, ...]:
    """``count`` numbers of bytes from ``first`` to ``last``, the same for the same seed."""
    random = Random(seed)  # noqa: S311 - a script, not a secret
    return tuple(random.randint(first, last) for _ in range(count))


class Link:
    """A proxy on loopback in front of ``target``; a context manager.

    Args:
        target: host and port of the other end.
        cuts: after how many bytes upward, each counted from the cut before, the link breaks.
        outage_s: how long it stays down after each of these cuts.
        buffer_bytes: how much may wait in the proxy, which the sender's kernel takes for arrived; 0: the system's own.
        watch: is shown each piece before it passes, in the connection's thread; may raise `Cut`, or take its time.
    """

    def __init__(
        self,
        target: tuple[str, int],
        *,
        cuts: Sequence[int] = (),
        outage_s: float = 0.0,
        buffer_bytes: int = 0,
        watch: Callable[[Flow, bytes], None] = lambda _flow, _data: None,
    ) -> None:
        self._target = target
        self._script = list(cuts)
        self._outage_s = outage_s
        self._buffer_bytes = buffer_bytes
        self._watch = watch
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._epoch = 0
        self._since_cut = 0
        self._bytes = dict.fromkeys(Direction, 0)
        self._cuts = 0
        self._connections = 0
        self._threads: list[threading.Thread] = []
        self._outages: list[threading.Timer] = []
        self._acceptor: threading.Thread | None = None
        self.host = "127.0.0.1"
        self.port = 0
        self.up()

    @property
    def bytes_up(self) -> int:
        """Bytes that passed toward the office."""
        return self._bytes[Direction.UP]

    @property
    def bytes_down(self) -> int:
        """Bytes that passed toward the vehicle."""
        return self._bytes[Direction.DOWN]

    @property
    def cuts(self) -> int:
        """How often a connection that was up has been broken."""
        return self._cuts

    @property
    def connections(self) -> int:
        """How many connections were made."""
        return self._connections

    def up(self) -> None:
        """Take connections, on the same port as before. Idempotent."""
        with self._lock:
            if self._acceptor is not None or self._closing.is_set():
                return
            listener = socket.create_server((self.host, self.port))
            listener.settimeout(_TICK_S)
            if self._buffer_bytes:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._buffer_bytes)
            self.port = listener.getsockname()[1]
            self._acceptor = self._begin(self._accept, listener)

    def down(self) -> None:
        """Break every connection and refuse new ones. Idempotent."""
        with self._lock:
            acceptor, self._acceptor = self._acceptor, None
        if acceptor is not None:
            acceptor.join()
        self.cut_now()

    def cut_now(self) -> None:
        """Break every connection; new ones are welcome."""
        with self._lock:
            self._epoch += 1

    def close(self) -> None:
        """Break everything and end all threads. Idempotent."""
        self._closing.set()
        for outage in self._outages:
            outage.cancel()
        self.down()
        for thread in [*self._threads, *self._outages]:
            thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _begin(self, target: Callable[..., None], *args: object) -> threading.Thread:
        thread = threading.Thread(target=target, args=args, name=f"link-{target.__name__}", daemon=True)
        self._threads = [other for other in self._threads if other.is_alive()]
        self._threads.append(thread)
        thread.start()
        return thread

    def _accept(self, listener: socket.socket) -> None:
        """Take connections for as long as this is the acceptor; only its own thread closes what it waits on."""
        with listener:
            while True:
                with self._lock:
                    if self._acceptor is not threading.current_thread():
                        return
                try:
                    near, _ = listener.accept()
                except (TimeoutError, ConnectionAbortedError):
                    continue
                with self._lock:
                    self._connections += 1
                    self._begin(self._carry, near, self._connections, self._epoch)

    def _carry(self, near: socket.socket, number: int, epoch: int) -> None:
        with near, contextlib.ExitStack() as stack:
            try:
                far = stack.enter_context(socket.create_connection(self._target, _CONNECT_S))
            except OSError:
                _make_reset(near)
                return
            ways = {
                near: (far, Flow(number, Direction.UP)),
                far: (near, Flow(number, Direction.DOWN)),
            }
            try:
                self._carry_until_end(ways, epoch)
            except Cut:
                with self._lock:
                    self._cuts += not self._closing.is_set()
                _make_reset(near)
                _make_reset(far)
            except OSError:
                _make_reset(near)
                _make_reset(far)

    def _carry_until_end(self, ways: dict[socket.socket, tuple[socket.socket, Flow]], epoch: int) -> None:
        with selectors.DefaultSelector() as selector:
            for end in ways:
                end.settimeout(_TICK_S)
                selector.register(end, selectors.EVENT_READ, end)
            while selector.get_map():
                ready = selector.select(_TICK_S)
                self._check(epoch)
                for key, _ in ready:
                    source: socket.socket = key.data
                    sink, flow = ways[source]
                    data = source.recv(_CHUNK)
                    if data:
                        self._pass(sink, flow, data, epoch)
                    else:
                        selector.unregister(source)
                        with contextlib.suppress(OSError):
                            sink.shutdown(socket.SHUT_WR)

    def _pass(self, sink: socket.socket, flow: Flow, data: bytes, epoch: int) -> None:
        try:
            self._watch(flow, data)
            self._follow_script(flow, len(data))
        except Cut as cut:
            self._send(sink, flow, data[: cut.let_through], epoch)
            raise
        self._send(sink, flow, data, epoch)

    def _follow_script(self, flow: Flow, size: int) -> None:
        with self._lock:
            if flow.direction is not Direction.UP or not self._script:
                return
            left = self._script[0] - self._since_cut
            if size < left:
                self._since_cut += size
                return
            self._script.pop(0)
            self._since_cut = 0
        if self._outage_s > 0:
            self.down()
            outage = threading.Timer(self._outage_s, self.up)
            self._outages.append(outage)
            outage.start()
        raise Cut(left)

    def _send(self, sink: socket.socket, flow: Flow, data: bytes, epoch: int) -> None:
        view = memoryview(data)
        while view:
            try:
                sent = sink.send(view)
            except TimeoutError:
                self._check(epoch)
                continue
            view = view[sent:]
            flow.passed += sent
            with self._lock:
                self._bytes[flow.direction] += sent

    def _check(self, epoch: int) -> None:
        if epoch != self._epoch:
            raise Cut


def _make_reset(end: socket.socket) -> None:
    """Have the coming close send a reset instead of a polite end."""
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
