"""Getting to a host: its name looked up, its port tried, and the options of TCP, all bounded in time.

The system's own lookup can neither be bounded nor interrupted, and where no resolver answers it takes minutes. So it
runs in a thread that nothing waits for, one for each name, shared by all who ask meanwhile.
"""

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence

from fieldstation.upload.limits import UNSENT_BYTES

_TICK_S = 0.05
_REACH_S = 3.0


class NameUnknown(OSError):
    """A name has no address, or none became known in time."""


class _Lookup:
    """One lookup under way."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.done = threading.Event()
        self.addresses: Sequence[str] = ()

    def run(self) -> None:
        try:
            found = socket.getaddrinfo(self.host, None, type=socket.SOCK_STREAM)
            self.addresses = tuple(dict.fromkeys(str(address[0]) for *_, address in found))
        except (OSError, UnicodeError):
            pass  # as good as no address
        finally:
            with _lock:
                _under_way.pop(self.host, None)
            self.done.set()


_lock = threading.Lock()
_under_way: dict[str, _Lookup] = {}


def addresses_of(host: str, seconds: float, ended: Callable[[], bool]) -> Sequence[str]:
    """The IP addresses of a host, at least one, in the system's order; an address is its own.

    Raises:
        NameUnknown: there is none, ``seconds`` have passed, or ``ended`` says so.
    """
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    else:
        return (host,)
    lookup = _looked_up(host)
    until = time.monotonic() + seconds
    while not lookup.done.wait(_TICK_S) and time.monotonic() < until and not ended():
        pass
    if not lookup.addresses:
        raise NameUnknown(host)
    return lookup.addresses


def reaches(host: str, port: int, ended: Callable[[], bool]) -> bool:
    """Whether a port takes connections; takes seconds at most."""
    until = time.monotonic() + _REACH_S
    try:
        for address in addresses_of(host, _REACH_S, ended):
            left = until - time.monotonic()
            if left > 0 and _connects(address, port, left):
                return True
    except NameUnknown:
        pass
    return False


def tcp_options(stall_s: float) -> Iterable[tuple[int, int]]:
    """Options of the TCP level, as far as the system knows them.

    Little is left unsent in the kernel, so that bytes handed over are bytes on their way. A connection without traffic
    ends once nothing answers for ``stall_s``; bytes under way are watched by whoever sends them. TCP_USER_TIMEOUT is of
    no use for that: Linux counts a window that opens late or little by little, as before a slow proxy, as a stall.
    """
    wanted = (
        ("TCP_NODELAY", 1),
        ("TCP_NOTSENT_LOWAT", UNSENT_BYTES),
        ("TCP_KEEPIDLE", max(1, round(stall_s / 3))),
        ("TCP_KEEPINTVL", max(1, round(stall_s / 3))),
        ("TCP_KEEPCNT", 3),
    )
    for name, value in wanted:
        option = getattr(socket, name, None)
        if option is not None:
            yield option, value


def _connects(address: str, port: int, seconds: float) -> bool:
    try:
        socket.create_connection((address, port), seconds).close()
    except OSError:
        return False
    return True


def _looked_up(host: str) -> _Lookup:
    with _lock:
        lookup = _under_way.get(host)
        if lookup is None:
            lookup = _under_way[host] = _Lookup(host)
            threading.Thread(target=lookup.run, name="lookup", daemon=True).start()
        return lookup
