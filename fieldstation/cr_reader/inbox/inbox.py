"""One folder of plates that wait: watched while it is open."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from fieldstation.cr_reader.equipment import Surroundings
from fieldstation.cr_reader.inbox.assumed import NOT_SQUARE, Assumed
from fieldstation.cr_reader.inbox.foreign import Contents, ForeignFile
from fieldstation.cr_reader.inbox.watch import Arrival, Watcher
from fieldstation.domain.errors import Failed

TAKEN = "taken"
"""The folder inside the inbox where a file goes, unchanged, once its plate has been stored."""

_CATCH_UP_SECONDS = 60.0


class Source(Protocol):
    """What fills the folder while it is open."""

    @property
    def port(self) -> int:
        """Where it listens. Known once open."""

    def open(self) -> None:
        """Begin. Idempotent.

        Raises:
            Failed: it cannot.
        """

    def close(self) -> None:
        """End. Idempotent."""


class Inbox:
    """A folder, and what fills it (``source``; None: somebody else does)."""

    def __init__(
        self,
        folder: Path,
        settle_seconds: float,
        assumed: Assumed,
        surroundings: Surroundings,
        source: Source | None = None,
    ) -> None:
        self._folder = folder
        self._assumed = assumed
        self._source = source
        self._make_watcher: Callable[[], Watcher] = lambda: Watcher(folder, settle_seconds, self._examine, surroundings)
        self._watcher: Watcher | None = None

    def open(self) -> None:
        """Begin to watch. Idempotent.

        Raises:
            Failed: ``reader.folder_missing``, or what the source says.
        """
        if not self._folder.is_dir():
            raise Failed("reader.folder_missing", folder=str(self._folder))
        if self._source:
            self._source.open()
        if not self._watcher:
            self._watcher = self._make_watcher()
            self._watcher.start()

    def close(self) -> None:
        """Stop watching. Idempotent."""
        if self._watcher:
            self._watcher.stop()
            self._watcher = None
        if self._source:
            self._source.close()

    @property
    def name(self) -> str:
        """The folder, for a sentence."""
        return str(self._folder)

    @property
    def source(self) -> Source | None:
        """What fills the folder."""
        return self._source

    @property
    def port(self) -> int:
        """Where what fills it listens; 0 where nothing does. Known once open."""
        return self._source.port if self._source else 0

    def unusable(self) -> int:
        """How many files rest there that are no plates, or not whole."""
        return len(self._unusable())

    def not_square(self) -> int:
        """How many of the unusable ones have pixels that are not square."""
        return self._unusable().count(NOT_SQUARE)

    def _unusable(self) -> tuple[str, ...]:
        return self._watcher.unusable() if self._watcher else ()

    def catch_up(self) -> None:
        """Wait until what lay there when it was opened has been looked at."""
        if self._watcher:
            self._watcher.catch_up(_CATCH_UP_SECONDS)

    def waiting(self) -> tuple[Arrival, ...]:
        """The plates that wait, the first that came first."""
        return self._watcher.arrivals() if self._watcher else ()

    def read(self, arrival: Arrival) -> ForeignFile:
        """Begin to read that file."""
        return ForeignFile(arrival.path, self._assumed)

    def put_away(self, arrival: Arrival) -> None:
        """Move the file and its sidecar into ``taken``, unchanged; another of the same name is kept beside it.

        Raises:
            OSError: it cannot be moved.
        """
        taken = self._folder / TAKEN
        taken.mkdir(exist_ok=True)
        target, number = taken / arrival.path.name, 1
        while target.exists():
            number += 1
            target = taken / f"{arrival.path.stem}-{number}{arrival.path.suffix}"
        sidecar = arrival.path.with_name(arrival.path.name + ".json")
        if sidecar.exists():
            os.replace(sidecar, target.with_name(target.name + ".json"))  # noqa: PTH105 - says what it does
        os.replace(arrival.path, target)  # noqa: PTH105
        if self._watcher:
            self._watcher.forget(arrival.path)

    def _examine(self, path: Path) -> Contents:
        file = ForeignFile(path, self._assumed)
        try:
            return file.contents()
        finally:
            file.close()
