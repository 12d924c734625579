"""What the simulator exposes plates to: two real radiographs of pydicom-data and the test phantom.

Of the radiographs it takes the pixels only, never the headers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from fieldstation.cr_reader.simulated import phantom
from fieldstation.cr_reader.simulated.flat_field import lit_evenly
from fieldstation.cr_reader.simulated.letters import lay_letter
from fieldstation.cr_reader.simulated.mishaps import Marker
from fieldstation.cr_reader.simulated.picture import BLACK, Picture, density_of, stored
from fieldstation.domain.errors import Failed, WrongUse
from fieldstation.domain.views import Side

_CHEST_FIELD = np.s_[60:1945, 0:1800]
"""Inside the shutters, which were put over the picture afterwards."""
_CHEST_PITCH_MM = 0.19
"""Makes the chest about 29 cm wide inside the ribs, as it is."""
_CHEST_MARKER = 40, 60
"""Where a marker lies in the field of the chest: above the patient's right shoulder."""

_LEG_FIELD = np.s_[4:1756, 516:1290]
_LEG_PITCH_MM = 0.18
"""Makes the calf about 11 cm wide, as it is."""
_LEG_WHITE_TO_BLACK = 1023
_LEG_MIDDLE, _SHUTTER_SLANT = (300.0, 480.0), 1 / 60
"""Columns that the leg covers in the first and the last row, and how far its shutters were turned."""
_MARKER = np.s_[1345:1500, 0:126]
"""Where the lead marker lies in the field of the leg (its R, once the picture is the right way round)."""
_LEG_MARKER_ROW, _LEG_MARKER_INSET = 1380, 92


@dataclass(frozen=True, slots=True)
class _Radiograph:
    develop: Callable[[Side | None, Marker], Picture]
    pitch_mm: float


def radiograph(name: str, side: Side | None, marker: Marker = Marker.LAID) -> Picture:
    """The radiograph of that name, as a plate behind that side would show it.

    Raises:
        WrongUse: ``plate.no_such_radiograph``.
        Failed: ``plate.radiograph_missing``: the file is not where pydicom-data should have put it.
    """
    return _find(name).develop(side, marker)


def natural_pitch_mm(name: str) -> float:
    """How far the pixels of the radiograph of that name lie apart.

    Raises:
        WrongUse: ``plate.no_such_radiograph``.
    """
    return _find(name).pitch_mm


def _find(name: str) -> _Radiograph:
    try:
        return _RADIOGRAPHS[name]
    except KeyError:
        raise WrongUse("plate.no_such_radiograph", name=name, known=", ".join(sorted(_RADIOGRAPHS))) from None


def _chest(_side: Side | None, marker: Marker) -> Picture:
    """Its stored values are nearly proportional to the air kerma, hence the logarithm. The R is the patient's right."""
    kerma = _stored("RG1_UNCR.dcm")[_CHEST_FIELD].astype(np.float32)
    kerma /= kerma.max()
    density = stored(density_of(kerma))
    if marker is not Marker.MISSING:
        lay_letter(density, "R" if marker is Marker.LAID else "L", _CHEST_MARKER, _CHEST_PITCH_MM)
    return Picture(density=density, pitch_mm=_CHEST_PITCH_MM)


def _leg(side: Side | None, marker: Marker) -> Picture:
    """A left leg is the mirror image, with the marker a technologist would lay."""
    density = _right_leg().copy()
    if side is not Side.RIGHT or marker is not Marker.LAID:
        _take_marker_away(density)
    if side is Side.LEFT:
        density = density[:, ::-1].copy()
        _lay(density, {Marker.LAID: "L", Marker.WRONG: "R"}.get(marker), density.shape[1] - _LEG_MARKER_INSET)
    elif side is Side.RIGHT:
        _lay(density, {Marker.WRONG: "L"}.get(marker), _LEG_MARKER_INSET - 60)
    return Picture(density=density, pitch_mm=_LEG_PITCH_MM)


@cache
def _right_leg() -> npt.NDArray[np.uint16]:
    """Stored mirrored, as its R tells."""
    right = _stored("RG3_UNCR.dcm")[:, ::-1][_LEG_FIELD] * np.float32(1 / _LEG_WHITE_TO_BLACK)
    return stored(lit_evenly(right, _LEG_MIDDLE, _SHUTTER_SLANT, _MARKER))


def _lay(density: npt.NDArray[np.uint16], letter: str | None, column: int) -> None:
    if letter:
        lay_letter(density, letter, (_LEG_MARKER_ROW, column), _LEG_PITCH_MM)


_RADIOGRAPHS: Mapping[str, _Radiograph] = {
    "chest": _Radiograph(_chest, _CHEST_PITCH_MM),
    "leg": _Radiograph(_leg, _LEG_PITCH_MM),
    "phantom": _Radiograph(phantom.phantom, phantom.PITCH_MM),
}


def _take_marker_away(density: npt.NDArray[np.uint16]) -> None:
    rows, columns = _MARKER
    above = density[rows.start - 20 : rows.start, columns].astype(np.float32)
    below = density[rows.stop : rows.stop + 20, columns].astype(np.float32)
    height = rows.stop - rows.start
    down = np.linspace(0, 1, height, dtype=np.float32)[:, np.newaxis]
    grain = np.resize(
        np.concatenate([above - above.mean(axis=0), below - below.mean(axis=0)]), (height, above.shape[1])
    )
    smooth = above.mean(axis=0) * (1 - down) + below.mean(axis=0) * down
    density[_MARKER] = np.clip(smooth + grain, 0, BLACK).astype(np.uint16)


def _stored(name: str) -> npt.NDArray[np.uint16]:
    """The stored values of a file that the package pydicom-data carries; never asks the network for it."""
    import pydicom  # noqa: PLC0415 - the app, whatever its reader, would begin later

    file = resources.files("data_store").joinpath("data", name)
    try:
        with file.open("rb") as stream:
            stored: npt.NDArray[np.uint16] = pydicom.dcmread(stream).pixel_array
    except FileNotFoundError:
        raise Failed("plate.radiograph_missing", file=name) from None
    return stored
