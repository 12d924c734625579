"""One destination's worker: takes its due jobs one after the other and does what the answers say.

A courier never sleeps: `Courier.step` does one thing and says how long there is nothing to do.
"""

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from fieldstation.domain.destination import Answer, Destination, Disposition
from fieldstation.domain.errors import FieldstationError
from fieldstation.domain.jobs import PausedDestination, ProofKind
from fieldstation.domain.ports import Clock
from fieldstation.domain.store import Parcel, Queue
from fieldstation.domain.words import Message
from fieldstation.upload.pace import Pace

_AT_ONCE = 0.0


@dataclass(slots=True)
class _Memory:
    """What this sender knows of a job beyond its row, until the job leaves its hands."""

    not_there: bool = False
    """The last attempt ended for certain before the peer could have the instance."""
    denials: int = 0
    failures: int = 0
    pending: int = 0


@dataclass(slots=True)
class _Gate:
    """The link or the peer is in trouble: nothing is tried before ``opens_at``, on the monotonic clock."""

    opens_at: float
    look_at: float
    was_unreachable: bool = False


class Courier:
    """The worker of one destination; all its methods are called by one thread."""

    def __init__(self, destination: Destination, queue: Queue, clock: Clock, random: Random, pace: Pace) -> None:
        self._destination = destination
        self._queue = queue
        self._clock = clock
        self._random = random
        self._pace = pace
        self._memories: dict[int, _Memory] = {}
        self._in_hand: Parcel | None = None
        self._faults = 0
        self._gate: _Gate | None = None
        self._probes = 0
        self._probe_at: float | None = None
        self._paused: PausedDestination | None = None

    def step(self) -> float:
        """Do the next thing that is due; the seconds until there can be another, 0 for at once.

        Raises:
            FieldstationError: the store failed; nothing is lost, the step can be made again.
        """
        if self._in_hand is not None:
            self._put_back(self._in_hand)
        if self._paused is not None:
            return self._wait_in_pause(self._paused)
        if self._gate is not None:
            wait = self._wait_at_gate(self._gate)
            if wait > 0:
                return wait
        name, now = self._destination.name, self._clock.now()
        parcel = self._queue.claim(name, now)
        if parcel is not None:
            self._in_hand = parcel
            self._deliver(parcel)
            self._in_hand = None
            return _AT_ONCE
        if self._destination.proof is not ProofKind.NONE:
            parcel = self._queue.awaiting_proof(name, now)
            if parcel is not None:
                self._ask(parcel)
                return _AT_ONCE
        self._destination.rest()
        due = self._queue.next_due(name)
        if due is None:
            return float("inf")
        return max(self._pace.poll_s, (due - now).total_seconds())

    def rest(self) -> None:
        """Let go of the connection."""
        self._destination.rest()

    def _deliver(self, parcel: Parcel) -> None:
        """Send one claimed job, or find out that the peer has it already."""
        job = parcel.job
        try:
            content = self._queue.content(parcel)
        except FieldstationError as error:
            self._refuse(parcel, Message(error.code, error.params))
            return
        if self._may_be_there(parcel):
            answer = self._destination.prove(parcel)
            if answer.disposition is not Disposition.DENIED:
                self._settle_found(parcel, answer)
                return
        progress = _Progress(self._queue, job.id, self._clock, self._pace.progress_s)
        answer = self._destination.store(parcel, content, progress.tell)
        if progress.bytes_sent > 0:
            # The link carries data, however often it breaks: the next try comes within seconds.
            self._faults = min(self._faults, 1)
        self._memory(parcel).not_there = answer.disposition not in {Disposition.UNKNOWN, Disposition.DUPLICATE}
        if answer.disposition is Disposition.DUPLICATE:
            self._settle_duplicate(parcel, answer)
        else:
            self._settle(parcel, answer)

    def _put_back(self, parcel: Parcel) -> None:
        """The store failed while a job was under way; what became of the instance is asked at the next try."""
        self._memory(parcel).not_there = False
        self._later(parcel, Message("sender.interrupted"), 0.0)
        self._in_hand = None

    def _may_be_there(self, parcel: Parcel) -> bool:
        """An earlier attempt may have reached the peer, and there is a way to ask."""
        if self._destination.proof is ProofKind.NONE or parcel.job.attempts <= 1:
            return False
        return not self._memory(parcel).not_there

    def _settle_found(self, parcel: Parcel, answer: Answer) -> None:
        """What was asked before sending has been answered."""
        if answer.disposition in {Disposition.PROVED, Disposition.PENDING}:
            self._queue.sent(parcel.job.id, Message("pacs.held_already"), self._clock.now())
        self._settle(parcel, answer)

    def _settle_duplicate(self, parcel: Parcel, answer: Answer) -> None:
        """The peer says that it knows the instance; that counts only if it holds it, where that can be asked."""
        if self._destination.proof is ProofKind.NONE:
            self._settle(parcel, Answer(Disposition.SENT, answer.message))
            return
        proof = self._destination.prove(parcel)
        if proof.disposition is Disposition.DENIED:
            proof = Answer(Disposition.FEW, Message("pacs.duplicate_denied"))
        self._settle_found(parcel, proof)

    def _ask(self, parcel: Parcel) -> None:
        """Ask for the proof of a job that is ``sent``."""
        answer = self._destination.prove(parcel)
        if answer.disposition is Disposition.DENIED:
            self._denied(parcel, answer.message)
        else:
            self._settle(parcel, answer)

    def _denied(self, parcel: Parcel, why: Message) -> None:
        """A PACS may file slowly, so it is asked again; after some denials the instance is sent again."""
        memory = self._memory(parcel)
        memory.denials += 1
        if memory.denials % self._pace.asks:
            self._later(parcel, why, self._pace.ask_s(memory.denials))
        else:
            memory.not_there = True
            self._queue.denied(parcel.job.id, why, self._clock.now())

    def _settle(self, parcel: Parcel, answer: Answer) -> None:
        """Write down what an answer means for the job, and for the destination."""
        job_id, now = parcel.job.id, self._clock.now()
        match answer.disposition:
            case Disposition.SENT:
                self._works()
                self._queue.sent(job_id, answer.message, now)
                if self._destination.proof is ProofKind.NONE:
                    self._settle(parcel, Answer(Disposition.PROVED, answer.message))
                else:
                    self._ask(parcel)
            case Disposition.PROVED:
                self._works()
                self._queue.proved(job_id, self._destination.proof, now)
                self._memories.pop(job_id, None)
            case Disposition.PENDING:
                self._works()
                self._ask_again(parcel, answer.message)
            case Disposition.FEW:
                self._fail(parcel, answer.message)
            case Disposition.REFUSED | Disposition.FILED_WRONGLY:
                self._works()
                self._refuse(parcel, answer.message)
            case Disposition.PAUSE:
                self._later(parcel, answer.message, 0.0)
                self._pause(answer.message)
            case _:
                self._later(parcel, answer.message, self._shut_gate())

    def _ask_again(self, parcel: Parcel, why: Message) -> None:
        memory = self._memory(parcel)
        memory.pending += 1
        self._later(parcel, why, self._pace.pending_s(memory.pending))

    def _fail(self, parcel: Parcel, why: Message) -> None:
        memory = self._memory(parcel)
        memory.failures += 1
        if memory.failures >= self._pace.tries:
            self._refuse(parcel, why)
        else:
            self._later(parcel, why, self._pace.ask_s(memory.failures))

    def _refuse(self, parcel: Parcel, why: Message) -> None:
        self._queue.refused(parcel.job.id, why, self._clock.now())
        self._memories.pop(parcel.job.id, None)

    def _later(self, parcel: Parcel, why: Message, seconds: float) -> None:
        self._queue.later(parcel.job.id, why, self._clock.now(), timedelta(seconds=seconds))

    def _memory(self, parcel: Parcel) -> _Memory:
        return self._memories.setdefault(parcel.job.id, _Memory())

    def _works(self) -> None:
        """The destination answered as it should: what was counted against it is forgotten."""
        self._faults = 0
        self._probes = 0

    def _shut_gate(self) -> float:
        """Wait with everything for this destination; for how many seconds."""
        self._faults += 1
        now = self._clock.monotonic()
        wait = self._pace.backoff_s(self._faults, self._random)
        self._gate = _Gate(opens_at=now + wait, look_at=now + self._pace.reach_s)
        self._destination.rest()
        return wait

    def _wait_at_gate(self, gate: _Gate) -> float:
        """How long still; 0 once it is open. A link that comes back opens it at once."""
        now = self._clock.monotonic()
        came_back = False
        if gate.look_at <= now < gate.opens_at:
            reachable = self._destination.reachable()
            came_back = reachable and gate.was_unreachable
            gate.was_unreachable = not reachable
            gate.look_at = self._clock.monotonic() + self._pace.reach_s
        if came_back or now >= gate.opens_at:
            # The jobs' own times are on the wall clock, which may have jumped since.
            self._queue.wake(self._destination.name)
            self._gate = None
            return _AT_ONCE
        return max(min(gate.opens_at, gate.look_at) - now, 0.001)

    def _pause(self, why: Message) -> None:
        now, wait = self._clock.now(), self._pace.pause_s(self._probes)
        since = self._paused.since if self._paused else now
        self._paused = PausedDestination(
            destination=self._destination.name, reason=why, since=since, probe_at=now + timedelta(seconds=wait)
        )
        self._probe_at = self._clock.monotonic() + wait
        self._queue.pause(self._paused)
        self._destination.rest()

    def _wait_in_pause(self, paused: PausedDestination) -> float:
        """How long until the next probe; one that finds nothing wrong ends the pause."""
        wait = (self._probe_at or 0.0) - self._clock.monotonic()
        if wait > 0:
            return wait
        answer = self._destination.probe()
        self._probes += 1
        if answer.disposition is Disposition.FINE:
            self._paused = None
            self._queue.resume(self._destination.name)
            self._queue.wake(self._destination.name)
        else:
            self._pause(answer.message if answer.disposition is Disposition.PAUSE else paused.reason)
        return _AT_ONCE


class _Progress:
    """Passes the bytes on to the queue, not more often than ``every_s``."""

    def __init__(self, queue: Queue, job_id: int, clock: Clock, every_s: float) -> None:
        self._queue = queue
        self._job_id = job_id
        self._clock = clock
        self._every_s = every_s
        self._told_at = clock.monotonic()
        self.bytes_sent = 0

    def tell(self, bytes_sent: int) -> None:
        self.bytes_sent = bytes_sent
        now = self._clock.monotonic()
        if now - self._told_at >= self._every_s:
            self._told_at = now
            self._queue.progress(self._job_id, bytes_sent)
