"""Disks of their own for tests, and what a power cut leaves of one."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_BYTES = 48 * 1024 * 1024


class Disk:
    """An ext4 file system in a file, mounted at ``folder``.

    The file has what was flushed to the disk and what the system wrote back by itself, but not what only lies in
    its memory: a copy of it is the disk as a power cut leaves it.
    """

    def __init__(self, image: Path, folder: Path) -> None:
        self.folder = folder
        self._image = image

    def cut_power(self, image: Path) -> None:
        """Keep in ``image`` what would be there if the power failed now."""
        subprocess.run(["cp", "--sparse=always", str(self._image), str(image)], check=True)


@contextmanager
def new_disk(folder: Path) -> Iterator[Disk]:
    """An empty one, where such may be mounted."""
    folder.mkdir()
    image = folder / "image"
    with image.open("wb") as file:
        file.truncate(_BYTES)
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("nothing may be mounted here")
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    with mounted(image, folder / "disk") as place:
        yield Disk(image, place)


@contextmanager
def mounted(image: Path, place: Path) -> Iterator[Path]:
    """Take a disk into use; what its journal holds of the time before is caught up on."""
    place.mkdir()
    if subprocess.run(["mount", "-o", "loop", str(image), str(place)], capture_output=True, check=False).returncode:
        pytest.skip("nothing may be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)
