"""Stands between the network and the Storage SCP, which reads whatever length a peer announces into memory.

It passes on whole PDUs only (PS3.8 9.3.1): of a type that a requestor may send, of a length that was agreed on, and no
more of them than an object may be long. It also counts connections, and ends those that are silent.
"""

import ipaddress
import socket
import struct
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

MAX_PDU = 256 * 1024
"""The longest P-DATA-TF that the SCP asks for (Maximum Length, PS3.8 D.1), and the longest of any PDU that passes."""

_HEAD = struct.Struct(">BxI")
_ASSOCIATE_RQ = 0x01
_FROM_REQUESTOR = frozenset({0x04, 0x05, 0x06, 0x07})
"""P-DATA-TF, A-RELEASE-RQ, A-RELEASE-RP, A-ABORT: what may follow."""
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a connection may cost. ``hosts`` are the addresses it may come from; none: from any."""

    hosts: tuple[str, ...]
    connections: int = 4
    silence_seconds: float = 30.0
    association_bytes: int = 1024 * 1024 * 1024


class Guard:
    """Listens for the SCP and passes on what is in bounds. It listens as soon as it is made."""

    def __init__(self, address: tuple[str, int], scp_port: int, bounds: Bounds) -> None:
        self._socket = socket.create_server(address)
        self._scp_port = scp_port
        self._bounds = bounds
        self._free = threading.BoundedSemaphore(bounds.connections)

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._socket.getsockname()[1]
        return port

    def run(self) -> None:
        """Serve for ever."""
        while True:
            peer, (host, *_) = self._socket.accept()
            if not _allowed(host, self._bounds.hosts) or not self._free.acquire(blocking=False):
                peer.close()
                continue
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        try:
            with peer, suppress(OSError):
                peer.settimeout(self._bounds.silence_seconds)
                head = _exactly(peer, _HEAD.size)
                # The SCP is not bothered before: it takes half a minute to forget whoever hangs up without a request.
                if head is not None and _HEAD.unpack(head)[0] == _ASSOCIATE_RQ:
                    self._introduce(peer, head)
        finally:
            self._free.release()

    def _introduce(self, peer: socket.socket, head: bytes) -> None:
        with socket.create_connection(("127.0.0.1", self._scp_port), 5.0) as scp:
            scp.settimeout(self._bounds.silence_seconds)
            back = threading.Thread(target=_pass_back, args=(scp, peer), daemon=True)
            back.start()
            with suppress(OSError):
                self._pass_on(peer, scp, head)
            for one in (scp, peer):
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
            back.join()

    def _pass_on(self, peer: socket.socket, scp: socket.socket, head: bytes | None) -> None:
        """Pass PDUs on, from the one that begins with ``head``, until one is out of bounds or the peer hangs up."""
        left = self._bounds.association_bytes
        expected = frozenset({_ASSOCIATE_RQ})
        buffer = memoryview(bytearray(_CHUNK))
        while head is not None:
            kind, length = _HEAD.unpack(head)
            left -= length
            if kind not in expected or length > MAX_PDU or left < 0:
                return
            expected = _FROM_REQUESTOR
            scp.sendall(head)
            while length:
                count = peer.recv_into(buffer[: min(length, _CHUNK)])
                if count == 0:
                    return
                scp.sendall(buffer[:count])
                length -= count
            head = _exactly(peer, _HEAD.size)


def _pass_back(scp: socket.socket, peer: socket.socket) -> None:
    with suppress(OSError):
        while data := scp.recv(_CHUNK):
            peer.sendall(data)
    for one in (scp, peer):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


def _exactly(peer: socket.socket, size: int) -> bytes | None:
    data = b""
    while len(data) < size:
        more = peer.recv(size - len(data))
        if not more:
            return None
        data += more
    return data


def _allowed(host: str, hosts: Sequence[str]) -> bool:
    """Whether a peer may connect; an IPv4 address may come dressed as IPv6."""
    if not hosts:
        return True
    address = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address == ipaddress.ip_address(allowed) for allowed in hosts)
