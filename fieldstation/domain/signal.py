"""What a reader delivers: the geometry of a plate and what its numbers mean."""

from dataclasses import dataclass
from enum import StrEnum


class ResponseKind(StrEnum):
    """How the digital value follows the air kerma at the plate."""

    LINEAR = "linear"
    LOG = "log"
    SQUARE_ROOT = "square-root"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalResponse:
    """The calibration that travels with every scan: air kerma K in µGy to the reader's digital value v.

    linear: v = offset + gain·K; log: v = offset + gain·log10(K); square root: v = offset + gain·√K. A value at either
    end of the reader's range is clipped and says nothing more.
    """

    kind: ResponseKind
    gain: float
    offset: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateGeometry:
    """Rows and columns of the scan, pitch in mm, and the bits that are used of each 16-bit little-endian sample."""

    rows: int
    columns: int
    pitch_mm: float
    bits: int

    @property
    def line_bytes(self) -> int:
        """Bytes in one line."""
        return self.columns * 2

    @property
    def total_bytes(self) -> int:
        """Bytes in the whole plate."""
        return self.rows * self.line_bytes
