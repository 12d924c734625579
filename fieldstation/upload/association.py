"""A DICOM association as a requestor whose every wait is bounded, counted in bytes, and can be ended from outside.

pynetdicom alone does none of the three: its sockets have no timeout once connected, its DIMSE timeout counts the time
to transmit, and its ``abort()`` queues behind the data that is stuck.
"""

import contextlib
import logging
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from io import BytesIO

from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom import AE, _config, evt
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE, N_ACTION
from pynetdicom.dsutils import encode
from pynetdicom.pdu import A_ABORT_RQ
from pynetdicom.pdu_primitives import A_ASSOCIATE
from pynetdicom.presentation import PresentationContext, build_context
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind, Verification  # type: ignore[attr-defined]
from pynetdicom.transport import AddressInformation, AssociationSocket

from fieldstation.domain.destination import Answer, Disposition
from fieldstation.domain.words import Message
from fieldstation.upload.across import silent_s, unacknowledged
from fieldstation.upload.credentials import Credentials, Unreadable
from fieldstation.upload.handshake import Handshake
from fieldstation.upload.limits import Limits
from fieldstation.upload.messages import Checkpoint, GuardedMessages
from fieldstation.upload.network import comes_from
from fieldstation.upload.patience import ended_after
from fieldstation.upload.reach import NameUnknown, addresses_of, tcp_options
from fieldstation.upload.statuses import rejection_answer

# The library's own log lines hold identifiers of patients, and a traceback for every reset.
logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)
_config.LOG_HANDLER_LEVEL = "none"
_config.LOG_REQUEST_IDENTIFIERS = False
_config.LOG_RESPONSE_IDENTIFIERS = False

COMMITMENT = UID("1.2.840.10008.1.20.1")
FIND = UID(StudyRootQueryRetrieveInformationModelFind)
VERIFICATION = UID(Verification)

_TICK_S = 0.25
_PROGRESS_S = 0.05
"""So late at most does the next image begin to leave after the one before has."""
_MOST_MATCHES = 1000
_JOIN_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PacsAddress:
    """Where an application entity listens. With ``tls`` it is spoken to over TLS, or not at all."""

    host: str
    port: int
    ae_title: str
    tls: Credentials | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreOutcome:
    """What became of one C-STORE.

    ``status`` is None where no valid answer came; ``handed_over`` says whether the link got all bytes, so that the
    peer may have the instance nevertheless; ``aborted`` that the peer itself ended the association.
    """

    status: int | None
    handed_over: bool
    aborted: bool


