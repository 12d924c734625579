"""Settings: what is right, what is wrong and how it is said, and which destination is the primary one."""

from pathlib import Path

import pytest

from fieldstation.config import TEMPLATE, load_settings
from fieldstation.domain.errors import Failed, Refused

PACS = '[[destination]]\nname = "{name}"\nhost = "127.0.0.1"\nport = 104\nae_title = "PACS"\n{more}\n'


def settings(folder: Path, text: str) -> Path:
    file = folder / "fieldstation.toml"
    file.write_text(text, "utf-8")
    return file


def pacs(name: str, more: str = "") -> str:
    return PACS.format(name=name, more=more)


@pytest.mark.parametrize(
    ("text", "primary"),
    [
        ("", None),
        (pacs("office"), "office"),
        (pacs("office", "send = false"), None),
        (pacs("office", 'role = "copy"'), None),
        (pacs("copy") + pacs("office", 'role = "primary"'), "office"),
        (pacs("off", "send = false") + pacs("office"), "office"),
    ],
)
def test_the_primary_is_the_one_that_says_so_or_the_only_one(tmp_path: Path, text: str, primary: str | None) -> None:
    assert load_settings(settings(tmp_path, text)).primary == primary


def test_the_example_is_right_and_names_one_primary(tmp_path: Path) -> None:
    assert load_settings(settings(tmp_path, TEMPLATE)).primary == "office"


@pytest.mark.parametrize(
    ("text", "code", "key"),
    [
        ("[station]\nnmae = 1\n", "settings.unknown_key", "station.nmae"),
        ('[station]\nae_title = "AN AE TITLE TOO LONG"\n', "settings.bad_value", "station.ae_title"),
        ('[[destination]]\nhost = "a"\n', "settings.missing_key", "destination.0.name"),
        (pacs("a").replace("104", "0"), "settings.bad_value", "destination.0.port"),
        (pacs("a").replace('host = "127.0.0.1"\n', ""), "settings.bad_value", "destination.0"),
        (pacs("a") + pacs("b"), "settings.bad_value", "(the file)"),
        ("[findings.moton]\nshown = false\n", "settings.bad_value", "findings.moton"),
        ("[findings.motion]\nlimit = -1\n", "settings.bad_value", "findings.motion.limit"),
        ("[findings.motion]\nlimit = nan\n", "settings.bad_value", "findings.motion.limit"),
        ("[findings.motion]\nshow = true\n", "settings.unknown_key", "findings.motion.show"),
        ("[di_limits.chest-ap]\nover = 0\n", "settings.bad_value", "di_limits.chest-ap.over"),
        ("[di_limits.chest-ap]\nabove = 1\n", "settings.unknown_key", "di_limits.chest-ap.above"),
        (pacs("a") + pacs("a", "send = false"), "settings.bad_value", "(the file)"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_key(tmp_path: Path, text: str, code: str, key: str) -> None:
    file = settings(tmp_path, text)
    with pytest.raises(Refused) as refused:
        load_settings(file)
    assert (refused.value.code, refused.value.params["file"], refused.value.params["key"]) == (code, str(file), key)


def test_a_file_that_is_not_there_or_no_toml_is_said(tmp_path: Path) -> None:
    with pytest.raises(Failed) as missing:
        load_settings(tmp_path / "none.toml")
    assert missing.value.code == "settings.missing"
    with pytest.raises(Refused) as broken:
        load_settings(settings(tmp_path, "[station"))
    assert broken.value.code == "settings.not_toml"


def test_a_listener_that_is_secured_names_all_three_files(tmp_path: Path) -> None:
    file = tmp_path / "fieldstation.toml"
    listener = '[listener]\nhost = "10.8.0.7"\nport = 11112\npeers = ["10.8.0.1"]\ncertificate = "c.pem"\n'
    file.write_text(listener, "utf-8")
    with pytest.raises(Refused, match=r"settings\.bad_value"):
        load_settings(file)
    file.write_text(listener + 'key = "k.pem"\nca_file = "ca.pem"\n', "utf-8")
    assert load_settings(file).listener is not None
