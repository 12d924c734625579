"""One request at a time for each upload, and the newest is right.

The other end of a link that broke does not notice for minutes; the vehicle has long come back by then. So a newer
request has the older one end itself, keep what it has, and hand over.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fieldstation.gateway.wire import LOCKED, WireFault


@dataclass(slots=True)
class Turn:
    """A request's right to an upload. ``over`` is set when a newer request wants it."""

    over: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class _Door:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    newest: Turn | None = None
    guests: int = 0


class Turns:
    """The doors of all uploads that somebody stands at. Used within one event loop."""

    def __init__(self, handover_s: float) -> None:
        self._handover_s = handover_s
        self._doors: dict[str, _Door] = {}

    @asynccontextmanager
    async def take(self, name: str) -> AsyncIterator[Turn]:
        """Wait for the turn, having told whoever has it that it is over.

        Raises:
            WireFault: 423 if it is not given back in time, or a still newer request came meanwhile.
        """
        door = self._doors.setdefault(name, _Door())
        door.guests += 1
        turn = Turn()
        if door.newest is not None:
            door.newest.over.set()
        door.newest = turn
        try:
            try:
                await asyncio.wait_for(door.lock.acquire(), self._handover_s)
            except TimeoutError:
                raise WireFault(LOCKED, "in-use") from None
            try:
                if turn.over.is_set():
                    raise WireFault(LOCKED, "superseded")
                yield turn
            finally:
                door.lock.release()
        finally:
            door.guests -= 1
            if door.newest is turn:
                door.newest = None
            if door.guests == 0:
                del self._doors[name]
