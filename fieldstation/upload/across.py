"""What the other end has acknowledged of what the kernel took for a connection, and when it was last heard of."""

import socket
import struct
import sys

_TCP_INFO = struct.Struct("8B13I")
"""The start of struct tcp_info (linux/tcp.h)."""
_PROBES, _IN_FLIGHT, _SENT_MS_AGO, _HEARD_MS_AGO = 3, 12, 17, 20


def unacknowledged(link: socket.socket | None) -> int:
    """Bytes that were handed to the kernel and have not been acknowledged; 0 where the system does not tell.

    On a slow link a kernel takes more at once than leaves in many seconds: bytes handed over are not bytes across.
    """
    if sys.platform != "linux" or link is None:
        return 0
    import fcntl  # noqa: PLC0415  # the call exists there only
    import termios  # noqa: PLC0415

    try:
        # SIOCOUTQ, which has the number of TIOCOUTQ: tcp(7).
        told = fcntl.ioctl(link.fileno(), termios.TIOCOUTQ, bytes(4))
    except (OSError, ValueError):
        return 0
    return int.from_bytes(told, sys.byteorder)


def silent_s(link: socket.socket | None) -> float:
    """For how long nothing was heard of the other end, if it has not answered what was sent to it last; else 0.

    One whose window is closed is heard of: it answers each probe until a slow reader behind it has made room, at
    intervals that grow. 0 where the system does not tell.
    """
    if sys.platform != "linux" or link is None:
        return 0.0
    try:
        told = _TCP_INFO.unpack(link.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size))
    except (OSError, ValueError):
        return 0.0
    unanswered = told[_IN_FLIGHT] > 0 and told[_HEARD_MS_AGO] > told[_SENT_MS_AGO]
    # A single probe that comes soon after another is passed over (tcp_invalid_ratelimit).
    return told[_HEARD_MS_AGO] / 1000 if unanswered or told[_PROBES] > 1 else 0.0
