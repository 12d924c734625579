"""Where on the plate the picture and the field of the collimator lie."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fieldstation.cr_reader.simulated.cassettes import CassetteSize
from fieldstation.cr_reader.simulated.picture import Picture

_BLADE_INSET_MM = 2.0
"""The collimator's blades stand this far inside the picture, so that its edge never shows."""
_LEAST_MARGIN_MM = 5.0
_PENUMBRA_MM = 0.35
_SCATTER_REACH_MM = 25.0
_SCATTER_FAR = 0.1
_FINEST_PITCH_MM, _COARSEST_PITCH_MM = 0.1, 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of rows or columns, in plate pixels; may end between two."""

    start: float
    length: float

    @property
    def stop(self) -> float:
        """Where it ends."""
        return self.start + self.length


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """A plate of ``rows`` × ``columns`` pixels, ``pitch_mm`` apart, and what lies where on it.

    ``down`` and ``across`` are the picture's rows and columns. ``beam_*`` (0 to 1) is how much of the direct beam
    passes the collimator and ``scatter_*`` how much of the scatter arrives, along rows and along columns: float32,
    the plate's value is the product of both.
    """

    rows: int
    columns: int
    pitch_mm: float
    down: Span
    across: Span
    beam_down: npt.NDArray[np.float32]
    beam_across: npt.NDArray[np.float32]
    scatter_down: npt.NDArray[np.float32]
    scatter_across: npt.NDArray[np.float32]


def lay(picture: Picture, size: CassetteSize, pitch_mm: float) -> Layout:
    """Lay a picture on a plate: in the middle at its natural scale, collimated; or, without a pitch, edge to edge."""
    if picture.pitch_mm is None:
        return _fill(picture, size)
    rows, columns = round(size.height_mm / pitch_mm), round(size.width_mm / pitch_mm)
    height, width = (picture.pitch_mm / pitch_mm * side for side in picture.density.shape)
    margin = 2 * (_LEAST_MARGIN_MM - _BLADE_INSET_MM) / pitch_mm
    scale = min(1.0, (rows - margin) / height, (columns - margin) / width)
    down, across = _centred(rows, height * scale), _centred(columns, width * scale)
    return Layout(
        rows=rows,
        columns=columns,
        pitch_mm=pitch_mm,
        down=down,
        across=across,
        beam_down=_beam(rows, down, pitch_mm),
        beam_across=_beam(columns, across, pitch_mm),
        scatter_down=_scatter(rows, down, pitch_mm),
        scatter_across=_scatter(columns, across, pitch_mm),
    )


def _fill(picture: Picture, size: CassetteSize) -> Layout:
    rows, columns = picture.density.shape
    pitch_mm = max(size.height_mm / rows, size.width_mm / columns)
    everywhere_down, everywhere_across = np.ones(rows, np.float32), np.ones(columns, np.float32)
    return Layout(
        rows=rows,
        columns=columns,
        pitch_mm=min(max(round(pitch_mm, 4), _FINEST_PITCH_MM), _COARSEST_PITCH_MM),
        down=Span(start=0, length=rows),
        across=Span(start=0, length=columns),
        beam_down=everywhere_down,
        beam_across=everywhere_across,
        scatter_down=everywhere_down,
        scatter_across=everywhere_across,
    )


def _centred(plate: int, length: float) -> Span:
    return Span(start=(plate - length) / 2, length=length)


def _depth_mm(plate: int, span: Span, pitch_mm: float) -> npt.NDArray[np.float32]:
    """How deep inside the blades each pixel is; below 0 behind them."""
    centres = np.arange(plate) + 0.5
    edge: npt.NDArray[np.float64] = np.minimum(centres - span.start, span.stop - centres)
    return (edge * pitch_mm - _BLADE_INSET_MM).astype(np.float32)


def _beam(plate: int, span: Span, pitch_mm: float) -> npt.NDArray[np.float32]:
    depth = _depth_mm(plate, span, pitch_mm) / np.float32(_PENUMBRA_MM)
    beam: npt.NDArray[np.float32] = 1 / (1 + np.exp(-np.clip(depth, -30, 30)))
    return beam


def _scatter(plate: int, span: Span, pitch_mm: float) -> npt.NDArray[np.float32]:
    depth = _depth_mm(plate, span, pitch_mm) / np.float32(_SCATTER_REACH_MM)
    scatter: npt.NDArray[np.float32] = _SCATTER_FAR + (1 - _SCATTER_FAR) * np.exp(np.minimum(depth, 0))
    return scatter
