"""How much of what the kernel took for a connection the other end has acknowledged."""

import socket
import sys


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
