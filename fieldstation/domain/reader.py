"""The reader port: what every CR reader driver does, told by who calls it and when."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from fieldstation.domain.exams import ReaderIdentity, Technique
from fieldstation.domain.plates import PlateLabels
from fieldstation.domain.signal import PlateGeometry, SignalResponse
from fieldstation.domain.views import OrderedView
from fieldstation.domain.words import Message


class ReaderState(StrEnum):
    """What the reader is doing."""

    OFF = "off"
    CONNECTING = "connecting"
    WARMING_UP = "warming-up"
    READY = "ready"
    CASSETTE_IN = "cassette-in"
    READING = "reading"
    ERASING = "erasing"
    EJECTING = "ejecting"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderStatus:
    """The reader's state, the plate it holds (None: none, or not known) and, in a fault, what is wrong."""

    state: ReaderState
    plate_id: str | None = None
    fault: Message | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateHeader:
    """What is known of a plate when its reading begins. ``technique``: as its console noted it."""

    plate_id: str
    plate_size: str
    geometry: PlateGeometry
    response: SignalResponse
    technique: Technique = field(default_factory=Technique)


@dataclass(frozen=True, slots=True)
class LineBlock:
    """Consecutive lines as the reader delivers them: the first line's number and 16-bit little-endian samples."""

    first_line: int
    data: bytes


class Reader(Protocol):
    """A CR reader. One process uses it at a time (the caller holds the reader lock) from one thread.

    The order of calls is ``connect``, then for each cassette ``identify``, ``begin_read``, ``lines`` and
    ``finish_read``, or ``erase`` alone; ``disconnect`` ends it from any state. ``cancel`` and ``status`` may be called
    from any thread at any moment. Every call is idempotent. All raise `Failed` with a code ``reader.…`` when the device
    or its link fails; a driver never lets another library's error through.
    """

    @property
    def identity(self) -> ReaderIdentity:
        """Who this is, for the image's header. Known once connected."""

    @property
    def notes(self) -> tuple[Message, ...]:
        """What a person should know of this reader beforehand: ``reader.erases_itself``, ``reader.unproven``.

        Known once connected.
        """

    def connect(self) -> None:
        """Get ready to read. Called before first use and after a fault was cleared."""

    def disconnect(self) -> None:
        """Let go of the device."""

    def status(self) -> ReaderStatus:
        """What the reader is doing now. Does not wait for the device."""

    def identify(self) -> str | None:
        """The plate ID of the cassette that was inserted; None where the reader cannot tell or there is none."""

    def begin_read(self, plate_id: str) -> PlateHeader:
        """Draw the plate in and say what will come. Nothing has been discharged yet.

        Raises:
            Failed: ``reader.no_cassette``, ``reader.wrong_cassette``, ``reader.jam`` and the device's other faults.
        """

    def lines(self) -> Iterator[LineBlock]:
        """The plate's lines in order, each once. Reading discharges them: the caller makes each durable as it comes.

        Raises:
            Failed: the read broke off; lines that had come are all there is.
            Refused: ``reader.cancelled``.
        """

    def finish_read(self) -> None:
        """Erase the plate and eject it. Called only when every line is durable.

        Raises:
            Failed: ``reader.lamp``: the plate was not erased; ``eject`` gives it back.
        """

    def erase(self, plate_id: str) -> None:
        """Draw the plate in, erase it without reading it, and give it back. Called while nothing is being read.

        Raises:
            Refused: ``reader.cannot_erase``: this reader only erases what it reads. The cassette was not touched.
            Failed: as ``begin_read``; ``reader.lamp``: the plate was not erased; ``eject`` gives it back.
        """

    def eject(self) -> None:
        """Give the plate back without erasing it. Called when a read broke off or was cancelled."""

    def cancel(self) -> None:
        """Stop a running read at the next line block. Does nothing when none runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateArrival:
    """A plate that came by itself and waits: the driver's name for it, and what it says of itself."""

    key: str
    labels: PlateLabels


class PlateArrivals(Protocol):
    """A `Reader` to which plates come by themselves: its console has read them already and pushes them."""

    def arrivals(self) -> Sequence[PlateArrival]:
        """The plates that wait, the first that came first. Waits for nothing; may be called from any thread."""

    def begin_arrival(self, key: str) -> PlateHeader:
        """As ``begin_read``, of the plate of that name; ``plate_id`` is empty where it does not say.

        Raises:
            Failed: ``reader.no_cassette``, ``reader.file_changed``: it is not there any more, or is another one now.
        """


class XrayRoom(Protocol):
    """The world in front of a simulated reader: what a technologist does with tube and cassette."""

    def expose(self, plate_id: str, shot: OrderedView, technique: Technique, picture: Path | None) -> None:
        """Expose the cassette to ``picture`` (a 16-bit PNG or DICOM file) or to one that fits the view, and insert it.

        Raises:
            WrongUse: ``plate.unreadable``: the picture cannot be read as one.
        """
