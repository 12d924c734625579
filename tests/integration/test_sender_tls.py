"""Peers of other makers that speak TLS by themselves; what is refused is in the contract suite of destinations."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from pydicom import dcmread

from fieldstation.dicom.encode import decode
from fieldstation.domain.destination import Destination, Disposition
from fieldstation.domain.jobs import ProofKind
from fieldstation.upload.association import PacsAddress
from fieldstation.upload.credentials import Credentials
from fieldstation.upload.dimse import DimseDestination, DimseSettings
from tests.support.orthanc import Orthanc, orthanc
from tests.support.parcels import frozen, parcel_of
from tests.support.storescp import ALL_SYNTAXES, Storescp, storescp
from tests.support.web import Authority


def secured(authority: Authority, certificate: Sequence[Path]) -> Sequence[str]:
    """Options of a storescp that speaks TLS only and wants a certificate of ours."""
    pem, key = certificate
    return (*ALL_SYNTAXES, "+tls", str(key), str(pem), "+cf", str(authority.file), "-rc")


def at(peer: Storescp | Orthanc, credentials: Credentials, proof: ProofKind) -> DimseDestination:
    pacs = PacsAddress(host=peer.host, port=peer.port, ae_title=peer.ae_title, tls=credentials)
    return DimseDestination(DimseSettings(name="office", pacs=pacs, calling_ae_title="VAN7", proof=proof))


def send(destination: Destination) -> Disposition:
    instance, content = frozen(1)
    return destination.store(parcel_of(instance), content, lambda _bytes: None).disposition


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


@pytest.fixture
def ours(authority: Authority) -> Credentials:
    pem, key = authority.issue("van7")
    return Credentials(ca_file=authority.file, client_cert=pem, client_key=key)


def test_storescp_and_we_know_each_other_by_certificates(
    tmp_path: Path, authority: Authority, ours: Credentials
) -> None:
    with storescp(tmp_path / "scp", secured(authority, authority.issue("office"))) as scp:
        destination = at(scp, ours, ProofKind.NONE)
        assert send(destination) is Disposition.SENT
        destination.rest()
        (kept,) = scp.files().values()
        assert (dcmread(kept).pixel_array == decode(frozen(1)[1])).all()


def test_orthanc_and_we_know_each_other_by_certificates(
    tmp_path: Path, authority: Authority, ours: Credentials
) -> None:
    pem, key = authority.issue("office")
    parcel = parcel_of(frozen(1)[0])
    with orthanc(
        tmp_path / "orthanc",
        DicomTlsEnabled=True,
        DicomTlsCertificate=str(pem),
        DicomTlsPrivateKey=str(key),
        DicomTlsTrustedCertificates=str(authority.file),
        DicomTlsRemoteCertificateRequired=True,
    ) as archive:
        destination = at(archive, ours, ProofKind.QUERY)
        assert send(destination) is Disposition.SENT
        assert destination.prove(parcel).disposition is Disposition.PROVED
        destination.rest()
        assert set(archive.instances()) == {parcel.instance.sop_instance_uid}
