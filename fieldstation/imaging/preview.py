"""The picture that builds up while a plate is read."""

import math

import numpy as np
import numpy.typing as npt

from fieldstation.domain.signal import PlateGeometry, SignalResponse
from fieldstation.imaging.response import log_kerma_table

_DECADES_TO_BLACK = 1.0
_DECADES_TO_WHITE = 1.3


class Preview:
    """Turns raw lines into small grey rows as they come: log signal, bones white.

    The mapping is fixed from the target exposure index before the first line, so that rows on screen never change.
    Each row is the mean of the lines and columns that it covers. Not thread-safe; it belongs to one read.
    """

    def __init__(self, geometry: PlateGeometry, response: SignalResponse, target_ei: float, width: int) -> None:
        """``width`` is the wanted width in pixels; a narrower plate is shown at its own."""
        self._geometry = geometry
        self.width = min(width, geometry.columns)
        self.rows = max(1, min(geometry.rows, round(geometry.rows * self.width / geometry.columns)))
        self._row_starts = np.arange(self.rows + 1) * geometry.rows // self.rows
        self._column_starts = np.arange(self.width) * geometry.columns // self.width
        self._column_counts = np.diff(np.append(self._column_starts, geometry.columns))
        self._table = _grey_table(response, geometry.bits, target_ei)
        self._next_line = 0
        self._next_row = 0
        self._pending = np.empty((0, self.width), np.uint32)

    def add(self, first_line: int, data: bytes) -> tuple[int, npt.NDArray[np.uint8]]:
        """Take consecutive whole lines (16-bit little-endian); the rows that they complete and the first one's number.

        The rows are uint8 of shape (n, ``width``); n is 0 while no row is complete.

        Raises:
            ValueError: the lines do not follow those that came before, or are not whole; a bug of the caller.
        """
        lines, rest = divmod(len(data), self._geometry.line_bytes)
        if rest or first_line != self._next_line or first_line + lines > self._geometry.rows:
            raise ValueError(f"lines from {first_line}, {len(data)} bytes; expected whole lines from {self._next_line}")
        block = np.frombuffer(data, "<u2").reshape(lines, self._geometry.columns)
        sums = np.add.reduceat(block, self._column_starts, axis=1, dtype=np.uint32)
        pending = np.concatenate([self._pending, sums])
        self._next_line += lines
        first_row = self._next_row
        self._next_row = int(np.searchsorted(self._row_starts, self._next_line, side="right")) - 1
        base = int(self._row_starts[first_row])
        starts = self._row_starts[first_row : self._next_row + 1] - base
        self._pending = pending[starts[-1] :]
        if self._next_row == first_row:
            return first_row, np.empty((0, self.width), np.uint8)
        totals = np.add.reduceat(pending[: starts[-1]], starts[:-1], axis=0, dtype=np.uint64)
        counts = np.diff(starts)[:, np.newaxis] * self._column_counts
        return first_row, self._table[totals // counts.astype(np.uint64)]


def _grey_table(response: SignalResponse, bits: int, target_ei: float) -> npt.NDArray[np.uint8]:
    """Grey 0 to 255 for each of the 65,536 values; the target's kerma is a middle grey."""
    decades = log_kerma_table(response, bits) - np.float32(math.log10(target_ei / 100))
    brightness = (_DECADES_TO_BLACK - decades) / (_DECADES_TO_BLACK + _DECADES_TO_WHITE)
    greys: npt.NDArray[np.uint8] = (np.clip(brightness, 0.0, 1.0) * 255 + 0.5).astype(np.uint8)
    return greys
