"""Files for other people's folders: whole or not at all, and on the medium when the call returns."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from fieldstation.domain.errors import Failed, FieldstationError
from fieldstation.store.disk import move_durably, sync_folder


@contextmanager
def telling(folder: Path) -> Iterator[None]:
    """Say what is wrong with a folder.

    Raises:
        Failed: ``disk.cannot_write``.
    """
    try:
        yield
    except OSError as error:
        raise Failed("disk.cannot_write", folder=str(folder), problem=error.strerror or "") from None


def make_folder(folder: Path) -> None:
    """Make the folder, and those above it, where they are missing; durable.

    Raises:
        OSError: as the disk said.
    """
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def write_durably(path: Path, content: bytes) -> None:
    """Write a file; its content is durable, its name is when its folder is synced.

    Raises:
        OSError: as the disk said; nothing is left.
    """
    try:
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise


def put_beside(path: Path, content: bytes) -> Path:
    """Write a file that appears whole or not at all; where one has its name, under that name with the next free number.

    Returns what it is named; durable. Two programs that write there at the same moment may take the same number.

    Raises:
        Failed: ``disk.cannot_write``; nothing is left.
    """
    unfinished = path.with_name(f".{path.name}.part")
    with telling(path.parent):
        make_folder(path.parent)
        write_durably(unfinished, content)
        free = next(name for name in _names(path) if not name.exists())
        try:
            move_durably(unfinished, free)
        except OSError:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise
    return free


def all_or_none(files: Iterable[Path]) -> list[Path]:
    """Have files written one by one; where one fails, those before it are taken away again.

    Raises:
        FieldstationError: as the one that failed.
    """
    written: list[Path] = []
    try:
        written.extend(files)
    except FieldstationError:
        for path in written:
            with suppress(OSError):
                path.unlink()
        raise
    return written


def _names(path: Path) -> Iterator[Path]:
    yield path
    for number in count(2):
        yield path.with_stem(f"{path.stem}-{number}")
