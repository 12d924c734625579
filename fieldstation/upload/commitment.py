"""Proof by storage commitment (PS3.4 annex J): the PACS itself takes over the responsibility for the instance.

The answer comes when the PACS likes: on the association that asked, if it is still open, or on a new one to a listener
of ours. Either way it is written down under its transaction, and used when the job is asked about next.
"""

import contextlib
import threading
import time
import uuid
from collections.abc import Collection
from datetime import timedelta

from pydicom.dataset import Dataset
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import evt

from fieldstation.domain.commitment import Commitments
from fieldstation.domain.destination import Answer, Disposition
from fieldstation.domain.errors import FieldstationError
from fieldstation.domain.store import Parcel
from fieldstation.domain.words import Message
from fieldstation.upload.association import COMMITMENT, BoundedAssociation

COMMITMENT_CONTEXTS = ((COMMITMENT, ExplicitVRLittleEndian), (COMMITMENT, ImplicitVRLittleEndian))
COMMITMENT_OFFERED = Answer(Disposition.FINE, Message("pacs.commitment_offered"))

_INSTANCE = UID("1.2.840.10008.1.20.1.1")
"""Storage Commitment Push Model SOP Instance."""
_REQUEST_COMMITMENT = 1
_ANSWER_WAIT_S = 4.0
_HOLD_OPEN_S = 60.0
_PATIENCE = timedelta(minutes=10)
"""How long an answer may take to come to a listener before commitment is asked for again, as a new transaction."""

_PROVED = Answer(Disposition.PROVED, Message("pacs.committed"))
_DENIED = Answer(Disposition.DENIED, Message("pacs.not_committed"))


class CommitmentAsking:
    """Asks for commitment, and keeps an ear on the associations that asked. Used by one thread, but for reports."""

    def __init__(self, commitments: Commitments, *, listening: bool, answer_wait_s: float = _ANSWER_WAIT_S) -> None:
        self._commitments = commitments
        self._listening = listening
        self._answer_wait_s = answer_wait_s
        self._reported = threading.Event()
        self._asked_at = -_HOLD_OPEN_S
        self._unheard: set[int] = set()

    @property
    def hold_open(self) -> bool:
        """Whether an answer may still come on the association that asked."""
        return time.monotonic() - self._asked_at < _HOLD_OPEN_S

    def listen_on(self, association: BoundedAssociation) -> None:
        """Take reports that come on this association."""
        association.bind(evt.EVT_N_EVENT_REPORT, self._on_report)

    def known(self, parcel: Parcel) -> Answer | None:
        """What an earlier transaction came to; None if it is time to ask: also where the PACS did not take the last."""
        last = self._commitments.take(parcel.job.id)
        if last is None:
            return None
        if last.held is not None:
            return _PROVED if last.held else _DENIED
        if parcel.job.id in self._unheard:
            return None
        patience = _PATIENCE if self._listening else timedelta(0)
        return self._pending if timedelta(0) <= last.waited < patience else None

    def ask(self, association: BoundedAssociation, parcel: Parcel) -> Answer:
        """N-ACTION with a fresh Transaction UID, which is written down before it is sent (PS3.4 J.3.2)."""
        transaction_uid = f"2.25.{uuid.uuid4().int}"
        self._commitments.ask(transaction_uid, parcel.job.id)
        self._reported.clear()
        self._unheard.add(parcel.job.id)
        status = association.act(COMMITMENT, _INSTANCE, _REQUEST_COMMITMENT, _information(transaction_uid, parcel))
        if status is None:
            return Answer(Disposition.LATER, Message("link.commitment_lost"))
        if status in {0x0122, 0x0124}:
            return Answer(Disposition.PAUSE, Message("pacs.commitment_refused"))
        if status != 0x0000:
            return Answer(Disposition.PENDING, Message("pacs.commitment_failed", {"status": f"{status:04X}"}))
        self._unheard.discard(parcel.job.id)
        self._asked_at = time.monotonic()
        return self._await_answer(association, parcel) or self._pending

    @property
    def _pending(self) -> Answer:
        code = "pacs.commitment_pending" if self._listening else "pacs.commitment_not_yet"
        return Answer(Disposition.PENDING, Message(code))

    def _await_answer(self, association: BoundedAssociation, parcel: Parcel) -> Answer | None:
        until = time.monotonic() + self._answer_wait_s
        while association.is_established and (left := until - time.monotonic()) > 0:
            # A report to the listener is another process's: it is only seen to have been written down.
            self._reported.wait(min(left, 0.25))
            self._reported.clear()
            last = self._commitments.take(parcel.job.id)
            if last is not None and last.held is not None:
                self._asked_at = -_HOLD_OPEN_S
                return _PROVED if last.held else _DENIED
        return None

    def _on_report(self, event: evt.Event) -> tuple[int, None]:
        status = note_report(self._commitments, event)
        self._reported.set()
        return status, None


def note_report(commitments: Commitments, event: evt.Event) -> int:
    """Write down an N-EVENT-REPORT (PS3.4 J.3.3); the status to answer it with, success only if that is durable."""
    with contextlib.suppress(AttributeError, ValueError, TypeError):
        report = event.event_information
        held = {str(one.ReferencedSOPInstanceUID) for one in report.get("ReferencedSOPSequence", [])}
        failed = {str(one.ReferencedSOPInstanceUID) for one in report.get("FailedSOPSequence", [])}
        return answered(commitments, str(report.TransactionUID), held - failed)
    return 0x0115


def answered(commitments: Commitments, transaction_uid: str, held: Collection[str]) -> int:
    """Write down what came back for a transaction; the status of the answer to the report (PS3.7 10.1.1.1.8)."""
    try:
        known = commitments.answer(transaction_uid, held)
    except FieldstationError:
        return 0x0110
    return 0x0000 if known else 0x0115


def _information(transaction_uid: str, parcel: Parcel) -> Dataset:
    reference = Dataset()
    reference.ReferencedSOPClassUID = parcel.instance.sop_class_uid
    reference.ReferencedSOPInstanceUID = parcel.instance.sop_instance_uid
    information = Dataset()
    information.TransactionUID = transaction_uid
    information.ReferencedSOPSequence = [reference]
    return information
