"""From air kerma to the numbers that the reader delivers."""

import numpy as np
import numpy.typing as npt

from fieldstation.domain.signal import ResponseKind, SignalResponse

_LEAST_UGY, _MOST_UGY = 0.01, 100.0
"""A logarithmic reader tells these four decades apart."""

_DARK_UGY = 0.012
"""What the amplifier makes of no light at all: a line that was read is never all zeros."""


def response_of(kind: ResponseKind, bits: int) -> SignalResponse:
    """The calibration that spreads up to 100 µGy over ``bits`` bits."""
    full = float(2**bits - 1)
    if kind is ResponseKind.LINEAR:
        return SignalResponse(kind=kind, gain=full / _MOST_UGY)
    if kind is ResponseKind.SQUARE_ROOT:
        return SignalResponse(kind=kind, gain=full / _MOST_UGY**0.5)
    per_decade = full / np.log10(_MOST_UGY / _LEAST_UGY)
    return SignalResponse(
        kind=ResponseKind.LOG, gain=float(per_decade), offset=float(-per_decade * np.log10(_LEAST_UGY))
    )


def digitise(kerma: npt.NDArray[np.float32], response: SignalResponse, bits: int) -> bytes:
    """The samples of ``kerma`` (µGy, at least 0) as 16-bit little-endian bytes, clipped to ``bits`` bits."""
    lit = np.maximum(kerma, np.float32(_DARK_UGY))
    match response.kind:
        case ResponseKind.LINEAR:
            value = lit
        case ResponseKind.SQUARE_ROOT:
            value = np.sqrt(lit, out=lit)
        case ResponseKind.LOG:
            value = np.log10(lit, out=lit)
    value *= np.float32(response.gain)
    value += np.float32(response.offset)
    np.rint(value, out=value)
    return np.clip(value, 0, 2**bits - 1, out=value).astype("<u2").tobytes()
