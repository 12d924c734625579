"""What processing a plate gives."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fieldstation.domain.exams import Finding, Presentation

BITS = 12
"""Bits stored of every processed picture."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Developed:
    """A processed picture with what was measured on the way.

    ``pixels`` is uint16 of shape (rows, columns), values 0 to 2**``bits`` − 1, larger is brighter (MONOCHROME2) and
    means less x-ray. ``relevant`` is bool of another shape over the same plate: where the exposure index is measured.
    ``exposure_index`` and ``deviation_index`` follow IEC 62494-1 and are None on an unexposed plate.
    ``pipeline`` names the processing and its version (at most 64 characters).
    """

    pixels: npt.NDArray[np.uint16]
    relevant: npt.NDArray[np.bool_]
    bits: int
    presentation: Presentation
    exposure_index: float | None
    target_index: float
    deviation_index: float | None
    findings: tuple[Finding, ...]
    pipeline: str
