"""DICOM-TLS: certificates of both sides checked, names compared, and never anything sent in the clear instead."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydicom import dcmread

from fieldstation.dicom.encode import decode
from fieldstation.domain.destination import Answer, Disposition
from fieldstation.domain.jobs import ProofKind
from fieldstation.upload.association import PacsAddress
from fieldstation.upload.credentials import Credentials
from fieldstation.upload.dimse import DimseDestination, DimseSettings
from tests.support.parcels import frozen, parcel_of
from tests.support.storescp import ALL_SYNTAXES, Storescp, storescp
from tests.support.web import Authority


def secured(authority: Authority, certificate: Sequence[Path]) -> Sequence[str]:
    """Options of a storescp that speaks TLS only and wants a certificate of ours."""
    pem, key = certificate
    return (*ALL_SYNTAXES, "+tls", str(key), str(pem), "+cf", str(authority.file), "-rc")


def send(scp: Storescp, credentials: Credentials | None, host: str = "127.0.0.1") -> Answer:
    pacs = PacsAddress(host=host, port=scp.port, ae_title=scp.ae_title, tls=credentials)
    destination = DimseDestination(
        DimseSettings(name="office", pacs=pacs, calling_ae_title="VAN7", proof=ProofKind.NONE)
    )
    instance, content = frozen(1)
    answer = destination.store(parcel_of(instance), content, lambda _bytes: None)
    destination.rest()
    return answer


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


@pytest.fixture
def ours(authority: Authority) -> Credentials:
    pem, key = authority.issue("van7")
    return Credentials(ca_file=authority.file, client_cert=pem, client_key=key)


def test_an_image_goes_over_tls_with_certificates_of_both_sides(
    tmp_path: Path, authority: Authority, ours: Credentials
) -> None:
    with storescp(tmp_path / "scp", secured(authority, authority.issue("office"))) as scp:
        assert send(scp, ours).disposition is Disposition.SENT
        (kept,) = scp.files().values()
        assert (dcmread(kept).pixel_array == decode(frozen(1)[1])).all()


@pytest.mark.parametrize(
    "certificate", [{"lasts": timedelta(days=-1)}, {"host": "other.example"}], ids=["expired", "another name"]
)
def test_a_certificate_that_is_not_right_pauses_and_nothing_is_sent(
    tmp_path: Path, authority: Authority, ours: Credentials, certificate: dict[str, object]
) -> None:
    issued = authority.issue("office", **certificate)  # type: ignore[arg-type]
    with storescp(tmp_path / "scp", secured(authority, issued)) as scp:
        answer = send(scp, ours)
        assert (answer.disposition, answer.message.code) == (Disposition.PAUSE, "link.certificate_refused")
        assert not scp.files()


def test_an_authority_that_is_not_ours_is_not_trusted(tmp_path: Path, authority: Authority, ours: Credentials) -> None:
    other = Authority(tmp_path / "other")
    with storescp(tmp_path / "scp", secured(authority, authority.issue("office"))) as scp:
        answer = send(scp, replace(ours, ca_file=other.file))
        assert (answer.disposition, answer.message.code) == (Disposition.PAUSE, "link.certificate_refused")


def test_a_pacs_without_tls_is_not_sent_to_in_the_clear(tmp_path: Path, ours: Credentials) -> None:
    with storescp(tmp_path / "scp") as scp:
        assert send(scp, ours).disposition in {Disposition.LATER, Disposition.PAUSE}
        assert not scp.files()


def test_credentials_that_cannot_be_read_are_said(tmp_path: Path, ours: Credentials) -> None:
    with storescp(tmp_path / "scp") as scp:
        answer = send(scp, replace(ours, client_cert=tmp_path / "missing.pem"))
        assert (answer.disposition, answer.message.code) == (Disposition.PAUSE, "link.credentials_unreadable")
