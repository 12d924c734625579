"""A PACS that is reached by DIMSE: C-STORE of the frozen bytes, proof by query."""

import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from pydicom.uid import (
    UID,
    ComputedRadiographyImageStorage,
    ExplicitVRLittleEndian,
    GrayscaleSoftcopyPresentationStateStorage,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
)
from pynetdicom.presentation import PresentationContext

from fieldstation.domain.certificates import Certificate
from fieldstation.domain.commitment import Commitments
from fieldstation.domain.destination import Answer, Disposition, EchoReport
from fieldstation.domain.errors import FieldstationError, Refused, WrongUse
from fieldstation.domain.jobs import ProofKind
from fieldstation.domain.store import Parcel
from fieldstation.domain.words import Message
from fieldstation.upload.association import FIND, VERIFICATION, BoundedAssociation, PacsAddress, StoreOutcome
from fieldstation.upload.certificates import CertificateWatch
from fieldstation.upload.commitment import COMMITMENT_CONTEXTS, COMMITMENT_OFFERED, CommitmentAsking
from fieldstation.upload.limits import Limits
from fieldstation.upload.own_answers import STOPPED, error_answer, simulated_refusal
from fieldstation.upload.part10 import encoded_dataset
from fieldstation.upload.query import prove_by_query, query_possible
from fieldstation.upload.reach import reaches
from fieldstation.upload.statuses import store_answer

Transcode = Callable[[bytes, str], bytes]
"""Part 10 bytes and a transfer syntax UID in, Part 10 bytes in that syntax out; raises `FieldstationError`."""

_PLAIN = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
_FROZEN_AS = {
    ComputedRadiographyImageStorage: JPEGLSLossless,
    GrayscaleSoftcopyPresentationStateStorage: ExplicitVRLittleEndian,
}
_COMMITMENT = "commitment"


def no_transcoding(_content: bytes, _transfer_syntax_uid: str) -> bytes:
    """What stands in where nothing can decode: a PACS that takes only plain images is refused with a reason."""
    raise Refused("pacs.syntax_refused")


@dataclass(frozen=True, slots=True)
class _Way:
    """An association of its own: where to, and for what. Reports of commitment must not come in among stores."""

    pacs: PacsAddress
    purpose: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DimseSettings:
    """One DIMSE destination. ``proof_at`` is where proof is asked for; None where images go.

    ``listening``: answers about storage commitment can come to a listener of ours.
    """

    name: str
    pacs: PacsAddress
    calling_ae_title: str
    proof: ProofKind = ProofKind.QUERY
    proof_at: PacsAddress | None = None
    test: bool = False
    listening: bool = False
    limits: Limits = field(default_factory=Limits)


