"""Named locks of a data folder: one holder across processes, let go by the system when the holder dies."""

import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from filelock import FileLock, Timeout

from fieldstation.domain.errors import Refused
from fieldstation.store.disk import disk_errors, make_private_folder

LockName = Literal["app", "sender", "reader", "capture", "opening", "gateway"]

# `holder` takes a lock for an instant to see whether it is free; whoever wants it at that instant waits it out.
_PATIENCE_SECONDS = 0.3
_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who has a lock: process id, the process's name, and since when (UTC)."""

    pid: int
    process: str
    since: datetime


class FolderLock:
    """A lock to be held in a ``with`` block, by one thread of one process at a time.

    ``app``, ``sender``, ``reader`` and ``capture`` say what may be done once at a time; ``opening`` is the store's own,
    ``gateway`` the office end's, in a folder of its own.
    """

    def __init__(self, folder: Path, name: LockName, process: str, *, patience: float = _PATIENCE_SECONDS) -> None:
        self._folder = folder
        self._name = name
        self._process = process
        self._patience = patience
        self._lock = _file_lock(folder, name)

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            Refused: ``lock.held`` with ``name``, ``pid``, ``process`` and ``since`` of its holder.
            Failed: ``disk.…``: the folder cannot be written.
        """
        make_private_folder(self._folder)
        make_private_folder(_locks(self._folder))
        with disk_errors():
            try:
                self._lock.acquire(timeout=self._patience, poll_interval=_POLL_SECONDS)
            except Timeout:
                raise self._refusal() from None
            try:
                self._sign()
            except OSError:
                self._lock.release()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Let go."""
        _signature(self._folder, self._name).unlink(missing_ok=True)
        self._lock.release()

    def _sign(self) -> None:
        path = _signature(self._folder, self._name)
        holder = Holder(pid=os.getpid(), process=self._process, since=datetime.now(UTC))
        new = path.with_suffix(f".{os.getpid()}")
        new.write_text(json.dumps(asdict(holder) | {"since": holder.since.isoformat(timespec="seconds")}), "utf-8")
        new.replace(path)

    def _refusal(self) -> Refused:
        holder = _signed(self._folder, self._name)
        if holder is None:
            return Refused("lock.held_by_unknown", name=self._name)
        return Refused(
            "lock.held",
            name=self._name,
            pid=holder.pid,
            process=holder.process,
            since=holder.since.isoformat(timespec="seconds"),
        )


def holder(folder: Path, name: LockName) -> Holder | None:
    """Who has the lock now; None if it is free.

    Raises:
        Failed: ``disk.…``: the folder cannot be written.
    """
    if not _locks(folder).is_dir():
        return None
    lock = _file_lock(folder, name)
    with disk_errors():
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return _signed(folder, name)
        lock.release()
    return None


def _file_lock(folder: Path, name: LockName) -> FileLock:
    return FileLock(_locks(folder) / f"{name}.lock", thread_local=False, fallback_to_soft=False)


def _locks(folder: Path) -> Path:
    return folder / "locks"


def _signature(folder: Path, name: LockName) -> Path:
    return _locks(folder) / f"{name}.json"


def _signed(folder: Path, name: LockName) -> Holder | None:
    try:
        told = json.loads(_signature(folder, name).read_text("utf-8"))
        return Holder(pid=told["pid"], process=told["process"], since=datetime.fromisoformat(told["since"]))
    except (OSError, ValueError, KeyError):
        return None
