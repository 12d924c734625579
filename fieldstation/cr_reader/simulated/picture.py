"""What stands in the beam, as a picture."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BLACK = 65535


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """A radiograph as the eye knows it, to be turned back into what reached the plate.

    ``density`` has shape (rows, columns), uint16: 0 is white (nothing got through), 65535 is black (the bare beam), and
    what lies between follows the logarithm of the air kerma (see `latent.DECADES`). ``pitch_mm`` is how far its pixels
    lay apart at the plate; None where that is not known and the picture is the whole plate.
    """

    density: npt.NDArray[np.uint16]
    pitch_mm: float | None = None
