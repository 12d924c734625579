"""The bytes on the disk: one file an upload, named by chance, never by what a station says."""

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from fieldstation.store.disk import disk_errors, make_private_folder, sync_folder

_NAME = re.compile(r"[0-9a-f]{32}", re.ASCII)
_BLOCK = 1024 * 1024


class SpoolFile:
    """The file of one upload, open for its next bytes."""

    def __init__(self, file: FileIO) -> None:
        self._file = file

    def append(self, data: bytes | bytearray) -> None:
        """Add ``data``; it is durable when this returns.

        Raises:
            Failed: ``disk.full`` or another ``disk.…``.
        """
        with disk_errors():
            rest = memoryview(data)
            while rest:
                # A disk that is nearly full takes a part, and says so by the count only.
                rest = rest[self._file.write(rest) :]
            os.fsync(self._file.fileno())


class Spool:
    """The folder of uploads. Its owner alone may read it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        make_private_folder(folder)

    @contextmanager
    def open_at(self, name: str, offset: int) -> Iterator[SpoolFile]:
        """Open an upload's file to go on at ``offset``; what a crash left beyond it is cut off.

        Raises:
            Failed: ``disk.…``.
        """
        path = self._path(name)
        with disk_errors():
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            file = FileIO(descriptor, "r+b")
            file.truncate(offset)
            file.seek(offset)
            sync_folder(self._folder)
        with file:
            yield SpoolFile(file)

    def sha256(self, name: str) -> str:
        """SHA-256 of what is on the disk, in hex; of nothing, if there is nothing.

        Raises:
            Failed: ``disk.…``.
        """
        digest = hashlib.sha256()
        with disk_errors(), contextlib.suppress(FileNotFoundError), self._path(name).open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
        return digest.hexdigest()

    def path(self, name: str) -> Path:
        """Where an upload's bytes are."""
        return self._path(name)

    def remove(self, name: str) -> None:
        """Forget the bytes. Idempotent."""
        with disk_errors():
            self._path(name).unlink(missing_ok=True)

    def names(self) -> set[str]:
        """The uploads that have bytes here."""
        return {path.name for path in self._folder.iterdir() if _NAME.fullmatch(path.name)}

    def free_bytes(self) -> int:
        """What is free on this disk."""
        return shutil.disk_usage(self._folder).free

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError("not the name of an upload")
        return self._folder / name
