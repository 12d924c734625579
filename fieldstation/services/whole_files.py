"""Files for other people's folders: whole or not at all, and on the medium when the call returns."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fieldstation.domain.errors import Failed
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


def put_whole(path: Path, content: bytes) -> None:
    """Write a file that appears whole or not at all, in place of what has its name; durable.

    Raises:
        Failed: ``disk.cannot_write``.
    """
    unfinished = path.with_name(f".{path.name}.part")
    with telling(path.parent):
        make_folder(path.parent)
        write_durably(unfinished, content)
        move_durably(unfinished, path)
