"""The lock against sleep, had of a logind: systemd's own client, a bus of its own, and a stand-in behind it."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fieldstation.bootstrap.awake import LogindInhibitor, can_be_kept_awake
from tests.support.peers import wait_until

_PYTHON = "/usr/bin/python3"
"""The system's: the stand-in is a package of Debian (python3-dbusmock)."""


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A system bus without a logind; it is part of the tests where Debian's packages for it are."""
    programs = ("dbus-daemon", "systemd-inhibit", _PYTHON)
    if sys.platform != "linux" or not all(shutil.which(program) for program in programs):
        pytest.skip("missing peer: systemd-inhibit")
    if subprocess.run([_PYTHON, "-c", "import dbusmock"], capture_output=True, check=False).returncode:
        pytest.skip("missing peer: python3-dbusmock")
    command = ["dbus-daemon", "--session", "--nofork", "--print-address", "--address=unix:tmpdir=/tmp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as daemon:
        try:
            assert daemon.stdout is not None
            monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", daemon.stdout.readline().strip())
            yield
        finally:
            daemon.terminate()


@contextmanager
def logind(folder: Path) -> Iterator[None]:
    """The stand-in; returns when it gives locks."""
    with (folder / "logind.log").open("wb") as log:
        command = [_PYTHON, "-m", "dbusmock", "--template", "logind"]
        with subprocess.Popen(command, stdout=log, stderr=log) as mock:
            try:
                wait_until(can_be_kept_awake, "the stand-in for logind")
                yield
            finally:
                mock.terminate()


def locks() -> str:
    """Who keeps the machine awake, as systemd tells it."""
    return subprocess.run(["systemd-inhibit", "--list"], capture_output=True, text=True, check=True).stdout


def test_the_lock_is_had_of_logind_until_it_is_let_go(tmp_path: Path, bus: None) -> None:
    inhibitor = LogindInhibitor()
    assert not can_be_kept_awake()
    with logind(tmp_path):
        assert inhibitor.hold()
        wait_until(lambda: "Fieldstation" in locks(), "the lock")
        for word in ("sleep:idle", "block", "Images are on their way"):
            assert word in locks()
        assert inhibitor.hold()
        assert locks().count("Fieldstation") == 1
        inhibitor.release()
        wait_until(lambda: "Fieldstation" not in locks(), "the lock to be given back")


def test_a_sender_that_is_killed_leaves_no_lock_behind(tmp_path: Path, bus: None) -> None:
    sender = "from fieldstation.bootstrap.awake import LogindInhibitor as L; i = L(); i.hold(); input()"
    with logind(tmp_path), subprocess.Popen([sys.executable, "-c", sender], stdin=subprocess.PIPE) as process:
        try:
            wait_until(lambda: "Fieldstation" in locks(), "the lock")
        finally:
            process.kill()
        wait_until(lambda: "Fieldstation" not in locks(), "the lock to be given back")
