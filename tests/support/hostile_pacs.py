"""A PACS that breaks the rules of DICOM on the wire, byte by byte (PS3.8 9.3, PS3.7 9.3.1)."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.support.strangers import Stranger

_RQ, _AC, _DATA, _ABORT = 1, 2, 4, 7
_JPEG_LS = b"1.2.840.10008.1.2.4.80"
_CONTEXT_RQ, _CONTEXT_AC, _SYNTAX, _USER, _MOST = 0x20, 0x21, 0x40, 0x50, 0x51

Misdeed = Callable[[socket.socket, "Heard"], None]
"""What it does once an image comes."""


class Heard:
    """The PDUs that come over a connection."""

    def __init__(self, near: socket.socket) -> None:
        self._near = near

    def pdu(self) -> tuple[int, bytes]:
        """The next one: its type, and what is in it."""
        kind, size = struct.unpack(">BxI", self._bytes(6))
        return kind, self._bytes(size)

    def image(self) -> None:
        """Until the last fragment of a data set is there."""
        last = False
        while not last:
            kind, content = self.pdu()
            last = kind == _DATA and content[5] == 0x02

    def _bytes(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            piece = self._near.recv(count - len(data))
            if not piece:
                raise OSError
            data += piece
        return bytes(data)


def rejects(result: int, source: int, reason: int) -> Stranger:
    """A-ASSOCIATE-RJ (PS3.8 9.3.4)."""

    def serve(near: socket.socket, _over: threading.Event) -> None:
        Heard(near).pdu()
        near.sendall(struct.pack(">BxIxBBB", 3, 4, result, source, reason))
        # Who was rejected hangs up (PS3.8 9.2, Sta13); a peer that does so first may take its own answer away.
        near.recv(1)

    return serve


def takes_and_then(misdeed: Misdeed) -> Stranger:
    """Accepts the association, with JPEG-LS for what is stored, and does that."""

    def serve(near: socket.socket, _over: threading.Event) -> None:
        heard = Heard(near)
        _, request = heard.pdu()
        near.sendall(_accepted(request))
        misdeed(near, heard)

    return serve


def answers_without_a_status(near: socket.socket, heard: Heard) -> None:
    """A C-STORE-RSP without (0000,0900)."""
    heard.image()
    near.sendall(_response([(0x0002, b"1.2.840.10008.5.1.4.1.1.1\0"), (0x0100, b"\x01\x80"), (0x0120, b"\x01\x00")]))
    heard.pdu()


def answers_another_request(near: socket.socket, heard: Heard) -> None:
    """A C-STORE-RSP that says success, to a message that is not the one that was sent."""
    heard.image()
    near.sendall(_response([(0x0100, b"\x01\x80"), (0x0120, b"\x09\x00"), (0x0900, b"\x00\x00")]))
    heard.pdu()


def aborts_in_the_image(near: socket.socket, heard: Heard) -> None:
    """A-ABORT as soon as the first piece is there."""
    heard.pdu()
    near.sendall(struct.pack(">BxIxxBB", _ABORT, 4, 2, 6))


def breaks_off_in_a_pdu(near: socket.socket, heard: Heard) -> None:
    """The first half of an answer, and the end of the connection."""
    heard.image()
    near.sendall(_response([(0x0100, b"\x01\x80")])[:9])
    near.shutdown(socket.SHUT_WR)


def answers_nonsense(near: socket.socket, heard: Heard) -> None:
    """A PDU of a type that there is not."""
    heard.image()
    near.sendall(b"\xff\x00\x00\x00\x00\x04nope")
    heard.pdu()


def _item(kind: int, content: bytes) -> bytes:
    return struct.pack(">BxH", kind, len(content)) + content


def _items(data: bytes) -> Iterator[tuple[int, bytes]]:
    while data:
        kind, size = struct.unpack(">BxH", data[:4])
        yield kind, data[4 : 4 + size]
        data = data[4 + size :]


def _accepted(request: bytes) -> bytes:
    """A-ASSOCIATE-AC (PS3.8 9.3.3): of each context what it offers, if that is JPEG-LS."""
    items = []
    for kind, content in _items(request[68:]):
        if kind != _CONTEXT_RQ:
            continue
        syntax = next(name for sub, name in _items(content[4:]) if sub == _SYNTAX)
        items.append(
            _item(_CONTEXT_AC, bytes([content[0], 0, 0 if syntax == _JPEG_LS else 4, 0]) + _item(_SYNTAX, syntax))
        )
    application = _item(0x10, b"1.2.840.10008.3.1.1.1")
    user = _item(_USER, _item(_MOST, struct.pack(">I", 16384)) + _item(0x52, b"2.25.1"))
    body = request[:68] + application + b"".join(items) + user
    return struct.pack(">BxI", _AC, len(body)) + body


def _response(elements: list[tuple[int, bytes]]) -> bytes:
    """P-DATA with a command set of these elements of group 0000, for the first context."""
    command = b"".join(
        struct.pack("<HHI", 0, number, len(value)) + value for number, value in [*elements, (0x0800, b"\x01\x01")]
    )
    value = bytes([1, 0x03]) + struct.pack("<HHII", 0, 0, 4, len(command)) + command
    return struct.pack(">BxII", _DATA, 4 + len(value), len(value)) + value


@contextmanager
def hostile(stranger: Stranger) -> Iterator[tuple[str, int]]:
    """Serve every connection so, one after the other; where."""
    over = threading.Event()

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                near.settimeout(10)
                with near, contextlib.suppress(OSError):
                    stranger(near, over)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
