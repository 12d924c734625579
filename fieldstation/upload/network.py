"""Noticing that the machine's network changed, or that it slept: without asking anybody again and again.

Linux tells by itself what becomes of links, addresses and routes (rtnetlink); it is only listened to. Elsewhere the
addresses are compared every other second.
"""

import contextlib
import socket
import sys
import time
from collections.abc import Callable, Collection

import psutil

_LINK, _IPV4_ADDRESS, _IPV4_ROUTE, _IPV6_ADDRESS, _IPV6_ROUTE = 0x1, 0x10, 0x40, 0x100, 0x400
_GROUPS = _LINK | _IPV4_ADDRESS | _IPV4_ROUTE | _IPV6_ADDRESS | _IPV6_ROUTE
_MESSAGES_BYTES = 64 * 1024
_LOOK_S = 2.0
_SLEPT_S = 3.0
_STOOD_STILL_S = 15.0
"""So long nobody looked: the machine slept and its monotonic clock went on, as that of Windows does."""


class NetworkWatch:
    """Used by one thread, which looks several times a second; a context manager."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._addresses = own_addresses()
        self._looked_at = self._taken_at = monotonic()
        self._asleep_s = _asleep_s()
        self._kernel = _listen_to_kernel()

    def take(self) -> Collection[str] | None:
        """None if nothing happened since the last call; else the own addresses that connections can still live at.

        After the machine slept that is none: what was connected then is not worth waiting for.
        """
        asleep_s, now = _asleep_s(), self._monotonic()
        slept = asleep_s - self._asleep_s > _SLEPT_S or now - self._taken_at > _STOOD_STILL_S
        self._asleep_s, self._taken_at = asleep_s, now
        told = self._told()
        if slept:
            return frozenset()
        return self._addresses if told else None

    def __enter__(self) -> "NetworkWatch":
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._kernel is not None:
            self._kernel.close()

    def _told(self) -> bool:
        if self._kernel is not None:
            if not _drained(self._kernel):
                return False
            self._addresses = own_addresses()
            return True
        now = self._taken_at
        if now - self._looked_at < _LOOK_S:
            return False
        self._looked_at = now
        before, self._addresses = self._addresses, own_addresses()
        return before != self._addresses


def own_addresses() -> Collection[str]:
    """The machine's IP addresses, as a socket names them, without a zone."""
    return frozenset(
        address.address.partition("%")[0]
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family in {socket.AF_INET, socket.AF_INET6}
    )


def comes_from(link: socket.socket, addresses: Collection[str]) -> bool:
    """Whether a connected socket's own address is among these; one that is closed comes from nowhere."""
    try:
        address = str(link.getsockname()[0])
    except OSError:
        return False
    return address.partition("%")[0].removeprefix("::ffff:") in addresses


def _asleep_s() -> float:
    """How long the machine has slept, up to a constant."""
    boot_time: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    read: Callable[[int], float] | None = getattr(time, "clock_gettime", None)
    if boot_time is None or read is None:
        return 0.0
    return read(boot_time) - time.monotonic()


def _listen_to_kernel() -> socket.socket | None:
    if sys.platform != "linux":
        return None
    kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
    try:
        kernel.bind((0, _GROUPS))
    except OSError:
        kernel.close()
        return None
    return kernel


def _drained(kernel: socket.socket) -> bool:
    """Whether there was anything; what exactly does not matter."""
    any_at_all = False
    with contextlib.suppress(BlockingIOError):
        while True:
            try:
                kernel.recv(_MESSAGES_BYTES)
            except BlockingIOError:
                raise
            except OSError:
                pass  # more happened than the kernel keeps (ENOBUFS)
            any_at_all = True
    return any_at_all
