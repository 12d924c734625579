"""The driver: a reader at the other end of a link that may break at any moment."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeVar

from fieldstation.cr_reader.bridge import messages
from fieldstation.cr_reader.bridge.frames import DamagedError, Kind, encode
from fieldstation.cr_reader.bridge.link import BROKEN, Answer, Link
from fieldstation.cr_reader.bridge.messages import Json
from fieldstation.cr_reader.bridge.settings import BridgeSettings
from fieldstation.cr_reader.equipment import Surroundings
from fieldstation.cr_reader.lifecycle import Lifecycle, Read, WrongOrder, require_complete, start_lines
from fieldstation.domain.errors import Failed, Refused, WrongUse
from fieldstation.domain.exams import ReaderIdentity
from fieldstation.domain.reader import LineBlock, PlateHeader, ReaderState, ReaderStatus
from fieldstation.domain.words import Message

T = TypeVar("T")

_PAUSE_SECONDS = 0.2
_NOBODY = ReaderIdentity(manufacturer="", model="CR reader", serial="", software="", simulated=False)
_NOT_TOUCHED = ("reader.no_cassette", "reader.wrong_cassette")
_NO_WAY_OUT = ("reader.link_lost", "reader.data_damaged", "reader.cover_open")


class _Read(Read):
    """One plate inside the device. ``name`` is what the device calls this read."""

    def __init__(self, name: str, header: PlateHeader) -> None:
        super().__init__(header)
        self.name = name


class BridgeReader:
    """A `Reader` over the bridge protocol. A link that breaks is made anew and the read taken up at the next line.

    The device keeps what it has read until it is told to erase or to eject, so that a break loses nothing.
    """

    def __init__(self, settings: BridgeSettings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._wait = surroundings.wait
        self._lifecycle = Lifecycle()
        self._link: Link | None = None
        self._identity = _NOBODY
        self._notes: tuple[Message, ...] = ()
        self._device: ReaderStatus | None = None
        self._read: _Read | None = None
        self._streaming = False
        """Whether lines may still be on their way over this link, so that no other answer can be told from them."""

    @property
    def identity(self) -> ReaderIdentity:
        """What the device says it is; a nameless reader before it was asked."""
        return self._identity

    @property
    def notes(self) -> tuple[Message, ...]:
        """What the device wants a person to know."""
        return self._notes

    def connect(self) -> None:
        """Reach the device. A read that it still holds is kept there, to be begun again under its plate ID."""
        if self._lifecycle.state not in (ReaderState.OFF, ReaderState.FAULT):
            return
        self._drop_read()
        self._lifecycle.move(ReaderState.CONNECTING)
        try:
            self._reach()
        except DamagedError as error:
            raise self._fail(Message("reader.protocol", {"address": self._address, "problem": str(error)})) from None
        except BROKEN:
            raise self._fail(Message("reader.not_reached", {"address": self._address})) from None
        self._lifecycle.move(ReaderState.READY)

    def disconnect(self) -> None:
        """Let go of the device; a plate that is being read is given back."""
        if self._read and self._link:
            with suppress(*BROKEN):
                self._leave(self._read)
        self._drop_read()
        if self._link:
            self._link.close()
            self._link = None
        if self._lifecycle.state is not ReaderState.OFF:
            self._lifecycle.move(ReaderState.OFF)

    def status(self) -> ReaderStatus:
        """Our own state; while nothing is asked of it, the device's."""
        status, device = self._lifecycle.status, self._device
        return device if device and status.state is ReaderState.READY else status

    def identify(self) -> str | None:
        """The plate ID of the cassette that the device holds or has in its slot."""
        self._lifecycle.require_connection()
        if self._read:
            return self._read.header.plate_id
        return self._ask(Kind.IDENTIFY, {}, Kind.CASSETTE, messages.cassette_from_json)

    def begin_read(self, plate_id: str) -> PlateHeader:
        """Have the plate drawn in, or the read of it that the device still holds taken up from its first line."""
        self._lifecycle.require_connection()
        if self._read and not self._read.started and self._read.header.plate_id == plate_id:
            return self._read.header
        if self._lifecycle.state is not ReaderState.READY:
            raise WrongOrder(f"begin_read while {self._lifecycle.state}")
        name, header = self._ask(Kind.BEGIN, {"plate_id": plate_id}, Kind.HEADER, messages.header_from_json)
        self._lifecycle.move(ReaderState.CASSETTE_IN, plate_id)
        self._lifecycle.move(ReaderState.READING, plate_id)
        self._device = None
        self._read = _Read(name, header)
        return header

    def lines(self) -> Iterator[LineBlock]:
        """The lines as they come, each once and in order whatever the link does."""
        return self._deliver(start_lines(self._read))

    def finish_read(self) -> None:
        """Have the plate erased and ejected."""
        if not self._read and self._lifecycle.state is ReaderState.READY:
            return
        read = require_complete(self._read)
        self._lifecycle.move(ReaderState.ERASING, read.header.plate_id)
        try:
            self._ask(Kind.FINISH, {"read": read.name}, Kind.DONE, messages.nothing)
        except Failed as error:
            if self._lifecycle.state is ReaderState.ERASING:
                self._fail(Message(error.code, error.params))
            raise
        self._ejected(read)

    def erase(self, plate_id: str) -> None:
        """Have the plate erased unread. Where the link breaks meanwhile it counts as not erased.

        The device is told so once: if the first time was heard, another plate may be in the slot by the second.
        """
        self._lifecycle.require_connection()
        if self._lifecycle.state is not ReaderState.READY:
            raise WrongOrder(f"erase while {self._lifecycle.state}")
        self.identify()
        self._lifecycle.move(ReaderState.CASSETTE_IN, plate_id)
        self._lifecycle.move(ReaderState.ERASING, plate_id)
        answer = self._once(lambda: (self._link or self._reach()).ask(Kind.ERASE, {"plate_id": plate_id}))
        if answer.kind is Kind.FAULT:
            fault = self._parsed(answer, messages.fault_from_json)
            if fault.code not in _NOT_TOUCHED:
                raise self._fail(fault)
            self._rest(plate_id)
            raise Failed(fault.code, **fault.params)
        if answer.kind not in (Kind.DONE, Kind.REFUSED):
            raise self._broken(answer.kind.name)
        self._rest(plate_id)
        if answer.kind is Kind.REFUSED:
            raise Refused("reader.cannot_erase")

    def eject(self) -> None:
        """Have the plate given back as it is."""
        status = self._lifecycle.status
        if status.fault and status.fault.code in _NO_WAY_OUT:
            raise Failed(status.fault.code, **status.fault.params)
        self._lifecycle.require_connection()
        self._ask(Kind.EJECT, {}, Kind.DONE, messages.nothing)
        if self._read:
            self._ejected(self._read)

    def cancel(self) -> None:
        """Tell the device to stop, and end the wait for its next lines."""
        read, link = self._read, self._link
        if not read or read.complete:
            return
        read.cancelled.set()
        if link:
            with suppress(OSError):
                link.send(Kind.CANCEL, {"read": read.name})
            link.interrupt()

    def expose(self, content: bytes) -> None:
        """Have a simulated device expose a cassette (``EXPOSE``), reaching it first if need be.

        Raises:
            Failed: ``reader.not_reached``, ``reader.protocol``.
            WrongUse: what the simulator says cannot be exposed.
        """
        self.connect()
        answer = self._with_link(lambda link: link.ask_frame(encode(Kind.EXPOSE, content)))
        if answer.kind is Kind.REFUSED:
            refusal = self._parsed(answer, messages.refusal_from_json)
            raise WrongUse(refusal.code, **refusal.params)
        if answer.kind is not Kind.DONE:
            raise self._broken(answer.kind.name)

    def _deliver(self, read: _Read) -> Iterator[LineBlock]:
        rows = read.header.geometry.rows
        failures = 0
        while not read.complete or self._streaming:
            before = read.lines
            try:
                yield from self._stream(read)
                continue
            except DamagedError:
                problem = "reader.data_damaged"
            except BROKEN:
                problem = "reader.link_lost"
            self._stop_if_cancelled(read)
            failures = 1 if read.lines > before else failures + 1
            if failures > self._settings.tries or not self._taken_up(read):
                raise self._fail(Message(problem, {"line": read.lines, "lines": rows}))

    def _stream(self, read: _Read) -> Iterator[LineBlock]:
        """The lines from the next one on, until the read ends or the link breaks."""
        self._stop_if_cancelled(read)
        link = self._link
        if not link:
            raise ConnectionError
        self._streaming = True
        link.send(Kind.SEND, {"read": read.name, "from": read.lines})
        while True:
            answer = link.next()
            self._stop_if_cancelled(read)
            match answer.kind:
                case Kind.LINES:
                    block = _fresh(answer, read)
                    if block:
                        read.lines += len(block.data) // read.header.geometry.line_bytes
                        yield block
                        self._stop_if_cancelled(read)
                case Kind.END:
                    if not read.complete:
                        raise DamagedError("lines")
                    self._streaming = False
                    return
                case Kind.FAULT:
                    self._streaming = False
                    raise self._fail(messages.fault_from_json(answer.content))
                case _:
                    raise DamagedError(answer.kind.name)

    def _stop_if_cancelled(self, read: _Read) -> None:
        if read.cancelled.is_set():
            raise Refused("reader.cancelled")

    def _taken_up(self, read: _Read) -> bool:
        """Whether the device was reached again, at once or a moment later, and still holds this read."""
        for attempt in range(self._settings.tries):
            if attempt and self._wait(read.cancelled, _PAUSE_SECONDS * attempt):
                raise Refused("reader.cancelled")
            try:
                self._reach()
            except BROKEN:
                continue
            return bool(self._link) and self._link.welcome.held == read.name  # type: ignore[union-attr]
        return False

    def _ask(self, kind: Kind, content: Json, wanted: Kind, parse: Callable[[Json], T]) -> T:
        """Ask; once more over a new link where the old one turns out to be broken, since the device tells repeats."""
        answer = self._with_link(lambda link: link.ask(kind, content))
        if answer.kind is Kind.FAULT:
            fault = self._parsed(answer, messages.fault_from_json)
            raise Failed(fault.code, **fault.params)
        if answer.kind is not wanted:
            raise self._broken(answer.kind.name)
        return self._parsed(answer, parse)

    def _parsed(self, answer: Answer, parse: Callable[[Json], T]) -> T:
        try:
            return parse(answer.content)
        except DamagedError as error:
            raise self._broken(str(error)) from None

    def _with_link(self, call: Callable[[Link], Answer]) -> Answer:
        with suppress(*BROKEN):
            if self._link and not self._streaming:
                return call(self._link)
        return self._once(lambda: call(self._reach()))

    def _once(self, call: Callable[[], Answer]) -> Answer:
        try:
            return call()
        except DamagedError as error:
            raise self._broken(str(error)) from None
        except BROKEN:
            raise self._fail(self._lost()) from None

    def _lost(self) -> Message:
        if not self._read:
            return Message("reader.not_reached", {"address": self._address})
        return Message("reader.link_lost", {"line": self._read.lines, "lines": self._read.header.geometry.rows})

    def _reach(self) -> Link:
        self._streaming = False
        if self._link:
            self._link.close()
            self._link = None
        self._device = None
        address = self._settings.host, self._settings.port
        self._link = link = Link(address, self._settings.silence_seconds, self._note_state)
        self._identity = link.welcome.identity
        self._notes = tuple(Message(note) for note in link.welcome.notes)
        return link

    def _note_state(self, status: ReaderStatus) -> None:
        self._device = status

    def _leave(self, read: _Read) -> None:
        """Give the plate back over the link that there is; a stream that runs on it is cut off."""
        read.cancelled.set()
        self._reach().ask(Kind.EJECT, {})

    def _ejected(self, read: _Read) -> None:
        self._drop_read()
        self._rest(read.header.plate_id)

    def _rest(self, plate_id: str) -> None:
        """The plate is out again, or was never in."""
        self._lifecycle.move(ReaderState.EJECTING, plate_id)
        self._device = None
        self._lifecycle.move(ReaderState.READY)

    def _drop_read(self) -> None:
        if self._read:
            self._read.cancelled.set()
        self._read = None

    def _broken(self, problem: str) -> Failed:
        return self._fail(Message("reader.protocol", {"address": self._address, "problem": problem}))

    def _fail(self, fault: Message) -> Failed:
        self._lifecycle.move(ReaderState.FAULT, self._read.header.plate_id if self._read else None, fault)
        return Failed(fault.code, **fault.params)

    @property
    def _address(self) -> str:
        return f"{self._settings.host}:{self._settings.port}"


def _fresh(answer: Answer, read: _Read) -> LineBlock | None:
    """The lines of a frame that have not come yet; None where all have.

    Raises:
        DamagedError: lines are missing before these, or they are no lines of this plate.
    """
    geometry = read.header.geometry
    first, payload = answer.line, answer.payload
    count, rest = divmod(len(payload), geometry.line_bytes)
    if rest or first > read.lines or first + count > geometry.rows:
        raise DamagedError("lines")
    known = read.lines - first
    if known >= count:
        return None
    return LineBlock(read.lines, payload[known * geometry.line_bytes :])
