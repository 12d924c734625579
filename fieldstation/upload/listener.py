"""The listener for answers about storage commitment, seen from the sender: a child process that it feeds and watches.

Whoever listens can be sent anything. So it is off unless the settings ask for it, it runs in a process of its own whose
memory is limited, it takes connections of known addresses only, and few of them; if it dies it is started again.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Self

from fieldstation.domain.commitment import Commitments
from fieldstation.upload.commitment import answered

_RESTART_S = 2.0
_STOP_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerSettings:
    """Where to listen, as whom, and who may call: addresses, and AE titles (everybody's if empty).

    With a certificate (PEM, as its key and the authority are) whoever calls has to speak TLS and show one of that
    authority; in the clear nothing is heard then.
    """

    host: str
    port: int
    ae_title: str
    peers: tuple[str, ...]
    calling_ae_titles: tuple[str, ...] = ()
    certificate: str = ""
    key: str = ""
    authority: str = ""


class CommitmentListener:
    """Runs the child process and writes down what it hears; a context manager."""

    def __init__(self, settings: ListenerSettings, commitments: Commitments) -> None:
        self._settings = settings
        self._commitments = commitments
        self._closing = threading.Event()
        self._child: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._listens = threading.Event()
        self._thread = threading.Thread(target=self._keep_running, name="listener", daemon=True)
        self.port = settings.port

    @property
    def pid(self) -> int | None:
        """The child process; None while there is none."""
        child = self._child
        return None if child is None else child.pid

    def wait(self, seconds: float) -> bool:
        """Wait until it listens; whether it does."""
        return self._listens.wait(seconds)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._closing.set()
        with self._lock:
            if self._child is not None:
                self._child.terminate()
        self._thread.join(_STOP_S)

    def _keep_running(self) -> None:
        while not self._closing.is_set():
            began = time.monotonic()
            # No process more could be had, or this one went away while it was told something.
            with contextlib.suppress(OSError):
                self._run()
            self._listens.clear()
            self._closing.wait(max(0.0, began + _RESTART_S - time.monotonic()))

    def _run(self) -> None:
        with self._lock:
            if self._closing.is_set():
                return
            self._child = subprocess.Popen(
                [sys.executable, "-m", "fieldstation.upload.listener_process"],
                # Each thread would reserve 64 MiB of the address space that is limited there, used or not (mallopt(3)).
                env={**os.environ, "MALLOC_ARENA_MAX": "1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        try:
            with self._child as child:
                self._talk(child)
        finally:
            self._child = None

    def _talk(self, child: "subprocess.Popen[str]") -> None:
        """Answer each line of the child: the port it listens at first, then reports, one at a time."""
        if child.stdin is None or child.stdout is None:
            return
        tell = _teller(child)
        if not tell(json.dumps(asdict(self._settings))):
            return
        first = child.stdout.readline()
        if not first.strip().isdigit():
            return
        self.port = int(first)
        self._listens.set()
        for line in child.stdout:
            if not line.endswith("\n"):
                return  # it was ended in the middle
            report = json.loads(line)
            if not tell(str(answered(self._commitments, report["transaction_uid"], report["held"]))):
                return


def _teller(child: "subprocess.Popen[str]") -> Callable[[str], bool]:
    def tell(line: str) -> bool:
        """Whether the child is still there to be told."""
        if child.stdin is None:
            return False
        try:
            child.stdin.write(line + "\n")
            child.stdin.flush()
        except OSError:
            return False
        return True

    return tell
