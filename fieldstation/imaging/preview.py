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
_EDGE_DECADES = 0.35
"""The rise at a blade's edge, across its half shadow; what falls off more slowly is thick anatomy."""
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
        self._decades = log_kerma_table(response, geometry.bits) - np.float32(math.log10(target_ei / 100))
        self._greys = (255 / (1 + np.exp(np.float32(_STEEPNESS) * self._decades)) + 0.5).astype(np.uint8)
        pixel_mm = geometry.pitch_mm * geometry.columns / self.width
        self._least_border = math.ceil(_LEAST_BORDER_MM / pixel_mm)
        self._reach = math.ceil(_PENUMBRA_MM / pixel_mm)
        self._next_line = 0
        self._rows_seen = 0
        self._rows_given = 0
        self._pending = np.empty((0, self.width), np.uint32)
        self._seen = np.empty((0, self.width), np.uint16)
        self._border = np.empty((0, self.width), np.bool_)
        self._levels = np.empty((0, self.width), np.float32)

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
        for mean in means:
            self._look_at(self._decades[mean])
        self._seen = np.concatenate([self._seen, means])
        return self._give()

    def _look_at(self, levels: npt.NDArray[np.float32]) -> None:
        """Tell what of the next row is border."""
        if (levels < _BORDER_BELOW).all():
            dark = np.full((1, self.width), self._is_dark_row(levels))
        else:
            dark = (self._run_length(levels) > np.arange(self.width))[np.newaxis]
            dark |= (self._run_length(levels[::-1]) > np.arange(self.width))[np.newaxis, ::-1]
        self._border = np.concatenate([self._border, dark])
        self._levels = np.concatenate([self._levels, levels[np.newaxis]])[-2 * self._reach - 1 :]

    def _is_dark_row(self, levels: npt.NDArray[np.float32]) -> bool:
        """Whether a row that is dark from end to end goes on a border, or begins one behind a sharp edge."""
        if not len(self._levels) or self._border[-1].all():
            return True
        return float(np.median(self._levels[0] - levels)) > _EDGE_DECADES

    def _run_length(self, levels: npt.NDArray[np.float32]) -> int:
        """How many pixels from the start on are border: dark up to a sharp edge, and no narrow fringe."""
        length = int(np.argmax(levels >= _BORDER_BELOW))
        before, behind = max(0, length - self._reach), min(length + self._reach, self.width - 1)
        sharp = levels[behind] - levels[before] > _EDGE_DECADES
        return length if length >= self._least_border and sharp else 0

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
