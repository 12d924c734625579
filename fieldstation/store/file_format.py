"""The encrypted file: a header and records, each sealed by AES-256-GCM (NIST SP 800-38D).

::

    file    = header record*
    header  = magic (8) version (2) key id (8) object id (16)
    record  = last (1) length (4) ciphertext (length) tag (16)

Numbers are big-endian. ``length`` is that of the plain bytes, at most 1 MiB. The associated data of a record are the
header, the record's index (8), ``last`` and ``length``: a record that was changed, moved, taken out or put into another
file does not open. ``last`` is 1 on the final record only, so that a missing end is noticed, too. The nonce is
``last`` and the index: a key serves one file, a record is written once, and the empty last record that seals a file
after a crash has a nonce of its own.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fieldstation.store.keys import file_key, key_id

MAGIC = b"FSTNFILE"
VERSION = 1
RECORD_BYTES = 1 << 20

_HEADER = struct.Struct(">8sH8s16s")
_HEAD = struct.Struct(">BI")
_TAG_BYTES = 16


class Damaged(Exception):
    """The next record is not whole, or not the one that belongs here."""


@dataclass(frozen=True, slots=True)
class Record:
    """The plain bytes of a record, where the record ends in the file, and whether it is the last."""

    plain: bytes
    end: int
    last: bool


class Cipher:
    """Seals and opens the records of one file."""

    def __init__(self, master: bytes, object_id: UUID) -> None:
        self.header = _HEADER.pack(MAGIC, VERSION, key_id(master), object_id.bytes)
        self._aes = AESGCM(file_key(master, object_id))

    def seal(self, index: int, plain: bytes | memoryview, *, last: bool) -> bytes:
        """The record number ``index`` (from 0) of at most `RECORD_BYTES` plain bytes."""
        head = _HEAD.pack(last, len(plain))
        return head + self._aes.encrypt(_nonce(head, index), plain, self._associated(index, head))

    def open(self, sealed: bytes) -> Iterator[Record]:
        """The records of a file in order.

        Raises:
            Damaged: what follows the records given so far is not a whole record of this file.
        """
        if sealed[: _HEADER.size] != self.header:
            raise Damaged
        view = memoryview(sealed)
        at = _HEADER.size
        index = 0
        while at < len(sealed):
            head = bytes(view[at : at + _HEAD.size])
            if len(head) < _HEAD.size:
                raise Damaged
            last, length = _HEAD.unpack(head)
            end = at + _HEAD.size + length + _TAG_BYTES
            if length > RECORD_BYTES or end > len(sealed):
                raise Damaged
            try:
                plain = self._aes.decrypt(
                    _nonce(head, index), view[at + _HEAD.size : end], self._associated(index, head)
                )
            except InvalidTag:
                raise Damaged from None
            yield Record(plain, end, bool(last))
            at = end
            index += 1

    def _associated(self, index: int, head: bytes) -> bytes:
        return self.header + index.to_bytes(8, "big") + head


def _nonce(head: bytes, index: int) -> bytes:
    return head[:1] + index.to_bytes(11, "big")
