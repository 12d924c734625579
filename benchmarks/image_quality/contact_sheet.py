"""The real radiographs under each rendering, on one sheet."""

from pathlib import Path

import cv2
import numpy as np

from benchmarks.image_quality.renderings import RENDERINGS
from fieldstation.catalogue import load_catalogue
from fieldstation.cr_reader.simulated.raw_plate import Digital, make_raw_plate
from fieldstation.domain.views import Side

_HEIGHT = 900
_PITCH_MM = 0.15


def write(folder: Path) -> Path:
    """Write the sheet as a PNG: a row for each radiograph, a column for each rendering, in the order of the table."""
    catalogue = load_catalogue()
    rows = []
    for name, side in (("chest-pa", None), ("leg-ap", Side.RIGHT)):
        view = catalogue.get(name)
        plate = make_raw_plate(view, side, seed=1, digital=Digital(pitch_mm=_PITCH_MM))
        greys = [render(plate, view) for render in RENDERINGS.values()]
        size = round(_HEIGHT * greys[0].shape[1] / greys[0].shape[0]), _HEIGHT
        rows.append(np.hstack([cv2.resize(grey, size, interpolation=cv2.INTER_AREA) for grey in greys]))
    width = min(row.shape[1] for row in rows)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "contact-sheet.png"
    cv2.imwrite(str(path), (np.vstack([row[:, :width] for row in rows]) * 255).astype(np.uint8))
    return path
