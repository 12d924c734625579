"""Lead letters, as they are laid beside the patient."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

CELL_MM = 2.0
"""A letter is 5 cells wide and 7 high."""

_SHAPES: Mapping[str, tuple[str, ...]] = {
    "R": ("####.", "#...#", "#...#", "####.", "#.#..", "#..#.", "#...#"),
    "L": ("#....", "#....", "#....", "#....", "#....", "#....", "#####"),
}


def lay_letter(density: npt.NDArray[np.uint16], letter: str, corner: tuple[int, int], pitch_mm: float) -> None:
    """Lay the letter (L or R) on a picture, its upper left corner at that row and column; changes ``density``."""
    shape = np.array([[cell == "#" for cell in line] for line in _SHAPES[letter]])
    rows, columns = (np.arange(round(cells * CELL_MM / pitch_mm)) * pitch_mm / CELL_MM for cells in shape.shape)
    lead = shape[rows.astype(int)[:, np.newaxis], columns.astype(int)]
    row, column = corner
    target = density[row : row + lead.shape[0], column : column + lead.shape[1]]
    target[lead] = np.minimum(target[lead], LEAD)


LEAD = 1966
"""The density of lead letters: next to nothing gets through."""
