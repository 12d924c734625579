"""From the gateway on to the PACS: how it is reached, what hears it about commitment, and the sender in its thread."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from fieldstation.domain.commitment import Commitments
from fieldstation.domain.destination import Destination
from fieldstation.domain.errors import Failed
from fieldstation.gateway.settings import GatewaySettings, Pacs, WebPacs
from fieldstation.upload.association import PacsAddress
from fieldstation.upload.dicomweb import WebDestination, WebSettings
from fieldstation.upload.dimse import DimseDestination, DimseSettings, Transcode
from fieldstation.upload.listener import CommitmentListener, ListenerSettings
from fieldstation.upload.reach import NameUnknown, addresses_of
from fieldstation.upload.sender import Sender

_LOG = logging.getLogger(__name__)
_NAME = "pacs"
_LISTENER_S = 20.0
_LOOKUP_S = 15.0


def make_destination(
    settings: GatewaySettings, pacs: Pacs, transcode: Transcode, commitments: Commitments
) -> Destination:
    """The PACS, by C-STORE or by STOW-RS."""
    if isinstance(pacs, WebPacs):
        web = WebSettings(
            name=_NAME, url=pacs.url, credentials=pacs.credentials, proof=settings.proof, test=settings.test
        )
        return WebDestination(web, transcode)
    dimse = DimseSettings(
        name=_NAME,
        pacs=pacs,
        calling_ae_title=settings.ae_title,
        proof=settings.proof,
        test=settings.test,
        listening=settings.dicom_port is not None,
    )
    return DimseDestination(dimse, transcode, commitments)


@contextmanager
def listening(settings: GatewaySettings, pacs: Pacs, commitments: Commitments) -> Iterator[None]:
    """Take the PACS's reports of commitment, and nobody else's.

    Raises:
        Failed: ``link.name_unknown``.
    """
    if settings.dicom_port is None or isinstance(pacs, WebPacs):
        yield
        return
    try:
        peers = tuple(addresses_of(pacs.host, _LOOKUP_S, lambda: False))
    except NameUnknown:
        raise Failed("link.name_unknown", host=pacs.host) from None
    here = all(peer.startswith("127.") for peer in peers)
    listener = CommitmentListener(
        ListenerSettings(
            host="127.0.0.1" if here else "0.0.0.0",  # noqa: S104 - of known addresses only
            port=settings.dicom_port,
            ae_title=settings.ae_title,
            peers=peers,
            calling_ae_titles=(pacs.ae_title,),
            **_reports_secured(settings, pacs),
        ),
        commitments,
    )
    with listener:
        # A report that came before would be asked for again only after minutes.
        if not listener.wait(_LISTENER_S):
            _LOG.warning("The listener for storage commitment does not start; it is tried again.")
        yield


def _reports_secured(settings: GatewaySettings, pacs: PacsAddress) -> Mapping[str, str]:
    """Reports come as images go: over TLS, under the gateway's own certificate, or not."""
    if pacs.tls is None or settings.tls is None:
        return {}
    files = {"certificate": settings.tls.certificate, "key": settings.tls.key, "authority": pacs.tls.ca_file}
    return {name: str(file) for name, file in files.items()}


@contextmanager
def passing_on(sender: Sender, end_gateway: Callable[[], None]) -> Iterator[None]:
    """The sender in its thread; if a bug ends it, the gateway ends too, rather than take what it does not pass on."""
    stop = threading.Event()
    bugs: list[Exception] = []

    def pass_on() -> None:
        try:
            sender.run(stop)
        except Exception as bug:
            bugs.append(bug)
            end_gateway()

    thread = threading.Thread(target=pass_on, name="passing-on")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if bugs:
        raise bugs[0]
