"""The picture that builds up while a plate is read."""

import math

import numpy as np
import numpy.typing as npt

from fieldstation.domain.signal import PlateGeometry, SignalResponse
from fieldstation.imaging.response import log_kerma_table

_STEEPNESS = 4.0
"""How fast grey falls with the kerma's decades around the target: as much contrast as in the finished picture."""
_BORDER_BELOW = -1.05
"""Decades from the target's kerma; no direct beam came where less is seen from the plate's edge inwards."""
_LEAST_BORDER_MM = 3.0
_PENUMBRA_MM = 1.6
"""How far the blades' half shadow reaches into the field: it would be a bright frame."""


class Preview:
    """Turns raw lines into small grey rows as they come: log signal, bones white, unexposed border black.

    The mapping is fixed from the target exposure index before the first line, so that rows on screen never change.
    Each row is the mean of the lines and columns that it covers. Rows follow a few behind the lines, because what is
    border is told from the rows around. Not thread-safe; it belongs to one read.
    """

    def __init__(self, geometry: PlateGeometry, response: SignalResponse, target_ei: float, width: int) -> None:
        """``width`` is the wanted width in pixels; a narrower plate is shown at its own."""
        self._geometry = geometry
        self.width = min(width, geometry.columns)
        self.rows = max(1, min(geometry.rows, round(geometry.rows * self.width / geometry.columns)))
        self._row_starts = np.arange(self.rows + 1) * geometry.rows // self.rows
        self._column_starts = np.arange(self.width) * geometry.columns // self.width
        self._column_counts = np.diff(np.append(self._column_starts, geometry.columns))
        self._greys, self._dark = _tables(response, geometry.bits, target_ei)
        pixel_mm = geometry.pitch_mm * geometry.columns / self.width
        self._least_border = math.ceil(_LEAST_BORDER_MM / pixel_mm)
        self._reach = math.ceil(_PENUMBRA_MM / pixel_mm)
        self._next_line = 0
        self._rows_seen = 0
        self._rows_given = 0
        self._pending = np.empty((0, self.width), np.uint32)
        self._seen = np.empty((0, self.width), np.uint16)
        self._border = np.empty((0, self.width), np.bool_)

    def add(self, first_line: int, data: bytes) -> tuple[int, npt.NDArray[np.uint8]]:
        """Take consecutive whole lines (16-bit little-endian); the rows that they complete and the first one's number.

        The rows are uint8 of shape (n, ``width``); n is 0 while no row is complete.

        Raises:
            ValueError: the lines do not follow those that came before, or are not whole; a bug of the caller.
        """
        lines, rest = divmod(len(data), self._geometry.line_bytes)
        if rest or first_line != self._next_line or first_line + lines > self._geometry.rows:
            raise ValueError(f"lines from {first_line}, {len(data)} bytes; expected whole lines from {self._next_line}")
        means = self._means(np.frombuffer(data, "<u2").reshape(lines, self._geometry.columns))
        self._seen = np.concatenate([self._seen, means])
        self._border = np.concatenate([self._border, _from_the_edges(self._dark[means], self._least_border)])
        return self._give()

    def _means(self, block: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint16]:
        """The rows that the block completes."""
        sums = np.add.reduceat(block, self._column_starts, axis=1, dtype=np.uint32)
        pending = np.concatenate([self._pending, sums])
        self._next_line += len(block)
        first = self._rows_seen
        self._rows_seen = int(np.searchsorted(self._row_starts, self._next_line, side="right")) - 1
        starts = self._row_starts[first : self._rows_seen + 1] - int(self._row_starts[first])
        self._pending = pending[starts[-1] :]
        if self._rows_seen == first:
            return np.empty((0, self.width), np.uint16)
        totals = np.add.reduceat(pending[: starts[-1]], starts[:-1], axis=0, dtype=np.uint64)
        counts = (np.diff(starts)[:, np.newaxis] * self._column_counts).astype(np.uint64)
        return (totals // counts).astype(np.uint16)

    def _give(self) -> tuple[int, npt.NDArray[np.uint8]]:
        """The rows around which enough is known; keeps of the others what later rows need."""
        first = self._rows_given
        last = self.rows if self._rows_seen == self.rows else max(first, self._rows_seen - self._reach)
        if last == first:
            return first, np.empty((0, self.width), np.uint8)
        kept_from = self._rows_seen - len(self._seen)
        border = _widened(self._border, self._reach)[first - kept_from : last - kept_from]
        greys = self._greys[self._seen[first - kept_from : last - kept_from]]
        greys[border] = 0
        forget = max(0, last - self._reach - kept_from)
        self._seen, self._border = self._seen[forget:], self._border[forget:]
        self._rows_given = last
        return first, greys


def _tables(
    response: SignalResponse, bits: int, target_ei: float
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """For each of the 65,536 values its grey (0 to 255, the target's kerma in the middle) and whether it is dark."""
    decades = log_kerma_table(response, bits) - np.float32(math.log10(target_ei / 100))
    greys = 255 / (1 + np.exp(np.float32(_STEEPNESS) * decades))
    return (greys + 0.5).astype(np.uint8), decades < _BORDER_BELOW


def _from_the_edges(dark: npt.NDArray[np.bool_], least: int) -> npt.NDArray[np.bool_]:
    """What is dark without a break from a row's left or right end on, where that is at least ``least`` wide."""
    place = np.arange(dark.shape[1])
    lit = ~dark
    any_lit = lit.any(axis=1)
    left = np.where(any_lit, lit.argmax(axis=1), dark.shape[1])[:, np.newaxis]
    right = np.where(any_lit, lit[:, ::-1].argmax(axis=1), dark.shape[1])[:, np.newaxis]
    at_left = (left >= least) & (place < left)
    at_right = (right >= least) & (place >= dark.shape[1] - right)
    return np.asarray(at_left | at_right)


def _widened(mask: npt.NDArray[np.bool_], reach: int) -> npt.NDArray[np.bool_]:
    """The mask, grown by ``reach`` pixels to all sides."""
    for axis in (0, 1):
        pad = [(reach + 1, reach) if number == axis else (0, 0) for number in (0, 1)]
        sums = np.cumsum(np.pad(mask, pad), axis=axis, dtype=np.int32)
        far, near = (
            np.take(sums, np.arange(start, start + mask.shape[axis]), axis=axis) for start in (2 * reach + 1, 0)
        )
        mask = far > near
    return mask