class BoundedAssociation(Association):
    """One association with a PACS; used by one thread, ended by any. ``saw`` is told the PACS's certificate (DER)."""

    def __init__(
        self,
        pacs: PacsAddress,
        calling_ae_title: str,
        limits: Limits,
        saw: Callable[[str, bytes | None], None] = lambda _host, _certificate: None,
    ) -> None:
        ae = AE(ae_title=calling_ae_title)
        ae.connection_timeout = limits.connect_s
        ae.acse_timeout = limits.answer_s
        ae.dimse_timeout = limits.answer_s
        ae.network_timeout = None
        super().__init__(ae, "requestor")
        self.name = f"association-{pacs.ae_title}"
        checkpoint = Checkpoint()
        self._reactor_checkpoint = checkpoint
        self.dimse = GuardedMessages(self, checkpoint)
        self._pacs = pacs
        self._calling = calling_ae_title
        self._limits = limits
        self._connected = False
        self._peer_aborted = False
        self._saw = saw
        self._handshake: Handshake | None = None
        self._ending = threading.Event()
        self._handed = 0
        self._message_id = 0
        self._link: socket.socket | None = None
        self.bind(evt.EVT_CONN_OPEN, self._on_open)
        self.bind(evt.EVT_DATA_SENT, self._on_sent)
        self.bind(evt.EVT_PDU_RECV, self._on_pdu)

    def open(self, contexts: Sequence[tuple[UID, UID]]) -> Answer | None:
        """Connect and negotiate; None when established, else why not.

        ``contexts`` are pairs of abstract and transfer syntax; each is offered as a presentation context of its own.
        """
        try:
            remote = self._remote()
        except NameUnknown:
            return Answer(Disposition.LATER, Message("link.name_unknown", {"host": self._pacs.host}))
        local = AddressInformation.from_tuple(("0.0.0.0" if remote.is_ipv4 else "::", 0))  # noqa: S104 - a source
        transport = AssociationSocket(self, address=local)
        self._link = transport.socket
        if self._pacs.tls is not None:
            try:
                self._handshake = Handshake(self._pacs.tls, self._pacs.host, self._on_tls_begun, self._saw)
            except Unreadable as unreadable:
                self.close()
                return Answer(Disposition.PAUSE, Message("link.credentials_unreadable", {"file": str(unreadable.file)}))
            transport.tls_args = (self._handshake.context, self._pacs.host)
        self.set_socket(transport)
        self.acceptor.ae_title = self._pacs.ae_title
        self.acceptor.address_info = remote
        self.requestor.address_info = local
        self.requestor.ae_title = self._calling
        self.requestor.maximum_length = self.ae.maximum_pdu_size
        self.requestor.implementation_class_uid = self.ae.implementation_class_uid
        self.requestor.implementation_version_name = self.ae.implementation_version_name
        self.requestor.requested_contexts = _numbered(contexts)
        with ended_after(self._limits.connect_s + self._limits.answer_s, self.end):
            self.request()
        if self.is_established:
            self.start()
            return None
        answer = self._why_not_established()
        self.close()
        return answer

    def context(self, abstract_syntax: UID, transfer_syntax: UID) -> PresentationContext | None:
        """The accepted context of exactly these two, if there is one."""
        for context in self.accepted_contexts:
            if context.abstract_syntax == abstract_syntax and context.transfer_syntax[0] == transfer_syntax:
                return context
        return None

    def offers(self, abstract_syntax: UID) -> bool:
        """Whether any context for the abstract syntax was accepted."""
        return any(context.abstract_syntax == abstract_syntax for context in self.accepted_contexts)

    def echo(self) -> bool:
        """C-ECHO (PS3.7 9.1.5): whether it was answered with success."""
        if not self.is_established or not self.offers(VERIFICATION):
            return False
        with ended_after(2 * self._limits.answer_s, self.end):
            try:
                status = self.send_c_echo(self._next_message_id())
            except RuntimeError:
                return False
        return bool(status.get("Status") == 0x0000)

    def find(self, identifier: Dataset) -> tuple[int | None, Sequence[Dataset]]:
        """C-FIND in the Study Root model (PS3.4 C.4.1): the final status, None without one, and the matches."""
        matches: list[Dataset] = []
        # A RuntimeError: the association ended between the caller's look at it and the request.
        with ended_after(2 * self._limits.answer_s, self.end), contextlib.suppress(RuntimeError):
            for status, match in self.send_c_find(identifier, FIND, self._next_message_id()):
                code = status.get("Status")
                if code is None or code not in {0xFF00, 0xFF01}:
                    return code, matches
                if match is not None and len(matches) < _MOST_MATCHES:
                    matches.append(match)
        return None, matches

    def store(
        self,
        context: PresentationContext,
        sop_instance_uid: str,
        dataset: bytes,
        on_progress: Callable[[int], None],
    ) -> StoreOutcome:
        """C-STORE (PS3.7 9.1.1) of an encoded data set, as it is, under an accepted context."""
        request = C_STORE()
        request.MessageID = self._next_message_id()
        request.Priority = 0
        request.AffectedSOPClassUID = context.abstract_syntax
        request.AffectedSOPInstanceUID = sop_instance_uid
        request.DataSet = BytesIO(dataset)
        self._pause_reactor()
        before = self._handed
        try:
            if self.is_established and context.context_id is not None:
                self.dimse.send_msg(request, context.context_id)
                status = self._await_store_answer(len(dataset), on_progress)
            else:
                status = None
        finally:
            self._reactor_checkpoint.set()
        return StoreOutcome(
            status=status, handed_over=self._handed - before >= len(dataset), aborted=self._peer_aborted
        )

    def act(self, sop_class: UID, instance: UID, action_type: int, information: Dataset) -> int | None:
        """N-ACTION (PS3.7 10.1.4): the status; None without a valid answer. Reports that come before it are served."""
        context = next((cx for cx in self.accepted_contexts if cx.abstract_syntax == sop_class), None)
        if context is None or context.context_id is None:
            return None
        request = N_ACTION()
        request.MessageID = self._next_message_id()
        request.RequestedSOPClassUID = sop_class
        request.RequestedSOPInstanceUID = instance
        request.ActionTypeID = action_type
        encoded = encode(information, context.transfer_syntax[0].is_implicit_VR, is_little_endian=True)
        request.ActionInformation = BytesIO(encoded or b"")
        self._pause_reactor()
        until = time.monotonic() + self._limits.answer_s
        try:
            if self.is_established:
                self.dimse.send_msg(request, context.context_id)
            while self.is_established and time.monotonic() < until:
                try:
                    context_id, message = self.dimse.msg_queue.get(timeout=_TICK_S)
                except queue.Empty:
                    continue
                if isinstance(message, N_ACTION):
                    return message.Status if message.is_valid_response else None
                if message is None or context_id is None:
                    return None  # the connection is gone
                self._serve_request(message, context_id)
        finally:
            self._reactor_checkpoint.set()
        return None

    @property
    def aborted_by_peer(self) -> bool:
        """Whether the peer sent an A-ABORT."""
        return self._peer_aborted

    def end(self) -> None:
        """Cut the connection, from any thread; whatever waits on it returns at once. Idempotent."""
        self._ending.set()
        if self._link is not None:
            with contextlib.suppress(OSError):
                # The plain socket's: TLS's own would take its state away from the thread that uses it.
                socket.socket.shutdown(self._link, socket.SHUT_RDWR)

    def keep_only(self, addresses: Collection[str]) -> None:
        """Cut the connection if it comes from none of these own addresses; from any thread."""
        link = self._link
        if self._connected and link is not None and not comes_from(link, addresses):
            self.end()

    def close(self) -> None:
        """Release if that is still possible, and leave neither thread nor socket behind. Idempotent."""
        if self.is_established:
            self.acse_timeout = self._limits.release_s
            with ended_after(2 * self._limits.release_s, self.end):
                self.release()
        self.end()
        self._reactor_checkpoint.set()
        self._kill = True
        if self.dul.is_alive():
            self.dul.join(_JOIN_S / 2)
        if self.dul.is_alive():
            self.dul.kill_dul()
            self.dul.join(_JOIN_S / 2)
        if self.is_alive():
            self.join(_JOIN_S)
        if self._link is not None:
            self._link.close()
            self._link = None

    def _remote(self) -> AddressInformation:
        """Where the PACS is. IPv4 goes first, since many a PACS knows nothing else."""
        found = addresses_of(self._pacs.host, self._limits.connect_s, self._ending.is_set)
        return AddressInformation(min(found, key=lambda address: ":" in address), self._pacs.port)

    def _await_store_answer(self, size: int, on_progress: Callable[[int], None]) -> int | None:
        before = self._handed
        began = moved_at = time.monotonic()
        handed = across = 0
        while True:
            try:
                _, response = self.dimse.msg_queue.get(timeout=_PROGRESS_S)
            except queue.Empty:
                pass
            else:
                if isinstance(response, C_STORE) and response.MessageIDBeingRespondedTo == self._message_id:
                    on_progress(size)
                    return response.Status
                self.end()
                return None
            now = time.monotonic()
            before_look = handed, across
            # What is not acknowledged is asked first: what is handed over in between would count as across.
            waiting = unacknowledged(self._link)
            handed = self._handed - before
            across = max(across, min(handed - waiting, size))
            if (handed, across) != before_look:
                moved_at = now
            if across > before_look[1]:
                on_progress(across)
            if (
                (handed < size and now - moved_at > self._limits.patience_s)
                or now - began > self._limits.answer_after_s(size)
                or min(silent_s(self._link), now - began) > self._limits.stall_s
            ):
                self.end()
                return None

    def _pause_reactor(self) -> None:
        """Keep the association's own thread from taking our answer off the queue."""
        self._reactor_checkpoint.clear()
        while not self._is_paused and self.is_alive():
            time.sleep(0.0001)

    def _why_not_established(self) -> Answer:
        answered = self.acceptor.primitive or self._unread()
        if isinstance(answered, A_ASSOCIATE) and answered.result:
            return rejection_answer(
                answered.result or 0,
                answered.result_source or 0,
                answered.diagnostic or 0,
                calling=self._calling,
                called=self._pacs.ae_title,
            )
        if self.rejected_contexts:
            return Answer(Disposition.REFUSED, Message("pacs.syntax_refused"))
        where: dict[str, str | int | float] = {"host": self._pacs.host, "port": self._pacs.port}
        if self._handshake is not None and self._handshake.trouble is not None:
            return self._handshake.trouble
        if not self._connected:
            return Answer(Disposition.LATER, Message("link.down", where))
        if self._peer_aborted:
            return Answer(Disposition.LATER, Message("pacs.aborted"))
        return Answer(Disposition.LATER, Message("link.no_answer", where))

    def _unread(self) -> object:
        """The library takes a connection that a quick rejection has ended for none, and leaves the answer unread."""
        return self.dul.receive_pdu(wait=False)

    def _next_message_id(self) -> int:
        self._message_id = self._message_id % 0xFFFF + 1
        return self._message_id

    def _on_open(self, _event: evt.Event) -> None:
        transport = self.dul.socket
        if transport is None or transport.socket is None:
            return
        self._connected = True
        self._link = transport.socket
        self._link.settimeout(self._limits.patience_s)
        for option, value in tcp_options(self._limits.stall_s):
            self._link.setsockopt(socket.IPPROTO_TCP, option, value)
        self._link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def _on_tls_begun(self, link: ssl.SSLSocket) -> None:
        self._link = link

    def _on_sent(self, event: evt.Event) -> None:
        self._handed += len(event.data)

    def _on_pdu(self, event: evt.Event) -> None:
        if isinstance(event.pdu, A_ABORT_RQ):
            self._peer_aborted = True


def _numbered(contexts: Sequence[tuple[UID, UID]]) -> list[PresentationContext]:
    numbered = []
    for index, (abstract_syntax, transfer_syntax) in enumerate(contexts):
        context = build_context(abstract_syntax, transfer_syntax)
        context.context_id = 2 * index + 1
        numbered.append(context)
    return numbered
