"""The kinds of destination that faults are tried on, each with a real archive at the end of the way.

The archive is Orthanc, or DCMTK's storescp; the built-in PACS only where an archive has to misbehave to order.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from fieldstation.demo.pacs import DemoPacs
from fieldstation.domain.destination import Destination
from fieldstation.domain.jobs import ProofKind
from fieldstation.upload.association import PacsAddress
from fieldstation.upload.dicomweb import WebDestination, WebSettings
from fieldstation.upload.dimse import DimseDestination, DimseSettings
from fieldstation.upload.gateway import GatewayAddress, GatewayDestination, Persistence
from fieldstation.upload.limits import Limits
from tests.support.gateways import gateway
from tests.support.orthanc import PLUGIN, Orthanc, orthanc
from tests.support.parcels import transcode
from tests.support.peers import require_file
from tests.support.storescp import ALL_SYNTAXES, Storescp, storescp

KINDS = ("dimse to Orthanc", "dimse to storescp", "dicomweb to Orthanc", "gateway to Orthanc")

LIMITS = Limits(connect_s=2.0, answer_s=5.0, stall_s=1.0, release_s=0.5, min_rate=128e3)
SLOW = Limits(connect_s=10.0, answer_s=30.0, stall_s=20.0)
"""For links that are slow or long."""
PATIENCE = Persistence(quick_s=0.02, quickly_s=0.5, slow_s=0.05, give_up_s=1.5)


@dataclass(frozen=True)
class Way:
    """Where the vehicle connects, and by what protocol; it can be handed to another process."""

    kind: str
    host: str
    port: int
    ae_title: str = ""
    limits: Limits = LIMITS
    persistence: Persistence = PATIENCE

    def over(self, link: Any) -> "Way":
        """The same by the near end of a link, which has host and port."""
        return replace(self, host=link.host, port=link.port)

    def patient(self) -> "Way":
        """The same with the limits and waits of the program."""
        return replace(self, limits=Limits(), persistence=Persistence())

    @property
    def proof(self) -> ProofKind:
        """How it is proved there."""
        if self.kind.startswith("gateway"):
            return ProofKind.RECEIPT
        return ProofKind.NONE if self.kind.endswith("storescp") else ProofKind.QUERY

    def destination(self) -> Destination:
        """The destination ``office`` there."""
        root = f"http://{self.host}:{self.port}"
        if self.kind.startswith("gateway"):
            return GatewayDestination(
                GatewayAddress(name="office", url=root, limits=self.limits, persistence=self.persistence)
            )
        if self.kind.startswith("dicomweb"):
            return WebDestination(WebSettings(name="office", url=f"{root}/dicom-web", limits=self.limits), transcode)
        pacs = PacsAddress(host=self.host, port=self.port, ae_title=self.ae_title)
        return DimseDestination(
            DimseSettings(name="office", pacs=pacs, calling_ae_title="VAN7", proof=self.proof, limits=self.limits),
            transcode,
        )


class Archive(Protocol):
    """What is at the end of the way, looked into behind its back."""

    def files(self, sop_instance_uid: str) -> Sequence[bytes]:
        """The Part 10 bytes of everything that it keeps under that UID."""

    def count(self) -> int:
        """How many instances it keeps in all."""


@dataclass
class Site:
    """A running destination: the way to it, what archive is at its end, and the gateway's spool, if one is between.

    ``stored``: the instances of trials that are in the archive so far.
    """

    way: Way
    archive: Archive
    spool: Path | None = None
    stored: set[str] = field(default_factory=set)

    def left_over(self) -> list[str]:
        """What lies around at the office end although everything is proved."""
        return [] if self.spool is None else [path.name for path in self.spool.iterdir()]


@dataclass(frozen=True)
class KeptFiles:
    """An archive whose instances are files; each call of ``folder`` looks again. ``owner`` is what runs it."""

    folder: Callable[[], Mapping[str, Path]]
    owner: Storescp | None = None

    def files(self, sop_instance_uid: str) -> Sequence[bytes]:
        path = self.folder().get(sop_instance_uid)
        return [] if path is None else [path.read_bytes()]

    def count(self) -> int:
        return len(self.folder())


def demo_way(pacs: DemoPacs) -> Way:
    """The way to the built-in PACS."""
    return Way("dimse to a scripted PACS", pacs.host, pacs.port, "OFFICE")


@contextmanager
def site(kind: str, folder: Path, options: Sequence[str] = ALL_SYNTAXES, **settings: Any) -> Iterator[Site]:
    """Start one of `KINDS`; ``options`` are storescp's, ``settings`` Orthanc's."""
    with ExitStack() as stack:
        if kind == "dimse to storescp":
            scp: Storescp = stack.enter_context(storescp(folder, options))
            yield Site(Way(kind, scp.host, scp.port, scp.ae_title), KeptFiles(scp.by_name, scp))
            return
        if kind == "dicomweb to Orthanc":
            plugins = [str(require_file("orthanc-dicomweb", PLUGIN))]
            archive: Orthanc = stack.enter_context(orthanc(folder, Plugins=plugins, **settings))
            yield Site(Way(kind, archive.host, archive.web_port), archive)
            return
        known = ("VAN7", "FIELDSTATION_GW")
        archive = stack.enter_context(orthanc(folder / "orthanc", known, **settings))
        if kind == "dimse to Orthanc":
            yield Site(Way(kind, archive.host, archive.port, archive.ae_title), archive)
            return
        office = stack.enter_context(gateway(folder, pacs=archive))
        yield Site(Way(kind, office.host, office.port), archive, office.data / "uploads")
