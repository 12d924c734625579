"""What a device keeps of the read that it is in, so that every line can be sent again until the plate is let go."""

import threading
import uuid

from fieldstation.domain.errors import Failed, Refused
from fieldstation.domain.reader import PlateHeader, Reader
from fieldstation.domain.words import Message


class HeldRead:
    """One read: it goes on whether or not anybody listens. Its lines are kept until it is dropped."""

    def __init__(self, reader: Reader, header: PlateHeader) -> None:
        self.name = uuid.uuid4().hex
        self.header = header
        self.fault: Message | None = None
        self.cancelled = False
        self.told = False
        """Whether the client was told that the read broke off, after every line that there is."""
        self._reader = reader
        self._lines = 0
        self._data = bytearray()
        self._ended = False
        self._changed = threading.Condition()
        self._pump: threading.Thread | None = None

    @property
    def broken_off(self) -> bool:
        """Whether the read ended before its last line."""
        return self._ended and self._lines < self.header.geometry.rows

    def start(self) -> None:
        """Begin to read, which discharges the plate. Idempotent."""
        if self._pump is None:
            self._data = bytearray(self.header.geometry.total_bytes)
            self._pump = threading.Thread(target=self._read, name="plate", daemon=True)
            self._pump.start()

    def end(self) -> None:
        """Stop reading and wait until it has stopped. Idempotent."""
        self._reader.cancel()
        if self._pump:
            self._pump.join()

    def lines_from(self, line: int, most: int) -> memoryview | None:
        """Up to ``most`` lines from that one on, waiting for at least one; None when there will be none."""
        with self._changed:
            self._changed.wait_for(lambda: self._lines > line or self._ended)
            last = min(self._lines, line + most)
        if last <= line:
            return None
        size = self.header.geometry.line_bytes
        return memoryview(self._data)[line * size : last * size]

    def _read(self) -> None:
        size = self.header.geometry.line_bytes
        try:
            for block in self._reader.lines():
                start = block.first_line * size
                self._data[start : start + len(block.data)] = block.data
                with self._changed:
                    self._lines = block.first_line + len(block.data) // size
                    self._changed.notify_all()
        except Failed as error:
            self.fault = Message(error.code, error.params)
        except Refused:
            self.cancelled = True
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()
