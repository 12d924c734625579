"""The sender as a process: one a data folder, ended cleanly, taking changed settings up by itself."""

import logging
import random
import threading
from contextlib import AbstractContextManager, nullcontext

from fieldstation.bootstrap.awake import make_inhibitor
from fieldstation.bootstrap.caretaker import Caretaker
from fieldstation.bootstrap.credentials import credentials_of, expanded
from fieldstation.bootstrap.endings import told_to_end
from fieldstation.bootstrap.station import Places, Station, SystemClock, open_station
from fieldstation.config import Destination, Settings, load_settings
from fieldstation.domain.commitment import Commitments
from fieldstation.domain.destination import Destination as Peer
from fieldstation.domain.errors import Failed, FieldstationError
from fieldstation.domain.jobs import ProofKind, Role
from fieldstation.services.words import apology
from fieldstation.store.ballast import Ballast
from fieldstation.store.locks import FolderLock
from fieldstation.upload.association import PacsAddress
from fieldstation.upload.dicomweb import WebDestination, WebSettings
from fieldstation.upload.dimse import DimseDestination, DimseSettings, Transcode, no_transcoding
from fieldstation.upload.gateway import GatewayAddress, GatewayDestination
from fieldstation.upload.listener import CommitmentListener, ListenerSettings
from fieldstation.upload.sender import Sender

_LOOK_SECONDS = 1.0
_LANES = 2
_LOG = logging.getLogger(__name__)


def run_sender(places: Places) -> None:
    """Send until told to stop (SIGTERM, Ctrl+C, Ctrl+Break) or the data folder is gone.

    On a full disk it gives up the ballast rather than its work.

    Raises:
        Refused: ``lock.held``: another sender runs on this data folder; or what is wrong with settings or store.
    """
    stop = threading.Event()
    station = _open(places)
    try:
        with FolderLock(places.data, "sender", "sender"), told_to_end(stop.set):
            settings = station.settings
            while not stop.is_set():
                settings = _send_under(station, settings, stop)
    finally:
        station.close()


def _open(places: Places) -> Station:
    try:
        return open_station(places, "sender")
    except Failed as failed:
        if failed.code != "disk.full" or not Ballast(places.data).give_up():
            raise
        return open_station(places, "sender")


def make_destination(
    station: Settings,
    destination: Destination,
    transcode: Transcode = no_transcoding,
    commitments: Commitments | None = None,
) -> Peer:
    """The destination that a table of the settings describes, of whatever kind."""
    if destination.kind == "gateway":
        return gateway_destination(destination)
    if destination.kind == "dicomweb":
        return web_destination(destination, transcode)
    return dimse_destination(station, destination, transcode, commitments)


def _lanes(station: Station, settings: Settings, destination: Destination) -> list[Peer]:
    """As many as keep the link busy: while one waits for an answer, another sends."""
    return [
        make_destination(settings, destination, station.darkroom.transcode, station.store.commitments)
        for _ in range(_LANES)
    ]


def _may_have_jobs(destination: Destination) -> bool:
    """Send makes jobs for it, or a person may reroute some to it."""
    return destination.send or destination.role is Role.STANDBY


def _listening(station: Station, settings: Settings) -> AbstractContextManager[object]:
    """The listener, if the settings want one: the PACSs that we ask for commitment may call it."""
    listener = settings.listener
    if listener is None:
        return nullcontext()
    asked = (one for one in settings.destination if _may_have_jobs(one) and one.proof is ProofKind.COMMITMENT)
    titles = tuple(dict.fromkeys(one.proof_ae_title or one.ae_title or "" for one in asked))
    return CommitmentListener(
        ListenerSettings(
            host=listener.host,
            port=listener.port,
            ae_title=settings.station.ae_title,
            peers=listener.peers,
            calling_ae_titles=titles,
            certificate=expanded(listener.certificate),
            key=expanded(listener.key),
            authority=expanded(listener.ca_file),
        ),
        station.store.commitments,
    )


def gateway_destination(destination: Destination) -> GatewayDestination:
    """The gateway that a table of the settings describes."""
    return GatewayDestination(
        GatewayAddress(
            name=destination.name, url=destination.url, credentials=credentials_of(destination), test=destination.test
        )
    )


def web_destination(destination: Destination, transcode: Transcode = no_transcoding) -> WebDestination:
    """The DICOMweb server that a table of the settings describes."""
    settings = WebSettings(
        name=destination.name,
        url=destination.url,
        credentials=credentials_of(destination),
        proof=destination.proof or ProofKind.QUERY,
        test=destination.test,
    )
    return WebDestination(settings, transcode)


def dimse_destination(
    station: Settings,
    destination: Destination,
    transcode: Transcode = no_transcoding,
    commitments: Commitments | None = None,
) -> DimseDestination:
    """The destination that a table of the settings describes; ``transcode`` serves a PACS that takes plain images."""
    host, port, ae_title = destination.host, destination.port or 0, destination.ae_title or ""
    tls = credentials_of(destination) if destination.tls else None
    elsewhere = destination.proof_host or destination.proof_port or destination.proof_ae_title
    proof_at = PacsAddress(
        host=destination.proof_host or host,
        port=destination.proof_port or port,
        ae_title=destination.proof_ae_title or ae_title,
        tls=tls,
    )
    return DimseDestination(
        DimseSettings(
            name=destination.name,
            pacs=PacsAddress(host=host, port=port, ae_title=ae_title, tls=tls),
            calling_ae_title=destination.calling_ae_title or station.station.ae_title,
            proof=destination.proof or ProofKind.QUERY,
            proof_at=proof_at if elsewhere else None,
            test=destination.test,
            listening=station.listener is not None,
        ),
        transcode,
        commitments,
    )


def _send_under(station: Station, settings: Settings, stop: threading.Event) -> Settings:
    """Send under these settings until ``stop`` or until they change; the settings to go on with."""
    turn = threading.Event()
    following: list[Settings] = []
    ballast = Ballast(station.folder)
    watcher = threading.Thread(
        target=lambda: following.append(_changed_settings(station.places, settings, stop, turn)), name="settings"
    )
    sender = Sender(
        station.store.queue,
        [lane for one in settings.destination if _may_have_jobs(one) for lane in _lanes(station, settings, one)],
        clock=SystemClock(),
        version=station.store.version,
        random=random.Random(),  # noqa: S311 - jitter, not a secret
    )
    inhibitor = make_inhibitor() if settings.sender.keep_awake else None
    caretaker = Caretaker(station.store.version, station.store.queue.owed, ballast, inhibitor)
    watcher.start()
    try:
        with _listening(station, settings), caretaker:
            sender.run(turn)
    finally:
        turn.set()
        watcher.join()
    return following[0]


def _changed_settings(places: Places, current: Settings, stop: threading.Event, turn: threading.Event) -> Settings:
    """Wait for ``stop``, or for other valid settings; then end the turn. A wrong file is said and left alone."""
    said = ""
    while not turn.wait(0.0) and not stop.wait(_LOOK_SECONDS):
        if not places.data.is_dir():
            stop.set()
            break
        try:
            settings = load_settings(places.settings)
        except FieldstationError as error:
            if (sentence := apology(error)) != said:
                said = sentence
                _LOG.warning("%s", sentence)
            continue
        if settings != current:
            turn.set()
            return settings
    turn.set()
    return current
