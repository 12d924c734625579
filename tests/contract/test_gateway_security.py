"""Who gets in at a gateway, and whom the vehicle believes."""

import socket
import ssl
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fieldstation.domain.destination import Disposition
from fieldstation.upload.credentials import Credentials
from fieldstation.upload.tls import SUITES
from tests.support.gateways import Gateway, at, gateway, said, send, whole
from tests.support.parcels import frozen, parcel_of
from tests.support.web import Authority

LARGE = 1000
"""Rows of an image of 1.6 MB."""


def test_a_station_needs_its_token(tmp_path: Path) -> None:
    tokens, mine, wrong = tmp_path / "tokens.toml", tmp_path / "token", tmp_path / "wrong"
    tokens.write_text('VAN7 = "correct-horse-battery"\nVAN8 = "another-token-of-theirs"\n')
    mine.write_text("correct-horse-battery\n")
    wrong.write_text("correct-horse-batterie\n")
    with gateway(tmp_path, "--tokens", str(tokens)) as office:
        not_let_in = (Disposition.PAUSE, "gateway.not_authorised")
        for destination in (at(office.url), at(office.url, credentials=Credentials(token_file=wrong))):
            assert said(send(destination)) == not_let_in
            assert said(destination.probe()) == not_let_in
            assert said(destination.prove(parcel_of(frozen(1)[0]))) == not_let_in
            destination.rest()
        known = at(office.url, credentials=Credentials(token_file=mine))
        assert send(known).disposition is Disposition.SENT
        known.rest()
        mine.write_text("another-token-of-theirs")
        other = at(office.url, credentials=Credentials(token_file=mine))
        assert other.prove(parcel_of(frozen(1)[0])).disposition is Disposition.DENIED
        other.rest()
        lost = at(office.url, credentials=Credentials(token_file=tmp_path / "nowhere"))
        assert said(send(lost)) == (Disposition.PAUSE, "link.credentials_unreadable")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def secured(folder: Path, authority: Authority, *options: str, **certificate: Any) -> Any:
    tokens = folder / "tokens.toml"
    tokens.write_text('VAN7 = "correct-horse-battery"\n')
    (folder / "token").write_text("correct-horse-battery")
    cert, key = authority.issue(f"gateway-{len(certificate)}", **certificate)
    files = ("--tls-cert", str(cert), "--tls-key", str(key), "--tokens", str(tokens))
    return gateway(folder, *files, *options, scheme="https")


def test_a_connection_is_secured_and_the_certificate_checked(tmp_path: Path, authority: Authority) -> None:
    trusting = Credentials(token_file=tmp_path / "token", ca_file=authority.file)
    with secured(tmp_path, authority) as office:
        destination = at(office.url, credentials=trusting)
        assert send(destination, 1, LARGE).disposition is Disposition.SENT
        assert whole(office, 1, LARGE)
        destination.rest()
        doubting = at(office.url, credentials=replace(trusting, ca_file=None))
        assert said(send(doubting)) == (Disposition.PAUSE, "link.certificate_refused")
        plain = at(office.url.replace("https", "http"))
        assert send(plain).disposition is Disposition.LATER
        astray = at(office.url, credentials=replace(trusting, ca_file=tmp_path / "nowhere.pem"))
        assert said(send(astray)) == (Disposition.PAUSE, "link.credentials_unreadable")


def test_a_gateway_may_want_a_certificate_as_well(tmp_path: Path, authority: Authority) -> None:
    with secured(tmp_path, authority, "--client-ca", str(authority.file)) as office:
        without = Credentials(token_file=tmp_path / "token", ca_file=authority.file)
        assert said(send(at(office.url, credentials=without))) == (Disposition.PAUSE, "gateway.not_authorised")
        cert, key = authority.issue("VAN7")
        destination = at(office.url, credentials=replace(without, client_cert=cert, client_key=key))
        assert send(destination).disposition is Disposition.SENT
        destination.rest()
        tokenless = at(office.url, credentials=Credentials(ca_file=authority.file, client_cert=cert, client_key=key))
        assert said(send(tokenless)) == (Disposition.PAUSE, "gateway.not_authorised")


def test_a_certificate_alone_can_say_who_a_station_is(tmp_path: Path, authority: Authority) -> None:
    cert, key = authority.issue("gateway")
    options = ("--tls-cert", str(cert), "--tls-key", str(key), "--client-ca", str(authority.file))
    with gateway(tmp_path, *options, scheme="https") as office:
        stations = []
        for name in ("VAN7", "VAN8"):
            cert, key = authority.issue(name)
            credentials = Credentials(ca_file=authority.file, client_cert=cert, client_key=key)
            stations.append(at(office.url, credentials=credentials))
        assert send(stations[0]).disposition is Disposition.SENT
        stations[0].rest()
        parcel = parcel_of(frozen(1)[0])
        assert [station.prove(parcel).disposition for station in stations] == [Disposition.PENDING, Disposition.DENIED]
        stranger = Authority(tmp_path / "stranger")
        cert, key = stranger.issue("VAN7")
        credentials = Credentials(ca_file=authority.file, client_cert=cert, client_key=key)
        assert said(send(at(office.url, credentials=credentials))) == (
            Disposition.PAUSE,
            "link.own_certificate_refused",
        )
        for station in stations:
            station.rest()


def offers(version: ssl.TLSVersion, suites: str) -> ssl.SSLContext:
    """A client that offers this version and these suites of TLS 1.2, and trusts anybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = version
    context.set_ciphers(f"{suites}:@SECLEVEL=0")
    return context


def agreed(office: Gateway, context: ssl.SSLContext) -> tuple[str | None, str]:
    with socket.create_connection((office.host, office.port)) as link, context.wrap_socket(link) as secured:
        cipher = secured.cipher()
        assert cipher is not None
        return secured.version(), cipher[0]


def test_it_agrees_on_what_bcp_195_recommends_and_on_nothing_less(tmp_path: Path, authority: Authority) -> None:
    with secured(tmp_path, authority) as office:
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            with pytest.raises(ssl.SSLError):
                agreed(office, offers(version, "ALL"))
        for weak in ("AES128-SHA", "AES256-GCM-SHA384", "ECDHE+AES+SHA", "DHE", "CAMELLIA", "NULL", "aNULL", "PSK"):
            with pytest.raises(ssl.SSLError):
                agreed(office, offers(ssl.TLSVersion.TLSv1_2, weak))
        assert agreed(office, offers(ssl.TLSVersion.TLSv1_2, "ALL")) in {("TLSv1.2", suite) for suite in SUITES}
        assert agreed(office, offers(ssl.TLSVersion.TLSv1_3, "ALL"))[0] == "TLSv1.3"
