"""The gateway as a process: it listens, passes on, keeps house, and ends cleanly on SIGTERM or Ctrl+C."""

import logging
import random
import signal
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

import uvicorn

from fieldstation.domain.certificates import expiry_warnings
from fieldstation.domain.commitment import Commitments
from fieldstation.domain.errors import Failed
from fieldstation.domain.ports import Clock
from fieldstation.domain.words import Message
from fieldstation.gateway.app import Parts, make_app
from fieldstation.gateway.certificates import CertificateProtocol
from fieldstation.gateway.commitments import LedgerCommitments
from fieldstation.gateway.intake import Intake
from fieldstation.gateway.ledger import Ledger
from fieldstation.gateway.outbox import Outbox
from fieldstation.gateway.settings import GatewaySettings, TlsFiles
from fieldstation.gateway.spool import Spool
from fieldstation.gateway.stations import Stations
from fieldstation.store.locks import FolderLock
from fieldstation.upload.association import PacsAddress
from fieldstation.upload.certificates import certificates_in
from fieldstation.upload.credentials import Unreadable
from fieldstation.upload.dimse import DimseDestination, DimseSettings, Transcode, no_transcoding
from fieldstation.upload.listener import CommitmentListener, ListenerSettings
from fieldstation.upload.sender import Sender
from fieldstation.upload.tls import server_context

_LOG = logging.getLogger(__name__)
_HOUSEKEEPING_S = 3600.0
_KEEP_ALIVE_S = 75
_GRACE_S = 5
_BACKLOG = 128
_LISTENER_S = 20.0


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
    transcode: Transcode = no_transcoding,
) -> None:
    """Run until SIGTERM or Ctrl+C. ``announce`` is told the URL once it takes connections.

    ``warn`` is told, once a day, which of its own certificates ends within 30 days. ``transcode`` serves a PACS that
    takes plain images only.

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
        stack.enter_context(_signals_left_to(server))
        stack.enter_context(_housekeeping(intake, _CertificateLook(settings, clock, warn)))
        if settings.pacs is not None:
            outbox = Outbox(ledger, spool)
            commitments = LedgerCommitments(ledger, clock)
            stack.enter_context(_listening(settings, settings.pacs, commitments))
            sender = Sender(
                outbox,
                [_destination(settings, settings.pacs, transcode, commitments)],
                clock=clock,
                version=lambda: ledger.version,
                random=random.Random(),  # noqa: S311 - jitter, not a secret
            )
            stack.enter_context(_passing_on(sender, server))
        server.run(sockets=[listener])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and say so."""
        await super().startup(sockets)
        self._on_started()


def _config(parts: Parts, tls: TlsFiles | None) -> uvicorn.Config:
    secured = _secured(tls) if tls else None
    config = uvicorn.Config(
        make_app(parts),
        http=CertificateProtocol,
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


def _destination(
    settings: GatewaySettings, pacs: PacsAddress, transcode: Transcode, commitments: Commitments
) -> DimseDestination:
    return DimseDestination(
        DimseSettings(
            name="pacs",
            pacs=pacs,
            calling_ae_title=settings.ae_title,
            proof=settings.proof,
            test=settings.test,
            listening=settings.dicom_port is not None,
        ),
        transcode,
        commitments,
    )


@contextmanager
def _listening(settings: GatewaySettings, pacs: PacsAddress, commitments: Commitments) -> Iterator[None]:
    """Take the PACS's reports of commitment, and nobody else's."""
    if settings.dicom_port is None:
        yield
        return
    try:
        peer = socket.gethostbyname(pacs.host)
    except OSError:
        raise Failed("link.name_unknown", host=pacs.host) from None
    listener = CommitmentListener(
        ListenerSettings(
            host="127.0.0.1" if peer.startswith("127.") else "0.0.0.0",  # noqa: S104 - of known addresses only
            port=settings.dicom_port,
            ae_title=settings.ae_title,
            peers=(peer,),
            calling_ae_titles=(pacs.ae_title,),
        ),
        commitments,
    )
    with listener:
        # A report that came before would be asked for again only after minutes.
        if not listener.wait(_LISTENER_S):
            _LOG.warning("The listener for storage commitment does not start; it is tried again.")
        yield


@contextmanager
def _signals_left_to(server: uvicorn.Server) -> Iterator[None]:
    """Have an end that was asked for be an end, not a death: uvicorn raises the signals it got once more."""

    def handle(_number: int, _frame: object) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _CertificateLook:
    """Warns of certificates that end, whenever there is something new to say: the days that are left, say."""

    def __init__(self, settings: GatewaySettings, clock: Clock, warn: Callable[[Message], None]) -> None:
        self._settings = settings
        self._clock = clock
        self._warn = warn
        self._said: Sequence[Message] = ()

    def __call__(self) -> None:
        tls = self._settings.tls
        found = certificates_in(tls.certificate, tls.client_authority) if tls else ()
        warnings = expiry_warnings(found, self._clock.now())
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


@contextmanager
def _passing_on(sender: Sender, server: uvicorn.Server) -> Iterator[None]:
    """The sender in its thread; if a bug ends it, the gateway ends too, rather than take what it does not pass on."""
    stop = threading.Event()
    bugs: list[Exception] = []

    def pass_on() -> None:
        try:
            sender.run(stop)
        except Exception as bug:
            bugs.append(bug)
            server.should_exit = True

    thread = threading.Thread(target=pass_on, name="passing-on")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if bugs:
        raise bugs[0]
