"""DCMTK's storescp as the PACS of a test: it stores, and answers no queries."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydicom import dcmread

from tests.support.peers import free_port, listens, require_peer, wait_until

ALL_SYNTAXES = ("+xa",)
PLAIN_ONLY = ("+x=",)
IMPLICIT_ONLY = ("+xi",)


class Storescp:
    """A storescp that can be killed and started again on the same port."""

    ae_title = "STORESCP"
    host = "127.0.0.1"

    def __init__(self, folder: Path, options: Sequence[str]) -> None:
        self._program = require_peer("storescp")
        self._options = options
        self.folder = folder
        self.port = free_port()
        folder.mkdir(parents=True, exist_ok=True)
        self.start()

    def start(self) -> None:
        """Start it; returns when it takes connections."""
        self._process = subprocess.Popen(
            [self._program, *self._options, "-aet", self.ae_title, "-od", str(self.folder), str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_until(lambda: listens(self.port), "storescp to listen")

    def kill(self) -> None:
        """kill -9, of those that it forked, too."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def files(self) -> Mapping[str, Path]:
        """What it keeps, by SOP Instance UID."""
        return {str(dcmread(path, stop_before_pixels=True).SOPInstanceUID): path for path in self.folder.iterdir()}

    def by_name(self) -> Mapping[str, Path]:
        """The same, by what its names of files say."""
        return {path.name.partition(".")[2]: path for path in self.folder.iterdir()}


@contextmanager
def storescp(folder: Path, options: Sequence[str] = ALL_SYNTAXES) -> Iterator[Storescp]:
    """Start one; ``options`` say what it takes."""
    running = Storescp(folder, options)
    try:
        yield running
    finally:
        running.kill()
