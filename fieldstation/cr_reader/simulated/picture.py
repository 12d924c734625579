"""What stands in the beam, as a picture."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float32]

BLACK = 65535

DECADES = 2.0
"""From white to black a picture's air kerma rises by this many powers of ten."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """A radiograph as the eye knows it, to be turned back into what reached the plate.

    ``density`` has shape (rows, columns), uint16: 0 is white (nothing got through), 65535 is black (the bare beam), and
    what lies between follows the logarithm of the air kerma (see `DECADES`). ``pitch_mm`` is how far its pixels lay
    apart at the plate; None where that is not known and the picture is the whole plate.
    """

    density: npt.NDArray[np.uint16]
    pitch_mm: float | None = None


def relative(density: npt.NDArray[np.uint16]) -> Floats:
    """Densities of 0 to 1."""
    densities: Floats = density * np.float32(1 / BLACK)
    return densities


def stored(density: Floats) -> npt.NDArray[np.uint16]:
    """Densities of 0 to 1 as a picture holds them; what lies outside is clipped."""
    values: npt.NDArray[np.uint16] = np.rint(density.clip(0, 1) * BLACK).astype(np.uint16)
    return values


def density_of(passing: Floats) -> Floats:
    """The density at which that part of the bare beam (0 to 1) passes."""
    density: Floats = 1 + np.log10(np.maximum(passing, np.float32(10.0**-DECADES))) * np.float32(1 / DECADES)
    return density


def transmission_of(density: Floats) -> Floats:
    """What part of the bare beam passes, for densities of 0 to 1; changes its argument."""
    density -= 1
    density *= np.float32(DECADES * np.log(10))
    return np.exp(density, out=density)
