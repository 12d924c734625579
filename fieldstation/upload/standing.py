"""How a destination stands with this sender: what its lanes know together. Used by all of them, under one lock."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from threading import Event, RLock

from fieldstation.domain.destination import Answer, Destination, Disposition
from fieldstation.domain.jobs import PausedDestination
from fieldstation.domain.ports import Clock
from fieldstation.domain.store import Parcel, Queue
from fieldstation.domain.words import Message
from fieldstation.upload.link import LinkSense
from fieldstation.upload.pace import Pace

AT_ONCE = 0.0
WHEN_WOKEN = float("inf")


@dataclass(slots=True)
class Memory:
    """What this sender knows of a job beyond its row, until the job leaves its hands."""

    not_there: bool = False
    """The last attempt ended for certain before the peer could have the instance."""
    furthest: int = 0
    """So many of its bytes went onto the link, in the attempt that got furthest."""
    denials: int = 0
    failures: int = 0
    pending: int = 0
    verifications: int = 0


@dataclass(slots=True)
class _Gate:
    """The link or the peer is in trouble: nothing is tried before ``opens_at``, on the monotonic clock."""

    closed_at: float
    opens_at: float
    look_at: float
    was_unreachable: bool = False


class Standing:
    """One destination's gate, its pause, whose turn it is to send, and which jobs are in hand.

    Lanes take turns to put an image on the link: the next one begins when the one before is about to have left, so that
    the link is never idle for the sake of an answer, and a break costs at most the image that was on its way. After a
    fault one lane goes on alone until several images got across.
    """

    def __init__(self, name: str, queue: Queue, clock: Clock, random: Random, pace: Pace) -> None:
        self.name = name
        self.pace = pace
        self.link = LinkSense(name, queue, clock, pace.traffic_s)
        self.memories: dict[int, Memory] = {}
        self._queue = queue
        self._clock = clock
        self._random = random
        self._lock = RLock()
        self._wakes: list[Event] = []
        self._turn: int | None = None
        self._turn_at: float | None = None
        self._opening_s = 0.0
        self._makes_way = False
        self._one_until = float("-inf")
        self._want_turn: set[int] = set()
        self._alone: int | None = None
        self._successes = 0
        self._in_hand: dict[int, int] = {}
        self._faults = 0
        self._gate: _Gate | None = None
        self._probes = 0
        self._probe_at = 0.0
        self._paused: PausedDestination | None = None
        self._retry_heard = 0
        self._look_now = False

    def add_lane(self, wake: Event) -> int:
        """A lane more; its number. ``wake`` is set when there may be something for it."""
        self._wakes.append(wake)
        return len(self._wakes) - 1

    def memory(self, job_id: int) -> Memory:
        """What is known of a job."""
        return self.memories.setdefault(job_id, Memory())

    def wait(self, lane: int, destination: Destination) -> float:
        """How long the lane has to wait; 0 if it may work. Whoever leads looks and probes meanwhile."""
        with self._lock:
            leads = lane == (self._alone or 0)
            if not leads and (self._alone is not None or self._gate is not None or self._paused is not None):
                return WHEN_WOKEN
            paused, gate = self._paused, self._gate
        if paused is not None:
            return self._wait_in_pause(paused, destination)
        return AT_ONCE if gate is None else self._wait_at_gate(gate, destination)

    def take_turn(self, lane: int) -> bool:
        """Whether it is this lane's turn to send; it stays so until `pass_turn`."""
        with self._lock:
            if self._turn in {None, lane}:
                self._turn, self._turn_at = lane, self._clock.monotonic()
                self._makes_way = False
                self._want_turn.discard(lane)
            else:
                self._want_turn.add(lane)
                self._make_way()
            return self._turn == lane

    def begins(self, lane: int, now: float) -> None:
        """The lane has its connection, and its image begins to leave, ``now`` on the monotonic clock."""
        with self._lock:
            if self._turn != lane or self._turn_at is None:
                return
            if self._makes_way:
                self._one_until = now + self.pace.one_for_s
            else:
                self._opening_s = max(now - self._turn_at, self._opening_s / 2)
            self._turn_at = None

    def pass_turn(self, lane: int) -> None:
        """Let another lane begin. Idempotent."""
        with self._lock:
            if self._turn == lane:
                self._turn = None
                for other in self._want_turn:
                    self._wakes[other].set()
                self._want_turn.clear()

    def claim(self, lane: int) -> Parcel | None:
        """The next job to send; it is in the lane's hands."""
        with self._lock:
            parcel = self._queue.claim(self.name, self._clock.now())
            return self._take(parcel, lane)

    def next_unproved(self, lane: int) -> Parcel | None:
        """The next job to be asked about that no other lane has in hand."""
        with self._lock:
            parcel = self._queue.awaiting_proof(self.name, self._clock.now(), besides=self.in_hand)
            return self._take(parcel, lane)

    def next_to_verify(self, lane: int) -> Parcel | None:
        """The next proved job to be asked about once more that no other lane has in hand."""
        with self._lock:
            parcel = self._queue.to_verify(self.name, self._clock.now(), besides=self.in_hand)
            return self._take(parcel, lane)

    @property
    def in_hand(self) -> Collection[int]:
        """The jobs that lanes are dealing with."""
        return frozenset(self._in_hand)

    def put_down(self, parcel: Parcel) -> None:
        """The lane has done with the job."""
        with self._lock:
            self._in_hand.pop(parcel.job.id, None)

    def works(self) -> None:
        """The destination answered as it should: what was counted against it is forgotten."""
        self.link.answered()
        with self._lock:
            self._faults = 0
            self._probes = 0

    def carried(self) -> None:
        """The link carries data, however often it breaks: after the next fault it is tried again within seconds."""
        with self._lock:
            self._faults = min(self._faults, 1)

    def got_across(self) -> None:
        """An image arrived; after several without a fault between them all lanes work again."""
        with self._lock:
            self._successes += 1
            steady = self._successes >= self.pace.steady and self._clock.monotonic() >= self._one_until
            if self._alone is not None and steady:
                self._alone = None
                self._wake_all()

    def fault(self, lane: int, answer: Answer) -> float:
        """The link or the peer failed this lane; for how many seconds its job waits.

        Where another lane is getting through, that one goes on alone; else everything for this destination waits, for
        as long as the peer asked for, if it did, but never longer than it would after many faults.
        """
        with self._lock:
            self._successes = 0
            others = set(self._in_hand.values()) - {lane}
            if answer.wait_s is None and others and self._alone in {None, *others}:
                self._alone = min(others)
                return AT_ONCE
            self._alone = lane
            self.link.heard(answer.message)
            self._faults += 1
            now = self._clock.monotonic()
            wait = self.pace.backoff_s(self._faults, self._random)
            if answer.wait_s is not None:
                wait = min(answer.wait_s, self.pace.backoff_most_s)
            first_look = self.pace.look_s(0.0) if self.link.is_down else self.pace.reach_s
            self._gate = _Gate(closed_at=now, opens_at=now + wait, look_at=now + first_look)
            self._retry_heard = self._queue.last_retry(self.name)
            self._look_now = False
            return wait

    def pause(self, lane: int, why: Message) -> None:
        """The destination is in trouble that waiting alone does not mend: probe it now and then."""
        with self._lock:
            self._alone = lane
            self.link.heard(why)
            now, wait = self._clock.now(), self.pace.pause_s(self._probes)
            since = self._paused.since if self._paused else now
            self._paused = PausedDestination(
                destination=self.name, reason=why, since=since, probe_at=now + timedelta(seconds=wait)
            )
            self._probe_at = self._clock.monotonic() + wait
            self._retry_heard = self._queue.last_retry(self.name)
            self._look_now = False
            self._queue.pause(self._paused)

    def link_changed(self) -> None:
        """Addresses or routes changed, or the machine woke: whoever waits for the link looks at once."""
        with self._lock:
            self._look_now = True
            self._wake_all()

    def look(self, lane: int, destination: Destination) -> float:
        """Nothing is due: how long until the link should be looked at; if that is now it is done.

        What was lost is looked at until it is back, and everything once when the network changed.
        """
        with self._lock:
            leads = lane == (self._alone or 0)
            wanted, self._look_now = self._look_now and leads, self._look_now and not leads
        if not leads or not (wanted or self.link.is_down):
            return WHEN_WOKEN
        self.link.try_begins()
        if destination.reachable():
            self.link.answered()
            return WHEN_WOKEN
        self.link.lost(Message("link.unreachable"))
        return self.pace.reach_s

    def _make_way(self) -> None:
        """Let go of what another lane may wait for, if it gets no connection in a time that has always been enough."""
        now = self._clock.monotonic()
        if self._turn_at is not None and now - self._turn_at >= max(self.pace.one_s, 4 * self._opening_s):
            self._alone = self._turn
            self._makes_way = True

    def _take(self, parcel: Parcel | None, lane: int) -> Parcel | None:
        if parcel is not None:
            self._in_hand[parcel.job.id] = lane
        return parcel

    def _wake_all(self) -> None:
        for wake in self._wakes:
            wake.set()

    def _asked_by_person(self) -> bool:
        """Whether a person wants a job of this destination tried again now, since the wait began."""
        with self._lock:
            heard, self._retry_heard = self._retry_heard, self._queue.last_retry(self.name)
            return self._retry_heard > heard

    def _wait_at_gate(self, gate: _Gate, destination: Destination) -> float:
        """How long still; 0 once it is open. A person opens it at once, and so does a link that comes back."""
        now = self._clock.monotonic()
        opened = self._asked_by_person() or now >= gate.opens_at
        look_now, self._look_now = self._look_now, False
        if not opened and (look_now or now >= gate.look_at):
            reachable = destination.reachable()
            opened = reachable and (gate.was_unreachable or look_now)
            if reachable and gate.was_unreachable:
                self.link.answered()
            gate.was_unreachable = not reachable
            now = self._clock.monotonic()
            # A peer that is there is left in peace, ever longer: each look is a connection, and it may have few.
            down_s = now - gate.closed_at
            gate.look_at = now + (max(self.pace.reach_s, down_s) if reachable else self.pace.look_s(down_s))
        if not opened:
            return max(min(gate.opens_at, gate.look_at) - now, 0.001)
        with self._lock:
            # The jobs' own times are on the wall clock, which may have jumped since.
            self._queue.wake(self.name)
            self._gate = None
        return AT_ONCE

    def _wait_in_pause(self, paused: PausedDestination, destination: Destination) -> float:
        """How long until the next probe; one that finds nothing wrong ends the pause."""
        now = self._clock.monotonic()
        look_now, self._look_now = self._look_now, False
        if not self._asked_by_person() and not look_now and now < self._probe_at:
            return self._probe_at - now
        self.link.try_begins()
        answer = destination.probe()
        with self._lock:
            self._probes += 1
            if answer.disposition is not Disposition.FINE:
                destination.rest()
                self.pause(
                    self._alone or 0, answer.message if answer.disposition is Disposition.PAUSE else paused.reason
                )
                return max(self._probe_at - self._clock.monotonic(), 0.001)
            self.link.answered()
            self._queue.resume(self.name)
            self._queue.wake(self.name)
            self._paused = None
        return AT_ONCE
