"""The same plate as four pictures: a plain window, ours, and OpenCV's CLAHE and an unsharp mask as peers.

Each is what a screen shows, 0 (black) to 1 (white). The peers work on the plain picture, in the settings that their
literature and their defaults suggest for radiographs.
"""

from collections.abc import Callable, Mapping

import cv2
import numpy as np
import numpy.typing as npt

from fieldstation.cr_reader.simulated.raw_plate import RawPlate
from fieldstation.domain.views import View
from fieldstation.imaging.develop import develop
from fieldstation.imaging.region import everything, find_region
from fieldstation.imaging.response import least_step_ugy, log_kerma_table

Grey = npt.NDArray[np.float32]

_CLAHE_LIMIT, _CLAHE_TILES = 2.0, (8, 8)
_UNSHARP_MM, _UNSHARP_AMOUNT = 2.0, 1.0


def plain(plate: RawPlate, _view: View) -> Grey:
    """Log kerma, windowed to the relevant region's range."""
    table = log_kerma_table(plate.response, plate.geometry.bits)
    rows, columns = plate.samples.shape
    factor = max(rows, columns) / 512
    small = table[
        cv2.resize(plate.samples, (round(columns / factor), round(rows / factor)), interpolation=cv2.INTER_AREA)
    ]
    pixel_mm = plate.geometry.pitch_mm * factor
    region = find_region(small, pixel_mm, least_step_ugy(plate.response, plate.geometry.bits)) or everything(
        small, pixel_mm
    )
    white, black = np.percentile(small[region.anatomy], (0.5, 99.5))
    return np.clip((black - table[plate.samples]) / (black - white), 0, 1).astype(np.float32)


def ours(plate: RawPlate, view: View) -> Grey:
    """The picture in its automatic window."""
    result = develop(plate.samples, plate.geometry, plate.response, view)
    window = result.presentation
    low = window.window_center - window.window_width / 2
    return np.clip((result.pixels - low) / window.window_width, 0, 1).astype(np.float32)


def clahe(plate: RawPlate, view: View) -> Grey:
    """Contrast limited adaptive histogram equalisation."""
    grey = (plain(plate, view) * 65535).astype(np.uint16)
    equalised = cv2.createCLAHE(_CLAHE_LIMIT, _CLAHE_TILES).apply(grey)
    return np.asarray(equalised / np.float32(65535), np.float32)


def unsharp(plate: RawPlate, view: View) -> Grey:
    """An unsharp mask."""
    grey = plain(plate, view)
    soft = cv2.GaussianBlur(grey, (0, 0), _UNSHARP_MM / plate.geometry.pitch_mm)
    return np.clip(grey + np.float32(_UNSHARP_AMOUNT) * (grey - soft), 0, 1).astype(np.float32)


RENDERINGS: Mapping[str, Callable[[RawPlate, View], Grey]] = {
    "plain window": plain,
    "Fieldstation": ours,
    "CLAHE": clahe,
    "unsharp mask": unsharp,
}
