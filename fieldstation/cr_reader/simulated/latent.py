"""What the beam of one shot brings to the plate: air kerma in µGy, row by row as it is read, and the noise of it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fieldstation.cr_reader.simulated.layout import Layout, Span
from fieldstation.cr_reader.simulated.picture import DECADES, Floats, Picture, relative, transmission_of
from fieldstation.domain.exams import Technique
from fieldstation.domain.views import View

QUANTA_PER_UGY_MM2 = 9000.0
"""Quanta that count: the beam's 30 000 per µGy and mm² (IEC 62220-1, RQA 5) at the plate's efficiency of 0.3."""

ANATOMY = (0.035, 0.9)
"""Densities of anatomy; below lies lead and what was shuttered, above the bare beam."""

_KVP_POWER = 5.0
"""15 % more kVp doubles what reaches the plate behind a patient."""
_RESAMPLING_HALO = 4
_SOUND_MM = 1.0
"""So far inside its edges a radiograph is free of what resampling does there and of markers: it can be gone on with."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LatentImage:
    """What one shot brings. ``median_ugy`` is the air kerma (µGy) behind the median of the anatomy.

    ``scatter`` is the part of it that shows nothing; ``cut_off`` what part a tilted grid takes at the right edge.
    """

    picture: Picture
    layout: Layout
    median_ugy: float
    median_transmission: float
    scatter: float
    cut_off: float

    def kerma(self, first_row: int, count: int) -> Floats:
        """The air kerma that rows ``first_row`` to ``first_row + count`` get, in µGy, shape (count, columns), no noise.

        The same rows asked for together are the same every time, bit for bit.
        """
        layout = self.layout
        halo = np.clip(np.arange(first_row - 1, first_row + count + 1), 0, layout.rows - 1)
        density = self.density(int(halo[0]), int(halo[-1]) + 1)
        kerma = _blur(transmission_of(density)[halo - halo[0]])
        kerma *= layout.beam(first_row, count)
        kerma *= np.float32(self.median_ugy * (1 - self.scatter) / self.median_transmission)
        kerma += layout.scatter(first_row, count) * np.float32(self.median_ugy * self.scatter)
        if self.cut_off:
            kerma *= np.linspace(1, 1 - self.cut_off, layout.columns, dtype=np.float32)
        return kerma

    def density(self, start: int, stop: int) -> Floats:
        """The picture's density (0 to 1) on these rows of the plate. What lies beyond it goes on as it ends."""
        rows = self._seen(np.arange(start, stop), self.layout.down)
        columns = self._seen(np.arange(self.layout.columns), self.layout.across)
        top = int(rows.min())
        return self._resampled(top, int(rows.max()) + 1)[rows[:, np.newaxis] - top, columns]

    def _seen(self, pixels: npt.NDArray[np.intp], span: Span) -> npt.NDArray[np.intp]:
        """Which row or column of the picture each of the plate shows."""
        inset = min(round(_SOUND_MM / self.layout.pitch_mm), (span.length - 1) // 2)
        own = pixels - span.start
        return np.where(own < 0, inset, np.where(own < span.length, own, span.length - 1 - inset))

    def _resampled(self, top: int, bottom: int) -> Floats:
        """Rows ``top`` to ``bottom`` of the picture at the plate's pitch. Only what is needed of it is touched."""
        from PIL import Image  # noqa: PLC0415 - the app, whatever its reader, would begin later

        stored, down, columns = self.picture.density, self.layout.down, self.layout.across.length
        scale = stored.shape[0] / down.length
        first = top * scale
        last = min(bottom * scale, float(stored.shape[0]))
        low = max(int(first) - _RESAMPLING_HALO, 0)
        strip = relative(stored[low : int(last) + 1 + _RESAMPLING_HALO])
        if stored.shape == (down.length, columns):
            return strip[top - low : bottom - low]
        return np.asarray(
            Image.fromarray(strip).resize(
                (columns, bottom - top), Image.Resampling.BICUBIC, box=(0, first - low, stored.shape[1], last - low)
            )
        )


def usual_median_ugy(view: View, technique: Technique) -> float:
    """The air kerma (µGy) behind the anatomy's median: the view's target EI for its usual technique.

    It goes with mAs, with the fifth power of kVp and with the inverse square of the SID.
    """
    mas = (view.mas if technique.mas is None else technique.mas) / view.mas
    kvp = (view.kvp if technique.kvp is None else technique.kvp) / view.kvp
    sid = (view.sid_mm if technique.sid_mm is None else technique.sid_mm) / view.sid_mm
    return float(view.target_ei / 100 * mas * kvp**_KVP_POWER / sid**2)


def median_transmission(picture: Picture) -> float:
    """What part of the bare beam passes the median of the anatomy: EI is told from there (IEC 62494-1)."""
    step = max(1, round(max(picture.density.shape) / 450))
    density = relative(picture.density[::step, ::step])
    anatomy = density[is_anatomy(density)]
    median = np.median(anatomy if anatomy.size else density)
    return float(10 ** (DECADES * (median - 1)))


def with_noise(kerma: Floats, pitch_mm: float, random: np.random.Generator) -> Floats:
    """As many quanta as arrive scatter as their square root, so the variance follows the air kerma. At least 0."""
    quanta_per_ugy = QUANTA_PER_UGY_MM2 * pitch_mm**2
    noise = random.standard_normal(kerma.shape, np.float32)
    noise *= np.sqrt(kerma * np.float32(1 / quanta_per_ugy))
    noise += kerma
    return np.maximum(noise, 0, out=noise)


def is_anatomy(density: Floats) -> npt.NDArray[np.bool_]:
    """Where a picture's density (0 to 1) is neither shutter or lead nor the bare beam."""
    low, high = ANATOMY
    anatomy: npt.NDArray[np.bool_] = (density > low) & (density < high)
    return anatomy


def _blur(rows: Floats) -> Floats:
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
