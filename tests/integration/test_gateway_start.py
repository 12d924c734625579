"""How the office starts its gateway, and what it refuses to start with."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fieldstation.cli.app import _global_options_first, run
from fieldstation.cli.context import Screens
from fieldstation.config import load_settings
from fieldstation.domain.errors import Refused
from tests.support.commands import QuickShell
from tests.support.gateways import gateway
from tests.support.parcels import frozen
from tests.support.shell import Shell
from tests.support.tus_wire import append, begin, create


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return QuickShell(tmp_path / "shell")


def test_its_data_folder_is_its_own() -> None:
    words = ["gateway", "serve", "--data", "here", "--config", "there"]
    assert _global_options_first(words) == ["--config", "there", "gateway", "serve", "--data", "here"]
    assert _global_options_first(["gateway", "serve", "--data=here"]) == ["gateway", "serve", "--data=here"]
    assert _global_options_first(["--data", "gateway", "queue", "list"]) == ["--data", "gateway", "queue", "list"]
    assert _global_options_first(["queue", "list", "--data", "here"]) == ["--data", "here", "queue", "list"]
    assert _global_options_first(["--data", "x", "gateway", "serve"]) == ["--data", "x", "gateway", "serve"]


def test_others_reach_it_only_with_tls_and_only_if_it_knows_them(shell: Shell, tmp_path: Path) -> None:
    everybody = ("gateway", "serve", "--host", "0.0.0.0", "--data", str(tmp_path / "data"))
    assert "TLS" in shell.fails(1, *everybody)
    files = ("--tls-cert", str(tmp_path / "c.pem"), "--tls-key", str(tmp_path / "k.pem"))
    assert "--tokens" in shell.fails(1, *everybody, *files)
    assert "--tls-key" in shell.fails(2, *everybody, *files[:2])
    assert not (tmp_path / "data").exists()


def test_it_says_what_is_wrong_with_what_it_is_given(shell: Shell, tmp_path: Path) -> None:
    serve = ("gateway", "serve", "--port", "0", "--data", str(tmp_path / "data"))
    assert "AE@HOST:PORT" in shell.fails(2, *serve, "--pacs", "office")
    assert "cannot be read" in shell.fails(1, *serve, "--tokens", str(tmp_path / "nowhere"))
    tokens = tmp_path / "tokens.toml"
    for wrong in ("", "VAN7 = 'short'", "VAN7 = 5", "no toml", "A = '0123456789abcdef'\nB = '0123456789abcdef'"):
        tokens.write_text(wrong)
        assert "16 characters" in shell.fails(1, *serve, "--tokens", str(tokens))
    nowhere = ("--tls-cert", str(tmp_path / "c.pem"), "--tls-key", str(tmp_path / "k.pem"))
    assert "c.pem cannot be used" in shell.fails(1, *serve, *nowhere)


def test_two_cannot_share_a_folder_or_a_port(shell: Shell, tmp_path: Path) -> None:
    with gateway(tmp_path) as office:
        assert "in use" in shell.fails(1, "gateway", "serve", "--port", "0", "--data", str(office.data))
        other = ("gateway", "serve", "--port", str(office.port), "--data", str(tmp_path / "other"))
        assert "cannot listen" in shell.fails(1, *other)


def test_a_ledger_that_is_none_is_said(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "gateway.sqlite3").write_bytes(b"no database" * 1000)
    assert "ledger" in shell.fails(1, "gateway", "serve", "--port", "0", "--data", str(tmp_path / "data"))


def test_it_ends_cleanly_when_told_to(tmp_path: Path) -> None:
    with gateway(tmp_path) as office:
        assert office.stop() == 0
        assert office.log() == ""
        office.start()


def test_started_by_its_command_line_it_takes_an_image_and_ends_when_told_to(tmp_path: Path) -> None:
    """In a fresh interpreter, as the office starts it."""
    instance, content = frozen(1)
    words = ("-m", "fieldstation.main", "gateway", "serve", "--port", "0", "--data", str(tmp_path / "data"))
    with subprocess.Popen(
        [sys.executable, *words, "--most-mib", "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[-1]
            assert create(url, replace(instance, size=1024 * 1024 + 1), None).status_code == 413
            assert append(begin(url, instance), content).status_code == 204
            (kept,) = (tmp_path / "data" / "uploads").iterdir()
            assert kept.read_bytes() == content
        finally:
            process.terminate()
        _, said = process.communicate()
        assert (process.returncode, said) == (0, "")


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    screens = Screens(run_app=lambda _places: 0, run_desk=lambda _desk: 0, camera=lambda *_: None)  # type: ignore[arg-type]
    assert run(["gateway", "serve"], screens) == 1


GATEWAY = """
[[destination]]
name = "gw"
kind = "gateway"
{lines}
"""


@pytest.mark.parametrize(
    "lines",
    [
        'url = "https://gateway.example:8043"',
        'url = "http://127.0.0.1:8043/"\nproof = "receipt"',
        'url = "https://gateway.example"\ntoken_file = "t"\nca_file = "c"\nclient_cert = "p"\nclient_key = "k"',
    ],
)
def test_the_settings_of_a_gateway(tmp_path: Path, lines: str) -> None:
    file = tmp_path / "fieldstation.toml"
    file.write_text(GATEWAY.format(lines=lines))
    assert load_settings(file).destination[0].send


@pytest.mark.parametrize(
    "lines",
    [
        "",
        'url = "http://gateway.example:8043"',
        'url = "http://127.0.0.1.evil.example"',
        'url = "https://gateway.example"\nproof = "query"',
        'url = "https://gateway.example"\nproof = "none"',
        'url = "https://gateway.example"\nclient_key = "k"',
    ],
)
def test_settings_of_a_gateway_that_cannot_be(tmp_path: Path, lines: str) -> None:
    file = tmp_path / "fieldstation.toml"
    file.write_text(GATEWAY.format(lines=lines))
    with pytest.raises(Refused, match=r"settings\.bad_value"):
        load_settings(file)
