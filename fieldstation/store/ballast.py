"""Room that is kept back on the disk, so that a full one does not stop the queue.

SQLite keeps what it has on a full disk, but it can neither delete nor checkpoint there: nothing would ever get better
by itself. The ballast is a file that is given up then; what sending writes fits into its place many times over.
"""

import contextlib
import os
import shutil
from pathlib import Path

from fieldstation.store.disk import sync_folder

BALLAST_NAME = "ballast"
BALLAST_BYTES = 32 * 1024 * 1024
_ROOM_FOR_IT = 8
_FULL_BELOW = 8
_PIECE = 1024 * 1024


class Ballast:
    """The ballast of one data folder. Used by the sender alone, which holds the lock."""

    def __init__(self, folder: Path, size: int = BALLAST_BYTES) -> None:
        self._folder = folder
        self._path = folder / BALLAST_NAME
        self._size = size

    @property
    def is_there(self) -> bool:
        """Whether it can be given up."""
        return self._path.exists()

    def mind(self) -> None:
        """Give it up on a disk that is as good as full; take it on where it is missing and there is room."""
        if not self.is_there:
            self.take_on()
        elif shutil.disk_usage(self._folder).free < self._size // _FULL_BELOW:
            self.give_up()

    def give_up(self) -> bool:
        """The disk is full: make room. False if there was nothing to give up."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True

    def take_on(self) -> bool:
        """Make it where it is missing and the disk has room for much more; whether it is there now.

        A disk that will not have it, after all, keeps none of it.
        """
        if self.is_there:
            return True
        new = self._path.with_suffix(".new")
        try:
            if shutil.disk_usage(self._folder).free < _ROOM_FOR_IT * self._size:
                return False
            with new.open("wb") as file:
                for start in range(0, self._size, _PIECE):
                    # Random, since a file system that compresses would give zeros no room at all.
                    file.write(os.urandom(min(_PIECE, self._size - start)))
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._path)
            sync_folder(self._folder)
        except OSError:
            with contextlib.suppress(OSError):
                new.unlink()
            return False
        return True
