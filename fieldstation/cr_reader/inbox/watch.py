"""Sees which files of a folder are complete: they rest for a while, and all of them can be read."""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from fieldstation.cr_reader.equipment import Surroundings
from fieldstation.cr_reader.inbox.foreign import Contents

Examine: TypeAlias = Callable[[Path], Contents]

_LOOK_SECONDS = 0.5
_NOT_YET = (".tmp", ".part", ".partial", ".crdownload", ".filepart", ".json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A file that is complete: a plate that waits to be read."""

    path: Path
    contents: Contents


@dataclass(frozen=True, slots=True)
class _Stamp:
    """What changes when somebody writes on."""

    size: int
    changed_ns: int
    sidecar_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    stamp: _Stamp
    since: float
    contents: Contents | None = None


class Watcher:
    """Looks into one folder twice a second, in a thread of its own. `arrivals` may be called from any."""

    def __init__(self, folder: Path, settle_seconds: float, examine: Examine, surroundings: Surroundings) -> None:
        self._folder = folder
        self._settle_seconds = settle_seconds
        self._examine = examine
        self._clock = surroundings.clock
        self._wait = surroundings.wait
        self._seen: dict[Path, _Seen] = {}
        self._stopped = threading.Event()
        self._looked = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reader inbox", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End it and wait until it has ended."""
        self._stopped.set()
        self._thread.join()

    def catch_up(self, seconds: float) -> None:
        """Wait, at most so long, until what lay there from the start has been looked at."""
        self._looked.wait(seconds)

    def arrivals(self) -> tuple[Arrival, ...]:
        """The plates that wait, the first that came first."""
        seen = [(path, one) for path, one in self._snapshot().items() if one.contents and one.contents.header]
        return tuple(
            Arrival(path=path, contents=one.contents)
            for path, one in sorted(seen, key=lambda item: (item[1].since, item[0]))
            if one.contents
        )

    def unusable(self) -> tuple[str, ...]:
        """Of each file that rests there and is no plate, or not whole: why."""
        seen = [one.contents for one in self._snapshot().values() if one.contents]
        return tuple(contents.unusable for contents in seen if not contents.header)

    def forget(self, path: Path) -> None:
        """This file is no longer there."""
        self._seen = {known: one for known, one in self._snapshot().items() if known != path}

    def look(self) -> None:
        """One look: what is new, what has changed, what has rested long enough to be read."""
        now = self._clock.monotonic()
        stamps = self._stamps()
        found = {}
        for path, stamp in stamps.items():
            known = self._seen.get(path)
            if known and known.stamp == stamp:
                found[path] = known
            else:
                found[path] = _Seen(stamp=stamp, since=now - self._rested_before(stamp))
        self._seen = found
        for path, one in found.items():
            if self._stopped.is_set():
                return
            if one.contents is None and now - one.since >= self._settle_seconds:
                self._read(path, one)
        self._looked.set()

    def _rested_before(self, stamp: _Stamp) -> float:
        """For how long a file had rested when watching began; of later ones their changes are seen."""
        if self._looked.is_set():
            return 0.0
        return max(0.0, self._clock.now().timestamp() - max(stamp.changed_ns, stamp.sidecar_ns) / 1e9)

    def _read(self, path: Path, one: _Seen) -> None:
        contents = self._examine(path)
        if _stamp(path) == one.stamp and path in self._seen:
            self._seen = {**self._seen, path: replace(one, contents=contents)}

    def _run(self) -> None:
        while not self._stopped.is_set():
            self.look()
            self._wait(self._stopped, _LOOK_SECONDS)

    def _snapshot(self) -> dict[Path, _Seen]:
        """The dictionary is replaced as a whole, so that others may read it meanwhile."""
        return self._seen

    def _stamps(self) -> dict[Path, _Stamp]:
        stamps = {}
        try:
            with os.scandir(self._folder) as entries:
                paths = [Path(entry.path) for entry in entries if entry.is_file(follow_symlinks=False)]
        except OSError:
            # A share that is away for a moment: what was seen there is not gone.
            return {path: one.stamp for path, one in self._seen.items()}
        for path in paths:
            if path.name.startswith((".", "~")) or path.name.endswith("~") or path.suffix.lower() in _NOT_YET:
                continue
            stamp = _stamp(path)
            if stamp:
                stamps[path] = stamp
        return stamps


def _stamp(path: Path) -> _Stamp | None:
    """None where the file has just gone."""
    try:
        status = path.stat()
    except OSError:
        return None
    try:
        sidecar_ns = path.with_name(path.name + ".json").stat().st_mtime_ns
    except OSError:
        sidecar_ns = 0
    return _Stamp(status.st_size, status.st_mtime_ns, sidecar_ns)
