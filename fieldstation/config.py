"""The settings: one TOML file, typed, frozen, validated when loaded. Units are in the names.

Read from ``bootstrap`` upward only; the parts get plain values.
"""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from fieldstation.domain.errors import Failed, Refused
from fieldstation.domain.findings import FINDING_RULES
from fieldstation.domain.jobs import ProofKind, Role

AeTitle = Annotated[str, Field(min_length=1, max_length=16, pattern=r"^[ -\[\]-~]*[!-\[\]-~][ -\[\]-~]*$")]
"""An application entity title (PS3.5 6.2, VR AE): at most 16 characters, not only spaces, no backslash."""
Port = Annotated[int, Field(ge=1, le=65535)]
Kind = Literal["dimse", "dicomweb", "gateway"]
_LOOPBACK_URL = re.compile(r"http://(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?(/|$)", re.ASCII)


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Station(_Table):
    """This vehicle.

    ``technologist`` is who works in it, a DICOM person name; ``uid_root`` the site's own root for new UIDs, if any.
    """

    name: Annotated[str, Field(min_length=1, max_length=16)] = "STATION"
    ae_title: AeTitle = "FIELDSTATION"
    institution: Annotated[str, Field(max_length=64)] = ""
    technologist: Annotated[str, Field(max_length=64, pattern=r"^[^\\]*$")] = ""
    uid_root: Annotated[str, Field(pattern=r"^[0-2](\.(0|[1-9][0-9]*))+$", max_length=24)] | None = None


class Reader(BaseModel):
    """Which driver runs the CR reader. Each driver has its own table, ``[reader.<driver>]``, and checks it itself."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)
    __pydantic_extra__: dict[str, dict[str, object]] = Field(init=False)

    driver: str = "simulated"

    @property
    def table(self) -> dict[str, object]:
        """The table of the driver in use; empty where there is none."""
        return self.table_of(self.driver)

    def table_of(self, driver: str) -> dict[str, object]:
        """The table of that driver; empty where there is none."""
        return self.__pydantic_extra__.get(driver, {})


class Destination(_Table):
    """Where Send sends to."""

    name: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    kind: Kind = "dimse"
    host: str = ""
    port: Port | None = None
    ae_title: AeTitle | None = None
    calling_ae_title: AeTitle | None = None
    tls: bool = False
    url: str = ""
    token_file: str = ""
    ca_file: str = ""
    client_cert: str = ""
    client_key: str = ""
    role: Annotated[Role, Field(strict=False)] | None = None
    send: bool = True
    proof: Annotated[ProofKind, Field(strict=False)] | None = None
    proof_host: str = ""
    proof_port: Port | None = None
    proof_ae_title: AeTitle | None = None
    test: bool = False

    @model_validator(mode="after")
    def _whole(self) -> "Destination":
        expected = {"dimse": self._dimse_lacks, "dicomweb": self._dicomweb_lacks, "gateway": self._gateway_lacks}
        lack = expected[self.kind]()
        if lack is not None:
            raise ValueError(lack)
        return self

    def _dimse_lacks(self) -> str | None:
        if not (self.host and self.port and self.ae_title):
            return "host, port and ae_title"
        if self.proof is ProofKind.RECEIPT:
            return 'proof "commitment", "query" or "none"'
        if (self.ca_file or self.client_cert) and not self.tls:
            return "tls = true where there is a ca_file or a client_cert"
        if self.client_key and not self.client_cert:
            return "client_cert where there is a client_key"
        return None

    def _dicomweb_lacks(self) -> str | None:
        if not (self.url.startswith("https://") or _LOOPBACK_URL.match(self.url)):
            return "a url that begins with https:// (http:// to this machine only)"
        if self.proof not in (None, ProofKind.QUERY, ProofKind.NONE):
            return 'proof "query" or "none"'
        if self.client_key and not self.client_cert:
            return "client_cert where there is a client_key"
        return None

    def _gateway_lacks(self) -> str | None:
        if not (self.url.startswith("https://") or _LOOPBACK_URL.match(self.url)):
            return "a url that begins with https:// (http:// to this machine only)"
        if self.proof not in (None, ProofKind.RECEIPT):
            return 'proof "receipt"'
        if self.client_key and not self.client_cert:
            return "client_cert where there is a client_key"
        return None


class Listener(_Table):
    """Where answers about storage commitment may come to. ``peers``: the addresses that may call, and no others.

    ``host`` is an address of this machine that the office can reach, say that of the VPN. With ``certificate``, ``key``
    and ``ca_file`` (for the certificates of those that call) nothing is heard but over TLS.
    """

    host: Annotated[str, Field(min_length=1)]
    port: Port
    peers: Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
    certificate: str = ""
    key: str = ""
    ca_file: str = ""

    @model_validator(mode="after")
    def _whole(self) -> "Listener":
        if len({bool(file) for file in (self.certificate, self.key, self.ca_file)}) > 1:
            raise ValueError("certificate, key and ca_file, or none of them")
        return self


class Sender(_Table):
    """How the sender lives on this machine. ``keep_awake``: the machine may not sleep while it owes something."""

    keep_awake: bool = True


class Worklist(_Table):
    """Where today's orders come from."""

    host: Annotated[str, Field(min_length=1)]
    port: Port
    ae_title: AeTitle


