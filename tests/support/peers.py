"""Real peers of other makers: found, or the test is skipped; with CI=true a missing one fails it."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

PROGRAMS = {
    "orthanc": "Orthanc",
    "storescp": "storescp",
    "storescu": "storescu",
    "dcmsend": "dcmsend",
    "dcmpschk": "dcmpschk",
    "dcmp2pgm": "dcmp2pgm",
    "dcmmkdir": "dcmmkdir",
    "ip": "ip",
}


def present(name: str) -> Path | None:
    """The program of a peer, a key of `PROGRAMS`, if it is here."""
    found = shutil.which(PROGRAMS[name], path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    return None if found is None else Path(found)


def require_peer(name: str) -> Path:
    """The program of a peer, a key of `PROGRAMS`."""
    found = present(name)
    if found is None:
        _lack(name)
    return found


def require_file(name: str, path: Path) -> Path:
    """A file that comes with a peer, say a plugin of it."""
    if not path.exists():
        _lack(name)
    return path


def _lack(name: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(f"missing peer: {name}")
    pytest.skip(f"missing peer: {name}")


def free_port() -> int:
    """A port of loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Whether something takes connections there."""
    try:
        socket.create_connection(("127.0.0.1", port), 1.0).close()
    except OSError:
        return False
    return True


def wait_until(
    condition: Callable[[], bool], what: str, seconds: float = 90.0, told: Callable[[], str] = lambda: ""
) -> None:
    """Wait for something that another process or thread does; fail after ``seconds``, with what is ``told`` then."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:g} s in vain: {what} {told()}")
        time.sleep(0.01)


def dcmtk_push(program: str, port: int, *words: str, caller: str = "CONSOLE", called: str = "CRREADER") -> int:
    """The exit code of storescu or dcmsend."""
    command = [str(require_peer(program)), "-aet", caller, "-aec", called, "127.0.0.1", str(port), *words]
    return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode
