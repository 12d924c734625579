"""Plates of the simulated reader with the truth about them, coarsely read, so that a test can have many."""

import math
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from fieldstation.catalogue import load_catalogue
from fieldstation.cr_reader.simulated.latent import ANATOMY
from fieldstation.cr_reader.simulated.mishaps import NONE, Edge, Mishaps
from fieldstation.cr_reader.simulated.raw_plate import Digital, RawPlate, make_raw_plate
from fieldstation.domain.signal import ResponseKind
from fieldstation.domain.views import Catalogue, Side, View
from fieldstation.imaging.collimation import Blade
from fieldstation.imaging.develop import develop
from fieldstation.imaging.developed import Developed
from fieldstation.imaging.region import Region, everything, find_region
from fieldstation.imaging.response import least_step_ugy, log_kerma
from fieldstation.imaging.small import shrink

PITCH_MM = 0.5
SIDES = {0: Edge.RIGHT, 1: Edge.BOTTOM, 2: Edge.LEFT, 3: Edge.TOP}
_CORNERS_OF = {Edge.TOP: (0, 1), Edge.RIGHT: (1, 2), Edge.BOTTOM: (2, 3), Edge.LEFT: (3, 0)}
_PICTURE_EDGE_MM = 5.0


@cache
def catalogue() -> Catalogue:
    """The view catalogue."""
    return load_catalogue()


def exposed(
    view: str,
    seed: int,
    mishaps: Mishaps = NONE,
    kind: ResponseKind = ResponseKind.LOG,
    pitch_mm: float = PITCH_MM,
    bits: int = 12,
) -> RawPlate:
    """A plate of that view; a paired part is a left one at even seeds."""
    chosen = catalogue().get(view)
    side = (Side.LEFT, Side.RIGHT)[seed % 2] if chosen.paired else None
    digital = Digital(pitch_mm=pitch_mm, response=kind, bits=bits)
    return make_raw_plate(chosen, side, seed=seed, mishaps=mishaps, plate_id=f"P{seed}", digital=digital)


def develop_plate(plate: RawPlate, view: View) -> Developed:
    """The picture of it."""
    return develop(plate.samples, plate.geometry, plate.response, view)


def true_exposure_index(plate: RawPlate) -> float:
    """100 × the median air kerma behind the anatomy; bare beam is what is that dark and reaches the picture's edge."""
    layout, latent = plate.plate.layout, plate.plate.layers[0][0]
    density = latent.density(0, layout.rows)
    inside = np.broadcast_to(layout.beam(0, layout.rows) > 0.5, density.shape)
    relevant = inside & ~_bare_beam(density, layout.pitch_mm) & (density > ANATOMY[0])
    return 100 * float(np.median(plate.plate.arrived(0, layout.rows)[relevant]))


def _bare_beam(density: npt.NDArray[np.float32], pitch_mm: float) -> npt.NDArray[np.bool_]:
    """Lung is as dark as bare beam now and then, but it does not reach the edge of the picture."""
    bare = density >= ANATOMY[1]
    _, labels = cv2.connectedComponents(bare.astype(np.uint8), connectivity=4)
    reach = 2 * round(_PICTURE_EDGE_MM / pitch_mm) + 1
    picture = np.pad((density > 0).astype(np.uint8), 1)
    inner = cv2.erode(picture, np.ones((reach, reach), np.uint8))[1:-1, 1:-1] > 0
    return np.asarray(np.isin(labels, np.unique(labels[bare & ~inner])))


def region_of(plate: RawPlate) -> Region:
    """What `develop` finds to lie where on it."""
    small = shrink(plate.samples, plate.geometry.bits)
    pixel_mm = plate.geometry.pitch_mm * plate.geometry.columns / small.shape[1]
    log_small = log_kerma(small, plate.response, plate.geometry.bits)
    return find_region(log_small, pixel_mm, least_step_ugy(plate.response, plate.geometry.bits)) or everything(
        log_small, pixel_mm
    )


def edge_errors_mm(plate: RawPlate, blades: tuple[Blade, ...], pixel_mm: float) -> dict[Edge, float]:
    """For each blade that shows, how far off the one that was found is at most along it; infinite where none was."""
    layout, corners = plate.plate.layout, plate.field_corners
    assert layout.field
    assert corners
    found = {SIDES[blade.side]: blade for blade in blades}
    errors = {}
    for edge, (begin, end) in _CORNERS_OF.items():
        if not math.isfinite(layout.field.half[edge]):
            continue
        points = np.linspace(np.array(corners[begin]), np.array(corners[end]), 22)[1:-1]
        on_plate = (points > 0) & (points < (layout.columns * layout.pitch_mm, layout.rows * layout.pitch_mm))
        points = points[on_plate.all(axis=1)] / pixel_mm - 0.5
        if not len(points):
            continue
        blade = found.get(edge)
        x, y = (np.asarray(points[:, axis], np.float32) for axis in (0, 1))
        errors[edge] = float(np.abs(blade.behind(x, y)).max()) * pixel_mm if blade else math.inf
    return errors
