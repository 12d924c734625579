"""What a link can do at a chosen moment: faults for `fieldstation.demo.link.Link` to watch with."""

import threading
from collections.abc import Callable

from fieldstation.demo.link import Cut, Direction, Flow

ASSOCIATE_RQ, ASSOCIATE_AC, P_DATA, RELEASE_RQ, RELEASE_RP = 1, 2, 4, 5, 6
"""PDU types (PS3.8 9.3)."""

Watch = Callable[[Flow, bytes], None]


class PduWatch:
    """Follows the PDUs of every connection, and has something done when a chosen one comes by.

    ``at`` is told direction, PDU type, and how many of that type and direction, this one included, the connection
    has seen; it may raise `Cut`.
    """

    def __init__(self, at: Callable[[Direction, int, int], None]) -> None:
        self._at = at
        self._header: dict[tuple[int, Direction], bytes] = {}
        self._left: dict[tuple[int, Direction], int] = {}
        self._seen: dict[tuple[int, Direction, int], int] = {}

    def __call__(self, flow: Flow, data: bytes) -> None:
        key = (flow.connection, flow.direction)
        while data:
            left = self._left.get(key, 0)
            if left:
                self._left[key], data = max(0, left - len(data)), data[left:]
                continue
            header = self._header.pop(key, b"") + data
            if len(header) < 6:
                self._header[key] = header
                return
            data = header[6:]
            self._left[key] = int.from_bytes(header[2:6], "big")
            pdu_type = header[0]
            self._seen[(*key, pdu_type)] = count = self._seen.get((*key, pdu_type), 0) + 1
            self._at(flow.direction, pdu_type, count)


class CutsAt:
    """Cuts the first ``times`` connections at the ``nth`` PDU of that type and direction, before it passes."""

    def __init__(self, direction: Direction, pdu_type: int, times: int, nth: int = 1) -> None:
        self._chosen = (direction, pdu_type, nth)
        self._times = times
        self._watch = PduWatch(self._at)

    def __call__(self, flow: Flow, data: bytes) -> None:
        self._watch(flow, data)

    def _at(self, direction: Direction, pdu_type: int, count: int) -> None:
        if self._times > 0 and (direction, pdu_type, count) == self._chosen:
            self._times -= 1
            raise Cut


class CutsAtConnect:
    """Cuts the first ``times`` connections at their first byte."""

    def __init__(self, times: int) -> None:
        self._times = times

    def __call__(self, flow: Flow, _data: bytes) -> None:
        if self._times > 0 and flow.passed == 0:
            self._times -= 1
            raise Cut


class BlackHole:
    """Lets so many bytes of the first connection up, then nothing more, in either direction, until `open`."""

    def __init__(self, after: int) -> None:
        self._after = after
        self._opened = threading.Event()
        self.entered = threading.Event()

    def __call__(self, flow: Flow, data: bytes) -> None:
        if flow.connection == 1 and flow.direction is Direction.UP and flow.passed + len(data) > self._after:
            self.entered.set()
            self._opened.wait()

    def open(self) -> None:
        """Let everything go on."""
        self._opened.set()


class Slow:
    """Passes at most ``rate`` bytes a second upward, measured by the clock of the thread that carries them.

    The rate may be changed meanwhile.
    """

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._pause = threading.Event()

    def __call__(self, flow: Flow, data: bytes) -> None:
        if flow.direction is Direction.UP:
            self._pause.wait(len(data) / self.rate)
