"""The small image of a plate, on which everything broad is measured."""

import cv2
import numpy as np
import numpy.typing as npt

SIDE = 512
"""The longer side in pixels, at most."""
_BITS = 16


def shrink(raw: npt.NDArray[np.uint16], bits: int) -> npt.NDArray[np.float32]:
    """The means of raw values, with their fractions: behind the blades a linear reader counts a few steps only.

    ``raw`` has shape (rows, columns), at least one of each; values above the reader's ``bits`` count as its highest.
    """
    rows, columns = raw.shape
    factor = max(1.0, max(rows, columns) / SIDE)
    size = (max(1, round(columns / factor)), max(1, round(rows / factor)))
    shift = _BITS - bits
    values = np.minimum(np.arange(1 << _BITS), (1 << bits) - 1)
    finer = cv2.LUT(raw, (values << shift).astype(np.uint16))
    means = np.asarray(cv2.resize(finer, size, interpolation=cv2.INTER_AREA), np.float32)
    return means / np.float32(1 << shift)
