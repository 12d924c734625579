"""Frames: length, type, payload and checksum (``docs/bridge-protocol.md``, "Frames")."""

import socket
import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum

MAX_PAYLOAD = 8 * 1024 * 1024
_HEAD = struct.Struct(">IB")
_CHECKSUM = struct.Struct(">I")


class Kind(IntEnum):
    """The type of a frame. Below 0x20 it goes to the device, from there on to Fieldstation."""

    HELLO = 0x01
    STATUS = 0x02
    IDENTIFY = 0x03
    BEGIN = 0x04
    SEND = 0x05
    FINISH = 0x06
    EJECT = 0x07
    CANCEL = 0x08
    ERASE = 0x09
    EXPOSE = 0x10

    WELCOME = 0x20
    STATE = 0x21
    CASSETTE = 0x22
    HEADER = 0x23
    LINES = 0x24
    END = 0x25
    DONE = 0x26
    FAULT = 0x27
    REFUSED = 0x28


class DamagedError(Exception):
    """What came is not a frame: what follows it on this connection cannot be trusted either."""


class EndedError(Exception):
    """The other side closed the connection."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as it came. The payload is only valid until the next one is read."""

    kind: Kind
    payload: memoryview


def encode(kind: Kind, payload: bytes = b"") -> bytes:
    """A whole frame, for payloads that are small enough to copy."""
    head = _HEAD.pack(len(payload), kind)
    return b"".join((head, payload, _CHECKSUM.pack(zlib.crc32(payload, zlib.crc32(head)))))


def send_parts(connection: socket.socket, kind: Kind, *parts: bytes | memoryview) -> None:
    """Send a frame whose payload is made of these parts, without joining them.

    Raises:
        OSError: the connection broke.
    """
    head = _HEAD.pack(sum(len(part) for part in parts), kind)
    checksum = zlib.crc32(head)
    for part in parts:
        checksum = zlib.crc32(part, checksum)
    connection.sendall(b"".join((head, *parts[:-1])))
    connection.sendall(parts[-1])
    connection.sendall(_CHECKSUM.pack(checksum))


class FrameReader:
    """Reads frames off a connection into one buffer that grows to the largest of them and no further."""

    def __init__(self, connection: socket.socket, limit: int = MAX_PAYLOAD) -> None:
        self._connection = connection
        self._limit = limit
        self._head = bytearray(_HEAD.size)
        self._body = bytearray(4096)

    def read(self) -> Frame:
        """The next frame.

        Raises:
            DamagedError: a checksum, a type or a length is wrong.
            EndedError: the other side closed the connection.
            OSError: the connection broke or was silent for longer than its timeout.
        """
        self._fill(memoryview(self._head))
        length, number = _HEAD.unpack(self._head)
        if length > self._limit:
            raise DamagedError("length")
        size = length + _CHECKSUM.size
        if len(self._body) < size:
            self._body = bytearray(size)
        body = memoryview(self._body)[:size]
        self._fill(body)
        if zlib.crc32(body[:length], zlib.crc32(self._head)) != _CHECKSUM.unpack(body[length:])[0]:
            raise DamagedError("checksum")
        try:
            kind = Kind(number)
        except ValueError:
            raise DamagedError("type") from None
        return Frame(kind, body[:length])

    def _fill(self, target: memoryview) -> None:
        while target:
            count = self._connection.recv_into(target)
            if count == 0:
                raise EndedError
            target = target[count:]
