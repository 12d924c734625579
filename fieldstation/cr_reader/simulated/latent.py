"""What the beam leaves on the plate: air kerma in µGy, with the noise of the quanta, row by row as it is read."""

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from fieldstation.cr_reader.simulated.layout import Layout
from fieldstation.cr_reader.simulated.picture import BLACK, Picture
from fieldstation.domain.exams import Technique
from fieldstation.domain.views import View

DECADES = 2.0
"""From white to black a picture's air kerma rises by this many powers of ten."""

SCATTER = 0.04
"""The part of the air kerma in the middle of the field that is scatter and shows nothing."""

QUANTA_PER_UGY_MM2 = 9000.0
"""Quanta that count: the beam's 30 000 per µGy and mm² (IEC 62220-1, RQA 5) at the plate's efficiency of 0.3."""

_KVP_POWER = 5.0
"""15 % more kVp doubles what reaches the plate behind a patient."""
_PATIENT_SD = 0.06
"""No patient is exactly as thick as the usual technique assumes (natural logarithm of the air kerma)."""
_ANATOMY = (0.02, 0.87)
"""Densities of anatomy; below lies what was shuttered, above the bare beam."""
_RESAMPLING_HALO = 4
_PATIENT, _NOISE = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LatentImage:
    """The latent image of one shot. ``median_ugy`` is the air kerma (µGy) behind the median of the anatomy."""

    picture: Picture
    layout: Layout
    median_ugy: float
    median_transmission: float
    entropy: int

    def kerma(self, first_row: int, count: int) -> npt.NDArray[np.float32]:
        """The air kerma that rows ``first_row`` to ``first_row + count`` got, in µGy, shape (count, columns), float32.

        The same rows asked for together are the same every time, bit for bit.
        """
        layout = self.layout
        rows = slice(first_row, first_row + count)
        halo = np.clip(np.arange(first_row - 1, first_row + count + 1), 0, layout.rows - 1)
        seen = _blur(self._transmission(int(halo[0]), int(halo[-1]) + 1)[halo - halo[0]])
        kerma = seen * layout.beam_down[rows, np.newaxis]
        kerma *= layout.beam_across * np.float32(self.median_ugy * (1 - SCATTER) / self.median_transmission)
        kerma += layout.scatter_down[rows, np.newaxis] * (layout.scatter_across * np.float32(self.median_ugy * SCATTER))
        return self._with_noise(kerma, first_row)

    def _transmission(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """What part of the bare beam passes (0 to 1), without blur; 0 where there is no picture."""
        density = np.zeros((stop - start, self.layout.columns), np.float32)
        down, across = self.layout.down, self.layout.across
        top, bottom = max(start, round(down.start)), min(stop, round(down.stop))
        left, right = round(across.start), round(across.stop)
        if top < bottom:
            density[top - start : bottom - start, left:right] = self._resampled(top, bottom, right - left)
        return _passing(density)

    def _resampled(self, top: int, bottom: int, columns: int) -> npt.NDArray[np.float32]:
        """The picture's density (0 to 1) on plate rows ``top`` to ``bottom``. Only the rows needed are touched."""
        stored = self.picture.density
        scale = stored.shape[0] / self.layout.down.length
        first = max((top - self.layout.down.start) * scale, 0.0)
        last = min((bottom - self.layout.down.start) * scale, float(stored.shape[0]))
        low = max(int(first) - _RESAMPLING_HALO, 0)
        strip = stored[low : int(last) + 1 + _RESAMPLING_HALO].astype(np.float32)
        strip /= BLACK
        if (bottom - top, columns) == (last - first, stored.shape[1]):
            return strip[top - low : bottom - low]
        return np.asarray(
            Image.fromarray(strip).resize(
                (columns, bottom - top), Image.Resampling.BICUBIC, box=(0, first - low, stored.shape[1], last - low)
            )
        )

    def _with_noise(self, kerma: npt.NDArray[np.float32], first_row: int) -> npt.NDArray[np.float32]:
        """As many quanta as arrive scatter as their square root, so the variance follows the air kerma."""
        quanta_per_ugy = QUANTA_PER_UGY_MM2 * self.layout.pitch_mm**2
        noise = _random(self.entropy, _NOISE, first_row).standard_normal(kerma.shape, np.float32)
        noise *= np.sqrt(kerma * np.float32(1 / quanta_per_ugy))
        noise += kerma
        return np.maximum(noise, 0, out=noise)


def expose(picture: Picture, layout: Layout, view: View, technique: Technique, seed: str) -> LatentImage:
    """The latent image of a shot of ``view``; the usual technique brings the anatomy's median to the view's target EI.

    Air kerma goes with mAs, with the fifth power of kVp and with the inverse square of the SID. ``seed`` names the
    shot: the same one has the same noise.
    """
    entropy = int.from_bytes(hashlib.sha256(seed.encode()).digest())
    patient = float(np.exp(_random(entropy, _PATIENT).normal(0, _PATIENT_SD)))
    return LatentImage(
        picture=picture,
        layout=layout,
        median_ugy=view.target_ei / 100 * _relative_output(view, technique) * patient,
        median_transmission=_median_transmission(picture),
        entropy=entropy,
    )


def _relative_output(view: View, technique: Technique) -> float:
    mas = (view.mas if technique.mas is None else technique.mas) / view.mas
    kvp = (view.kvp if technique.kvp is None else technique.kvp) / view.kvp
    sid = (view.sid_mm if technique.sid_mm is None else technique.sid_mm) / view.sid_mm
    return float(mas * kvp**_KVP_POWER / sid**2)


def _median_transmission(picture: Picture) -> float:
    """EI is told from the median of the anatomy (IEC 62494-1), so the exposure is set there."""
    density = picture.density[::4, ::4].astype(np.float32) / BLACK
    low, high = _ANATOMY
    anatomy = density[(density > low) & (density < high)]
    median = np.median(anatomy if anatomy.size else density)
    return float(10 ** (DECADES * (median - 1)))


def _passing(density: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    density -= 1
    density *= np.float32(DECADES * np.log(10))
    return np.exp(density, out=density)


def _blur(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The laser's light spreads in the plate: a sample takes a quarter from either neighbour, along rows and columns.

    Takes one row more at either end than it gives.
    """
    down = rows[:-2] + rows[2:]
    down *= np.float32(0.25)
    down += rows[1:-1] * np.float32(0.5)
    across = down * np.float32(0.5)
    across[:, 1:-1] += (down[:, :-2] + down[:, 2:]) * np.float32(0.25)
    across[:, [0, -1]] *= 2
    return across


def _random(entropy: int, *stream: int) -> np.random.Generator:
    return np.random.default_rng([entropy, *stream])
