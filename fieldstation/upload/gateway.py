"""The office's gateway as a destination: an upload that goes on where it broke, proof by the gateway's receipt."""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from fieldstation.domain.certificates import Certificate
from fieldstation.domain.destination import Answer, Disposition, EchoReport, PutAside
from fieldstation.domain.jobs import ProofKind
from fieldstation.domain.store import Parcel
from fieldstation.domain.words import Message
from fieldstation.upload.credentials import Credentials
from fieldstation.upload.gateway_replies import answer_of, proof_answer
from fieldstation.upload.limits import Limits
from fieldstation.upload.one_upload import OneUpload
from fieldstation.upload.own_answers import PUT_ASIDE, STOPPED, simulated_refusal
from fieldstation.upload.tus import Reply, TusClient
from fieldstation.upload.web import LinkBroken, parsed
from fieldstation.upload.web_link import WebLink

_RECEIVED = Answer(Disposition.SENT, Message("gateway.received"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Persistence:
    """How a broken upload is gone on with before the sender is told that the link is down, in seconds.

    An upload is tried again until ``give_up_s`` since something last went through, a question until ``quickly_s``; not
    at all where nothing did before. The waits between are a ``share`` of that time, from ``quick_s`` to ``slow_s``: so
    little of the time that the link is up again is lost, however long it is down. ``restarts``: how often an image that
    arrived changed is begun again at once.
    """

    quick_s: float = 0.05
    quickly_s: float = 3.0
    slow_s: float = 1.0
    share: float = 0.02
    give_up_s: float = 15.0
    restarts: int = 1

    def wait_s(self, fruitless_s: float) -> float:
        """How long to wait before the next try."""
        return min(max(self.quick_s, self.share * fruitless_s), self.slow_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayAddress:
    """One gateway. ``url`` is its root: ``files`` and ``receipts`` lie below it."""

    name: str
    url: str
    credentials: Credentials = field(default_factory=Credentials)
    test: bool = False
    limits: Limits = field(default_factory=Limits)
    persistence: Persistence = field(default_factory=Persistence)


class GatewayDestination:
    """The `Destination` port over tus 1.0 and the gateway's receipts. ``proof`` is always the receipt."""

    proof = ProofKind.RECEIPT
    resumes = True

    def __init__(self, address: GatewayAddress) -> None:
        self.name = address.name
        self.test = address.test
        self._persistence = address.persistence
        self._link = WebLink(address.url, address.credentials, address.limits)
        self._root = self._link.url
        self._places: dict[str, str] = {}
        self._takes_bytes_at_creation = False
        self._heard_at = float("-inf")
        self._arrived_last: str | None = None

    @property
    def certificates(self) -> Sequence[Certificate]:
        """See `Destination.certificates`."""
        return self._link.certificates

    def store(self, parcel: Parcel, content: bytes, on_progress: Callable[[int], None]) -> Answer:
        """Upload, going on after every break for as long as bytes arrive; see `Destination.store`."""
        if refusal := simulated_refusal(self, parcel):
            return refusal
        persistence = self._persistence
        upload = OneUpload(parcel, content, on_progress)
        while True:
            try:
                upload.handed_over = False
                answer = self._go_on(upload)
                if answer is not None:
                    self._forget(upload, answer)
                    return answer
                trouble = None
            except PutAside:
                self._drop()
                return PUT_ASIDE
            except LinkBroken as broken:
                self._drop()
                upload.handed_over = broken.handed_over
                trouble = self._link.trouble(broken)
            if self._link.ended.is_set():
                return Answer(Disposition.UNKNOWN, STOPPED.message) if upload.handed_over else STOPPED
            if trouble is not None and trouble.disposition is Disposition.PAUSE:
                return trouble
            self._heard_at = max(self._heard_at, upload.heard_at)
            fruitless_s = time.monotonic() - (self._heard_at if trouble else upload.moved_at)
            if fruitless_s > persistence.give_up_s:
                return self._given_up(upload, trouble)
            self._link.ended.wait(persistence.wait_s(fruitless_s))

    def prove(self, parcel: Parcel) -> Answer:
        """Read the receipt; see `Destination.prove`. What arrived just now is not proved yet, and not asked about."""
        uid = parcel.instance.sop_instance_uid
        if uid == self._arrived_last:
            self._arrived_last = None
            return Answer(Disposition.PENDING, Message("gateway.forwarding"))
        reply = self._asked(lambda client: client.get(f"{self._root}/receipts/{uid}"))
        if isinstance(reply, Answer):
            return reply
        return proof_answer(reply, parcel.instance)

    def probe(self) -> Answer:
        """Ask what the gateway offers, and whether it gives receipts."""
        offer = self._asked(lambda client: client.options())
        if isinstance(offer, Answer):
            return offer
        if "creation" not in offer.headers.get("tus-extension", ""):
            return Answer(Disposition.PAUSE, Message("gateway.not_a_gateway", {"url": self._root}))
        return Answer(Disposition.FINE, Message("gateway.well"))

    def reachable(self) -> bool:
        """Whether its port takes connections."""
        return self._link.reachable()

    def echo(self) -> EchoReport:
        """Whether it is a gateway, lets us in, and has a PACS to get proof from. It takes every form of an image."""
        began = time.monotonic()
        answer = self.probe()
        seconds = time.monotonic() - began
        verified = answer.disposition is Disposition.FINE
        trouble = None if verified else answer.message
        proof_possible = verified and self._passes_on()
        self.rest()
        return EchoReport(
            verified=verified,
            lossless=verified,
            plain=verified,
            proof_possible=proof_possible,
            seconds=seconds,
            trouble=trouble or (None if proof_possible else Message("gateway.no_pacs")),
        )

    def rest(self) -> None:
        """Let go of the connection, and of what was read for it."""
        self._drop()
        self._link.rest()

    def keep_only(self, addresses: Collection[str]) -> None:
        """Cut a connection from another address; the upload goes on over a new one."""
        self._link.keep_only(addresses)

    def end(self) -> None:
        """Cut what is open; nothing is opened any more."""
        self._link.end()

    def _go_on(self, upload: OneUpload) -> Answer | None:
        """Send what the gateway lacks; None if something came in between and it should be tried again.

        Raises:
            LinkBroken: the link broke; what arrived before counts.
        """
        client = self._open()
        if isinstance(client, Answer):
            return client
        try:
            place, offset = self._place(client, upload)
            upload.reached(offset)
            if not upload.arrived:
                reply = client.append(place, upload.content, offset, upload.tell)
                upload.reached(_offset(reply, 204))
        except _Unwelcome as unwelcome:
            self._heard_at = time.monotonic()
            return self._meaning(unwelcome.reply, upload)
        self._heard_at = time.monotonic()
        return _RECEIVED if upload.arrived else None

    def _place(self, client: TusClient, upload: OneUpload) -> tuple[str, int]:
        """Where the upload is, and how much the gateway has of it; it is begun if it is not known."""
        place = self._places.get(upload.uid)
        if place is not None:
            return place, _offset(client.offset(place), 200)
        if upload.first_time() and self._takes_bytes_at_creation:
            upload.begins_afresh()
            reply = client.create_with(upload.content, upload.metadata, upload.tell)
        else:
            reply = client.create(len(upload.content), upload.metadata)
        place = client.location(reply)
        if reply.status != 201 or not reply.speaks_tus or place is None:
            raise _Unwelcome(reply)
        self._takes_bytes_at_creation = reply.takes_bytes_at_creation
        self._places[upload.uid] = place
        return place, reply.offset or 0

    def _meaning(self, reply: Reply, upload: OneUpload) -> Answer | None:
        """What a reply means that is no success; None: try again."""
        known = upload.uid in self._places
        match reply.status if reply.speaks_tus else None:
            case 404 | 410 if known:
                del self._places[upload.uid]
                return None
            case 409 if known:
                return None
            case 408 | 423:
                upload.last = Message("gateway.in_use")
                return None
            case 460:
                self._places.pop(upload.uid, None)
                upload.restarts += 1
                if upload.restarts <= self._persistence.restarts:
                    return None
        return answer_of(reply, self._root)

    def _forget(self, upload: OneUpload, answer: Answer) -> None:
        """Where the upload is matters only while there is more to send."""
        self._arrived_last = upload.uid if answer is _RECEIVED else None
        if answer.disposition is not Disposition.LATER:
            self._places.pop(upload.uid, None)

    def _asked(self, ask: Callable[[TusClient], Reply]) -> Reply | Answer:
        """One question, asked again while a link that worked just now is down for a moment.

        What answers may be a login page; what keeps us from asking says nothing of an instance.
        """
        persistence = self._persistence
        while True:
            try:
                client = self._open()
                if isinstance(client, Answer):
                    return client
                reply = ask(client)
            except LinkBroken as broken:
                self._drop()
                trouble = self._link.trouble(broken)
            else:
                self._heard_at = time.monotonic()
                if reply.speaks_tus and (reply.status < 300 or reply.status == 404):
                    return reply
                return answer_of(reply, self._root)
            if self._link.ended.is_set():
                return STOPPED
            if time.monotonic() - self._heard_at > persistence.quickly_s or trouble.disposition is Disposition.PAUSE:
                return trouble
            self._link.ended.wait(persistence.quick_s)

    def _passes_on(self) -> bool:
        about = self._asked(lambda client: client.get(f"{self._root}/receipts"))
        if isinstance(about, Answer):
            return False
        told = parsed(about.content)
        return isinstance(told, dict) and told.get("passes_on") is True

    def _given_up(self, upload: OneUpload, trouble: Answer | None) -> Answer:
        """The link does not come back at once: the sender waits for it with everything."""
        if upload.handed_over:
            return Answer(Disposition.UNKNOWN, Message("link.answer_lost"))
        if upload.last is not None:
            return Answer(Disposition.LATER, upload.last)
        return trouble or Answer(Disposition.LATER, Message("link.lost"))

    def _open(self) -> TusClient | Answer:
        web = self._link.open()
        return web if isinstance(web, Answer) else TusClient(web, f"{self._root}/files")

    def _drop(self) -> None:
        # Whoever answers next may be a stranger: it gets no bytes before it has shown who it is.
        self._takes_bytes_at_creation = False
        self._link.drop()


class _Unwelcome(Exception):
    """A reply that is not the success that was asked for."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def _offset(reply: Reply, success: int) -> int:
    """How much a gateway says that it has, in an answer with that status."""
    if reply.status != success or not reply.speaks_tus or reply.offset is None:
        raise _Unwelcome(reply)
    return reply.offset
