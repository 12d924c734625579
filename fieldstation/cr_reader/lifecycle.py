"""The states of a reader and what may follow what, as data, and the order of a read; every driver keeps to them."""

import threading
from collections.abc import Mapping
from typing import TypeVar

from fieldstation.domain.reader import PlateHeader, ReaderState, ReaderStatus
from fieldstation.domain.words import Message

_ALWAYS = frozenset({ReaderState.FAULT, ReaderState.OFF})
"""A fault or the end may come at any moment."""

TRANSITIONS: Mapping[ReaderState, frozenset[ReaderState]] = {
    ReaderState.OFF: frozenset({ReaderState.CONNECTING}),
    ReaderState.CONNECTING: frozenset({ReaderState.WARMING_UP, ReaderState.READY}) | _ALWAYS,
    ReaderState.WARMING_UP: frozenset({ReaderState.READY}) | _ALWAYS,
    ReaderState.READY: frozenset({ReaderState.CASSETTE_IN}) | _ALWAYS,
    ReaderState.CASSETTE_IN: frozenset({ReaderState.READING, ReaderState.ERASING, ReaderState.EJECTING}) | _ALWAYS,
    ReaderState.READING: frozenset({ReaderState.ERASING, ReaderState.EJECTING}) | _ALWAYS,
    ReaderState.ERASING: frozenset({ReaderState.EJECTING}) | _ALWAYS,
    ReaderState.EJECTING: frozenset({ReaderState.READY}) | _ALWAYS,
    ReaderState.FAULT: frozenset({ReaderState.EJECTING, ReaderState.CONNECTING}) | _ALWAYS,
}
"""A fault is left by ejecting the plate, where that helps, or by connecting anew."""


class WrongOrder(Exception):
    """A hook was called when it cannot be: a bug of the caller's."""


class Lifecycle:
    """Where a reader is. Moved from the one thread that uses the reader, looked at from any."""

    def __init__(self) -> None:
        self._status = ReaderStatus(state=ReaderState.OFF)

    @property
    def status(self) -> ReaderStatus:
        """State, plate and fault as they were set together."""
        return self._status

    @property
    def state(self) -> ReaderState:
        """The state alone."""
        return self._status.state

    def move(self, state: ReaderState, plate_id: str | None = None, fault: Message | None = None) -> None:
        """Go to ``state``.

        Raises:
            WrongOrder: ``state`` may not follow the present one.
        """
        if state not in TRANSITIONS[self.state]:
            raise WrongOrder(f"{self.state} -> {state}")
        self._status = ReaderStatus(state=state, plate_id=plate_id, fault=fault)

    def require_connection(self) -> None:
        """Raise `WrongOrder` where ``connect`` was not called."""
        if self.state is ReaderState.OFF:
            raise WrongOrder("not connected")


class Read:
    """A plate that is being read: ``lines`` of it were delivered. A driver adds what it knows of the plate."""

    def __init__(self, header: PlateHeader) -> None:
        self.header = header
        self.lines = 0
        self.started = False
        self.cancelled = threading.Event()

    @property
    def complete(self) -> bool:
        """Whether every line was delivered."""
        return self.lines == self.header.geometry.rows


AnyRead = TypeVar("AnyRead", bound=Read)


def start_lines(read: AnyRead | None) -> AnyRead:
    """The read whose lines begin now; raises `WrongOrder` where none was begun, or they were asked for already."""
    if not read or read.started:
        raise WrongOrder("lines without begin_read")
    read.started = True
    return read


def require_complete(read: AnyRead | None) -> AnyRead:
    """The read, every line of which was delivered; raises `WrongOrder` otherwise."""
    if not read or not read.complete:
        raise WrongOrder("finish_read before every line was delivered")
    return read
