"""What every destination promises of its secured connections: certificates and names checked, never with less."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from fieldstation.bootstrap.station import SystemClock
from fieldstation.domain.certificates import Whose
from fieldstation.domain.destination import Destination, Disposition
from fieldstation.domain.jobs import JobState
from fieldstation.store.sql_store import SqlStore
from fieldstation.upload.association import PacsAddress
from fieldstation.upload.credentials import Credentials
from fieldstation.upload.dicomweb import WebDestination, WebSettings
from fieldstation.upload.dimse import DimseDestination, DimseSettings
from fieldstation.upload.gateway import GatewayAddress, GatewayDestination
from fieldstation.upload.limits import Limits
from fieldstation.upload.tls import SUITES
from tests.support.gateways import QUICK as PERSISTENCE
from tests.support.gateways import gateway
from tests.support.orthanc import PLUGIN, Orthanc, orthanc
from tests.support.parcels import frozen, parcel_of
from tests.support.peers import require_file, wait_until
from tests.support.running import running
from tests.support.sender_process import QUICK
from tests.support.sending import sending_store, states
from tests.support.tls_front import at_most, serves, tls_front
from tests.support.web import Authority

PACE = replace(QUICK, pause_first_s=0.05, pause_most_s=0.1, pending_first_s=0.05)
LIMITS = Limits(connect_s=5.0, answer_s=5.0)

Make = Callable[[int, Credentials | None], Destination]


@dataclass(frozen=True)
class Kind:
    """A peer that listens in the clear at ``port``, and how a destination for such a peer is made."""

    port: int
    make: Make
    archive: Orthanc


def dimse(port: int, credentials: Credentials | None) -> Destination:
    pacs = PacsAddress(host="127.0.0.1", port=port, ae_title=Orthanc.ae_title, tls=credentials)
    return DimseDestination(DimseSettings(name="office", pacs=pacs, calling_ae_title="VAN7", limits=LIMITS))


def dicomweb(port: int, credentials: Credentials | None) -> Destination:
    url = f"{'https' if credentials else 'http'}://127.0.0.1:{port}/dicom-web"
    return WebDestination(WebSettings(name="office", url=url, credentials=credentials or Credentials(), limits=LIMITS))


def by_gateway(port: int, credentials: Credentials | None) -> Destination:
    url = f"{'https' if credentials else 'http'}://127.0.0.1:{port}"
    return GatewayDestination(
        GatewayAddress(
            name="office", url=url, credentials=credentials or Credentials(), limits=LIMITS, persistence=PERSISTENCE
        )
    )


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Kind]]:
    """One Orthanc, by its two doors and behind a gateway."""
    require_file("orthanc-dicomweb", PLUGIN)
    with ExitStack() as stack:
        known = ("VAN7", "FIELDSTATION_GW")
        archive = stack.enter_context(orthanc(tmp_path_factory.mktemp("orthanc"), known, Plugins=[str(PLUGIN)]))
        office = stack.enter_context(gateway(tmp_path_factory.mktemp("gateway"), pacs=archive))
        yield {
            "dimse": Kind(archive.port, dimse, archive),
            "dicomweb": Kind(archive.web_port, dicomweb, archive),
            "gateway": Kind(office.port, by_gateway, archive),
        }


@pytest.fixture(params=["dimse", "dicomweb", "gateway"])
def kind(request: pytest.FixtureRequest, kinds: Mapping[str, Kind]) -> Kind:
    return kinds[request.param]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


@pytest.fixture
def ours(authority: Authority) -> Credentials:
    pem, key = authority.issue("van7")
    return Credentials(ca_file=authority.file, client_cert=pem, client_key=key)


def old(authority: Authority, _folder: Path) -> ssl.SSLContext:
    return at_most(serves(authority.issue("office")), ssl.TLSVersion.TLSv1_1, "ALL")


def weak(authority: Authority, _folder: Path) -> ssl.SSLContext:
    return at_most(serves(authority.issue("office")), ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-SHA")


def expired(authority: Authority, _folder: Path) -> ssl.SSLContext:
    return serves(authority.issue("office", lasts=timedelta(days=-1)))


def of_another(authority: Authority, _folder: Path) -> ssl.SSLContext:
    return serves(authority.issue("office", host="other.example"))


def unknown_authority(_authority: Authority, folder: Path) -> ssl.SSLContext:
    return serves(Authority(folder / "other").issue("office"))


def strange_station(authority: Authority, folder: Path) -> ssl.SSLContext:
    """Trusts another authority's stations only."""
    return serves(authority.issue("office"), wants_from=Authority(folder / "other").file)


def strange_station_of_old(authority: Authority, folder: Path) -> ssl.SSLContext:
    return at_most(strange_station(authority, folder), ssl.TLSVersion.TLSv1_2, ":".join(SUITES))


