"""A worker of one destination: takes its due jobs one after the other and does what the answers say.

A courier never sleeps: `Courier.step` does one thing and says how long there is nothing to do.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from threading import Event

from fieldstation.domain.certificates import Certificate, Whose
from fieldstation.domain.destination import Answer, Destination, Disposition, PutAside
from fieldstation.domain.errors import FieldstationError
from fieldstation.domain.jobs import JobState, ProofKind
from fieldstation.domain.patients import Priority
from fieldstation.domain.ports import Clock
from fieldstation.domain.store import Parcel, Queue
from fieldstation.domain.words import Message
from fieldstation.upload.standing import AT_ONCE, WHEN_WOKEN, Memory, Standing


class Courier:
    """One lane to one destination; all its methods are called by one thread."""

    def __init__(
        self, destination: Destination, queue: Queue, clock: Clock, standing: Standing, wake: Event | None = None
    ) -> None:
        self._destination = destination
        self._queue = queue
        self._clock = clock
        self._standing = standing
        self._pace = standing.pace
        self.wake = wake or Event()
        self._lane = standing.add_lane(self.wake)
        self._in_hand: Parcel | None = None
        self._shown: Sequence[Certificate] = ()

    def step(self) -> float:
        """Do the next thing that is due; the seconds until there can be another, 0 for at once.

        Raises:
            FieldstationError: the store failed; nothing is lost, the step can be made again.
        """
        if self._in_hand is not None:
            self._put_back(self._in_hand)
        standing = self._standing
        wait = standing.wait(self._lane, self._destination)
        if wait > 0:
            if wait == WHEN_WOKEN:
                self._destination.rest()
            return wait
        my_turn = standing.take_turn(self._lane)
        if my_turn:
            try:
                if self._hold(standing.claim(self._lane)):
                    self._finish(self._deliver)
                    return AT_ONCE
            finally:
                standing.pass_turn(self._lane)
        if self._hold(standing.next_unproved(self._lane)):
            self._finish(self._ask)
            return AT_ONCE
        if self._hold(standing.next_to_verify(self._lane)):
            self._finish(self._verify)
            return AT_ONCE
        if my_turn:
            self._destination.rest()
            self._note_certificates()
            standing.link.write()
        due = self._queue.next_due(standing.name)
        look = standing.look(self._lane, self._destination)
        if due is None:
            return look
        left = (due - self._clock.now()).total_seconds()
        # What is due already is in the hands of another lane.
        return min(look, left if left > 0 else self._pace.poll_s)

    def rest(self) -> None:
        """Let go of the connection."""
        self._destination.rest()

    def _note_certificates(self) -> None:
        """What peers showed is kept for whoever warns of certificates that end, while the peers cannot be asked."""
        shown = tuple(one for one in self._destination.certificates if one.whose is Whose.PEER)
        if shown != self._shown:
            self._queue.showed(self._standing.name, shown)
            self._shown = shown

    def _hold(self, parcel: Parcel | None) -> bool:
        self._in_hand = parcel
        return parcel is not None

    def _finish(self, deed: Callable[[Parcel], None]) -> None:
        """Do it to the parcel in hand; if the store fails meanwhile it stays in hand, to be put back."""
        if self._in_hand is not None:
            self._standing.link.try_begins()
            deed(self._in_hand)
            self._standing.put_down(self._in_hand)
            self._in_hand = None

    def _deliver(self, parcel: Parcel) -> None:
        """Send one claimed job, or find out that the peer has it already."""
        try:
            content = self._queue.content(parcel)
        except FieldstationError as error:
            self._refuse(parcel, Message(error.code, error.params))
            return
        if self._may_be_there(parcel):
            answer = self._destination.prove(parcel)
            if not self._has_to_leave(answer):
                self._settle_found(parcel, answer)
                return
        with self._standing.link.in_use():
            progress = _Progress(self._queue, parcel, self._clock, self._standing, self._lane)
            progress.gives_way = self._destination.resumes and parcel.job.priority is not Priority.STAT
            answer = self._destination.store(parcel, content, progress.tell)
        if progress.bytes_sent > 0:
            self._standing.carried()
        self._memory(parcel).not_there = answer.disposition not in {Disposition.UNKNOWN, Disposition.DUPLICATE}
        if answer.disposition is Disposition.DUPLICATE:
            self._settle_duplicate(parcel, answer)
        else:
            self._settle(parcel, answer)

    def _put_back(self, parcel: Parcel) -> None:
        """The store failed while a job was under way; what became of the instance is asked at the next try."""
        self._memory(parcel).not_there = False
        if parcel.job.state is not JobState.PROVED:
            self._later(parcel, Message("sender.interrupted"), 0.0)
        self._standing.put_down(parcel)
        self._in_hand = None

    def _may_be_there(self, parcel: Parcel) -> bool:
        """An earlier attempt may have reached the peer, and there is a way to ask."""
        if self._destination.proof is ProofKind.NONE or parcel.job.attempts <= 1:
            return False
        return not self._memory(parcel).not_there

    def _has_to_leave(self, answer: Answer) -> bool:
        """A commitment that was only asked for says nothing yet: of an image that never left it may never come."""
        only_asked = answer.disposition is Disposition.PENDING and self._destination.proof is ProofKind.COMMITMENT
        return only_asked or answer.disposition is Disposition.DENIED

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
        """Ask for the proof of a job that is ``sent``; where none can be had, note that it stays unconfirmed."""
        if self._destination.proof is ProofKind.NONE:
            self._settle(parcel, Answer(Disposition.PROVED, Message("pacs.stored")))
            return
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

    def _verify(self, parcel: Parcel) -> None:
        """Ask once more for what is proved. Sparingly: no answer says nothing of the link that anybody waits for."""
        job_id, now = parcel.job.id, self._clock.now()
        answer = self._destination.prove(parcel)
        memory = self._memory(parcel)
        memory.verifications += 1
        memory.denials += answer.disposition is Disposition.DENIED
        match answer.disposition:
            case Disposition.PROVED:
                self._queue.verified(job_id, Message("job.verified"), now)
            case Disposition.FILED_WRONGLY:
                self._queue.verified(job_id, Message("job.refiled"), now)
            case Disposition.REFUSED:
                self._queue.gone(job_id, answer.message, now)
            case Disposition.DENIED if memory.denials >= self._pace.asks:
                self._queue.gone(job_id, Message("job.gone"), now)
            case _:
                self._queue.verify_later(job_id, now + timedelta(seconds=self._pace.verify_s(memory.verifications)))
                return
        self._standing.memories.pop(job_id, None)

    def _settle(self, parcel: Parcel, answer: Answer) -> None:
        """Write down what an answer means for the job, and for the destination."""
        job_id, now = parcel.job.id, self._clock.now()
        match answer.disposition:
            case Disposition.SENT:
                self._standing.works()
                self._standing.got_across()
                self._queue.sent(job_id, answer.message, now)
                self._ask(parcel)
            case Disposition.PROVED:
                self._standing.works()
                after_s = self._pace.verify_after_s
                verify_at = None if after_s is None else now + timedelta(seconds=after_s)
                self._queue.proved(job_id, self._destination.proof, now, verify_at)
                self._standing.memories.pop(job_id, None)
            case Disposition.PUT_ASIDE:
                self._later(parcel, answer.message, 0.0)
            case Disposition.PENDING:
                self._standing.works()
                self._ask_again(parcel, answer.message)
            case Disposition.FEW:
                self._fail(parcel, answer.message)
            case Disposition.REFUSED | Disposition.FILED_WRONGLY:
                self._standing.works()
                self._refuse(parcel, answer.message)
            case Disposition.PAUSE:
                # Should the store fail at the first, the job is still in hand to be put back.
                self._standing.pause(self._lane, answer.message)
                self._later(parcel, answer.message, 0.0)
                self._destination.rest()
            case _:
                self._later(parcel, answer.message, self._standing.fault(self._lane, answer))
                self._destination.rest()

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
        self._standing.memories.pop(parcel.job.id, None)

    def _later(self, parcel: Parcel, why: Message, seconds: float) -> None:
        self._queue.later(parcel.job.id, why, self._clock.now(), timedelta(seconds=seconds))

    def _memory(self, parcel: Parcel) -> Memory:
        return self._standing.memory(parcel.job.id)


class _Progress:
    """Passes the bytes on to the queue, not too often; says once when the image begins, and when it has all but left.

    ``gives_way``: before that the image is put aside for one that is STAT.
    """

    def __init__(self, queue: Queue, parcel: Parcel, clock: Clock, standing: Standing, lane: int) -> None:
        self._queue = queue
        self._job = parcel.job
        self._clock = clock
        self._standing = standing
        self._lane = lane
        self._link = standing.link
        self._pace = standing.pace
        self._memory = standing.memory(parcel.job.id)
        self._told_at = self._began_at = clock.monotonic()
        self._began_with = 0
        self._left = False
        self._begun = False
        self.bytes_sent = 0
        self.gives_way = False

    def tell(self, bytes_sent: int) -> None:
        moved = bytes_sent - self.bytes_sent if self._begun else 0
        memory = self._memory
        new = max(0, bytes_sent - memory.furthest) if self._begun else 0
        memory.furthest = max(memory.furthest, bytes_sent)
        now = self._clock.monotonic()
        if not self._begun:
            self._begun, self._began_with, self._began_at = True, bytes_sent, now
            self._standing.begins(self._lane, now)
        self.bytes_sent = bytes_sent
        if moved > 0:
            self._link.moved(moved, new, now)
        ahead = self._pace.ahead(bytes_sent - self._began_with, now - self._began_at)
        if not self._left and self._job.bytes_total - bytes_sent <= ahead:
            self._left = True
            self._standing.pass_turn(self._lane)
        if now - self._told_at >= self._pace.progress_s:
            self._told_at = now
            self._queue.progress(self._job.id, bytes_sent)
            if self.gives_way and not self._left and self._queue.urgent(self._job.destination, self._clock.now()):
                raise PutAside
