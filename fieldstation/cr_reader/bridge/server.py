"""The device's end of the protocol, over any `Reader`: for the simulator and for adapters written in Python."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from fieldstation.cr_reader.bridge import messages
from fieldstation.cr_reader.bridge.device import HeldRead
from fieldstation.cr_reader.bridge.frames import DamagedError, EndedError, Frame, FrameReader, Kind, encode
from fieldstation.cr_reader.bridge.messages import Json, Welcome
from fieldstation.cr_reader.bridge.wire import Wire, WireFaults
from fieldstation.cr_reader.lifecycle import WrongOrder
from fieldstation.domain.errors import Failed, Refused
from fieldstation.domain.reader import Reader, ReaderState
from fieldstation.domain.words import Message

MAX_REQUEST = 64 * 1024 * 1024
"""Room for the picture that a simulator is to expose a cassette to."""

_LINES_A_FRAME = 64
_LOOK_SECONDS, _LOOKS_A_STATE = 0.1, 10
_BACKLOG = 4


class DeviceServer:
    """Serves one reader on one port, to one client at a time.

    Who connects last has it, since a link that broke may look alive from here. It listens as soon as it is made.
    ``expose`` is what a simulator does with an EXPOSE; None where there is a real room.
    """

    def __init__(
        self,
        reader: Reader,
        address: tuple[str, int],
        expose: Callable[[bytes], None] | None = None,
        wire: Wire | None = None,
    ) -> None:
        self.desk = _Desk(reader, expose)
        self._wire = wire or Wire(WireFaults())
        self._socket = socket.create_server(address, backlog=_BACKLOG)
        self._stopped = threading.Event()

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._socket.getsockname()[1]
        return port

    def run(self) -> None:
        """Serve until `stop` is called."""
        session: _Session | None = None
        while not self._stopped.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                break
            if session:
                session.close()
            session = _Session(self.desk, self._wire, connection)
        if session:
            session.close()
        self.desk.close()

    def stop(self) -> None:
        """Make `run` end. Idempotent; may be called from any thread."""
        self._stopped.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class _Desk:
    """The reader and the read that it holds; outlives every connection. Used by one session at a time."""

    def __init__(self, reader: Reader, expose: Callable[[bytes], None] | None) -> None:
        self.reader = reader
        self._expose = expose
        self._held: HeldRead | None = None
        self._finished: str | None = None

    @property
    def held(self) -> HeldRead | None:
        """The read whose lines are still kept."""
        return self._held

    def welcome(self) -> Welcome:
        """Get the reader ready and say who it is."""
        if self.reader.status().state in (ReaderState.OFF, ReaderState.FAULT):
            self.reader.connect()
        return Welcome(
            identity=self.reader.identity,
            notes=tuple(note.code for note in self.reader.notes),
            held=self._held.name if self._held else None,
        )

    def identify(self) -> str | None:
        """What is inside, else what is in the slot."""
        return self._held.header.plate_id if self._held and not self._held.broken_off else self.reader.identify()

    def begin(self, plate_id: str) -> HeldRead:
        """The read of that plate: the one that is held, else a new one.

        Raises:
            Failed: the reader says why not; ``reader.wrong_cassette`` while another plate is held.
        """
        held = self._held
        if held and held.header.plate_id == plate_id and not held.told:
            return held
        if held and not held.broken_off:
            raise Failed("reader.wrong_cassette", expected=plate_id, inserted=held.header.plate_id)
        self._held = None
        self._held = HeldRead(self.reader, self.reader.begin_read(plate_id))
        return self._held

    def finish(self, name: str) -> None:
        """Erase and eject; nothing where this read was finished before.

        Raises:
            Failed: the erase lamp failed.
        """
        if self._held and self._held.name == name:
            self._held.end()
            self.reader.finish_read()
            self._finished, self._held = name, None
        elif name != self._finished:
            raise DamagedError("read")

    def erase(self, plate_id: str) -> None:
        """Erase a plate unread.

        Raises:
            Failed: the reader says why not; ``reader.wrong_cassette`` while another plate is held.
            Refused: ``reader.cannot_erase``.
        """
        if self._held and not self._held.broken_off:
            raise Failed("reader.wrong_cassette", expected=plate_id, inserted=self._held.header.plate_id)
        self._held = None
        self.reader.erase(plate_id)

    def eject(self) -> None:
        """Give the plate back as it is.

        Raises:
            Failed: it cannot come out.
        """
        if self._held:
            self._held.end()
        self.reader.eject()
        self._held = None

    def cancel(self, name: str) -> None:
        """Stop that read; nothing where it is over."""
        if self._held and self._held.name == name:
            self.reader.cancel()

    def expose(self, content: bytes) -> None:
        """Do what EXPOSE says.

        Raises:
            Refused: it cannot be.
            DamagedError: this is no simulator.
        """
        if not self._expose:
            raise DamagedError("EXPOSE")
        self._expose(content)

    def close(self) -> None:
        """Let go of the reader."""
        if self._held:
            self._held.end()
        self.reader.disconnect()


class _Session:
    """One connection: a thread that answers, one that says the state, and one that sends lines while a read runs."""

    def __init__(self, desk: _Desk, wire: Wire, connection: socket.socket) -> None:
        self._desk = desk
        self._wire = wire
        self._connection = connection
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._frames = FrameReader(connection, MAX_REQUEST)
        self._sending = threading.Lock()
        self._closed = threading.Event()
        self._sender: threading.Thread | None = None
        self._answers = threading.Thread(target=self._serve, name="reader answers", daemon=True)
        self._answers.start()

    def close(self) -> None:
        """End it and wait for its threads. Idempotent."""
        self._hang_up()
        self._answers.join()

    def _serve(self) -> None:
        teller = threading.Thread(target=self._tell, name="reader state", daemon=True)
        try:
            self._greet()
            teller.start()
            while not self._closed.is_set():
                self._answer(self._frames.read())
        except (OSError, EndedError, DamagedError, Failed, WrongOrder):
            # Whatever the client did wrong or the reader could not do: it connects again and is told how things are.
            pass
        finally:
            self._hang_up()
            if teller.ident:
                teller.join()
            self._connection.close()

    def _greet(self) -> None:
        hello = self._frames.read()
        if hello.kind is not Kind.HELLO:
            raise DamagedError("hello")
        self._say(Kind.WELCOME, messages.welcome_to_json(self._desk.welcome()))

    def _answer(self, frame: Frame) -> None:
        if frame.kind is Kind.EXPOSE:
            self._expose(bytes(frame.payload))
            return
        content = messages.unpack(frame.payload)
        try:
            match frame.kind:
                case Kind.IDENTIFY:
                    self._say(Kind.CASSETTE, {"plate_id": self._desk.identify()})
                case Kind.BEGIN:
                    held = self._desk.begin(messages.text_of(content, "plate_id"))
                    self._say(Kind.HEADER, messages.header_to_json(held.header, held.name))
                case Kind.SEND:
                    self._start_sending(messages.text_of(content, "read"), messages.number_of(content, "from"))
                case Kind.FINISH:
                    self._desk.finish(messages.text_of(content, "read"))
                    self._say(Kind.DONE, {})
                case Kind.EJECT:
                    self._desk.eject()
                    self._say(Kind.DONE, {})
                case Kind.ERASE:
                    self._erase(messages.text_of(content, "plate_id"))
                case Kind.CANCEL:
                    self._desk.cancel(messages.text_of(content, "read"))
                case _:
                    raise DamagedError(frame.kind.name)
        except Failed as error:
            self._say(Kind.FAULT, messages.fault_to_json(Message(error.code, error.params)))

    def _erase(self, plate_id: str) -> None:
        try:
            self._desk.erase(plate_id)
        except Refused as error:
            self._say(Kind.REFUSED, {"code": error.code, "params": dict(error.params)})
        else:
            self._say(Kind.DONE, {})

    def _expose(self, content: bytes) -> None:
        try:
            self._desk.expose(content)
        except Refused as error:
            self._say(Kind.REFUSED, {"code": error.code, "params": dict(error.params)})
        else:
            self._say(Kind.DONE, {})

    def _start_sending(self, name: str, line: int) -> None:
        held = self._desk.held
        if not held or held.name != name or line > held.header.geometry.rows:
            raise DamagedError("read")
        if self._sender:
            self._sender.join()
        held.start()
        self._sender = threading.Thread(target=self._send, args=(held, line), name="reader lines", daemon=True)
        self._sender.start()

    def _send(self, held: HeldRead, line: int) -> None:
        size = held.header.geometry.line_bytes
        try:
            while not self._closed.is_set() and (lines := held.lines_from(line, _LINES_A_FRAME)) is not None:
                count = len(lines) // size
                with self._sending:
                    self._wire.send_lines(self._connection, line, count, lines)
                line += count
            if held.fault:
                held.told = True
                self._say(Kind.FAULT, messages.fault_to_json(held.fault))
            elif held.cancelled:
                self._say(Kind.REFUSED, {"code": "reader.cancelled", "params": {}})
            else:
                self._say(Kind.END, {})
        except OSError:
            self._hang_up()

    def _tell(self) -> None:
        """Say the state when it changes, and now and then in any case, so that silence means a broken link."""
        told: Json | None = None
        looks = 0
        with suppress(OSError):
            while not self._closed.wait(_LOOK_SECONDS):
                looks += 1
                with self._sending:
                    status = messages.status_to_json(self._desk.reader.status())
                    if status != told or looks >= _LOOKS_A_STATE:
                        self._connection.sendall(encode(Kind.STATE, messages.pack(status)))
                        told, looks = status, 0
        self._hang_up()

    def _say(self, kind: Kind, content: Json) -> None:
        with self._sending:
            self._connection.sendall(encode(kind, messages.pack(content)))

    def _hang_up(self) -> None:
        self._closed.set()
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