FLAWS = {
    "TLS 1.1 at most": (old, "link.tls_failed"),
    "a weak cipher only": (weak, "link.tls_failed"),
    "an expired certificate": (expired, "link.certificate_out_of_date"),
    "a certificate for another name": (of_another, "link.certificate_of_another"),
    "an authority unknown to us": (unknown_authority, "link.certificate_refused"),
    "our certificate is not trusted": (strange_station, "link.own_certificate_refused"),
    "our certificate is not trusted, TLS 1.2": (strange_station_of_old, "link.own_certificate_refused"),
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_what_is_not_right_pauses_sends_nothing_and_goes_on_once_it_is_mended(
    tmp_path: Path, kind: Kind, authority: Authority, ours: Credentials, flaw: str
) -> None:
    make, code = FLAWS[flaw]
    with (
        tls_front(kind.port, make(authority, tmp_path)) as front,
        sending_store(tmp_path / "data", 1, clock=SystemClock()) as store,
        running(store, kind.make(front.port, ours), pace=PACE),
    ):
        wait_until(lambda: bool(paused(store)) and front.refused > 1, "the pause, and a probe in it")
        assert paused(store) == [code]
        assert states(store) == [JobState.QUEUED]
        assert front.through == 0
        front.context = serves(authority.issue("office"), wants_from=authority.file)
        wait_until(lambda: states(store) == [JobState.PROVED], "the proof")
        assert paused(store) == []
        wait_until(lambda: showed(store) == ["127.0.0.1"], "the certificate that it showed to be kept")
        assert front.through > 0


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_certificate_that_we_lack_pauses_until_we_have_it(
    tmp_path: Path, kind: Kind, authority: Authority, ours: Credentials, version: ssl.TLSVersion
) -> None:
    bare = replace(ours, client_cert=tmp_path / "later.pem", client_key=None)
    wanting = serves(authority.issue("office"), wants_from=authority.file)
    wanting.maximum_version = version
    nameless = replace(ours, client_cert=None, client_key=None)
    with tls_front(kind.port, wanting) as front:
        refused = kind.make(front.port, nameless)
        answer = refused.store(parcel_of(frozen(1)[0]), frozen(1)[1], lambda _bytes: None)
        assert answer.disposition is Disposition.PAUSE
        assert answer.message.code in {"link.own_certificate_refused", "link.tls_failed"}
        refused.rest()
        with (
            sending_store(tmp_path / "data", 1, clock=SystemClock()) as store,
            running(store, kind.make(front.port, bare), pace=PACE),
        ):
            wait_until(lambda: bool(paused(store)), "the pause")
            assert paused(store) == ["link.credentials_unreadable"]
            assert front.through == 0
            assert ours.client_cert is not None
            assert ours.client_key is not None
            (tmp_path / "new.pem").write_bytes(ours.client_cert.read_bytes() + ours.client_key.read_bytes())
            (tmp_path / "new.pem").rename(tmp_path / "later.pem")
            wait_until(lambda: states(store) == [JobState.PROVED], "the proof")
        assert front.through > 0


def test_with_certificates_of_both_sides_the_best_is_agreed_on_and_what_it_rests_on_is_known(
    tmp_path: Path, kind: Kind, authority: Authority, ours: Credentials
) -> None:
    right = serves(authority.issue("office", lasts=timedelta(days=20)), wants_from=authority.file)
    with tls_front(kind.port, right) as front:
        destination = kind.make(front.port, ours)
        assert [one.whose for one in destination.certificates] == [Whose.OWN, Whose.AUTHORITY]
        assert destination.echo().trouble is None
        assert {version for version, _ in front.agreed} == {"TLSv1.3"}
        assert [one.whose for one in destination.certificates] == [Whose.OWN, Whose.AUTHORITY, Whose.PEER]
        peer = destination.certificates[-1]
        left = peer.ends - SystemClock().now()
        assert (peer.name, left.days) == ("127.0.0.1", 19)
        front.context = at_most(right, ssl.TLSVersion.TLSv1_2, "ALL")
        front.agreed.clear()
        assert destination.echo().trouble is None
        assert front.agreed <= {("TLSv1.2", suite) for suite in SUITES}
        destination.rest()


def test_a_peer_without_tls_gets_nothing_in_the_clear(tmp_path: Path, kind: Kind, ours: Credentials) -> None:
    before = set(kind.archive.instances())
    destination = kind.make(kind.port, ours)
    instance, content = frozen(77)
    answer = destination.store(parcel_of(instance), content, lambda _bytes: None)
    assert answer.message.code in {"link.no_tls", "link.tls_cut_off"}
    assert set(kind.archive.instances()) == before
    destination.rest()


def test_in_the_clear_a_peer_with_tls_is_not_reached(tmp_path: Path, kind: Kind, authority: Authority) -> None:
    with tls_front(kind.port, serves(authority.issue("office"))) as front:
        destination = kind.make(front.port, None)
        answer = destination.store(parcel_of(frozen(1)[0]), frozen(1)[1], lambda _bytes: None)
        assert answer.disposition in {Disposition.LATER, Disposition.PAUSE, Disposition.UNKNOWN}
        assert front.through == 0
        assert destination.certificates == ()
        destination.rest()


def showed(store: SqlStore) -> list[str]:
    with store.reading() as questions:
        return [one.name for one in questions.peer_certificates().get("office", ())]


def paused(store: SqlStore) -> list[str]:
    with store.reading() as questions:
        return [one.reason.code for one in questions.paused()]
