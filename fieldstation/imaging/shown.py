"""The picture as the technologist wants it seen, in pixels: then every viewer shows it so."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from fieldstation.domain.annotations import Area
from fieldstation.domain.exams import Presentation
from fieldstation.imaging.developed import BITS
from fieldstation.imaging.markers import burn


def as_shown(
    pixels: npt.NDArray[np.uint16], presentation: Presentation, pitch_mm: float, font: Path
) -> npt.NDArray[np.uint16]:
    """A developed picture cropped, flipped, turned, inverted, and with its side markers in it.

    ``pixels`` has shape (rows, columns), values below 2**12. Window, shutter and annotations change nothing here.

    Raises:
        Refused: ``image.marker_hidden``: crop or shutter hide a side marker, or it lies on the edge.
    """
    placement = presentation.placement(*pixels.shape)
    crop = presentation.crop
    shown = pixels if crop is None else pixels[crop.top : crop.bottom, crop.left : crop.right]
    if presentation.flipped is not None:
        shown = shown[:, ::-1]
    shown = np.rot90(shown, -presentation.quarter_turns % 4)
    if presentation.inverted:
        shown = ((1 << BITS) - 1) - shown
    if presentation.markers:
        visible = Area(0, 0, placement.shown_columns, placement.shown_rows)
        if presentation.shutter is not None:
            visible = visible.overlap(placement.area_to_shown(presentation.shutter))
        placed = [(marker, placement.to_shown(marker.at)) for marker in presentation.markers]
        shown = burn(shown, [(marker, at.x, at.y) for marker, at in placed], visible, pitch_mm, font)
    return np.ascontiguousarray(shown)
