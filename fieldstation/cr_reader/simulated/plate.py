"""An exposed plate: everything that adds up on it from exposure to reading."""

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from fieldstation.cr_reader.simulated.blemishes import Blemishes, find_blemishes
from fieldstation.cr_reader.simulated.cassettes import CassetteSize
from fieldstation.cr_reader.simulated.chance import random_for
from fieldstation.cr_reader.simulated.latent import (
    LatentImage,
    is_anatomy,
    median_transmission,
    usual_median_ugy,
    with_noise,
)
from fieldstation.cr_reader.simulated.layout import Layout, lay
from fieldstation.cr_reader.simulated.mishaps import NONE, Mishaps
from fieldstation.cr_reader.simulated.picture import Floats, Picture
from fieldstation.cr_reader.simulated.scene import alter, find_scene, other_scene
from fieldstation.domain.exams import Technique
from fieldstation.domain.plates import signal_left
from fieldstation.domain.views import Side, View

_PATIENT_SD = 0.06
"""No patient is exactly as thick as the usual technique assumes (natural logarithm of the air kerma)."""
_SECOND_SHOT_MM = 14.0
"""How far a second shot on the same plate lies off the first, right and down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """What is taken and how. ``picture`` is what stands in the beam; None: the radiograph that the view looks like."""

    view: View
    side: Side | None
    technique: Technique
    picture: Picture | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """What chance is drawn for: the shot has its own noise, plate and reader their own blemishes."""

    shot: str
    plate: str
    reader: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExposedPlate:
    """The sum of the shots on a plate and of what remained from before (``layers``, each with its weight)."""

    layers: tuple[tuple[LatentImage, float], ...]
    mishaps: Mishaps
    blemishes: Blemishes
    seed: str

    @property
    def layout(self) -> Layout:
        """Where on the plate everything lies."""
        return self.layers[0][0].layout

    def kerma(self, first_row: int, count: int, hours: float = 0.0) -> Floats:
        """The air kerma (µGy) that these rows show when they are read, shape (count, columns).

        ``hours`` is how long ago the plate was exposed. The same rows asked for together are the same every time.
        """
        random = random_for("noise", self.seed, first_row)
        kerma = with_noise(self.arrived(first_row, count), self.layout.pitch_mm, random)
        kerma *= np.float32(signal_left(self.mishaps.hours_waited + hours))
        return self.blemishes.dim(kerma, first_row)

    def arrived(self, first_row: int, count: int) -> Floats:
        """The air kerma (µGy) that reached these rows, without noise, fading or blemishes."""
        kerma = np.full((count, self.layout.columns), self.mishaps.fog_ugy, np.float32)
        for latent, weight in self.layers:
            layer = latent.kerma(first_row, count)
            kerma += layer if weight == 1 else layer * np.float32(weight)
        return kerma

    def exposure_index(self) -> float:
        """100 × the median air kerma behind the anatomy inside the field (IEC 62494-1), as it arrived; 0: none."""
        layout = self.layout
        inside = np.broadcast_to(layout.beam(0, layout.rows) > 0.5, (layout.rows, layout.columns))
        relevant = inside & is_anatomy(self.layers[0][0].density(0, layout.rows))
        return 100 * float(np.median(self.arrived(0, layout.rows)[relevant])) if relevant.any() else 0.0


def expose_plate(
    shot: Shot, naming: Naming, pitch_mm: float, mishaps: Mishaps = NONE, before: ExposedPlate | None = None
) -> ExposedPlate:
    """Expose an erased plate, to be read at that pitch (mm). ``before`` is what was on it, for the ghost of it.

    Raises:
        WrongUse: ``plate.size_unknown`` or ``plate.no_such_radiograph``.
        Failed: ``plate.radiograph_missing``.
    """
    size = CassetteSize.parse(shot.view.plate)
    scene = shot.picture or find_scene(shot.view.looks_like, shot.side, mishaps.marker, pitch_mm)
    picture = alter(scene, mishaps, pitch_mm)
    patient = mishaps.patient
    if patient is None:
        patient = float(random_for("patient", naming.shot).normal(0, _PATIENT_SD))
    first = LatentImage(
        picture=picture,
        layout=lay(picture, size, pitch_mm, mishaps),
        median_ugy=usual_median_ugy(shot.view, shot.technique) * math.exp(patient) * mishaps.exposure,
        median_transmission=median_transmission(scene),
        scatter=mishaps.scatter,
        cut_off=mishaps.grid_cut_off,
    )
    layers = [(first, 1.0)]
    if mishaps.double:
        layers.append((_again(first, size, mishaps), mishaps.double))
    if mishaps.ghost:
        layers.append((_left_over(first, size, shot, before), mishaps.ghost))
    return ExposedPlate(
        layers=tuple(layers),
        mishaps=mishaps,
        blemishes=find_blemishes(first.layout, mishaps, naming.plate, naming.reader),
        seed=naming.shot,
    )


def _again(first: LatentImage, size: CassetteSize, mishaps: Mishaps) -> LatentImage:
    """The same once more, a little off: what a repeat on the same plate by mistake looks like."""
    moved = replace(mishaps, right_mm=mishaps.right_mm + _SECOND_SHOT_MM, down_mm=mishaps.down_mm + _SECOND_SHOT_MM)
    picture = first.picture
    if picture.pitch_mm is None:
        off = round(_SECOND_SHOT_MM / first.layout.pitch_mm)
        return replace(first, picture=Picture(density=np.roll(picture.density, (off, off), axis=(0, 1))))
    return replace(first, layout=lay(picture, size, first.layout.pitch_mm, moved))


def _left_over(first: LatentImage, size: CassetteSize, shot: Shot, before: ExposedPlate | None) -> LatentImage:
    """What was on the plate before, where that is known and as large; else another radiograph."""
    layout = first.layout
    if before and (before.layout.rows, before.layout.columns) == (layout.rows, layout.columns):
        return before.layers[0][0]
    picture = other_scene(shot.view.looks_like, layout.pitch_mm)
    other = lay(picture, size, layout.pitch_mm)
    if (other.rows, other.columns) != (layout.rows, layout.columns):
        picture = Picture(density=_fitted(picture, layout))
        other = replace(layout, field=None)
    return LatentImage(
        picture=picture,
        layout=other,
        median_ugy=usual_median_ugy(shot.view, Technique()),
        median_transmission=median_transmission(picture),
        scatter=NONE.scatter,
        cut_off=0.0,
    )


def _fitted(picture: Picture, layout: Layout) -> npt.NDArray[np.uint16]:
    rows = np.linspace(0, picture.density.shape[0] - 1, layout.rows).astype(int)
    columns = np.linspace(0, picture.density.shape[1] - 1, layout.columns).astype(int)
    fitted: npt.NDArray[np.uint16] = picture.density[rows[:, np.newaxis], columns]
    return fitted
