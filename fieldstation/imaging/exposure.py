"""The exposure index (IEC 62494-1). It says what reached the plate; it is not patient dose."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_EI_PER_MICROGRAY = 100.0


@dataclass(frozen=True, slots=True)
class ExposureIndices:
    """EI and DI of one plate."""

    exposure_index: float
    deviation_index: float


def exposure_indices(log_kerma: npt.NDArray[np.float32], target_ei: float) -> ExposureIndices:
    """EI and DI of the relevant region's values, decimal logarithms of µGy (any shape, not empty).

    EI = 100 × the median air kerma in µGy; DI = 10·log10(EI / EI_T).
    """
    index = _EI_PER_MICROGRAY * 10.0 ** float(np.median(log_kerma))
    return ExposureIndices(index, deviation_index(index, target_ei))


def deviation_index(exposure_index: float, target_ei: float) -> float:
    """DI = 10·log10(EI / EI_T)."""
    return 10.0 * math.log10(exposure_index / target_ei)
