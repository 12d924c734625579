"""Lines that a reader or a roller draws across the whole plate: told from anatomy, and taken out.

Such a line lets a constant part of the light through, so in the logarithm it is the same offset from end to end. No
part of a body is that straight, that narrow and that even. Specks are left alone: a splinter of metal looks the same.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Levels = npt.NDArray[np.float32]

_WIDEST_MM = 0.9
_BANDS = 48
"""In how many places along it a line is looked at."""
_LEAST_DECADES = 0.04
_LEAST_SEEN = 0.8
"""The part of the lit places in which a line must be seen."""
_NOISE_SIGMAS = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """The offsets (decades, 0 where nothing is wrong) to be added to whole rows and whole columns of log kerma."""

    rows: Levels
    columns: Levels

    @property
    def count_rows(self) -> int:
        """How many lines go across the direction of transport."""
        return _runs(self.rows)

    @property
    def count_columns(self) -> int:
        """How many lines go along the direction of transport."""
        return _runs(self.columns)

    def clearest_row(self, pitch_mm: float) -> tuple[float, float]:
        """Where the deepest line across begins and how wide it is, in mm from the top; twice 0 where there is none."""
        return _clearest(self.rows, pitch_mm)

    def clearest_column(self, pitch_mm: float) -> tuple[float, float]:
        """Likewise of those along, from the left."""
        return _clearest(self.columns, pitch_mm)


def find_lines(raw: npt.NDArray[np.uint16], log_table: Levels, pitch_mm: float, lit_above: float) -> Lines:
    """Find lines on a plate of shape (rows, columns); places whose log kerma is below ``lit_above`` do not count."""
    width = max(2, round(_WIDEST_MM / pitch_mm))
    return Lines(
        _offsets(_profiles(raw, log_table, 1).T, width, lit_above),
        _offsets(_profiles(raw, log_table, 0), width, lit_above),
    )


def count_lines(profiles: Levels, width: int, lit_above: float) -> int:
    """How many columns of (places, columns) stand out as lines at most ``width`` columns wide."""
    return _runs(_offsets(profiles, width, lit_above))


def _profiles(raw: npt.NDArray[np.uint16], log_table: Levels, axis: int) -> Levels:
    """Log kerma averaged over narrow bands: (bands, columns) for axis 0, (rows, bands) for axis 1."""
    length = raw.shape[axis]
    count = min(_BANDS, length)
    deep = max(1, length // (2 * count))
    starts = np.linspace(0, length - deep, count).astype(int)
    bands = (raw[start : start + deep] if axis == 0 else raw[:, start : start + deep] for start in starts)
    buffer = np.empty((deep, raw.shape[1]) if axis == 0 else (raw.shape[0], deep), np.float32)
    means = [
        cv2.reduce(cv2.LUT(np.ascontiguousarray(band), log_table, dst=buffer), axis, cv2.REDUCE_AVG) for band in bands
    ]
    return np.asarray(np.concatenate(means, axis=axis), np.float32)


def _offsets(profiles: Levels, width: int, lit_above: float) -> Levels:
    """What to add to each of the columns of (places, columns)."""
    none = np.zeros(profiles.shape[1], np.float32)
    if profiles.shape[1] < 8 * width or profiles.shape[0] < 8:
        return none
    kernel = np.ones((1, 2 * width + 1), np.uint8)
    filled = cv2.morphologyEx(np.ascontiguousarray(profiles), cv2.MORPH_CLOSE, kernel)
    dip = filled - profiles
    usual = cv2.blur(dip, (16 * width + 1, 1), borderType=cv2.BORDER_REPLICATE)
    dip -= np.minimum(usual, np.median(dip, axis=1, keepdims=True) * 2)
    lit = filled > lit_above
    counted = lit.sum(axis=0)
    ordered = np.sort(np.where(lit, dip, np.inf), axis=0)
    depth = np.where(counted > 0, ordered[np.maximum(counted - 1, 0) // 2, np.arange(counted.size)], 0.0)
    noise = float(np.median(np.abs(depth - np.median(depth)))) * 1.5
    limit = max(_LEAST_DECADES, _NOISE_SIGMAS * noise)
    seen = (lit & (dip > limit / 2)).sum(axis=0)
    bad = (depth > limit) & (seen >= _LEAST_SEEN * counted) & (counted >= 8)
    return np.where(bad, depth, none).astype(np.float32)


def _clearest(offsets: Levels, pitch_mm: float) -> tuple[float, float]:
    deepest = int(np.argmax(offsets))
    if not offsets[deepest] > 0:
        return 0.0, 0.0
    clear = np.flatnonzero(offsets == 0)
    place = int(np.searchsorted(clear, deepest))
    first = int(clear[place - 1]) + 1 if place else 0
    last = int(clear[place]) if place < clear.size else offsets.size
    return first * pitch_mm, (last - first) * pitch_mm


def _runs(offsets: Levels) -> int:
    marked = np.concatenate([[False], offsets > 0])
    return int(np.count_nonzero(marked[1:] & ~marked[:-1]))
