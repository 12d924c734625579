"""The set-up says what it cannot do itself, in one command."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tools import peers, qt_libraries, system_packages


@pytest.fixture
def no_root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with apt-get where nobody may use it: the folder that is all of its path."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", str(tmp_path))
    program(tmp_path / "apt-get", "exit 0")
    return tmp_path


def program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(0o755)


def test_without_root_one_command_is_printed(no_root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not system_packages.install(["libegl1", "libgl1"])
    assert capsys.readouterr().err == "Please run: sudo apt-get install --no-install-recommends libegl1 libgl1\n"


def test_without_apt_the_packages_are_named(no_root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (no_root / "apt-get").unlink()
    assert not system_packages.install(["libegl1"])
    assert "libegl1" in capsys.readouterr().err


def test_sudo_that_asks_for_a_password_is_not_used(no_root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program(no_root / "sudo", f"printf '%s\\n' \"$*\" >> {no_root}/asked; exit 1")
    assert not system_packages.install(["libegl1"])
    assert (no_root / "asked").read_text("utf-8") == "-n true\n"
    assert "Please run" in capsys.readouterr().err


def test_sudo_without_a_password_installs(no_root: Path) -> None:
    program(no_root / "sudo", f'shift; echo "$@" >> {no_root}/asked')
    assert system_packages.install(["libegl1", "libgl1"])
    asked = (no_root / "asked").read_text("utf-8")
    assert asked.startswith("true\nenv DEBIAN_FRONTEND=noninteractive sh -c")
    assert asked.endswith("sh libegl1 libgl1\n")


def test_apt_that_fails_is_told_in_full(
    monkeypatch: pytest.MonkeyPatch, no_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program(no_root / "sudo", 'test "$2" = true || { echo no such package; exit 100; }')
    assert not system_packages.install(["libegl1"])
    told = capsys.readouterr().err
    assert "no such package" in told
    assert "Please run: sudo apt-get install --no-install-recommends libegl1" in told


def test_peers_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    monkeypatch.setattr(Path, "exists", lambda _: False)
    assert peers.missing_packages() == ["dcmtk", "iproute2", "orthanc", "orthanc-dicomweb"]


def test_the_linker_is_asked_what_qt_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "/x.so:\n\tlibGL.so.1 => not found\n\tlibc.so.6 => /lib/libc.so.6 (0x1)\n\tlibEGL.so.1 => not found\n"
    asked: list[list[str]] = []

    def ldd(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(command, 0, said, "")

    monkeypatch.setattr(subprocess, "run", ldd)
    assert qt_libraries.missing_libraries() == {"libGL.so.1", "libEGL.so.1"}
    assert any(file.endswith("platforms/libqxcb.so") for file in asked[0])
    assert all(Path(file).exists() for file in asked[0][1:])


def test_qt_lacks_nothing_where_the_tests_run() -> None:
    assert qt_libraries.complaint() == ""
