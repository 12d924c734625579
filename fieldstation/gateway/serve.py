"""The gateway as a process: it listens, passes on, keeps house, and ends cleanly when it is told to."""

import logging
import random
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime

import uvicorn

from fieldstation.domain.certificates import Certificate, expiry_warnings
from fieldstation.domain.destination import Destination
from fieldstation.domain.errors import Failed
from fieldstation.domain.words import Message
from fieldstation.gateway.app import Parts, make_app
from fieldstation.gateway.commitments import LedgerCommitments
from fieldstation.gateway.http import GatewayProtocol
from fieldstation.gateway.intake import Intake
from fieldstation.gateway.ledger import Ledger
from fieldstation.gateway.outbox import Outbox
from fieldstation.gateway.passing_on import listening, make_destination, passing_on
from fieldstation.gateway.settings import GatewaySettings, TlsFiles
from fieldstation.gateway.spool import Spool
from fieldstation.gateway.stations import Stations
from fieldstation.store.locks import FolderLock
from fieldstation.upload.certificates import certificates_in
from fieldstation.upload.credentials import Unreadable
from fieldstation.upload.dimse import Transcode, no_transcoding
from fieldstation.upload.pace import Pace
from fieldstation.upload.sender import Sender
from fieldstation.upload.tls import server_context

_LOG = logging.getLogger(__name__)
_HOUSEKEEPING_S = 3600.0
_VERIFY_AFTER_S = 12 * 3600.0
"""Well before stations ask once more: what they read then is fresh."""
_KEEP_ALIVE_S = 75
_GRACE_S = 5
_BACKLOG = 128


class SystemClock:
    """The machine's clocks; satisfies `fieldstation.domain.ports.Clock`."""

    def now(self) -> datetime:
        """Now, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since an arbitrary start."""
        return time.monotonic()


def serve(
    settings: GatewaySettings,
    announce: Callable[[str], None],
    warn: Callable[[Message], None],
    told_to_end: Callable[[Callable[[], None]], AbstractContextManager[None]],
    transcode: Transcode = no_transcoding,
) -> None:
    """Run until it is told to end. ``announce`` is told the URL once it takes connections.

    ``told_to_end`` has what it is given called when that is, as long as its block lasts.
    ``warn`` is told, once a day, which certificate ends within 30 days: its own, or one that the way to the
    PACS rests on. ``transcode`` serves a PACS that takes plain images only.

    Raises:
        Failed: ``gateway.port_taken``, ``gateway.certificate_bad``, ``gateway.ledger_damaged``, ``disk.…``.
        Refused: ``lock.held``: another gateway runs on this data folder; ``store.newer``.
    """
    clock = SystemClock()
    with ExitStack() as stack:
        stack.enter_context(FolderLock(settings.data, "gateway", "gateway"))
        spool = Spool(settings.data / "uploads")
        ledger = Ledger(settings.data / "gateway.sqlite3")
        stack.callback(ledger.close)
        intake = Intake(ledger, spool, clock, settings.limits)
        listener = stack.enter_context(_listener(settings.host, settings.port))
        parts = Parts(
            ledger=ledger,
            intake=intake,
            stations=Stations(
                settings.tokens, certificates=settings.tls is not None and settings.tls.client_authority is not None
            ),
            limits=settings.limits,
            proof=settings.proof if settings.pacs else None,
        )
        server = _Server(_config(parts, settings.tls), lambda: announce(_url(settings, listener)))
        # Around uvicorn's own handlers, which raise once more what they got: an end that was asked for is no death.
        stack.enter_context(told_to_end(server.end))
        pacs = _passed_on_to(stack, settings, ledger, Outbox(ledger, spool), transcode, server.end)
        look = _CertificateLook(warn)
        stack.enter_context(
            _housekeeping(intake, lambda: look.look(_certificates(settings.tls, pacs), SystemClock().now()))
        )
        server.run(sockets=[listener])


def _passed_on_to(
    stack: ExitStack,
    settings: GatewaySettings,
    ledger: Ledger,
    outbox: Outbox,
    transcode: Transcode,
    end_gateway: Callable[[], None],
) -> Destination | None:
    """Begin to pass on what has come, until the stack is left; to which PACS, None if there is none."""
    if settings.pacs is None:
        return None
    clock = SystemClock()
    commitments = LedgerCommitments(ledger, clock)
    stack.enter_context(listening(settings, settings.pacs, commitments))
    pacs = make_destination(settings, settings.pacs, transcode, commitments)
    sender = Sender(
        outbox,
        [pacs],
        clock=clock,
        version=lambda: ledger.version,
        random=random.Random(),  # noqa: S311 - jitter, not a secret
        pace=Pace(verify_after_s=_VERIFY_AFTER_S),
    )
    ledger.tell(sender.wake)
    stack.enter_context(passing_on(sender, end_gateway))
    return pacs


def _certificates(tls: TlsFiles | None, pacs: Destination | None) -> Sequence[Certificate]:
    """What the gateway's secured connections depend on, to both sides."""
    own = certificates_in(tls.certificate, tls.client_authority) if tls else ()
    return (*own, *(pacs.certificates if pacs else ()))


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and say so."""
        await super().startup(sockets)
        self._on_started()

    def end(self) -> None:
        """Answer what is being answered, and end."""
        self.should_exit = True


def _config(parts: Parts, tls: TlsFiles | None) -> uvicorn.Config:
    secured = _secured(tls) if tls else None
    config = uvicorn.Config(
        make_app(parts),
        http=GatewayProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_GRACE_S,
        backlog=_BACKLOG,
        ssl_context_factory=(lambda _config, _default: secured) if secured else None,
    )
    config.load()
    return config


def _secured(tls: TlsFiles) -> ssl.SSLContext:
    try:
        # A station without a certificate is told so in words (401) rather than by a handshake that fails.
        return server_context(tls.certificate, tls.key, tls.client_authority, ssl.CERT_OPTIONAL)
    except Unreadable as unreadable:
        raise Failed("gateway.certificate_bad", file=str(unreadable.file)) from None


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise Failed("gateway.port_taken", host=host, port=port, problem=error.strerror or "") from error


def _url(settings: GatewaySettings, listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"{'https' if settings.tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


class _CertificateLook:
    """Warns of certificates that end, whenever there is something new to say: the days that are left, say."""

    def __init__(self, warn: Callable[[Message], None]) -> None:
        self._warn = warn
        self._said: Sequence[Message] = ()

    def look(self, certificates: Sequence[Certificate], now: datetime) -> None:
        warnings = expiry_warnings(certificates, now)
        for warning in warnings:
            if warning not in self._said:
                self._warn(warning)
        self._said = warnings


@contextmanager
def _housekeeping(intake: Intake, look_at_certificates: Callable[[], None]) -> Iterator[None]:
    """Drop at the start, and then each hour, what has waited too long; look when certificates end."""
    stop = threading.Event()

    def keep_house() -> None:
        while True:
            look_at_certificates()
            try:
                dropped = intake.sweep()
            except Failed as error:
                _LOG.warning("Keeping house failed: %s", error.code)
            else:
                if dropped:
                    _LOG.warning("%d uploads were never finished and have been dropped.", dropped)
            if stop.wait(_HOUSEKEEPING_S):
                return

    thread = threading.Thread(target=keep_house, name="housekeeping")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
