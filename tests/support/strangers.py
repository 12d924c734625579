"""Whoever answers in place of the destination: strangers, portals, and machines that say nothing or resets."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable

from fieldstation.demo.link import Link

Stranger = Callable[[socket.socket, threading.Event], None]
"""Serves one connection until it is done, or the event is set."""

_RESET = struct.pack("ii", 1, 0)
_TICK_S = 0.02
_HEARD_S = 0.2


class Front(Link):
    """A link whose first ``times`` connections end at a stranger; all later ones at ``target``."""

    def __init__(self, target: tuple[str, int], stranger: Stranger, times: int = 1) -> None:
        self._stranger = stranger
        self._times = times
        super().__init__(target)

    def _carry(self, near: socket.socket, number: int, epoch: int) -> None:
        if number > self._times:
            super()._carry(near, number, epoch)
            return
        with near, contextlib.suppress(OSError):
            self._stranger(near, self._closing)


def silent(_near: socket.socket, over: threading.Event) -> None:
    """Takes the connection, reads nothing, says nothing, closes nothing: a peer whose machine is gone."""
    over.wait()


def deaf(near: socket.socket, over: threading.Event) -> None:
    """Takes everything and never answers."""
    near.settimeout(_TICK_S)
    while not over.is_set():
        with contextlib.suppress(TimeoutError):
            if not near.recv(64 * 1024):
                return


def one_byte_a_second(near: socket.socket, over: threading.Event) -> None:
    """Takes a byte each second."""
    near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    near.settimeout(_TICK_S)
    while not over.wait(1.0):
        with contextlib.suppress(TimeoutError):
            if not near.recv(1):
                return


def drips(answer: bytes) -> Stranger:
    """Takes everything, and answers that, byte by byte, with an end that never comes."""

    def drip(near: socket.socket, over: threading.Event) -> None:
        near.settimeout(_TICK_S)
        left = iter(answer)
        while not over.is_set():
            with contextlib.suppress(TimeoutError):
                if not near.recv(64 * 1024):
                    return
            near.sendall(bytes([next(left, 0x30)]))

    return drip


def resets(near: socket.socket, _over: threading.Event) -> None:
    """Breaks the connection at once."""
    near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


def says(answer: bytes) -> Stranger:
    """Hears what comes for a moment, says that, and closes."""

    def say(near: socket.socket, _over: threading.Event) -> None:
        near.settimeout(_HEARD_S)
        with contextlib.suppress(TimeoutError):
            while near.recv(64 * 1024):
                pass
        near.sendall(answer)
        near.shutdown(socket.SHUT_WR)

    return say


def page(status: str, content_type: str, body: bytes) -> bytes:
    """An HTTP answer."""
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode("ascii") + body


PORTAL = page("200 OK", "text/html", b"<html><body>Welcome. Accept the terms to go on.</body></html>")
REDIRECT = b"HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
BUSY = page("503 Service Unavailable", "text/plain", b"try again")
ENDLESS_HEAD = b"HTTP/1.1 200 OK\r\nX-Head: "
ENDLESS_BODY = b"HTTP/1.1 200 OK\r\nTus-Resumable: 1.0.0\r\nContent-Length: 100000\r\n\r\n"
ENDLESS_ACCEPT = bytes.fromhex("020000010000")
"""The head of an A-ASSOCIATE-AC of 64 KiB (PS3.8 9.3.3)."""
SSH = b"SSH-2.0-OpenSSH_9.2p1\r\n"
ABORT = bytes.fromhex("07000000000400000000")
"""A-ABORT of a DICOM peer (PS3.8 9.3.8)."""
