"""A folder for a patient to carry (IHE PDI, ITI/RAD TF Portable Media Creator): DICOMDIR, pictures, and words.

Everything is made in a folder of its own on the medium and then moved into place, the DICOMDIR last: what a kill or an
empty battery leaves behind is no medium yet, and the next export clears it away.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from html import escape
from pathlib import Path

from fieldstation.domain.errors import Refused
from fieldstation.services.whole_files import make_folder, telling, write_durably
from fieldstation.services.words import text
from fieldstation.store.disk import move_durably, sync_folder

_INSTANCES, _PICTURES = "DICOM", "IHE_PDI"
_README, _INDEX, _DIRECTORY = "README.TXT", "INDEX.HTM", "DICOMDIR"
_IN_ORDER = (_INSTANCES, _PICTURES, _README, _INDEX, _DIRECTORY)
_MAKING = ".fieldstation-export"
_MADE = "MADE"
"""In the folder of its own once everything is in it: from then on, what is not there any more was moved by us."""


class Medium:
    """One folder, or the root of one stick, that is filled once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._making = folder / _MAKING
        self.files: list[Path] = []

    @contextmanager
    def filling(self) -> Iterator[None]:
        """Add everything in this block; behind it, it is in place and durable.

        Raises:
            Refused: ``export.occupied``: something of these names is there already.
            Failed: ``disk.cannot_write``; nothing of it is left.
        """
        with telling(self._folder):
            make_folder(self._folder)
            self._clear()
            for name in _IN_ORDER:
                if (self._folder / name).exists():
                    raise Refused("export.occupied", folder=str(self._folder), name=name)
            try:
                for folder in (self._making, self._making / _INSTANCES, self._making / _PICTURES):
                    make_folder(folder)
                yield
                self._move()
            except BaseException:
                with suppress(OSError):
                    self._clear()
                raise

    def add_instance(self, name: str, content: bytes) -> None:
        """Add an instance in the form that media have."""
        self._write(Path(_INSTANCES) / name, content)

    def add_picture(self, name: str, jpeg: bytes) -> None:
        """Add the picture of an instance, for browsers."""
        self._write(Path(_PICTURES) / f"{name}.JPG", jpeg)

    def add_words(self, institution: str, captions: Sequence[tuple[str, str]]) -> None:
        """Add what a person reads: README.TXT in ASCII, and INDEX.HTM with the pictures and their captions."""
        readme = text("export.readme", institution=institution.encode("ascii", "replace").decode("ascii"))
        self._write(Path(_README), readme.replace("\n", "\r\n").encode("ascii"))
        self._write(Path(_INDEX), _page(institution, captions).encode("utf-8"))

    def add_directory(self, dicomdir: bytes) -> None:
        """Add the DICOMDIR."""
        self._write(Path(_DIRECTORY), dicomdir)

    def _write(self, name: Path, content: bytes) -> None:
        write_durably(self._making / name, content)
        self.files.append(self._folder / name)

    def _move(self) -> None:
        for folder in (self._making / _INSTANCES, self._making / _PICTURES, self._making):
            sync_folder(folder)
        write_durably(self._making / _MADE, b"")
        sync_folder(self._making)
        for name in _IN_ORDER:
            move_durably(self._making / name, self._folder / name)
        shutil.rmtree(self._making)
        sync_folder(self._folder)

    def _clear(self) -> None:
        """Take away what an export that was cut off has left."""
        if (self._making / _MADE).exists():
            for name in _IN_ORDER:
                if not (self._making / name).exists():
                    _remove(self._folder / name)
        if self._making.exists():
            shutil.rmtree(self._making)
            sync_folder(self._folder)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _page(institution: str, captions: Sequence[tuple[str, str]]) -> str:
    """Nothing here but pictures: the patient's name is in them and in the DICOM files."""
    figures = "".join(
        f'<p>{escape(caption)}<br /><img src="{_PICTURES}/{name}.JPG" alt="{escape(caption)}" width="640" /></p>\r\n'
        for name, caption in captions
    )
    title = escape(institution)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\r\n'
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">\r\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en">\r\n'
        f"<head><title>{title}</title></head>\r\n<body>\r\n<h1>{title}</h1>\r\n"
        f"<p>{escape(text('export.index'))}</p>\r\n{figures}"
        '<p><a href="README.TXT">README.TXT</a></p>\r\n</body>\r\n</html>\r\n'
    )
