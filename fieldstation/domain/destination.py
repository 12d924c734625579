"""The destination port: where instances go, and what it answers. A remote answer is a value, never an exception."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from fieldstation.domain.certificates import Certificate
from fieldstation.domain.jobs import ProofKind
from fieldstation.domain.store import Parcel
from fieldstation.domain.words import Message


class Disposition(StrEnum):
    """What an answer means for the job, or for the whole destination."""

    FINE = "fine"
    """A probe found nothing wrong."""
    SENT = "sent"
    """The peer took the instance."""
    DUPLICATE = "duplicate"
    """The peer says that it knows this instance: ask whether it holds it."""
    LATER = "later"
    """The link or the peer cannot now, and the peer has not got the instance. The destination waits."""
    UNKNOWN = "unknown"
    """The instance was handed over and no answer came: ask before the next try. The destination waits."""
    PUT_ASIDE = "put-aside"
    """We broke the instance off for a more urgent one (`PutAside`); it goes on later from where it is."""
    FEW = "few"
    """The peer failed on this instance: a few spaced tries, then a person. Other instances go on."""
    PAUSE = "pause"
    """The destination itself is in trouble that waiting alone does not mend; its jobs are untouched."""
    REFUSED = "refused"
    """The peer, or a rule of ours, said no to this instance for good. Other instances go on."""
    PROVED = "proved"
    """The peer holds the instance, filed under the right patient, accession and study."""
    PENDING = "pending"
    """The proof is on its way: ask again later; nothing else waits for it.

    The peer has the whole instance then, but by commitment, which may be asked for what never arrived.
    """
    DENIED = "denied"
    """The peer does not hold the instance."""
    FILED_WRONGLY = "filed-wrongly"
    """The peer holds the instance under another patient, accession or study: the office has to be called."""


class PutAside(Exception):
    """Raised by ``on_progress`` to break an instance off; only where `Destination.resumes`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the destination or the link said, and the sentence for it.

    ``wait_s``: with LATER, for how many seconds it asked to be left alone; None where it did not say.
    """

    disposition: Disposition
    message: Message
    wait_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoReport:
    """What `Destination.echo` found. ``trouble`` is the first thing that is wrong, None if nothing is.

    ``lossless``: CR images are taken as JPEG-LS; ``plain``: they are taken uncompressed.
    ``proof_possible``: the configured kind of proof can be had; true as well where none is configured.
    """

    verified: bool
    lossless: bool
    plain: bool
    proof_possible: bool
    seconds: float
    trouble: Message | None


class Destination(Protocol):
    """A PACS, a DICOMweb server or the office gateway.

    Idempotent by SOP Instance UID. All calls but `keep_only` and `end` are made by one thread, the destination's own;
    each of them is bounded in time. None of them raises for anything that the peer or the link does.
    """

    @property
    def name(self) -> str:
        """The name in the settings."""

    @property
    def proof(self) -> ProofKind:
        """How it is proved here that an instance arrived."""

    @property
    def test(self) -> bool:
        """Whether it may receive simulated images."""

    @property
    def resumes(self) -> bool:
        """Whether an instance that is broken off goes on from where it was, so that breaking it off costs nothing."""

    @property
    def certificates(self) -> Sequence[Certificate]:
        """What its secured connections depend on, a peer's certificate as last seen; none where it is in the clear."""

    def store(self, parcel: Parcel, content: bytes, on_progress: Callable[[int], None]) -> Answer:
        """Send one instance.

        ``content`` is the frozen Part 10 file; ``on_progress`` is told, from the calling thread, how many bytes of it
        are across or on their way: first of all, how many of them the peer has already. Answers SENT, DUPLICATE, LATER,
        UNKNOWN, FEW, PAUSE or REFUSED, and PUT_ASIDE where ``on_progress`` asked for it.
        """

    def prove(self, parcel: Parcel) -> Answer:
        """Ask whether the peer holds the instance.

        Answers PROVED, PENDING, DENIED, FILED_WRONGLY, REFUSED, LATER or PAUSE.
        """

    def probe(self) -> Answer:
        """Try, without an instance, what a pause was for. Answers FINE, LATER or PAUSE."""

    def reachable(self) -> bool:
        """Whether anything answers at its address; costs a few packets and at most a few seconds."""

    def echo(self) -> EchoReport:
        """Find out whether the destination is there and can do what is asked of it."""

    def rest(self) -> None:
        """Nothing is due: let go of the connection politely. Idempotent."""

    def keep_only(self, addresses: Collection[str]) -> None:
        """The machine's network changed: cut at once what comes from none of these own addresses; from any thread."""

    def end(self) -> None:
        """End whatever call is running, and refuse later ones at once; called from any thread. Idempotent."""
