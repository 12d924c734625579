"""Even light for a radiograph of a limb: its own beam was not the same everywhere, and the simulator brings its own."""

import numpy as np
import numpy.typing as npt

from fieldstation.cr_reader.simulated.picture import Floats

BARE_BEAM = 0.985
"""The density that the bare beam is given; black, but for its noise."""

_SURELY_BEAM = 0.84
"""From this density on a place beside the limb is bare beam or the thinnest skin."""
_SKIN_PIXELS = 12
_LEAST_SEEN = 20
_TURNS = 3


def lit_evenly(
    density: Floats, middle: tuple[float, float], slant: float, hidden: tuple[slice, slice]
) -> npt.NDArray[np.float32]:
    """The picture (densities, shape (rows, columns)) as an even beam makes it: bare beam is `BARE_BEAM` everywhere.

    The heel effect and the half shadow of the shutters are factors on the air kerma, one along the rows and one along
    the columns, hence sums of densities; they are told from the bare beam on either side of the limb. The limb covers
    the column ``middle`` (in the first row, in the last); the shutters are turned by ``slant`` columns in each row.
    What is ``hidden``, a marker, is not taken for bare beam.
    """
    rows, columns = density.shape
    number, limb = np.arange(columns), np.linspace(*middle, rows)[:, np.newaxis]
    passing = density > _SURELY_BEAM
    left = np.where(passing & (number < limb), number, -1).max(axis=1) - _SKIN_PIXELS
    right = np.where(passing & (number > limb), number, columns).min(axis=1) + _SKIN_PIXELS
    bare = (number < left[:, np.newaxis]) | (number > right[:, np.newaxis])
    bare[hidden] = False
    place = number + slant * np.arange(rows - 1, -1, -1)[:, np.newaxis]
    seen, row, column = density[bare], np.nonzero(bare)[0], np.rint(place[bare]).astype(int)
    width = round(float(place.max())) + 1
    down = np.zeros(rows)
    for _ in range(_TURNS):
        across = _means(seen - down[row], column, width)
        down = _means(seen - across[column], row, rows)
    beam = np.interp(place, np.arange(width), across) + down[:, np.newaxis]
    return np.asarray(density - beam + BARE_BEAM, np.float32)


def _means(values: npt.NDArray[np.floating], index: npt.NDArray[np.intp], length: int) -> npt.NDArray[np.float64]:
    """The mean of the values at each index; between those that are known where there are too few of them."""
    count = np.bincount(index, minlength=length)
    known = np.flatnonzero(count >= _LEAST_SEEN)
    return np.interp(np.arange(length), known, np.bincount(index, values, minlength=length)[known] / count[known])
