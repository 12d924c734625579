"""What the measures look at."""

import math
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from fieldstation.domain.signal import PlateGeometry
from fieldstation.domain.views import Side, View
from fieldstation.imaging.detail import Overview
from fieldstation.imaging.lines import Lines
from fieldstation.imaging.region import Region

Levels = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """A plate that was exposed. ``raw`` holds the lines that were read.

    ``small``, ``small_raw`` (raw values) and ``region`` are of one size.

    ``small`` and ``overview`` are decimal logarithms of µGy. ``view`` and ``side`` are what was ordered.
    """

    raw: npt.NDArray[np.uint16]
    log_table: Levels
    geometry: PlateGeometry
    small_raw: Levels
    small: Levels
    region: Region
    overview: Overview
    lines: Lines
    view: View
    side: Side | None

    @cached_property
    def grain(self) -> float:
        """Noise as a standard deviation in decades, times mm, at 1 µGy: it goes with one over the root of the kerma.

        Told from the quietest tenth of the anatomy; 0 where there is none to tell it from.
        """
        mean = self.overview.mean
        anatomy = resized(shrunk(self.region.anatomy, 1.5, self.region.pixel_mm), mean.shape)
        if not anatomy.any():
            return 0.0
        fine = mean - cv2.blur(mean, (3, 3), borderType=cv2.BORDER_REPLICATE)
        power = cv2.blur(fine * fine * np.float32(9 / 8), (7, 7), borderType=cv2.BORDER_REPLICATE)
        quanta = power[anatomy] * np.exp(mean[anatomy] * np.float32(math.log(10)))
        return math.sqrt(max(float(np.percentile(quanta, 10)), 0.0)) * self.overview_mm

    @cached_property
    def anatomy_level(self) -> float:
        """The median of the anatomy, in decades of µGy."""
        return float(np.median(self.small[self.region.anatomy]))

    @property
    def width_mm(self) -> float:
        """How wide the plate is."""
        return self.geometry.columns * self.geometry.pitch_mm

    @property
    def height_mm(self) -> float:
        """How high the plate is, with the lines that were not read."""
        return self.geometry.rows * self.geometry.pitch_mm

    @property
    def overview_mm(self) -> float:
        """How far the overview's pixels are apart."""
        return self.geometry.pitch_mm * self.overview.factor


def shrunk(mask: Mask, by_mm: float, pixel_mm: float) -> Mask:
    """The mask without its margin."""
    side = 2 * max(1, round(by_mm / pixel_mm)) + 1
    return np.asarray(cv2.erode(mask.astype(np.uint8), np.ones((side, side), np.uint8), borderValue=0) > 0)


def grown(mask: Mask, by_mm: float, pixel_mm: float) -> Mask:
    """The mask with a margin around it."""
    side = 2 * max(1, round(by_mm / pixel_mm)) + 1
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((side, side), np.uint8)) > 0)


def resized(mask: Mask, shape: tuple[int, ...]) -> Mask:
    """The mask at another size."""
    return np.asarray(cv2.resize(mask.astype(np.uint8), (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST) > 0)
