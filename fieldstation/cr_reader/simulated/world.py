"""The world under the simulated reader: cassettes, what is on their plates, and which one stands in the slot."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from fieldstation.cr_reader.simulated.faults import Faults
from fieldstation.cr_reader.simulated.mishaps import Mishaps
from fieldstation.cr_reader.simulated.picture import Floats, Picture
from fieldstation.cr_reader.simulated.plate import ExposedPlate, Naming, Shot, expose_plate
from fieldstation.cr_reader.simulated.script import Script
from fieldstation.cr_reader.simulated.settings import SimulatedSettings
from fieldstation.domain.exams import Technique
from fieldstation.domain.ports import Clock
from fieldstation.domain.views import Catalogue, OrderedView

_MINUTES_AN_HOUR = 60


class SimulatedCassette:
    """A cassette and what is on its plate. Reading discharges it from the top, erasing wholly."""

    def __init__(self, plate_id: str, size: str, exposed: ExposedPlate, exposed_at: float = 0.0) -> None:
        self.plate_id = plate_id
        self.size = size
        self.layout = exposed.layout
        self.exposed = exposed
        self._exposed_at = exposed_at
        self._charged = True
        self._discharged = 0

    def kerma(self, first_row: int, count: int, hours: float = 0.0) -> Floats:
        """What is left of the air kerma (µGy) of these rows, shape (count, columns); 0 where nothing is."""
        if not self._charged:
            return np.zeros((count, self.layout.columns), np.float32)
        kerma = self.exposed.kerma(first_row, count, hours)
        kerma[: max(0, self._discharged - first_row)] = 0
        return kerma

    @property
    def charged(self) -> bool:
        """Whether it has not been erased since it was exposed."""
        return self._charged

    def hours_at(self, monotonic: float) -> float:
        """How long ago it was exposed, in whole minutes: plates read at once are the same, bit for bit."""
        return (monotonic - self._exposed_at) // 60 / _MINUTES_AN_HOUR

    def discharge(self, rows: int) -> None:
        """The plate's first ``rows`` rows show nothing from now on."""
        self._discharged = max(self._discharged, rows)

    def erase(self) -> None:
        """Nothing is left on the plate."""
        self._charged = False


class World:
    """What reader and room share. ``faults`` strike the first read that comes so far."""

    def __init__(self, script: Script) -> None:
        self.slot: SimulatedCassette | None = None
        self.faults = script.next_read
        self._script = script
        self._reads = 0

    def begin_read(self) -> None:
        """Another read begins: what the script has for it is set."""
        self._reads += 1
        self.faults = self._script.reads.get(self._reads, self.faults)


class SimulatedRoom:
    """An `XrayRoom`: exposes cassettes and puts them into the reader's slot; also breaks the reader on demand."""

    def __init__(self, world: World, catalogue: Catalogue, settings: SimulatedSettings, clock: Clock) -> None:
        self._world = world
        self._catalogue = catalogue
        self._settings = settings
        self._clock = clock
        self._cassettes: dict[str, SimulatedCassette] = {}
        self._plate_shots: dict[str, int] = {}
        self._shots = 0
        self._mishaps: Mishaps | None = None

    def expose(self, plate_id: str, shot: OrderedView, technique: Technique, picture: Path | None) -> None:
        """Expose the cassette, erased before, and put it into the slot.

        The picture of a file fills the plate pixel by pixel; a built-in radiograph lies on the view's usual cassette.

        Raises:
            WrongUse: ``plate.unreadable``, ``view.unknown``, or what the catalogue says of the view cannot be:
                ``plate.size_unknown``, ``plate.no_such_radiograph``.
            Failed: ``plate.radiograph_missing``.
        """
        view = self._catalogue.get(shot.view)
        if self._settings.scene != "view":
            view = replace(view, looks_like=self._settings.scene)
        scene = Shot(view=view, side=shot.side, technique=technique, picture=_picture(picture) if picture else None)
        before = self._cassettes.get(plate_id)
        exposed = expose_plate(
            scene,
            self._naming(plate_id),
            self._settings.pitch_mm,
            self._next_mishaps(),
            before.exposed if before else None,
        )
        self._cassettes[plate_id] = SimulatedCassette(plate_id, view.plate, exposed, self._clock.monotonic())
        self.insert(plate_id)

    def insert(self, plate_id: str) -> None:
        """Put a cassette that was exposed in this room into the reader's slot, as it is now."""
        self._world.slot = self._cassettes[plate_id]

    def cassette(self, plate_id: str) -> SimulatedCassette:
        """A cassette that was exposed in this room."""
        return self._cassettes[plate_id]

    def arm(self, faults: Faults) -> None:
        """Let these faults strike from the next read on, each once, in place of those set before."""
        self._world.faults = faults

    def befall(self, mishaps: Mishaps) -> None:
        """Let these mishaps befall the next shot, in place of what the script has for it."""
        self._mishaps = mishaps

    def _next_mishaps(self) -> Mishaps:
        self._shots += 1
        mishaps, self._mishaps = self._mishaps, None
        return mishaps or self._settings.script.mishaps_of(self._shots)

    def _naming(self, plate_id: str) -> Naming:
        shots = self._plate_shots[plate_id] = self._plate_shots.get(plate_id, self._settings.shots_so_far) + 1
        seed = self._settings.seed
        return Naming(shot=f"{seed}/{shots}/{plate_id}", plate=f"{seed}/{plate_id}", reader=f"{seed}")


def _picture(path: Path) -> Picture:
    from fieldstation.cr_reader.simulated.pictures import read_picture  # noqa: PLC0415 - loads pydicom

    return read_picture(path)
