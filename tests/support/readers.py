"""Readers to be tested: each driver, set up so that its world can be worked from a test."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from fieldstation.cr_reader.bridge.room import exposer
from fieldstation.cr_reader.bridge.server import DeviceServer
from fieldstation.cr_reader.bridge.wire import Wire, WireFaults
from fieldstation.cr_reader.drivers import make_reader
from fieldstation.cr_reader.equipment import Wait
from fieldstation.cr_reader.simulated.faults import Faults
from fieldstation.cr_reader.simulated.world import SimulatedRoom
from fieldstation.domain.exams import Technique
from fieldstation.domain.reader import LineBlock, PlateHeader, Reader
from fieldstation.domain.signal import ResponseKind
from fieldstation.domain.views import Catalogue, Code, OrderedView, Side, View

TARGET_EI = 250.0


class SteppedClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime(2026, 3, 4, 9, 0, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.seconds


def view(view_id: str, radiograph: str, plate: str) -> View:
    paired = radiograph == "leg"
    return View(
        id=view_id,
        name=view_id,
        body_part="LEG" if paired else "CHEST",
        view_position="AP",
        paired=paired,
        anatomic_region=Code("1", "99TEST", "part"),
        view_code=Code("2", "99TEST", "view"),
        plate=plate,
        target_ei=TARGET_EI,
        kvp=60.0,
        mas=4.0,
        sid_mm=1000,
        grid="NONE",
        looks_like=radiograph,
    )


CATALOGUE = Catalogue(
    [
        view("chest", "chest", "35CMX43CM"),
        view("small-chest", "chest", "18CMX24CM"),
        view("leg", "leg", "18CMX24CM"),
    ]
)
CHEST, SMALL_CHEST = OrderedView("chest"), OrderedView("small-chest")
LEG = OrderedView("leg", Side.RIGHT)


class Rig(Protocol):
    """One driver with a device behind it, and the hands of whoever stands at it."""

    @property
    def reader(self) -> Reader:
        """The reader under test."""

    def insert(self, plate_id: str, shot: OrderedView = ..., mas: float = ..., picture: Path | None = ...) -> None:
        """Expose an erased cassette and put it into the slot."""

    def insert_again(self, plate_id: str) -> None:
        """Put a cassette into the slot as it is."""

    def strike(self, faults: Faults) -> None:
        """These faults strike the next read."""


RigFactory = Callable[..., Rig]
"""Makes a rig; takes settings as keywords. The same settings make the same world."""


@dataclass(frozen=True)
class SimulatedRig:
    reader: Reader
    room: SimulatedRoom

    def insert(
        self, plate_id: str, shot: OrderedView = SMALL_CHEST, mas: float = 4.0, picture: Path | None = None
    ) -> None:
        self.room.expose(plate_id, shot, Technique(mas=mas), picture)

    def insert_again(self, plate_id: str) -> None:
        self.room.insert(plate_id)

    def strike(self, faults: Faults) -> None:
        self.room.arm(faults)


def simulated_rig(wait: Wait | None = None, **settings: object) -> SimulatedRig:
    clock = SteppedClock()

    def step(cancelled: threading.Event, seconds: float) -> bool:
        clock.seconds += seconds
        return cancelled.is_set()

    equipment = make_reader(
        "simulated",
        {"pitch_mm": 0.2, "seconds_per_plate": 1.0, **settings},
        catalogue=CATALOGUE,
        clock=clock,
        wait=wait or step,
    )
    assert isinstance(equipment.room, SimulatedRoom)
    return SimulatedRig(equipment.reader, equipment.room)


@dataclass(frozen=True)
class BridgeRig(SimulatedRig):
    """The same simulated device at the other end of a link."""

    server: DeviceServer
    serving: threading.Thread
    wire: Wire


@contextmanager
def bridge_rig(**settings: object) -> Iterator[BridgeRig]:
    device = simulated_rig(None, **settings)
    wire = Wire(WireFaults())
    server = DeviceServer(device.reader, ("127.0.0.1", 0), exposer(device.room), wire)
    serving = threading.Thread(target=server.run)
    serving.start()
    equipment = make_reader(
        "bridge", {"port": server.port, "room": "simulated"}, catalogue=CATALOGUE, clock=SteppedClock()
    )
    try:
        yield BridgeRig(equipment.reader, device.room, server, serving, wire)
    finally:
        equipment.reader.disconnect()
        server.stop()
        serving.join()


def read_all(reader: Reader, plate_id: str) -> tuple[PlateHeader, list[LineBlock]]:
    """Read and finish one plate on a connected reader."""
    header = reader.begin_read(plate_id)
    blocks = list(reader.lines())
    reader.finish_read()
    return header, blocks


def samples(header: PlateHeader, blocks: list[LineBlock]) -> npt.NDArray[np.uint16]:
    """The lines that came, shape (lines, columns)."""
    return np.frombuffer(b"".join(block.data for block in blocks), "<u2").reshape(-1, header.geometry.columns)


def air_kerma(header: PlateHeader, blocks: list[LineBlock]) -> npt.NDArray[np.float64]:
    """What the calibration says reached the plate, in µGy."""
    relative = (samples(header, blocks).astype(np.float64) - header.response.offset) / header.response.gain
    match header.response.kind:
        case ResponseKind.LOG:
            return 10.0**relative
        case ResponseKind.SQUARE_ROOT:
            return relative**2
        case ResponseKind.LINEAR:
            return relative


def partly(lines: Iterator[LineBlock]) -> tuple[list[LineBlock], Exception | None]:
    """What came before the read broke off, and what broke it."""
    came: list[LineBlock] = []
    try:
        for block in lines:
            came.append(block)  # noqa: PERF402 - what came before an error counts
    except Exception as error:
        return came, error
    return came, None
