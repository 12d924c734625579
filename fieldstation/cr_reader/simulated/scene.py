"""The picture of a shot: which one stands in the beam, and what patient, marker and cassette did to it."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from fieldstation.cr_reader.simulated.mishaps import Facing, Marker, Mishaps
from fieldstation.cr_reader.simulated.picture import Picture, density_of, relative, stored, transmission_of
from fieldstation.cr_reader.simulated.radiographs import natural_pitch_mm, radiograph
from fieldstation.domain.views import Side

_COARSER = 1.5
"""Plates so much coarser than the picture are made from a reduced copy of it, which is kept for the next."""
_MOST_STEPS = 16
_BACK_PASSES = 0.6
"""What part of the beam passes the back of a cassette, and what part of that its ribs."""
_RIB_PASSES = 0.65
_RIB_MM, _RIB_EVERY_MM = 4.0, 45.0


def find_scene(name: str, side: Side | None, marker: Marker, pitch_mm: float) -> Picture:
    """The radiograph of that name, for a plate that is read at that pitch.

    Raises:
        WrongUse: ``plate.no_such_radiograph``.
        Failed: ``plate.radiograph_missing``.
    """
    if pitch_mm > _COARSER * natural_pitch_mm(name):
        return _reduced(name, side, marker, pitch_mm)
    return radiograph(name, side, marker)


def other_scene(name: str, pitch_mm: float) -> Picture:
    """A picture that nobody takes for the one of that name: what was on the plate before."""
    return find_scene("leg" if name == "chest" else "chest", None, Marker.LAID, pitch_mm)


def alter(picture: Picture, mishaps: Mishaps, pitch_mm: float) -> Picture:
    """The picture of a patient who moved or lay across, and of a cassette that lay the wrong way up.

    ``pitch_mm`` is that of the plate, for a picture that has none of its own.
    """
    density, pitch = picture.density, picture.pitch_mm or pitch_mm
    if mishaps.motion_mm:
        density = _smeared(density, mishaps.motion_mm / pitch)
    if mishaps.facing is Facing.AWAY:
        density = _through_the_back(density, pitch)
    if mishaps.quarter_turns:
        density = np.rot90(density, -mishaps.quarter_turns)
    return Picture(density=density, pitch_mm=picture.pitch_mm)


@lru_cache(maxsize=16)
def _reduced(name: str, side: Side | None, marker: Marker, pitch_mm: float) -> Picture:
    from PIL import Image  # noqa: PLC0415 - the app, whatever its reader, would begin later

    picture = radiograph(name, side, marker)
    rows, columns = (max(1, round(n * natural_pitch_mm(name) / pitch_mm)) for n in picture.density.shape)
    passing = Image.fromarray(transmission_of(relative(picture.density)))
    reduced = np.asarray(passing.resize((columns, rows), Image.Resampling.BOX))
    return Picture(density=stored(density_of(reduced)), pitch_mm=pitch_mm)


def _smeared(density: npt.NDArray[np.uint16], pixels: float) -> npt.NDArray[np.uint16]:
    """Slid by so many pixels down and across while the beam was on."""
    passing = transmission_of(relative(density))
    steps = min(_MOST_STEPS, int(pixels) + 1)
    rows, columns = (np.arange(length) for length in density.shape)
    smeared = np.zeros_like(passing)
    for slid in np.linspace(0, pixels, steps).round().astype(int):
        smeared += passing[np.maximum(rows - slid, 0)[:, np.newaxis], np.maximum(columns - slid, 0)]
    smeared /= steps
    return stored(density_of(smeared))


def _through_the_back(density: npt.NDArray[np.uint16], pitch_mm: float) -> npt.NDArray[np.uint16]:
    """Seen from the other side, and through what holds the cassette together."""
    rows, columns = (np.arange(length) * pitch_mm % _RIB_EVERY_MM < _RIB_MM for length in density.shape)
    passing = np.where(rows[:, np.newaxis] | columns, np.float32(_RIB_PASSES * _BACK_PASSES), np.float32(_BACK_PASSES))
    return stored(relative(density[:, ::-1]) + density_of(passing) - 1)
