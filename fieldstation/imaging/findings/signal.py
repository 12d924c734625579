"""How much signal there is and what it drowns in: saturation, noise, fog, grid cut-off."""

import math

import cv2
import numpy as np

from fieldstation.imaging.findings.evidence import Evidence, Levels, Mask, shrunk

_THIN_ANATOMY_DECADES = 0.45
"""How much more gets through thin anatomy than through the median of it."""
_FAR_BEHIND_MM = 15.0
_LEAST_BORDER_MM2 = 400.0
_LEAST_WIDTH = 40
_BEHIND_MM = 4.0
_GHOST_MM = 1.5, 6.0
_GHOST_PERCENTILE = 97
"""What lies between these sizes is neither noise nor scatter."""


def saturated_percent(evidence: Evidence) -> float:
    """How much of the anatomy is at the reader's limit.

    So near to the limit that thin anatomy is beyond it, that cannot be told from air: then all of the field counts.
    """
    highest = (1 << evidence.geometry.bits) - 1
    limit = highest if evidence.log_table[highest] >= evidence.log_table[0] else 0
    room = float(evidence.log_table[limit]) - evidence.anatomy_level
    counted = evidence.region.anatomy if room > _THIN_ANATOMY_DECADES else evidence.region.field
    return 100.0 * float(np.mean(np.abs(evidence.small_raw[counted] - limit) <= 0.5))


def noise_percent(evidence: Evidence) -> float:
    """The noise behind the median of the anatomy, in percent of a decade over 1 mm."""
    return 100.0 * evidence.grain / math.sqrt(10.0**evidence.anatomy_level)


def fog(evidence: Evidence) -> float | None:
    """The signal far behind the blades, as a part of that behind the anatomy; None without enough of a border."""
    behind = evidence.region.depth * np.float32(evidence.region.pixel_mm) < -_FAR_BEHIND_MM
    if np.count_nonzero(behind) * evidence.region.pixel_mm**2 < _LEAST_BORDER_MM2:
        return None
    return float(10.0 ** (np.percentile(evidence.small[behind], 10) - evidence.anatomy_level))


def ghost(evidence: Evidence) -> float | None:
    """How much structure there is behind the blades, where scatter alone is smooth; None without enough of a border.

    In roots of kerma, where quantum noise is the same everywhere, as a part of that behind the anatomy's median.
    """
    region = evidence.region
    behind = region.depth * np.float32(region.pixel_mm) < -_BEHIND_MM
    if np.count_nonzero(behind) * region.pixel_mm**2 < _LEAST_BORDER_MM2:
        return None
    root = np.sqrt(10.0**evidence.small).astype(np.float32)
    fine, coarse = (_smoothed(root, behind, reach / region.pixel_mm) for reach in _GHOST_MM)
    structure = float(np.percentile(np.abs(fine - coarse)[behind], _GHOST_PERCENTILE))
    return structure / math.sqrt(10.0**evidence.anatomy_level)


def _smoothed(image: Levels, mask: Mask, sigma: float) -> Levels:
    """The image smoothed over the mask only."""
    weight = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), sigma)
    total = cv2.GaussianBlur(np.where(mask, image, np.float32(0)), (0, 0), sigma)
    return np.asarray(total / np.maximum(weight, 1e-3), np.float32)


def grid_cut_off(evidence: Evidence) -> float | None:
    """How many decades the signal falls per 100 mm from one side to the other; None where that is no fault.

    Told from pairs of places that mirror each other, so it is asked only of trunks seen from the front or the back.
    """
    view = evidence.view
    if view.grid == "none" or view.paired or view.view_position not in ("AP", "PA"):
        return None
    pixel_mm = evidence.region.pixel_mm
    smooth = cv2.blur(evidence.small, (5, 5), borderType=cv2.BORDER_REPLICATE)
    anatomy = shrunk(evidence.region.anatomy, 3.0, pixel_mm)
    slopes = []
    for row, inside in zip(smooth[::4], anatomy[::4], strict=True):
        places = np.flatnonzero(inside)
        if places.size < _LEAST_WIDTH:
            continue
        line = row[places[0] : places[-1] + 1]
        falls = (line - line[::-1])[: line.size // 2]
        slopes.append(float(np.mean(falls)) / (line.size * pixel_mm / 200))
    return abs(float(np.median(slopes))) if slopes else None