class DimseDestination:
    """The `Destination` port over DIMSE. One association is kept for images that follow each other at once.

    ``commitments`` remembers what was asked; it is needed to prove by storage commitment.

    Raises:
        WrongUse: ``pacs.proof_unsupported``, for a kind of proof that DIMSE has not got.
    """

    resumes = False

    def __init__(
        self,
        settings: DimseSettings,
        transcode: Transcode = no_transcoding,
        commitments: Commitments | None = None,
    ) -> None:
        if settings.proof not in {ProofKind.COMMITMENT, ProofKind.QUERY, ProofKind.NONE}:
            raise WrongUse("pacs.proof_unsupported", destination=settings.name, proof=settings.proof.value)
        self.name = settings.name
        self.proof = settings.proof
        self.test = settings.test
        self._settings = settings
        self._watch = CertificateWatch(settings.pacs.tls)
        self._transcode = transcode
        self._asking = None if commitments is None else CommitmentAsking(commitments, listening=settings.listening)
        self._open: dict[_Way, BoundedAssociation] = {}
        self._lock = threading.Lock()
        self._one_at_a_time = False
        self._ended = False

    @property
    def certificates(self) -> Sequence[Certificate]:
        """See `Destination.certificates`."""
        return self._watch.known()

    def store(self, parcel: Parcel, content: bytes, on_progress: Callable[[int], None]) -> Answer:
        """C-STORE; see `Destination.store`."""
        instance = parcel.instance
        if refusal := simulated_refusal(self, parcel):
            return refusal
        sop_class, frozen = UID(instance.sop_class_uid), UID(instance.transfer_syntax_uid)
        association = self._association(self._way, _storage_contexts(sop_class, frozen))
        if isinstance(association, Answer):
            return association
        context = _best_context(association, sop_class, frozen)
        if context is None:
            return Answer(Disposition.REFUSED, Message(_why_no_context(association, sop_class)))
        try:
            if context.transfer_syntax[0] != frozen:
                content = self._transcode(content, context.transfer_syntax[0])
            dataset = encoded_dataset(content)
        except FieldstationError as error:
            return error_answer(error)
        on_progress(0)
        outcome = association.store(context, instance.sop_instance_uid, dataset, on_progress)
        if outcome.status is None:
            self._drop(self._way)
        return self._answer(outcome)

    def prove(self, parcel: Parcel) -> Answer:
        """Storage commitment or IMAGE-level C-FIND, as the settings say; see `Destination.prove`."""
        if self.proof is ProofKind.COMMITMENT:
            return self._prove_by_commitment(parcel)
        association = self._proving_association(parcel)
        if isinstance(association, Answer):
            return _about_proof(association)
        return self._checked(self._proof_way, prove_by_query(association, parcel))

    def probe(self) -> Answer:
        """C-ECHO, and whether what proves can be had: queries are answered, or commitment is offered."""
        association = self._association(self._way, self._all_contexts())
        if isinstance(association, Answer):
            return association
        if association.offers(VERIFICATION) and not association.echo():
            return self._checked(self._way, Answer(Disposition.LATER, Message("pacs.echo_failed")))
        if self.proof is ProofKind.NONE:
            return Answer(Disposition.FINE, Message("pacs.echo_answered"))
        if self.proof is ProofKind.COMMITMENT:
            committing = self._association(self._commitment_way, COMMITMENT_CONTEXTS)
            return _about_commitment(committing) if isinstance(committing, Answer) else COMMITMENT_OFFERED
        asked = self._association(self._proof_way, self._all_contexts())
        if isinstance(asked, Answer):
            return _about_proof(asked)
        return self._checked(self._proof_way, query_possible(asked))

    def reachable(self) -> bool:
        """Whether its port takes connections."""
        pacs = self._settings.pacs
        return reaches(pacs.host, pacs.port, lambda: self._ended)

    def echo(self) -> EchoReport:
        """C-ECHO, what CR storage is negotiated to, and whether proof can be asked for."""
        began = time.monotonic()
        association = self._association(self._way, self._all_contexts())
        if isinstance(association, Answer):
            return EchoReport(
                verified=False,
                lossless=False,
                plain=False,
                proof_possible=False,
                seconds=time.monotonic() - began,
                trouble=association.message,
            )
        verified = association.echo()
        seconds = time.monotonic() - began
        lossless = association.context(ComputedRadiographyImageStorage, JPEGLSLossless) is not None
        plain = any(association.context(ComputedRadiographyImageStorage, syntax) for syntax in _PLAIN)
        trouble = None if verified else Message("pacs.echo_failed")
        if not lossless and not plain:
            trouble = trouble or Message("pacs.class_refused")
        proof_possible = True
        if self.proof is not ProofKind.NONE:
            asked = self.probe()
            proof_possible = asked.disposition is Disposition.FINE
            trouble = trouble or (None if proof_possible else asked.message)
        self.rest()
        return EchoReport(
            verified=verified,
            lossless=lossless,
            plain=plain,
            proof_possible=proof_possible,
            seconds=seconds,
            trouble=trouble,
        )

    def rest(self) -> None:
        """Release what is open; an answer about commitment is waited for a while longer."""
        self._one_at_a_time = False
        for way in list(self._open):
            if way.purpose != _COMMITMENT or self._ended or self._asking is None or not self._asking.hold_open:
                self._drop(way)

    def keep_only(self, addresses: Collection[str]) -> None:
        """Cut associations from other addresses; the next call opens new ones."""
        with self._lock:
            for association in self._open.values():
                association.keep_only(addresses)

    def end(self) -> None:
        """Cut what is open; nothing is opened any more."""
        with self._lock:
            self._ended = True
            for association in self._open.values():
                association.end()

    @property
    def _way(self) -> "_Way":
        return _Way(self._settings.pacs)

    @property
    def _proof_way(self) -> "_Way":
        return _Way(self._settings.proof_at or self._settings.pacs)

    @property
    def _commitment_way(self) -> "_Way":
        return _Way(self._settings.proof_at or self._settings.pacs, _COMMITMENT)

    def _prove_by_commitment(self, parcel: Parcel) -> Answer:
        if self._asking is None:
            return Answer(
                Disposition.PAUSE, Message("pacs.proof_unsupported", {"destination": self.name, "proof": self.proof})
            )
        known = self._asking.known(parcel)
        if known is not None:
            return known
        association = self._association(self._commitment_way, COMMITMENT_CONTEXTS)
        if isinstance(association, Answer):
            return _about_commitment(association)
        return self._checked(self._commitment_way, self._asking.ask(association, parcel))

    def _all_contexts(self) -> Sequence[tuple[UID, UID]]:
        return _storage_contexts(ComputedRadiographyImageStorage, JPEGLSLossless)

    def _proving_association(self, parcel: Parcel) -> BoundedAssociation | Answer:
        contexts = _storage_contexts(UID(parcel.instance.sop_class_uid), UID(parcel.instance.transfer_syntax_uid))
        return self._association(self._proof_way, contexts)

    def _association(self, way: "_Way", contexts: Sequence[tuple[UID, UID]]) -> BoundedAssociation | Answer:
        """The open association if it is alive and offered these contexts, else a new one, else why there is none.

        A PACS may take one association at a time, and proof by commitment has one of its own: where a second one is
        not had beside the first, the first is let go, until there is nothing to do.
        """
        association = self._open.get(way)
        if association is not None:
            offered = {(cx.abstract_syntax, cx.transfer_syntax[0]) for cx in association.requestor.requested_contexts}
            if association.is_established and offered.issuperset(contexts):
                return association
            self._drop(way)
        if self._one_at_a_time:
            self._let_go_beside(way)
        found = self._opened(way, contexts)
        waits = isinstance(found, Answer) and found.disposition is Disposition.LATER
        if waits and self._let_go_beside(way):
            found = self._opened(way, contexts)
            self._one_at_a_time = isinstance(found, BoundedAssociation)
        return found

    def _let_go_beside(self, way: "_Way") -> bool:
        """Release our other associations with the same PACS, which it may wait for; whether there was one."""
        beside = [other for other, open_ in self._open.items() if other.pacs == way.pacs and open_.is_established]
        for other in beside:
            self._drop(other)
        return bool(beside)

    def _opened(self, way: "_Way", contexts: Sequence[tuple[UID, UID]]) -> BoundedAssociation | Answer:
        settings = self._settings
        association = BoundedAssociation(way.pacs, settings.calling_ae_title, settings.limits, self._watch.saw)
        if self._asking is not None and way.purpose == _COMMITMENT:
            self._asking.listen_on(association)
        with self._lock:
            if self._ended:
                return STOPPED
            self._open[way] = association
        answer = association.open(contexts)
        if answer is None:
            return association
        self._drop(way)
        return STOPPED if self._ended else answer

    def _drop(self, way: "_Way") -> None:
        with self._lock:
            association = self._open.pop(way, None)
        if association is not None:
            association.close()

    def _checked(self, way: "_Way", answer: Answer) -> Answer:
        """Let go of an association that answered nothing; what we ended ourselves is no fault of the link."""
        if answer.disposition in {Disposition.LATER, Disposition.PAUSE}:
            self._drop(way)
            if self._ended:
                return STOPPED
        return answer

    def _answer(self, outcome: StoreOutcome) -> Answer:
        if outcome.status is not None:
            return store_answer(outcome.status)
        if outcome.handed_over:
            return Answer(Disposition.UNKNOWN, Message("sender.stopped" if self._ended else "link.answer_lost"))
        if self._ended:
            return STOPPED
        return Answer(Disposition.LATER, Message("pacs.aborted" if outcome.aborted else "link.lost"))


