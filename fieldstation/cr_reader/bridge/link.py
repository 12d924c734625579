"""The client's end of one connection: asks, and listens all the time."""

import queue
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

from fieldstation.cr_reader.bridge import messages
from fieldstation.cr_reader.bridge.frames import DamagedError, EndedError, FrameReader, Kind, encode
from fieldstation.cr_reader.bridge.messages import Json, Welcome
from fieldstation.domain.reader import ReaderStatus

BROKEN = (OSError, EndedError, DamagedError)
"""What can become of a connection; after any of them it is closed for good."""

_QUEUED_FRAMES = 4
"""What may wait between the socket and whoever stores it; then the device is held up, not this process's memory."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A frame from the device. Where it brings lines, ``line`` is the first of them and the payload all of them."""

    kind: Kind
    payload: bytes
    line: int = 0

    @property
    def content(self) -> Json:
        """Its JSON object.

        Raises:
            DamagedError: it has none.
        """
        return messages.unpack(memoryview(self.payload))


_Came: TypeAlias = Answer | Exception


class Link:
    """One open connection to a device. One thread asks; `send` and `close` may be called from any.

    Raises:
        OSError, EndedError, DamagedError: nobody listens there, or what does is no device.
    """

    def __init__(
        self, address: tuple[str, int], silence_seconds: float, on_state: Callable[[ReaderStatus], None]
    ) -> None:
        self._on_state = on_state
        self._sending = threading.Lock()
        self._came: queue.Queue[_Came] = queue.Queue(_QUEUED_FRAMES)
        self._closed = threading.Event()
        self._socket = socket.create_connection(address, silence_seconds)
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._frames = FrameReader(self._socket)
            self.send(Kind.HELLO, {"version": messages.VERSION})
            self.welcome = self._greet()
        except BaseException:
            self._socket.close()
            raise
        self._listener = threading.Thread(target=self._listen, name="reader link", daemon=True)
        self._listener.start()

    def send(self, kind: Kind, content: Json) -> None:
        """Say something that has no answer.

        Raises:
            OSError: the connection broke.
        """
        self._send(encode(kind, messages.pack(content)))

    def ask(self, kind: Kind, content: Json) -> Answer:
        """Ask, and wait for the answer.

        Raises:
            OSError, EndedError, DamagedError: the connection broke; it is not known whether the device did it.
        """
        return self.ask_frame(encode(kind, messages.pack(content)))

    def ask_frame(self, frame: bytes) -> Answer:
        """Ask with a whole frame, and wait for the answer.

        Raises:
            OSError, EndedError, DamagedError: the connection broke; it is not known whether the device did it.
        """
        self._send(frame)
        return self.next()

    def next(self) -> Answer:
        """What the device says next, apart from its state.

        Raises:
            OSError, EndedError, DamagedError: the connection broke.
        """
        came = self._came.get()
        if isinstance(came, Exception):
            self._came.put(came)
            raise came
        return came

    def close(self) -> None:
        """End it, and every wait on it. Idempotent."""
        self._closed.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        while self._listener.is_alive():
            # A listener that waits for room in the queue goes on to see that the connection is closed.
            with suppress(queue.Empty):
                self._came.get_nowait()
            self._listener.join(0.01)
        self._socket.close()
        with suppress(queue.Full):
            self._came.put_nowait(EndedError())

    def interrupt(self) -> None:
        """End it without waiting for anything; `close` is still to be called."""
        self._closed.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _send(self, frame: bytes) -> None:
        with self._sending:
            self._socket.sendall(frame)

    def _greet(self) -> Welcome:
        frame = self._frames.read()
        if frame.kind is not Kind.WELCOME:
            raise DamagedError("welcome")
        return messages.welcome_from_json(messages.unpack(frame.payload))

    def _listen(self) -> None:
        """The device says its state every second, so that silence means a broken link."""
        try:
            while not self._closed.is_set():
                frame = self._frames.read()
                if frame.kind is Kind.STATE:
                    self._on_state(messages.status_from_json(messages.unpack(frame.payload)))
                elif frame.kind is Kind.LINES:
                    line, lines = messages.split_lines(frame.payload)
                    self._came.put(Answer(frame.kind, bytes(lines), line))
                else:
                    self._came.put(Answer(frame.kind, bytes(frame.payload)))
        except BROKEN as error:
            self._came.put(error)
