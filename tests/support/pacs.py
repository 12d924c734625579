"""The built-in PACS as many tests want it: forked from a process that has imported it, which takes no second each."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from fieldstation.demo.pacs import DemoPacs, PacsSettings
from fieldstation.demo.pacs_process import serve
from tests.support.children import Child


class ForkedPacs(DemoPacs):
    """The same server in a process of its own; only the way in which that begins is another."""

    def __init__(self, folder: Path, settings: PacsSettings) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        until, self._life = multiprocessing.Pipe(duplex=False)
        self._child = Child(_serve, folder, settings, until)
        until.close()
        self._folder = folder
        self.ae_title = settings.ae_title
        self.host = "127.0.0.1"
        self.port = self._child.hear()

    def stop(self) -> None:
        self._life.close()
        if self._child.exit_code is None:
            self._child.end()

    def kill(self) -> None:
        self._child.kill()
        self.stop()


def demo_pacs(folder: Path, settings: PacsSettings | None = None) -> DemoPacs:
    """As `DemoPacs.start`."""
    return ForkedPacs(folder, settings or PacsSettings())


def _serve(folder: Path, settings: PacsSettings, until: Connection, tell: Callable[[Any], None]) -> None:
    with open(until.fileno(), encoding="utf-8", closefd=False) as life:
        serve(folder, settings, life, tell)
