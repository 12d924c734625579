"""Keys: the master key in a file of the data folder, and what is derived from it."""

import os
import secrets
from pathlib import Path
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fieldstation.domain.errors import Failed
from fieldstation.store.disk import create_durably, disk_errors, make_private_folder, sync_folder

KEY_BYTES = 32
KEY_NAME = "master.key"
DATABASE_NAME = "fieldstation.db"


class FileMasterKey:
    """The master key in ``master.key`` of the data folder: 32 random bytes that only their owner may read.

    It is made once, when the folder is new. Where a database exists without it, it is not made anew: a new key would
    open nothing and hide that the old one is gone.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def unwrap(self) -> bytes:
        """The 32 bytes of the master key; made in a folder that has no database yet.

        Raises:
            Failed: ``key.missing``, ``key.unreadable``; ``disk.…`` where a new one cannot be written.
        """
        # The database is looked for first: the key is always there before it.
        has_database = (self._folder / DATABASE_NAME).exists()
        path = self._folder / KEY_NAME
        try:
            key = path.read_bytes()
        except FileNotFoundError:
            if has_database:
                raise Failed("key.missing") from None
            self._make(path)
            return self.unwrap()
        except OSError as error:
            raise Failed("key.unreadable") from error
        if len(key) != KEY_BYTES:
            raise Failed("key.unreadable")
        return key

    def _make(self, path: Path) -> None:
        # Written in full under another name and then linked: whoever comes second finds the first one's whole key.
        make_private_folder(self._folder)
        new = path.with_suffix(f".{uuid4()}")
        with disk_errors():
            create_durably(new, secrets.token_bytes(KEY_BYTES))
            try:
                os.link(new, path)
            except FileExistsError:
                return
            finally:
                new.unlink()
                sync_folder(self._folder)


def database_key(master: bytes) -> bytes:
    """The 32 bytes that SQLCipher takes as they are."""
    return _derive(master, b"fieldstation database 1", salt=None, length=KEY_BYTES)


def file_key(master: bytes, object_id: UUID) -> bytes:
    """The key of one file: AES-256."""
    return _derive(master, b"fieldstation file 1", salt=object_id.bytes, length=KEY_BYTES)


def key_id(master: bytes) -> bytes:
    """Eight bytes that name the master key and tell nothing about it."""
    return _derive(master, b"fieldstation key id 1", salt=None, length=8)


def _derive(master: bytes, purpose: bytes, *, salt: bytes | None, length: int) -> bytes:
    """HKDF-SHA-256 (RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=purpose).derive(master)
