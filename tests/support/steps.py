"""The numbered steps of the sending path, as data, and processes that are killed at one of them.

Nothing of this is in the program: a child process has the methods of the table counted, and ends itself with SIGKILL
when the step with a given number is taken for the n-th time.
"""

import importlib
import os
import signal
import socket
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Engine, event

from fieldstation.bootstrap.endings import told_to_end
from fieldstation.bootstrap.station import SystemClock
from fieldstation.domain.destination import Answer, Destination
from fieldstation.domain.store import Parcel
from fieldstation.domain.words import Message
from fieldstation.gateway.serve import serve
from fieldstation.gateway.settings import GatewaySettings
from fieldstation.store.keys import FileMasterKey
from fieldstation.store.sql_store import open_store
from fieldstation.upload.association import PacsAddress
from fieldstation.upload.sender import Sender
from tests.support.parcels import transcode
from tests.support.sender_process import QUICK
from tests.support.sites import Way

CHUNK = 4096
"""As much has to leave at once to be counted as a piece of an image."""

HEADER = 1024
"""At most so much of a Part 10 file is not sent by C-STORE."""


@dataclass(frozen=True)
class Step:
    """A step; ``place`` is ``module:Class.method``, just before or after which it is taken.

    ``besides``: the kinds of destination that have no such step.
    """

    name: str
    place: str
    after: bool = False
    besides: Sequence[str] = ()


_QUEUE = "fieldstation.store.queue:SqlQueue"
_OUTBOX = "fieldstation.gateway.outbox:Outbox"
_INTAKE = "fieldstation.gateway.intake:Intake"
_LEDGER = "fieldstation.gateway.ledger:Ledger"
_SPOOL = "fieldstation.gateway.spool:Spool"
_PACS = "fieldstation.upload.dimse:DimseDestination"

_UNPROVED = ("dimse to storescp",)
_PROVED_AT_ONCE = ("dimse to Orthanc", "dimse to storescp", "dicomweb to Orthanc")

SENDER_STEPS: Sequence[Step] = (
    Step("recover", f"{_QUEUE}.recover"),
    Step("recovered", f"{_QUEUE}.recover", after=True),
    Step("claim", f"{_QUEUE}.claim"),
    Step("claimed", f"{_QUEUE}.claim", after=True),
    Step("open", f"{_QUEUE}.content"),
    Step("opened", f"{_QUEUE}.content", after=True),
    Step("store begin", "destination.store"),
    Step("connect", "socket.connect"),
    Step("connected", "socket.connect", after=True),
    Step("chunk", "socket.send"),
    Step("chunk left", "socket.send", after=True),
    Step("last byte", "socket.last", after=True),
    Step("answer", "destination.store", after=True),
    Step("mark sent", f"{_QUEUE}.sent"),
    Step("marked sent", f"{_QUEUE}.sent", after=True),
    Step("ask proof", "destination.prove", besides=_UNPROVED),
    Step("proof answer", "destination.prove", after=True, besides=_UNPROVED),
    Step("ask later", f"{_QUEUE}.later", besides=_PROVED_AT_ONCE),
    Step("waits", f"{_QUEUE}.later", after=True, besides=_PROVED_AT_ONCE),
    Step("mark proved", f"{_QUEUE}.proved"),
    Step("marked proved", f"{_QUEUE}.proved", after=True),
    Step("commit", "commit"),
)
"""From the queue to the proof. ``destination``, ``socket`` and ``commit`` are whatever the kind of destination uses."""

GATEWAY_STEPS: Sequence[Step] = (
    Step("create", f"{_LEDGER}.create"),
    Step("created", f"{_LEDGER}.create", after=True),
    Step("open file", f"{_SPOOL}.open_at"),
    Step("chunk", "fieldstation.gateway.spool:SpoolFile.append"),
    Step("chunk on disk", "fieldstation.gateway.spool:SpoolFile.append", after=True),
    Step("note offset", f"{_LEDGER}.hold"),
    Step("offset noted", f"{_LEDGER}.hold", after=True),
    Step("check whole", f"{_INTAKE}.finish"),
    Step("mark received", f"{_LEDGER}.receive"),
    Step("marked received", f"{_LEDGER}.receive", after=True),
    Step("claim", f"{_OUTBOX}.claim"),
    Step("claimed", f"{_OUTBOX}.claim", after=True),
    Step("opened", f"{_OUTBOX}.content", after=True),
    Step("store begin", f"{_PACS}.store"),
    Step("pass on", "socket.send"),
    Step("answer", f"{_PACS}.store", after=True),
    Step("mark sent", f"{_OUTBOX}.sent"),
    Step("marked sent", f"{_OUTBOX}.sent", after=True),
    Step("ask proof", f"{_PACS}.prove"),
    Step("proof answer", f"{_PACS}.prove", after=True),
    Step("mark proved", f"{_OUTBOX}.proved"),
    Step("clear up", f"{_SPOOL}.remove"),
    Step("cleared up", f"{_SPOOL}.remove", after=True),
    Step("marked proved", f"{_OUTBOX}.proved", after=True),
    Step("receipt", "fieldstation.gateway.app:_Resources._receipt"),
)
"""From the first byte at the office to the receipt."""


