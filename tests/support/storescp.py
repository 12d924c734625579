"""DCMTK's storescp as the PACS of a test: it stores, and answers no queries."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydicom import dcmread

from tests.support.peers import free_port, listens, require_peer, wait_until

ALL_SYNTAXES = ("+xa",)
PLAIN_ONLY = ("+x=",)
IMPLICIT_ONLY = ("+xi",)


@dataclass(frozen=True)
class Storescp:
    """A running storescp."""

    port: int
    folder: Path
    ae_title: str = "STORESCP"
    host: str = "127.0.0.1"

    def files(self) -> Mapping[str, Path]:
        """What it keeps, by SOP Instance UID."""
        return {str(dcmread(path, stop_before_pixels=True).SOPInstanceUID): path for path in self.folder.iterdir()}


@contextmanager
def storescp(folder: Path, options: Sequence[str] = ALL_SYNTAXES) -> Iterator[Storescp]:
    """Start one; ``options`` say what it takes."""
    program = require_peer("storescp")
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        [program, *options, "-aet", Storescp.ae_title, "-od", str(folder), str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: listens(port), "storescp to listen")
        yield Storescp(port, folder)
    finally:
        process.terminate()
        process.wait()
