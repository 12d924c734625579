"""The wire between device and Fieldstation, which a simulated device can make go wrong under the real driver."""

import socket
import threading
from dataclasses import dataclass, fields, replace

from fieldstation.cr_reader.bridge.frames import Kind, encode, send_parts
from fieldstation.cr_reader.bridge.messages import LINES_HEAD


@dataclass(frozen=True, slots=True, kw_only=True)
class WireFaults:
    """Faults to come, each when the line of that number is sent; None: it does not happen. A fault strikes once.

    Attributes:
        repeat_at_line: the frame with this line is sent twice.
        lose_at_line: the frame with this line is not sent.
        corrupt_at_line: a bit of the frame with this line flips on the way.
        cut_at_line: the connection breaks in the middle of the frame with this line.
    """

    repeat_at_line: int | None = None
    lose_at_line: int | None = None
    corrupt_at_line: int | None = None
    cut_at_line: int | None = None


class Wire:
    """Sends lines, each frame whole and once unless a fault strikes it."""

    def __init__(self, faults: WireFaults) -> None:
        self._faults = faults
        self._lock = threading.Lock()

    def arm(self, faults: WireFaults) -> None:
        """Let these faults strike from now on, in place of those set before."""
        with self._lock:
            self._faults = faults

    def send_lines(self, connection: socket.socket, first: int, count: int, lines: memoryview) -> None:
        """Send lines ``first`` to ``first + count``.

        Raises:
            OSError: the connection broke.
        """
        head = LINES_HEAD.pack(first)
        match self._struck(first, count):
            case "repeat_at_line":
                send_parts(connection, Kind.LINES, head, lines)
                send_parts(connection, Kind.LINES, head, lines)
            case "lose_at_line":
                pass
            case "corrupt_at_line":
                frame = bytearray(encode(Kind.LINES, head + bytes(lines)))
                frame[len(frame) // 2] ^= 0x10
                connection.sendall(frame)
            case "cut_at_line":
                frame = bytearray(encode(Kind.LINES, head + bytes(lines)))
                connection.sendall(frame[: len(frame) // 2])
                connection.shutdown(socket.SHUT_RDWR)
            case _:
                send_parts(connection, Kind.LINES, head, lines)

    def _struck(self, first: int, count: int) -> str | None:
        with self._lock:
            for one in fields(WireFaults):
                line = getattr(self._faults, one.name)
                if line is not None and first <= line < first + count:
                    self._faults = replace(self._faults, **{one.name: None})
                    return one.name
        return None