def _storage_contexts(sop_class: UID, frozen: UID) -> Sequence[tuple[UID, UID]]:
    """The frozen syntax and each plain one as contexts of their own, so that the peer can take some and not others.

    What a study is made of is always among them: one association then carries images and their annotations.
    """
    frozen_as = {**_FROZEN_AS, sop_class: frozen}
    return [
        *((kind, syntax) for kind, own in frozen_as.items() for syntax in dict.fromkeys((own, *_PLAIN))),
        (FIND, ExplicitVRLittleEndian),
        (FIND, ImplicitVRLittleEndian),
        (VERIFICATION, ImplicitVRLittleEndian),
    ]


def _best_context(association: BoundedAssociation, sop_class: UID, frozen: UID) -> PresentationContext | None:
    for syntax in (frozen, *_PLAIN):
        context = association.context(sop_class, syntax)
        if context is not None:
            return context
    return None


def _why_no_context(association: BoundedAssociation, sop_class: UID) -> str:
    if association.offers(sop_class):
        return "pacs.syntax_refused"
    if sop_class == GrayscaleSoftcopyPresentationStateStorage:
        return "pacs.annotations_refused"
    return "pacs.class_refused"


def _about_proof(answer: Answer) -> Answer:
    """What keeps us from asking says nothing about the instance: the destination is in trouble."""
    if answer.disposition is Disposition.REFUSED:
        return Answer(Disposition.PAUSE, Message("pacs.query_refused"))
    return answer


def _about_commitment(answer: Answer) -> Answer:
    """A PACS that does not offer commitment can prove nothing by it: the destination is in trouble."""
    if answer.disposition is Disposition.REFUSED:
        return Answer(Disposition.PAUSE, Message("pacs.commitment_refused"))
    return answer