class Observer:
    """Counts the steps that this process takes, and ends it at the ``nth`` of those with the name ``die_at``."""

    def __init__(self, die_at: str = "", nth: int = 1) -> None:
        self._die_at = die_at
        self._nth = nth
        self._lock = threading.Lock()
        self._left = 0
        self.taken: Counter[str] = Counter()

    def take(self, name: str) -> None:
        with self._lock:
            self.taken[name] += 1
            if name == self._die_at and self.taken[name] == self._nth:
                os.kill(os.getpid(), signal.SIGKILL)
                threading.Event().wait()

    def watch(self, owner: Any, method: str, names: Sequence[str], names_after: Sequence[str]) -> None:
        """Have calls of a method counted."""
        real = getattr(owner, method)

        @wraps(real)
        def counted(*arguments: Any, **named: Any) -> Any:
            for name in names:
                self.take(name)
            value = real(*arguments, **named)
            for name in names_after:
                self.take(name)
            return value

        setattr(owner, method, counted)

    def watch_all(self, steps: Sequence[Step], destination: Any = None) -> None:
        """Have every step of the table counted in this process."""
        places = dict.fromkeys(step.place for step in steps)
        for place in places:
            before = [step.name for step in steps if step.place == place and not step.after]
            after = [step.name for step in steps if step.place == place and step.after]
            if place == "commit":
                event.listen(Engine, "commit", lambda _connection, names=before: [self.take(name) for name in names])
            elif place == "socket.connect":
                self.watch(socket.socket, "connect", before, after)
            elif place == "socket.send":
                self._watch_sends(before, after)
            elif place.startswith("destination."):
                self.watch(destination, place.partition(".")[2], before, after)
            elif place != "socket.last":
                module, _, path = place.partition(":")
                owner, _, method = path.partition(".")
                self.watch(getattr(importlib.import_module(module), owner), method, before, after)

    def begin_image(self, size: int) -> None:
        """From here on what leaves is an image of that size."""
        self._left = size

    def _watch_sends(self, names: Sequence[str], names_after: Sequence[str]) -> None:
        for method in ("send", "sendall"):
            real = getattr(socket.socket, method)

            def send(link: socket.socket, data: bytes, *flags: int, real: Callable[..., Any] = real) -> Any:
                piece = len(data) >= CHUNK
                for name in names if piece else ():
                    self.take(name)
                sent = real(link, data, *flags)
                for name in names_after if piece else ():
                    self.take(name)
                if 0 < self._left <= len(data) + HEADER:
                    self.take("last byte")
                self._left -= len(data)
                return sent

            setattr(socket.socket, method, send)


def send_until_step(folder: Path, way: Way, die_at: str, nth: int, tell: Callable[[Any], None]) -> None:
    """A sender that is killed there; otherwise it ends when nothing is owed any more, and tells what steps it took."""
    observer = Observer(die_at, nth)
    destination = way.destination()
    _say_when_an_image_begins(destination, observer)
    observer.watch_all(SENDER_STEPS, destination)
    store = open_store(folder, FileMasterKey(folder), SystemClock(), "sender")
    stop = threading.Event()

    def owes() -> bool:
        return store.queue.owed() > 0

    def wait_for_the_end() -> None:
        while owes() and not stop.wait(0.02):
            pass
        stop.set()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    sender = Sender(
        store.queue, [destination], clock=SystemClock(), version=store.version, random=Random(1), pace=QUICK
    )
    sender.run(stop)
    store.close()
    tell(dict(observer.taken))


def serve_until_step(
    data: Path, port: int, pacs: PacsAddress, step: tuple[str, int], tell: Callable[[Any], None]
) -> None:
    """A gateway that is killed there, the ``nth`` time; it tells its URL when it listens."""
    observer = Observer(*step)
    observer.watch_all(GATEWAY_STEPS)
    serve(GatewaySettings(host="127.0.0.1", port=port, data=data, pacs=pacs), tell, _unheard, told_to_end, transcode)


def _unheard(_warning: Message) -> None:
    pass


def _say_when_an_image_begins(destination: Destination, observer: Observer) -> None:
    real = destination.store

    def store(parcel: Parcel, content: bytes, on_progress: Callable[[int], None]) -> Answer:
        observer.begin_image(len(content))
        return real(parcel, content, on_progress)

    destination.store = store  # type: ignore[method-assign]
