"""The simulated device: draws plates in, delivers their lines in time, erases and ejects."""

from collections.abc import Iterator
from dataclasses import replace

from fieldstation import __version__
from fieldstation.cr_reader.equipment import Surroundings
from fieldstation.cr_reader.lifecycle import Lifecycle, Read, WrongOrder, require_complete, start_lines
from fieldstation.cr_reader.simulated.digitise import digitise, response_of
from fieldstation.cr_reader.simulated.faults import Break, Faults
from fieldstation.cr_reader.simulated.settings import SimulatedSettings
from fieldstation.cr_reader.simulated.world import SimulatedCassette, World
from fieldstation.domain.errors import Failed, Refused
from fieldstation.domain.exams import ReaderIdentity
from fieldstation.domain.reader import LineBlock, PlateHeader, ReaderState, ReaderStatus
from fieldstation.domain.signal import PlateGeometry
from fieldstation.domain.words import Message

_BLOCK_LINES = 64
_NO_WAY_OUT = ("reader.link_lost", "reader.cover_open")
"""Faults in which the reader cannot give the plate back."""
_IDENTITY = ReaderIdentity(
    manufacturer="Fieldstation",
    model="Simulated CR reader",
    serial="SIMULATED",
    software=__version__,
    simulated=True,
)


class _Read(Read):
    """One plate inside the reader, ``hours`` after its exposure."""

    def __init__(self, cassette: SimulatedCassette, header: PlateHeader, hours: float) -> None:
        super().__init__(header)
        self.cassette = cassette
        self.hours = hours


