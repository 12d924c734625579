"""A server that is reached by DICOMweb: STOW-RS of the frozen bytes, proof by QIDO-RS (PS3.18)."""

import time
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from pydicom.uid import ExplicitVRLittleEndian

from fieldstation.domain.certificates import Certificate
from fieldstation.domain.destination import Answer, Disposition, EchoReport
from fieldstation.domain.errors import FieldstationError, WrongUse
from fieldstation.domain.jobs import ProofKind
from fieldstation.domain.store import Parcel
from fieldstation.domain.words import Message
from fieldstation.upload.credentials import Credentials
from fieldstation.upload.dicomweb_replies import found_answer, query_answer, store_reply_answer
from fieldstation.upload.dimse import Transcode, no_transcoding
from fieldstation.upload.limits import Limits
from fieldstation.upload.own_answers import STOPPED, error_answer, simulated_refusal
from fieldstation.upload.web import LinkBroken, WebReply
from fieldstation.upload.web_link import WebLink

_JSON = {"Accept": "application/dicom+json"}
_SYNTAX_CODES = frozenset({"pacs.syntax_refused"})


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """One DICOMweb destination; ``url`` is where ``/studies`` and ``/instances`` are."""

    name: str
    url: str
    credentials: Credentials = field(default_factory=Credentials)
    proof: ProofKind = ProofKind.QUERY
    test: bool = False
    limits: Limits = field(default_factory=Limits)


class WebDestination:
    """The `Destination` port over DICOMweb. One connection is kept for requests that follow each other at once.

    Raises:
        WrongUse: ``pacs.proof_unsupported``, for a kind of proof that DICOMweb has not got.
    """

    resumes = False

    def __init__(self, settings: WebSettings, transcode: Transcode = no_transcoding) -> None:
        if settings.proof not in {ProofKind.QUERY, ProofKind.NONE}:
            raise WrongUse("pacs.proof_unsupported", destination=settings.name, proof=settings.proof.value)
        self.name = settings.name
        self.proof = settings.proof
        self.test = settings.test
        self._link = WebLink(settings.url, settings.credentials, settings.limits)
        self._root = self._link.url
        self._transcode = transcode
        self._plain_only = False

    @property
    def certificates(self) -> Sequence[Certificate]:
        """See `Destination.certificates`."""
        return self._link.certificates

    def store(self, parcel: Parcel, content: bytes, on_progress: Callable[[int], None]) -> Answer:
        """STOW-RS (PS3.18 10.5), as plain images if the server takes no others; see `Destination.store`."""
        instance = parcel.instance
        if refusal := simulated_refusal(self, parcel):
            return refusal
        is_plain = instance.transfer_syntax_uid == ExplicitVRLittleEndian
        if is_plain or not self._plain_only:
            answer = self._post(parcel, content, on_progress)
            if is_plain or answer.message.code not in _SYNTAX_CODES:
                return answer
        try:
            plain = self._transcode(content, ExplicitVRLittleEndian)
        except FieldstationError as error:
            return error_answer(error)
        answer = self._post(parcel, plain, on_progress)
        self._plain_only = answer.message.code not in _SYNTAX_CODES
        return answer

    def prove(self, parcel: Parcel) -> Answer:
        """QIDO-RS (PS3.18 10.6) for the instance wherever it was filed; see `Destination.prove`."""
        instance, study = parcel.instance, parcel.study
        reply = self._query("instances", SOPInstanceUID=instance.sop_instance_uid)
        if isinstance(reply, Answer):
            return reply
        answer = found_answer(reply, instance, study)
        if answer is not None:
            return answer
        # Patient ID and accession are attributes of the study; a server need not return them with an image.
        reply = self._query("studies", StudyInstanceUID=instance.study_uid)
        if isinstance(reply, Answer):
            return reply
        return found_answer(reply, None, study) or Answer(Disposition.PROVED, Message("pacs.proved"))

    def probe(self) -> Answer:
        """Ask for an instance that cannot be, to learn whether questions are answered at all."""
        reply = self._query("instances", SOPInstanceUID="2.25.0")
        if isinstance(reply, Answer):
            return reply
        return Answer(Disposition.FINE, Message("pacs.query_answered"))

    def reachable(self) -> bool:
        """Whether its port takes connections."""
        return self._link.reachable()

    def echo(self) -> EchoReport:
        """Whether it answers a question; what it takes shows only when an image is sent."""
        began = time.monotonic()
        answer = self.probe()
        self.rest()
        fine = answer.disposition is Disposition.FINE
        return EchoReport(
            verified=fine,
            lossless=fine,
            plain=fine,
            proof_possible=fine,
            seconds=time.monotonic() - began,
            trouble=None if fine else answer.message,
        )

    def rest(self) -> None:
        """Let go of the connection."""
        self._link.rest()

    def keep_only(self, addresses: Collection[str]) -> None:
        """Cut a connection from another address."""
        self._link.keep_only(addresses)

    def end(self) -> None:
        """Cut what is open; nothing is opened any more."""
        self._link.end()

    def _post(self, parcel: Parcel, content: bytes, on_progress: Callable[[int], None]) -> Answer:
        boundary = uuid.uuid4().hex
        # The object itself says its transfer syntax; servers there are that take a part with parameters for no DICOM.
        begin = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode("ascii")
        headers = {
            **_JSON,
            "Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}',
        }
        size = len(content)

        def told(sent: int) -> None:
            if sent > len(begin):
                on_progress(min(sent - len(begin), size))

        client = self._link.open()
        if isinstance(client, Answer):
            return client
        on_progress(0)
        parts: list[bytes | memoryview] = [begin, memoryview(content), f"\r\n--{boundary}--\r\n".encode("ascii")]
        try:
            reply = client.send("POST", f"{self._root}/studies", headers, parts, told)
        except LinkBroken as broken:
            return self._broken(broken)
        answer = store_reply_answer(reply, parcel.instance.sop_instance_uid, self._root)
        if answer.disposition is Disposition.SENT:
            # The answer may come before the last look at what was acknowledged.
            on_progress(size)
        return answer

    def _query(self, resource: str, **keys: str) -> WebReply | Answer:
        """A reply to a query that was answered, else what that means."""
        client = self._link.open()
        if isinstance(client, Answer):
            return client
        asked = urlencode([*keys.items(), ("includefield", "PatientID"), ("includefield", "AccessionNumber")])
        try:
            reply = client.ask("GET", f"{self._root}/{resource}?{asked}", _JSON)
        except LinkBroken as broken:
            return self._broken(broken)
        return query_answer(reply, self._root) or reply

    def _broken(self, broken: LinkBroken) -> Answer:
        self._link.drop()
        ended, trouble = self._link.ended.is_set(), self._link.trouble(broken)
        if broken.handed_over and trouble.disposition is not Disposition.PAUSE:
            return Answer(Disposition.UNKNOWN, STOPPED.message if ended else Message("link.answer_lost"))
        return STOPPED if ended else trouble
