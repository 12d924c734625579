"""The files of the data folder: encrypted, named by UUID, durable when they are said to be, never swept."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

from fieldstation.domain.errors import Failed
from fieldstation.domain.store import StoredFile
from fieldstation.store.disk import create_durably, disk_errors, make_private_folder, move_durably, sync_folder
from fieldstation.store.file_format import RECORD_BYTES, Cipher, Damaged, Record

_UNFINISHED = ".part"


class EncryptedFiles:
    """The folders ``files`` (one subfolder for each first two digits) and ``quarantine`` of a data folder."""

    def __init__(self, folder: Path, master: bytes) -> None:
        self._files = folder / "files"
        self._quarantine = folder / "quarantine"
        self._master = master

    def begin(self) -> "EncryptedGrowingFile":
        """A new file that grows. It exists from here on, so that a disk that cannot take it is known before a read.

        Raises:
            Failed: ``disk.full``, ``disk.not_writable``, ``disk.failed``.
        """
        object_id = uuid4()
        return EncryptedGrowingFile(self._new_path(object_id), object_id, Cipher(self._master, object_id))

    def put(self, data: bytes) -> StoredFile:
        """Write a whole file, complete or not at all (temporary file, flush, fsync, rename, fsync of the folder).

        Raises:
            Failed: ``disk.full``, ``disk.not_writable``, ``disk.failed``.
        """
        object_id = uuid4()
        cipher = Cipher(self._master, object_id)
        path = self._new_path(object_id)
        unfinished = path.with_name(path.name + _UNFINISHED)
        with disk_errors():
            try:
                create_durably(unfinished, cipher.header + b"".join(_records(cipher, data)))
                move_durably(unfinished, path)
            except OSError:
                unfinished.unlink(missing_ok=True)
                raise
        return StoredFile(str(object_id), len(data), hashlib.sha256(data).hexdigest())

    def seal(self, file_id: str) -> StoredFile:
        """Seal a file that a crash left growing, after its last whole block; a sealed one stays as it is.

        What follows the last whole block is taken off; the file as it was is then kept in quarantine.

        Raises:
            Failed: ``file.missing``, ``disk.full``, ``disk.not_writable``, ``disk.failed``.
        """
        cipher, sealed = self._load(file_id)
        # Folded record by record: the whole plate in the clear is not held beside the sealed one.
        digest, size, count, end, closed = hashlib.sha256(), 0, 0, 0, False
        for record in _whole(cipher, sealed):
            digest.update(record.plain)
            size, count, end, closed = size + len(record.plain), count + 1, record.end, record.last
        if not closed:
            if end < len(sealed):
                self._keep(f"{file_id}.{len(sealed)}", sealed)
            with disk_errors(), self.path(file_id).open("r+b") as file:
                file.truncate(end)
                file.seek(end)
                file.write((b"" if count else cipher.header) + cipher.seal(count, b"", last=True))
                file.flush()
                os.fsync(file.fileno())
        return StoredFile(file_id, size, digest.hexdigest())

    def get(self, file_id: str) -> bytes:
        """All bytes of a sealed file.

        Raises:
            Failed: ``file.missing``, ``file.damaged`` (changed, cut, swapped or spliced), ``disk.failed``.
        """
        cipher, sealed = self._load(file_id)
        records = list(_whole(cipher, sealed))
        if not records or not records[-1].last or records[-1].end != len(sealed):
            raise Failed("file.damaged", file=file_id)
        return b"".join(record.plain for record in records)

    def get_partial(self, file_id: str) -> bytes:
        """What is whole of a file that may be unsealed or cut, up to the first block that is not.

        Raises:
            Failed: ``file.missing``, ``disk.failed``.
        """
        return b"".join(record.plain for record in _whole(*self._load(file_id)))

    def reclaim(self, file_id: str) -> None:
        """Make sure that the file is where a row will look for it, be it out of quarantine.

        Called in the transaction that adds the row: a check for unknown files between the file's birth and its row's
        cannot take it away.

        Raises:
            Failed: ``file.missing``, ``disk.…``.
        """
        path = self.path(file_id)
        if path.exists():
            return
        with disk_errors():
            try:
                move_durably(self._quarantine / file_id, path)
            except FileNotFoundError:
                raise Failed("file.missing", file=file_id) from None

    def quarantine(self, known: Iterable[str]) -> list[str]:
        """Move every file but the ``known`` ones to quarantine; the names that were moved.

        Raises:
            Failed: ``disk.…``.
        """
        kept = set(known)
        unknown = [path for path in sorted(self._files.glob("??/*")) if path.name not in kept]
        if unknown:
            make_private_folder(self._quarantine)
        with disk_errors():
            for path in unknown:
                move_durably(path, self._quarantine / path.name)
        return [path.name for path in unknown]

    def _keep(self, name: str, sealed: bytes) -> None:
        make_private_folder(self._quarantine)
        kept = self._quarantine / name
        with disk_errors():
            kept.unlink(missing_ok=True)
            create_durably(kept, sealed)
            sync_folder(self._quarantine)

    def _load(self, file_id: str) -> tuple[Cipher, bytes]:
        with disk_errors():
            try:
                sealed = self.path(file_id).read_bytes()
            except FileNotFoundError:
                raise Failed("file.missing", file=file_id) from None
        return Cipher(self._master, UUID(file_id)), sealed

    def path(self, file_id: str) -> Path:
        """Where the encrypted file is, or would be."""
        return self._files / file_id[:2] / file_id

    def _new_path(self, object_id: UUID) -> Path:
        path = self.path(str(object_id))
        make_private_folder(self._files)
        make_private_folder(path.parent)
        return path


class EncryptedGrowingFile:
    """A file that grows durably, one record or more an append. One thread uses it."""

    def __init__(self, path: Path, object_id: UUID, cipher: Cipher) -> None:
        self._object_id = object_id
        self._cipher = cipher
        self._index = 0
        self._size = 0
        self._digest = hashlib.sha256()
        with disk_errors():
            create_durably(path, cipher.header)
            sync_folder(path.parent)
            self._file = path.open("r+b", buffering=0)
        self._end = self._file.seek(0, os.SEEK_END)

    @property
    def id(self) -> str:
        """The file's id."""
        return str(self._object_id)

    def append(self, data: bytes) -> None:
        """Add ``data``; it is durable when this returns.

        Raises:
            Failed: ``disk.full``, ``disk.failed``; what was appended before stays, and nothing can follow it.
        """
        view = memoryview(data)
        blocks = [view[at : at + RECORD_BYTES] for at in range(0, len(view), RECORD_BYTES)]
        self._write(
            b"".join(self._cipher.seal(self._index + nth, block, last=False) for nth, block in enumerate(blocks))
        )
        self._index += len(blocks)
        self._size += len(data)
        self._digest.update(data)

    def finish(self) -> StoredFile:
        """Seal the file: from now on a missing end would be noticed.

        Raises:
            Failed: ``disk.full``, ``disk.failed``; the file stays unsealed.
        """
        self._write(self._cipher.seal(self._index, b"", last=True))
        self.close()
        return StoredFile(self.id, self._size, self._digest.hexdigest())

    def close(self) -> None:
        """Leave the file as it is, unsealed. Idempotent."""
        self._file.close()

    def _write(self, sealed: bytes) -> None:
        if self._file.closed:
            raise Failed("disk.failed", errno=0)
        with disk_errors():
            try:
                view = memoryview(sealed)
                while view:
                    view = view[self._file.write(view) :]
                os.fsync(self._file.fileno())
            except OSError:
                # After a failed fsync the next one may succeed without having written: this file is over.
                self._cut()
                raise
        self._end += len(sealed)

    def _cut(self) -> None:
        try:
            self._file.truncate(self._end)
        except OSError:
            return  # The half record stays behind the whole ones; it does not open and is passed over.
        finally:
            self._file.close()


def _whole(cipher: Cipher, sealed: bytes) -> Iterator[Record]:
    """The records up to the last one, or to the first that is not whole."""
    with suppress(Damaged):
        for record in cipher.open(sealed):
            yield record
            if record.last:
                return


def _records(cipher: Cipher, data: bytes) -> Iterator[bytes]:
    view = memoryview(data)
    count = max(1, -(-len(view) // RECORD_BYTES))
    for index in range(count):
        block = view[index * RECORD_BYTES : (index + 1) * RECORD_BYTES]
        yield cipher.seal(index, block, last=index == count - 1)
