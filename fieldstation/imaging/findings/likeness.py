"""Whether a picture can be one of its view: how broad what it shows is, which way up it lies, what the blades cut."""

import cv2
import numpy as np

from fieldstation.domain.views import View
from fieldstation.imaging.collimation import Blade
from fieldstation.imaging.findings.evidence import Evidence, Levels, Mask, grown, shrunk

_NARROW = frozenset(
    "ANKLE CALCANEUS ELBOW FINGER FOOT FOREARM HAND KNEE LOWERLEG PATELLA THUMB TOE WRIST".split()  # noqa: SIM905
)
_BROAD = frozenset(("ABDOMEN", "CHEST", "PELVIS"))
"""Body Part Examined (0018,0015) of what is thinner and of what is broader than anything of the other kind."""
_UPRIGHT = frozenset(("FEMUR", "FINGER", "FOREARM", "HAND", "HUMERUS", "KNEE", "LOWERLEG", "THUMB", "WRIST"))
"""Of these the bones run along the plate's longer side."""
_FRONTAL = ("AP", "PA")
_BROADEST_LIMB_MM, _NARROWEST_TRUNK_MM = 150.0, 125.0
_HOLES_MM = 8.0
_CLEAR_MM = 3.0
_LEAST_PIXELS = 500
_BESIDE_BLADE_MM = 4.0
_SYMMETRY_CELLS = 48


def misfit_mm(evidence: Evidence) -> float | None:
    """By how many mm the anatomy is too broad for the limb, or too narrow for the trunk, that was ordered."""
    part = evidence.view.body_part
    if part not in _NARROW | _BROAD:
        return None
    broad = _broadest_mm(evidence)
    return broad - _BROADEST_LIMB_MM if part in _NARROW else _NARROWEST_TRUNK_MM - broad


def _broadest_mm(evidence: Evidence) -> float:
    """The diameter of the largest disc that fits into the anatomy."""
    region = evidence.region
    side = 2 * round(_HOLES_MM / region.pixel_mm / 2) + 1
    whole = np.pad((region.anatomy | region.metal).astype(np.uint8), side)
    whole = np.asarray(cv2.morphologyEx(whole, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8)), np.uint8)
    return 2 * float(cv2.distanceTransform(whole, cv2.DIST_L2, 5).max()) * region.pixel_mm


def lies_across(evidence: Evidence) -> float | None:
    """How much more the picture looks turned by a quarter than upright; above 0 it looks turned.

    Of limbs: the decades by which edges across the plate outweigh those along it. Of trunks: how much more alike top
    and bottom are than left and right.
    """
    view = evidence.view
    if view.view_position not in _FRONTAL or view.orientation != "portrait":
        return None
    if view.body_part in _UPRIGHT:
        return _edges_across(evidence)
    return _asymmetry(evidence) if view.body_part in _BROAD else None


def _edges_across(evidence: Evidence) -> float | None:
    region = evidence.region
    inside = shrunk(region.field & ~grown(region.metal, _CLEAR_MM, region.pixel_mm), _CLEAR_MM, region.pixel_mm)
    if np.count_nonzero(inside) < _LEAST_PIXELS:
        return None
    smooth = cv2.GaussianBlur(evidence.small, (0, 0), 2.0)
    across, along = (
        float(np.mean(np.asarray(cv2.Sobel(smooth, cv2.CV_32F, dx, 1 - dx))[inside] ** 2)) for dx in (1, 0)
    )
    return float(np.log10(max(along, 1e-12) / max(across, 1e-12)))


def _asymmetry(evidence: Evidence) -> float | None:
    anatomy = evidence.region.anatomy
    rows, columns = (np.flatnonzero(anatomy.any(axis=axis)) for axis in (1, 0))
    if rows.size < _SYMMETRY_CELLS or columns.size < _SYMMETRY_CELLS:
        return None
    part = evidence.small[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    cells = np.asarray(cv2.resize(part, (_SYMMETRY_CELLS, _SYMMETRY_CELLS), interpolation=cv2.INTER_AREA), np.float32)
    return _likeness(cells, cells[::-1]) - _likeness(cells, cells[:, ::-1])


def _likeness(one: Levels, other: Levels) -> float:
    spread = float(one.std() * other.std())
    return float(np.mean((one - one.mean()) * (other - other.mean()))) / spread if spread > 0 else 0.0


def cut_by_blades(evidence: Evidence) -> float | None:
    """The part of a blade's length beside a limb along which anatomy reaches it; None of trunks, or without blades."""
    region = evidence.region
    beside = [blade for blade in region.blades if blade.side in (0, 2)]
    if not _is_long(evidence.view) or not beside:
        return None
    return max(_touched(blade, region.anatomy, region.field, region.pixel_mm) for blade in beside)


def _is_long(view: View) -> bool:
    return view.body_part in _UPRIGHT


def _touched(blade: Blade, anatomy: Mask, field: Mask, pixel_mm: float) -> float:
    y = np.arange(anatomy.shape[0])
    x = np.rint((blade.distance - _BESIDE_BLADE_MM / pixel_mm - y * blade.ny) / blade.nx).astype(int)
    on = (x >= 0) & (x < anatomy.shape[1])
    y, x = y[on], x[on]
    inside = field[y, x]
    return float(np.mean(anatomy[y, x][inside])) if inside.any() else 0.0