class SimulatedReader:
    """A `Reader` over a simulated world. Its lines come in ``seconds_per_plate``; erasing and ejecting take no time."""

    def __init__(self, world: World, settings: SimulatedSettings, surroundings: Surroundings) -> None:
        self._world = world
        self._settings = settings
        self._clock = surroundings.clock
        self._wait = surroundings.wait
        self._lifecycle = Lifecycle()
        self._read: _Read | None = None

    @property
    def identity(self) -> ReaderIdentity:
        """A maker and model that nobody takes for a real reader."""
        return _IDENTITY

    def connect(self) -> None:
        """Get ready; what a broken read left inside is ejected first, as a device does when it starts."""
        if self._lifecycle.state not in (ReaderState.OFF, ReaderState.FAULT):
            return
        self._let_go()
        self._lifecycle.move(ReaderState.CONNECTING)
        self._lifecycle.move(ReaderState.WARMING_UP)
        self._lifecycle.move(ReaderState.READY)

    def disconnect(self) -> None:
        """Let go of the device and of what is in it."""
        self._let_go()
        if self._lifecycle.state is not ReaderState.OFF:
            self._lifecycle.move(ReaderState.OFF)

    @property
    def notes(self) -> tuple[Message, ...]:
        """None: it erases only when told to, and it is what it says it is."""
        return ()

    def status(self) -> ReaderStatus:
        """The state; a cassette in the slot of a ready reader shows as cassette in."""
        status, waiting = self._lifecycle.status, self._world.slot
        if status.state is ReaderState.READY and waiting:
            return ReaderStatus(state=ReaderState.CASSETTE_IN, plate_id=self._barcode_of(waiting))
        return status

    def identify(self) -> str | None:
        """The plate ID of the cassette inside, else what the barcode reader makes of the one in the slot."""
        self._lifecycle.require_connection()
        if self._read:
            return self._read.header.plate_id
        return self._barcode_of(self._world.slot) if self._world.slot else None

    def begin_read(self, plate_id: str) -> PlateHeader:
        """Draw the plate in."""
        self._lifecycle.require_connection()
        if self._read and not self._read.started and self._read.header.plate_id == plate_id:
            return self._read.header
        cassette = self._draw_in(plate_id)
        self._read = _Read(cassette, self._header(cassette, plate_id), cassette.hours_at(self._clock.monotonic()))
        self._world.begin_read()
        self._lifecycle.move(ReaderState.READING, plate_id)
        return self._read.header

    def lines(self) -> Iterator[LineBlock]:
        """The lines, 64 at a time, each block when its time has come."""
        return self._deliver(start_lines(self._read))

    def finish_read(self) -> None:
        """Erase the plate and give it back; where the lamp fails it stays inside as it is, to be ejected."""
        if not self._read and self._lifecycle.state is ReaderState.READY:
            return
        read = require_complete(self._read)
        self._lifecycle.move(ReaderState.ERASING, read.header.plate_id)
        if self._world.faults.lamp_at_erase:
            raise self._fail(Message("reader.lamp", {"plate": read.header.plate_id}))
        read.cassette.erase()
        self._eject_from(read)

    def erase(self, plate_id: str) -> None:
        """Erase the plate in the slot unread, and give it back; where the lamp fails it stays as it is."""
        self._lifecycle.require_connection()
        cassette = self._draw_in(plate_id)
        self._lifecycle.move(ReaderState.ERASING, plate_id)
        if self._world.faults.lamp_at_erase:
            raise self._fail(Message("reader.lamp", {"plate": plate_id}))
        cassette.erase()
        self._lifecycle.move(ReaderState.EJECTING, plate_id)
        self._lifecycle.move(ReaderState.READY)

    def eject(self) -> None:
        """Give the plate back as it is, which clears a fault; not while the link is lost or the cover open."""
        status = self._lifecycle.status
        if status.fault and status.fault.code in _NO_WAY_OUT:
            raise Failed(status.fault.code, **status.fault.params)
        self._lifecycle.require_connection()
        if self._read:
            self._eject_from(self._read)
        self._world.slot = None

    def cancel(self) -> None:
        """Stop the read that runs, also while it waits for the next block's time."""
        read = self._read
        if read:
            read.cancelled.set()

    def _draw_in(self, plate_id: str) -> SimulatedCassette:
        if self._lifecycle.state is not ReaderState.READY:
            raise WrongOrder(f"a plate is to be drawn in while {self._lifecycle.state}")
        cassette = self._world.slot
        if not cassette:
            raise Failed("reader.no_cassette", plate=plate_id)
        barcode = self._barcode_of(cassette)
        if barcode not in (None, plate_id):
            raise Failed("reader.wrong_cassette", expected=plate_id, inserted=barcode)
        self._world.slot = None
        self._world.faults = replace(self._world.faults, barcode=None)
        self._lifecycle.move(ReaderState.CASSETTE_IN, plate_id)
        return cassette

    def _deliver(self, read: _Read) -> Iterator[LineBlock]:
        rows = read.header.geometry.rows
        begun = self._clock.monotonic()
        breaks = self._world.faults.next_break() or Break(rows + 1, "")
        first = 0
        while first < rows:
            if first == breaks.line:
                raise self._break_off(read, breaks)
            last = min(first + _BLOCK_LINES, rows, breaks.line)
            block = self._scan(read, first, last)
            due = begun + self._settings.seconds_per_plate * last / rows
            if self._wait(read.cancelled, max(0.0, due - self._clock.monotonic())):
                raise Refused("reader.cancelled")
            read.cassette.discharge(last)
            first = read.lines = last
            yield block

    def _scan(self, read: _Read, first: int, last: int) -> LineBlock:
        kerma = read.cassette.kerma(first, last - first, read.hours)
        return LineBlock(first, digitise(kerma, read.header.response, read.header.geometry.bits))

    def _break_off(self, read: _Read, breaks: Break) -> Failed:
        return self._fail(Message(breaks.code, {"line": breaks.line, "lines": read.header.geometry.rows}))

    def _fail(self, fault: Message) -> Failed:
        """A fault strikes once."""
        self._world.faults = Faults()
        self._lifecycle.move(ReaderState.FAULT, self._read.header.plate_id if self._read else None, fault)
        return Failed(fault.code, **fault.params)

    def _barcode_of(self, cassette: SimulatedCassette) -> str | None:
        """What the barcode reader makes of it; None where it cannot tell."""
        misread = self._world.faults.barcode
        return cassette.plate_id if misread is None else misread or None

    def _header(self, cassette: SimulatedCassette, plate_id: str) -> PlateHeader:
        layout, bits = cassette.layout, self._settings.bits
        return PlateHeader(
            plate_id=plate_id,
            plate_size=cassette.size,
            geometry=PlateGeometry(rows=layout.rows, columns=layout.columns, pitch_mm=layout.pitch_mm, bits=bits),
            response=response_of(self._settings.response, bits),
        )

    def _eject_from(self, read: _Read) -> None:
        self._lifecycle.move(ReaderState.EJECTING, read.header.plate_id)
        self._let_go()
        self._lifecycle.move(ReaderState.READY)

    def _let_go(self) -> None:
        if self._read:
            self._read.cancelled.set()
        self._read = None
