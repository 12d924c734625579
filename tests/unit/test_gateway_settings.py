"""What a gateway may be told about its PACS."""

from pathlib import Path
from typing import Any

import pytest

from fieldstation.domain.errors import Refused, WrongUse
from fieldstation.domain.jobs import ProofKind
from fieldstation.gateway.settings import GatewaySettings, TlsFiles, WebPacs, load_tokens, parse_pacs
from fieldstation.upload.association import PacsAddress
from fieldstation.upload.credentials import Credentials, authorization

NONE = Credentials()
OURS = Credentials(ca_file=Path("ca.pem"), client_cert=Path("c.pem"))
TOKEN = Credentials(token_file=Path("token"))


@pytest.mark.parametrize(
    ("text", "credentials", "tls", "pacs"),
    [
        ("OFFICE@10.0.0.5:104", NONE, False, PacsAddress(host="10.0.0.5", port=104, ae_title="OFFICE")),
        ("OFFICE@[::1]:2762", OURS, True, PacsAddress(host="::1", port=2762, ae_title="OFFICE", tls=OURS)),
        ("OFFICE@pacs:2762", NONE, True, PacsAddress(host="pacs", port=2762, ae_title="OFFICE", tls=NONE)),
        ("https://pacs/dicom-web", TOKEN, False, WebPacs(url="https://pacs/dicom-web", credentials=TOKEN)),
        ("http://127.0.0.1:8042/rs", NONE, False, WebPacs(url="http://127.0.0.1:8042/rs", credentials=NONE)),
    ],
)
def test_a_pacs_is_an_address_or_a_url(text: str, credentials: Credentials, tls: bool, pacs: object) -> None:  # noqa: FBT001
    assert parse_pacs(text, credentials, tls=tls) == pacs


@pytest.mark.parametrize(
    ("text", "credentials", "code"),
    [
        ("office", NONE, "bad_pacs"),
        ("OFFICE@pacs:0", NONE, "bad_pacs"),
        ("http://pacs/dicom-web", NONE, "bad_pacs"),
        ("http://127.0.0.1.evil.example/", NONE, "bad_pacs"),
        ("https:///dicom-web", NONE, "bad_pacs"),
        ("ftp://pacs/", NONE, "bad_pacs"),
        ("OFFICE@pacs:104", OURS, "pacs_in_the_clear"),
        ("OFFICE@pacs:104", TOKEN, "pacs_in_the_clear"),
    ],
)
def test_what_cannot_be_is_wrong_use(text: str, credentials: Credentials, code: str) -> None:
    with pytest.raises(WrongUse, match=code):
        parse_pacs(text, credentials, tls=False)


@pytest.mark.parametrize(
    "told",
    [
        {"pacs": WebPacs(url="https://pacs", credentials=NONE), "proof": ProofKind.COMMITMENT},
        {"pacs": PacsAddress(host="pacs", port=104, ae_title="OFFICE"), "dicom_port": 11112},
    ],
)
def test_commitment_goes_with_dimse_and_a_port_for_reports_with_commitment(told: dict[str, Any]) -> None:
    with pytest.raises(WrongUse, match="commitment_by_dimse"):
        GatewaySettings(host="127.0.0.1", port=0, data=Path("data"), **told)


def test_where_images_go_over_tls_reports_do_not_come_in_the_clear() -> None:
    told: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": 0,
        "data": Path("data"),
        "proof": ProofKind.COMMITMENT,
        "dicom_port": 11112,
        "pacs": PacsAddress(host="pacs", port=2762, ae_title="OFFICE", tls=OURS),
    }
    with pytest.raises(WrongUse, match="reports_need_tls"):
        GatewaySettings(**told)
    GatewaySettings(**told, tls=TlsFiles(certificate=Path("g.pem"), key=Path("g.key")))


@pytest.mark.parametrize(
    "token", ["a long random word", "tabs\tare-no-better", "neither-is-ünlaut", "nor-a-\\u0000-character"]
)
def test_a_token_that_no_station_could_show_is_refused(tmp_path: Path, token: str) -> None:
    (tmp_path / "tokens.toml").write_text(f'VAN7 = "{token}"\n', "utf-8")
    with pytest.raises(Refused, match="tokens_bad"):
        load_tokens(tmp_path / "tokens.toml")


def test_a_token_that_is_taken_is_one_that_a_station_shows(tmp_path: Path) -> None:
    token = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"\\')
    (tmp_path / "tokens.toml").write_text(f'VAN7 = "{token}"\n', "utf-8")
    (tmp_path / "token").write_text(f"{token}\n", "utf-8")
    assert load_tokens(tmp_path / "tokens.toml") == {"VAN7": token}
    assert authorization(tmp_path / "token") == {"Authorization": f"Bearer {token}"}
