"""The rigs of the drivers that come with Fieldstation: each with a world of its own that needs no device."""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fieldstation.cr_reader.bridge.room import exposer
from fieldstation.cr_reader.bridge.server import DeviceServer
from fieldstation.cr_reader.conformance.pushing import push, write_raw
from fieldstation.cr_reader.conformance.rig import Rig, RigFactory, Unmet
from fieldstation.cr_reader.drivers import make_reader
from fieldstation.cr_reader.equipment import Equipment
from fieldstation.cr_reader.inbox.reader import InboxReader
from fieldstation.cr_reader.simulated.faults import Faults
from fieldstation.cr_reader.simulated.world import SimulatedRoom
from fieldstation.domain.exams import Technique
from fieldstation.domain.reader import Reader
from fieldstation.domain.views import Catalogue, Code, OrderedView, View

_DEADLINE_SECONDS = 30.0
_LOOK_SECONDS = 0.02
_VIEW = View(
    id="chest",
    name="Chest",
    body_part="CHEST",
    view_position="PA",
    paired=False,
    anatomic_region=Code("816094009", "SCT", "Chest"),
    view_code=Code("272479007", "SCT", "postero-anterior"),
    plate="18CMX24CM",
    target_ei=250,
    kvp=110,
    mas=2.5,
    sid_mm=1800,
    grid="none",
    looks_like="chest",
)


class _Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class _SimulatedRig:
    reader: Reader
    room: SimulatedRoom

    def insert(self, plate_id: str) -> None:
        self.room.expose(plate_id, OrderedView(_VIEW.id), Technique(), None)

    def break_next(self) -> bool:
        self.room.arm(Faults(jam_at_line=500))
        return True


@dataclass(frozen=True, slots=True)
class _InboxRig:
    reader: InboxReader
    deliver: Callable[[str], None]

    def insert(self, plate_id: str) -> None:
        self.deliver(plate_id)
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while plate_id not in {arrival.contents.labels.plate_id for arrival in self.reader.inbox.waiting()}:
            if time.monotonic() > deadline:
                raise Unmet(f"a file is seen within {_DEADLINE_SECONDS:g} s")
            time.sleep(_LOOK_SECONDS)

    def break_next(self) -> bool:
        return False


def equipment_of(driver: str, settings: Mapping[str, object]) -> Equipment:
    """What a driver makes in the kit's surroundings."""
    return make_reader(driver, settings, catalogue=Catalogue([_VIEW]), clock=_Clock())


@contextmanager
def _simulated() -> Iterator[Rig]:
    equipment = equipment_of("simulated", {"pitch_mm": 0.2, "seconds_per_plate": 0.0})
    if isinstance(equipment.room, SimulatedRoom):
        yield _SimulatedRig(equipment.reader, equipment.room)
    equipment.reader.disconnect()


@contextmanager
def _bridge() -> Iterator[Rig]:
    device = equipment_of("simulated", {"pitch_mm": 0.2, "seconds_per_plate": 0.0})
    if not isinstance(device.room, SimulatedRoom):
        return
    server = DeviceServer(device.reader, ("127.0.0.1", 0), exposer(device.room))
    serving = threading.Thread(target=server.run)
    serving.start()
    reader = equipment_of("bridge", {"port": server.port}).reader
    try:
        yield _SimulatedRig(reader, device.room)
    finally:
        reader.disconnect()
        server.stop()
        serving.join()


@contextmanager
def _folder() -> Iterator[Rig]:
    with tempfile.TemporaryDirectory() as folder:
        reader = equipment_of("folder", {"folder": folder, "settle_seconds": 0}).reader
        if isinstance(reader, InboxReader):
            yield _InboxRig(reader, lambda plate_id: write_raw(Path(folder), plate_id))
        reader.disconnect()


@contextmanager
def _dicom() -> Iterator[Rig]:
    with tempfile.TemporaryDirectory() as folder:
        reader = equipment_of("dicom", {"folder": folder, "port": 0, "peers": ["CONSOLE"]}).reader
        if isinstance(reader, InboxReader):
            yield _InboxRig(reader, lambda plate_id: push(reader.inbox.port, plate_id))
        reader.disconnect()


RIGS: Mapping[str, RigFactory] = {
    "simulated": _simulated,
    "bridge": _bridge,
    "folder": _folder,
    "dicom": _dicom,
}
"""By the name of the driver."""
