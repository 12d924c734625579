"""What the gateway is told when it starts; checked before anything listens."""

import ipaddress
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from fieldstation.domain.errors import Failed, Refused, WrongUse
from fieldstation.domain.jobs import ProofKind
from fieldstation.upload.association import PacsAddress
from fieldstation.upload.credentials import Credentials

_MIB = 1024 * 1024
_SHORTEST_TOKEN = 16
_LONGEST_STATION = 64

ONLY_STATION = "local"
"""The station that everybody is where no tokens are asked for, which is on loopback only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the gateway takes and how long it keeps it.

    ``most_bytes``: one image. ``most_unfinished``: uploads a station may have begun and not ended. ``spare_bytes``:
    what an upload must leave free on the disk. ``keep_days``: how long an unfinished upload waits for its rest.
    ``idle_s``: how long a request may send nothing. ``handover_s``: how long a newer request waits for an older one.
    """

    most_bytes: int = 1024 * _MIB
    most_unfinished: int = 1000
    spare_bytes: int = 256 * _MIB
    keep_days: int = 60
    idle_s: float = 60.0
    handover_s: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """The gateway's certificate and key (PEM), and the authority that stations' certificates must come from, if any."""

    certificate: Path
    key: Path
    client_authority: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPacs:
    """A PACS that is reached by DICOMweb; ``url`` is where ``/studies`` and ``/instances`` are."""

    url: str
    credentials: Credentials


Pacs = PacsAddress | WebPacs


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings:
    """One gateway. ``tokens`` maps each station to its token; ``test`` lets simulated images through to the PACS.

    ``proof`` is ``query`` or ``commitment``; ``dicom_port`` is where the PACS may report commitment to, if anywhere.
    Whoever listens to more than this machine needs TLS, and tokens or an authority for the stations' certificates.

    Raises:
        Refused: ``gateway.tls_needed`` or ``gateway.tokens_needed``: it would listen to more than this machine.
        WrongUse: ``gateway.commitment_by_dimse``: DICOMweb knows no commitment, and without it nothing is reported;
            ``gateway.reports_need_tls``: images would go over TLS and reports come in the clear.
    """

    host: str
    port: int
    data: Path
    pacs: Pacs | None = None
    ae_title: str = "FIELDSTATION_GW"
    proof: ProofKind = ProofKind.QUERY
    dicom_port: int | None = None
    tls: TlsFiles | None = None
    tokens: Mapping[str, str] | None = None
    test: bool = False
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        committing = self.proof is ProofKind.COMMITMENT
        if (committing and isinstance(self.pacs, WebPacs)) or (self.dicom_port is not None and not committing):
            raise WrongUse("gateway.commitment_by_dimse")
        pacs_tls = self.pacs.tls if isinstance(self.pacs, PacsAddress) else None
        if self.dicom_port is not None and pacs_tls is not None and (self.tls is None or pacs_tls.ca_file is None):
            raise WrongUse("gateway.reports_need_tls")
        if is_loopback(self.host):
            return
        if self.tls is None:
            raise Refused("gateway.tls_needed", host=self.host)
        if self.tokens is None and self.tls.client_authority is None:
            raise Refused("gateway.tokens_needed", host=self.host)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach that address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def parse_pacs(text: str, credentials: Credentials, *, tls: bool) -> Pacs:
    """``AE@HOST:PORT``, spoken to over TLS if ``tls``; or a URL, with ``https`` unless it is on this machine.

    Raises:
        WrongUse: ``gateway.bad_pacs``; ``gateway.pacs_in_the_clear``: there are credentials and no TLS to use them.
    """
    if "://" in text:
        url = urlsplit(text)
        if not url.hostname or not (url.scheme == "https" or (url.scheme == "http" and is_loopback(url.hostname))):
            raise WrongUse("gateway.bad_pacs", pacs=text)
        return WebPacs(url=text, credentials=credentials)
    if credentials.token_file is not None or (credentials != Credentials() and not tls):
        raise WrongUse("gateway.pacs_in_the_clear")
    ae_title, _, address = text.partition("@")
    host, _, port = address.rpartition(":")
    if not (0 < len(ae_title) <= 16 and host and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise WrongUse("gateway.bad_pacs", pacs=text)
    return PacsAddress(host=host.strip("[]"), port=int(port), ae_title=ae_title, tls=credentials if tls else None)


def load_tokens(path: Path) -> Mapping[str, str]:
    """The tokens file: TOML, one line ``station = "token"`` for each station.

    Raises:
        Failed: ``gateway.tokens_unreadable``.
        Refused: ``gateway.tokens_bad``: no TOML, no stations, a token under 16 characters, one
            with a space or beyond ASCII (a header of RFC 6750 could not hold it), or one token twice.
    """
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise Failed("gateway.tokens_unreadable", file=str(path), problem=error.strerror or "") from None
    except ValueError:
        raise Refused("gateway.tokens_bad", file=str(path)) from None
    tokens = {station: token for station, token in told.items() if isinstance(token, str)}
    whole = len(tokens) == len(told) and 0 < len(set(tokens.values())) == len(tokens)
    if not whole or any(
        not _is_showable(token) or len(token) < _SHORTEST_TOKEN or not 0 < len(station) <= _LONGEST_STATION
        for station, token in tokens.items()
    ):
        raise Refused("gateway.tokens_bad", file=str(path))
    return tokens


def _is_showable(token: str) -> bool:
    return token.isascii() and token.isprintable() and " " not in token