class Scanner(_Table):
    """The barcode scanner. ``prefix``: what it is set up to send before each word, so that nothing else is one."""

    prefix: Annotated[str, Field(max_length=8, pattern=r"^[!-~]*$")] = ""


class Plates(_Table):
    """The cassettes: a plate that was erased longer ago than this is erased again before use."""

    erase_after_hours: Annotated[float, Field(ge=1, le=24 * 365, strict=False)] = 24.0


def _finding(code: str) -> str:
    known = [code.removeprefix("finding.") for code in FINDING_RULES]
    if code not in known:
        raise ValueError(f"one of {', '.join(known)}")
    return code


class Finding(_Table):
    """What is said of a picture: ``shown`` false switches it off, ``limit`` is from where on it is said."""

    shown: bool | None = None
    limit: Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False, strict=False)] | None = None


_Deviation = Annotated[float, Field(gt=0, le=20, strict=False)]


class Deviations(_Table):
    """From which deviation index on exposure is said to be off in one view."""

    under: _Deviation | None = None
    far_under: _Deviation | None = None
    over: _Deviation | None = None
    far_over: _Deviation | None = None


class Views(_Table):
    """The views. ``file``: the site's own, beside those that come with the program; ``looks``: its own processing."""

    file: str = ""
    looks: str = ""


class Settings(_Table):
    """All settings. Without a file everything has its default and there is no destination."""

    station: Station = Station()
    reader: Reader = Reader()
    scanner: Scanner = Scanner()
    plates: Plates = Plates()
    views: Views = Views()
    findings: dict[Annotated[str, AfterValidator(_finding)], Finding] = {}
    di_limits: dict[str, Deviations] = {}
    destination: tuple[Destination, ...] = Field(default=(), strict=False)
    worklist: Worklist | None = None
    listener: Listener | None = None
    sender: Sender = Sender()

    @model_validator(mode="after")
    def _roles(self) -> "Settings":
        names = [destination.name for destination in self.destination]
        if len(set(names)) < len(names):
            raise ValueError("a different name for each destination")
        senders = [destination for destination in self.destination if destination.send]
        primaries = [destination for destination in senders if destination.role is Role.PRIMARY]
        if len(senders) > 1 and len(primaries) != 1:
            raise ValueError('role = "primary" for exactly one destination with send = true')
        return self

    @property
    def primary(self) -> str | None:
        """The name of the primary destination: the one that says so, or the only one that is sent to."""
        senders = [destination for destination in self.destination if destination.send]
        wanted = {Role.PRIMARY} if len(senders) > 1 else {Role.PRIMARY, None}
        return next((destination.name for destination in senders if destination.role in wanted), None)


def load_settings(path: Path | None) -> Settings:
    """The settings of a file; the defaults where there is none.

    Raises:
        Failed: ``settings.missing`` or ``settings.unreadable``.
        Refused: ``settings.not_toml``, ``settings.unknown_key``, ``settings.missing_key`` or ``settings.bad_value``.
    """
    if path is None:
        return Settings()
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise Failed("settings.missing", file=str(path)) from None
    except tomllib.TOMLDecodeError as error:
        raise Refused("settings.not_toml", file=str(path), problem=str(error)) from None
    except UnicodeDecodeError:
        raise Refused("settings.not_toml", file=str(path), problem="not UTF-8 text") from None
    except OSError as error:
        raise Failed("settings.unreadable", file=str(path), problem=error.strerror or "") from None
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        raise _refusal(path, error) from None


def _refusal(path: Path, error: ValidationError) -> Refused:
    first = error.errors(include_url=False)[0]
    key = (
        ".".join(str(part) for part in first["loc"] if not str(part).startswith(("function-", "[key]"))) or "(the file)"
    )
    match first["type"]:
        case "extra_forbidden":
            return Refused("settings.unknown_key", file=str(path), key=key)
        case "missing":
            return Refused("settings.missing_key", file=str(path), key=key)
        case _:
            expected = first["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
            return Refused("settings.bad_value", file=str(path), key=key, expected=expected)


TEMPLATE = """\
# The settings of this vehicle. A running sender takes changes up by itself.

[station]
name = "VAN7"
ae_title = "VAN7"
institution = "Example Mobile Imaging"
# technologist = "FAMILY^GIVEN" # goes into every image as Operators' Name

# [views]
# file = "views.toml"           # the site's own views, of the same form as those that come with the program

# [findings.motion]             # docs/findings.md names the others
# shown = false
# limit = 0.45

# [di_limits.chest-ap]          # from which deviation index on exposure is said to be off in that view
# over = 2.0

[reader]
driver = "simulated"            # each driver has its own table

[reader.simulated]
seconds_per_plate = 1.0         # a real reader takes 60 to 120

[sender]
keep_awake = true               # the machine does not fall asleep while images are owed

[[destination]]
name = "office"
kind = "dimse"
host = "10.8.0.1"               # the PACS in the main office, over the VPN
port = 104
ae_title = "OFFICE"
# calling_ae_title = "VAN7"     # default: the station's
proof = "query"                 # query: the PACS is asked; none: sent, unconfirmed
test = false                    # true: may receive simulated images
"""
