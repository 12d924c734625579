"""Watching the link to one destination while it is used: when it breaks, when it works again, and what it carries."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import RLock

from fieldstation.domain.link import Outage, Traffic
from fieldstation.domain.ports import Clock
from fieldstation.domain.store import Queue
from fieldstation.domain.words import Message

_NO_LINK = {
    f"link.{code}"
    for code in (
        "down",
        "name_unknown",
        "no_answer",
        "lost",
        "answer_lost",
        "commitment_lost",
        "query_lost",
        "login_wanted",
    )
}
_SAYS_NOTHING = ("sender.", "link.")


class LinkSense:
    """What the lanes to one destination see of the link, written down; used by all of them."""

    def __init__(self, destination: str, queue: Queue, clock: Clock, write_s: float) -> None:
        self._destination = destination
        self._queue = queue
        self._clock = clock
        self._write_s = write_s
        self._lock = RLock()
        self._down = False
        self._under_way = 0
        self._busy_since = self._written_at = self._alive_at = clock.monotonic()
        self._busy_s = 0.0
        self._moved = self._new = 0

    @property
    def is_down(self) -> bool:
        """Whether the destination could not be reached when it was last tried."""
        return self._down

    def try_begins(self) -> None:
        """Something is asked of the destination now: what it answered before says nothing of this try."""
        with self._lock:
            if not self._under_way:
                self._alive_at = self._clock.monotonic()

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """While an image is under way. The time in which several are counts once: it is the link's."""
        with self._lock:
            self._count_time()
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._count_time()
                self._under_way -= 1

    def moved(self, moved: int, new: int, at: float) -> None:
        """Bytes of an image went onto the link, ``new`` of them for the first time: it carries.

        ``at`` is now, on the monotonic clock.
        """
        with self._lock:
            self._moved += moved
            self._new += new
            self._alive_at = at
            self.answered()
            if at - self._written_at >= self._write_s:
                self.write()

    def answered(self) -> None:
        """The destination was heard."""
        with self._lock:
            if self._down:
                self._queue.reached(self._destination, self._clock.now())
                self._down = False

    def heard(self, answer: Message) -> None:
        """What a try that failed says of the link: it broke, or somebody at the other end said no."""
        if answer.code in _NO_LINK:
            self.lost(answer)
        elif not answer.code.startswith(_SAYS_NOTHING):
            self.answered()

    def lost(self, why: Message) -> None:
        """The destination cannot be reached, since anything was last heard of it in this try."""
        with self._lock:
            if self._down:
                return
            since = self._clock.now() - timedelta(seconds=self._clock.monotonic() - self._alive_at)
            self._queue.lost(Outage(destination=self._destination, since=since, until=None, reason=why))
            self._down = True

    def write(self) -> None:
        """Write down what was carried since the last time."""
        with self._lock:
            self._count_time()
            self._written_at = self._clock.monotonic()
            if not self._moved and not self._busy_s:
                return
            self._queue.carried(
                Traffic(
                    destination=self._destination,
                    minute=self._clock.now().replace(second=0, microsecond=0),
                    bytes_moved=self._moved,
                    bytes_new=self._new,
                    busy_s=self._busy_s,
                )
            )
            self._moved = self._new = 0
            self._busy_s = 0.0

    def _count_time(self) -> None:
        now = self._clock.monotonic()
        if self._under_way:
            self._busy_s += now - self._busy_since
        self._busy_since = now
