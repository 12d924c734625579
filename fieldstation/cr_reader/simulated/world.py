"""The world under the simulated reader: cassettes, what is on their plates, and which one stands in the slot."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from fieldstation.cr_reader.simulated.cassettes import CassetteSize
from fieldstation.cr_reader.simulated.faults import Faults
from fieldstation.cr_reader.simulated.latent import LatentImage, expose
from fieldstation.cr_reader.simulated.layout import lay
from fieldstation.cr_reader.simulated.pictures import read_picture
from fieldstation.cr_reader.simulated.radiographs import radiograph
from fieldstation.cr_reader.simulated.settings import SimulatedSettings
from fieldstation.domain.exams import Technique
from fieldstation.domain.views import Catalogue, OrderedView


class SimulatedCassette:
    """A cassette and the latent image on its plate. Reading discharges it from the top, erasing wholly."""

    def __init__(self, plate_id: str, size: str, latent: LatentImage) -> None:
        self.plate_id = plate_id
        self.size = size
        self.layout = latent.layout
        self._latent: LatentImage | None = latent
        self._discharged = 0

    def kerma(self, first_row: int, count: int) -> npt.NDArray[np.float32]:
        """What is left of the air kerma (µGy) of these rows, shape (count, columns); 0 where nothing is."""
        if not self._latent:
            return np.zeros((count, self.layout.columns), np.float32)
        kerma = self._latent.kerma(first_row, count)
        kerma[: max(0, self._discharged - first_row)] = 0
        return kerma

    def discharge(self, rows: int) -> None:
        """The plate's first ``rows`` rows show nothing from now on."""
        self._discharged = max(self._discharged, rows)

    def erase(self) -> None:
        """Nothing is left on the plate."""
        self._latent = None


class World:
    """What reader and room share."""

    def __init__(self, faults: Faults) -> None:
        self.slot: SimulatedCassette | None = None
        self.faults = faults


class SimulatedRoom:
    """An `XrayRoom`: exposes cassettes and puts them into the reader's slot; also breaks the reader on demand."""

    def __init__(self, world: World, catalogue: Catalogue, settings: SimulatedSettings) -> None:
        self._world = world
        self._catalogue = catalogue
        self._settings = settings
        self._cassettes: dict[str, SimulatedCassette] = {}
        self._shots: dict[str, int] = {}

    def expose(self, plate_id: str, shot: OrderedView, technique: Technique, picture: Path | None) -> None:
        """Expose the cassette, erased before, and put it into the slot.

        The picture of a file fills the plate pixel by pixel; a built-in radiograph lies on the view's usual cassette.

        Raises:
            WrongUse: ``plate.unreadable``, ``view.unknown``, or what the catalogue says of the view cannot be:
                ``plate.size_unknown``, ``plate.no_such_radiograph``.
            Failed: ``plate.radiograph_missing``.
        """
        view = self._catalogue.get(shot.view)
        scene = read_picture(picture) if picture else radiograph(view.looks_like, shot.side)
        layout = lay(scene, CassetteSize.parse(view.plate), self._settings.pitch_mm)
        latent = expose(scene, layout, view, technique, self._seed(plate_id))
        self._cassettes[plate_id] = SimulatedCassette(plate_id, view.plate, latent)
        self.insert(plate_id)

    def insert(self, plate_id: str) -> None:
        """Put a cassette that was exposed in this room into the reader's slot, as it is now."""
        self._world.slot = self._cassettes[plate_id]

    def arm(self, faults: Faults) -> None:
        """Let these faults strike from the next read on, each once, in place of those set before."""
        self._world.faults = faults

    def _seed(self, plate_id: str) -> str:
        self._shots[plate_id] = self._shots.get(plate_id, self._settings.shots_so_far) + 1
        return f"{self._settings.seed}/{self._shots[plate_id]}/{plate_id}"
