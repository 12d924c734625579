"""The two real radiographs of pydicom-data that the simulator exposes plates to. Pixels only, never the headers."""

from collections.abc import Callable, Mapping
from importlib import resources

import numpy as np
import numpy.typing as npt
import pydicom

from fieldstation.cr_reader.simulated.latent import DECADES
from fieldstation.cr_reader.simulated.picture import BLACK, Picture
from fieldstation.domain.errors import Failed, WrongUse
from fieldstation.domain.views import Side

_CHEST_FIELD = np.s_[60:1945, 0:1800]
"""Inside the shutters, which were put over the picture afterwards."""
_CHEST_PITCH_MM = 0.19
"""Makes the chest about 29 cm wide inside the ribs, as it is."""

_LEG_FIELD = np.s_[4:1756, 516:1290]
_LEG_PITCH_MM = 0.18
"""Makes the calf about 11 cm wide, as it is."""
_LEG_WHITE_TO_BLACK = 1023
_MARKER = np.s_[1345:1500, 0:126]
"""Where the lead marker lies in the field of the leg (its R, once the picture is the right way round)."""
_LEAD = int(0.03 * BLACK)


def radiograph(name: str, side: Side | None) -> Picture:
    """The radiograph of that name, as a plate behind that side would show it.

    Raises:
        WrongUse: ``plate.no_such_radiograph``.
        Failed: ``plate.radiograph_missing``: the file is not where pydicom-data should have put it.
    """
    try:
        develop = _RADIOGRAPHS[name]
    except KeyError:
        raise WrongUse("plate.no_such_radiograph", name=name, known=", ".join(sorted(_RADIOGRAPHS))) from None
    return develop(side)


def _chest(_side: Side | None) -> Picture:
    """Its stored values are nearly proportional to the air kerma, hence the logarithm."""
    kerma = _stored("RG1_UNCR.dcm")[_CHEST_FIELD].astype(np.float32)
    kerma /= kerma.max()
    density = 1 + np.log10(np.maximum(kerma, 10.0**-DECADES)) / DECADES
    return Picture(density=np.rint(density * BLACK).astype(np.uint16), pitch_mm=_CHEST_PITCH_MM)


def _leg(side: Side | None) -> Picture:
    """Stored mirrored, as its R tells. A left leg is the mirror image, with the marker a technologist would lay."""
    right = _stored("RG3_UNCR.dcm")[:, ::-1][_LEG_FIELD]
    density = (right.astype(np.uint32) * BLACK // _LEG_WHITE_TO_BLACK).astype(np.uint16)
    if side is Side.RIGHT:
        return Picture(density=density, pitch_mm=_LEG_PITCH_MM)
    _take_marker_away(density)
    if side is Side.LEFT:
        density = density[:, ::-1].copy()
        _lay_lead_l(density)
    return Picture(density=density, pitch_mm=_LEG_PITCH_MM)


_RADIOGRAPHS: Mapping[str, Callable[[Side | None], Picture]] = {"chest": _chest, "leg": _leg}


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


def _lay_lead_l(density: npt.NDArray[np.uint16]) -> None:
    width = density.shape[1]
    density[1380:1460, width - 92 : width - 78] = _LEAD
    density[1446:1460, width - 92 : width - 40] = _LEAD


def _stored(name: str) -> npt.NDArray[np.uint16]:
    """The stored values of a file that the package pydicom-data carries; never asks the network for it."""
    file = resources.files("data_store").joinpath("data", name)
    try:
        with file.open("rb") as stream:
            stored: npt.NDArray[np.uint16] = pydicom.dcmread(stream).pixel_array
    except FileNotFoundError:
        raise Failed("plate.radiograph_missing", file=name) from None
    return stored
