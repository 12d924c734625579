"""What makes bytes stay on a disk, and what to call it when the disk will not have them."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fieldstation.domain.errors import Failed

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NOT_WRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ENOENT, errno.EISDIR}


@contextmanager
def disk_errors() -> Iterator[None]:
    """Say what the disk did.

    Raises:
        Failed: ``disk.full``, ``disk.not_writable`` or ``disk.failed``.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise Failed("disk.full") from error
        if error.errno in _NOT_WRITABLE:
            raise Failed("disk.not_writable") from error
        raise Failed("disk.failed", errno=error.errno or 0) from error


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable. NTFS journals names by itself and has no such call."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make durable what another's code has written.

    Raises:
        OSError: as the disk said.
    """
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def move_durably(source: Path, target: Path) -> None:
    """Give a file another name, in place of what has that name; durable when it returns.

    Raises:
        OSError: as the disk said.
    """
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415  # the call that writes through to the disk exists there only

        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        replace_existing, write_through = 0x1, 0x8
        if not kernel.MoveFileExW(str(source), str(target), replace_existing | write_through):
            raise ctypes.WinError(ctypes.get_last_error())
        return
    source.replace(target)
    sync_folder(target.parent)
    if source.parent != target.parent:
        sync_folder(source.parent)


def make_private_folder(folder: Path) -> None:
    """Make the folder, and those above it, where they are missing; only its owner may look inside.

    Raises:
        Failed: ``disk.full``, ``disk.not_writable`` or ``disk.failed``.
    """
    if folder.is_dir():
        return
    with disk_errors():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)


def create_durably(path: Path, data: bytes) -> None:
    """Write a new file, readable by its owner only, and make it durable; its name is not, until its folder is synced.

    Raises:
        OSError: as the disk said, and nothing is left; FileExistsError where there is one already.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise
