"""Whole raw plates without a reader, for statistics: thousands of them, at a reduced size, each in milliseconds."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from fieldstation.cr_reader.simulated.digitise import digitise, response_of
from fieldstation.cr_reader.simulated.mishaps import NONE, Mishaps
from fieldstation.cr_reader.simulated.plate import ExposedPlate, Naming, Shot, expose_plate
from fieldstation.domain.exams import Technique
from fieldstation.domain.signal import PlateGeometry, ResponseKind, SignalResponse
from fieldstation.domain.views import Side, View

_USUAL = Technique()


@dataclass(frozen=True, slots=True)
class Digital:
    """How a plate is read: pitch in mm (0.1 and up), bits (8 to 16) and response."""

    pitch_mm: float = 1.0
    bits: int = 12
    response: ResponseKind = ResponseKind.LOG


@dataclass(frozen=True, kw_only=True, eq=False)
class RawPlate:
    """A plate as the simulated reader delivers it, and the truth about it."""

    samples: npt.NDArray[np.uint16]
    geometry: PlateGeometry
    response: SignalResponse
    plate: ExposedPlate

    @cached_property
    def exposure_index(self) -> float:
        """The true EI: 100 × the median air kerma (µGy) behind the anatomy inside the field; 0 where there is none."""
        return self.plate.exposure_index()

    @property
    def field_corners(self) -> tuple[tuple[float, float], ...] | None:
        """Corners (x, y) of the collimated field, clockwise, in mm from the plate's upper left; None: no blades."""
        layout = self.plate.layout
        if not layout.field:
            return None
        return layout.field.corners_mm(layout.rows * layout.pitch_mm, layout.columns * layout.pitch_mm)

    @property
    def picture_box(self) -> tuple[float, float, float, float]:
        """Where the picture lies on the plate: left, top, width and height in mm; may reach beyond it."""
        layout = self.plate.layout
        spans = layout.across.start, layout.down.start, layout.across.length, layout.down.length
        left, top, width, height = (pixels * layout.pitch_mm for pixels in spans)
        return left, top, width, height


def make_raw_plate(  # noqa: PLR0913 - what a plate depends on
    view: View,
    side: Side | None = None,
    *,
    seed: int,
    mishaps: Mishaps = NONE,
    technique: Technique = _USUAL,
    plate_id: str = "P1",
    digital: Digital = Digital(),
) -> RawPlate:
    """Expose and read a plate at once. The same arguments give the same samples, bit for bit.

    ``seed`` names the shot (its noise, its patient); dust and lines belong to ``plate_id`` and to the one reader.

    Raises:
        WrongUse: ``plate.size_unknown`` or ``plate.no_such_radiograph``: the view's entry in the catalogue.
        Failed: ``plate.radiograph_missing``.
    """
    shot = Shot(view=view, side=side, technique=technique)
    naming = Naming(shot=f"raw/{seed}", plate=plate_id, reader="raw")
    plate = expose_plate(shot, naming, digital.pitch_mm, mishaps)
    layout, response = plate.layout, response_of(digital.response, digital.bits)
    data = digitise(plate.kerma(0, layout.rows), response, digital.bits)
    return RawPlate(
        samples=np.frombuffer(data, "<u2").reshape(layout.rows, layout.columns),
        geometry=PlateGeometry(rows=layout.rows, columns=layout.columns, pitch_mm=layout.pitch_mm, bits=digital.bits),
        response=response,
        plate=plate,
    )
