"""The inverse calibration: from a reader's digital values back to air kerma."""

import numpy as np
import numpy.typing as npt

from fieldstation.domain.signal import ResponseKind, SignalResponse

LOWEST_KERMA = 0.003
"""µGy; what is below it is treated as equal to it, so that logarithms stay finite."""


def kerma_table(response: SignalResponse, bits: int) -> npt.NDArray[np.float32]:
    """Air kerma in µGy for each of the 65,536 values a sample can have.

    Values above the reader's ``bits`` count as its highest value. No entry is negative; the first is 0 for linear and
    square-root readers without an offset and small, but not 0, for logarithmic ones.
    """
    value = np.minimum(np.arange(1 << 16, dtype=np.float64), (1 << bits) - 1)
    signal = (value - response.offset) / response.gain
    match response.kind:
        case ResponseKind.LINEAR:
            kerma = np.maximum(signal, 0.0)
        case ResponseKind.LOG:
            kerma = 10.0 ** np.clip(signal, -6.0, 6.0)
        case ResponseKind.SQUARE_ROOT:
            kerma = np.maximum(signal, 0.0) ** 2
    return kerma.astype(np.float32)


def least_step_ugy(response: SignalResponse, bits: int) -> float:
    """By how many µGy the reader's values differ where they differ least; 0 where all of them mean the same."""
    steps = np.abs(np.diff(kerma_table(response, bits)[: 1 << bits]))
    return float(steps[steps > 0].min(initial=np.inf)) if steps.any() else 0.0


def log_kerma_table(response: SignalResponse, bits: int) -> npt.NDArray[np.float32]:
    """The decimal logarithm of `kerma_table`, floored at `LOWEST_KERMA`."""
    return np.log10(np.maximum(kerma_table(response, bits), np.float32(LOWEST_KERMA)))


def log_kerma(values: npt.NDArray[np.float32], response: SignalResponse, bits: int) -> npt.NDArray[np.float32]:
    """As `log_kerma_table`, of values with fractions (0 to the highest that ``bits`` can hold), any shape."""
    table = kerma_table(response, bits)[: 1 << bits]
    kerma = np.interp(values, np.arange(table.size), table)
    return np.log10(np.maximum(kerma, LOWEST_KERMA)).astype(np.float32)
