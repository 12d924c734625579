"""Contrast in many scales: a Laplacian pyramid whose bands are raised where little is to be seen, and noise kept down.

Each band is raised by a gain of its own that falls back to 1 where the band is strong, so that edges keep their height
and get no halo, and where it is no stronger than noise. What is finer than the overview's pixels is not raised but
weighed by how much of it is more than noise.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from fieldstation.domain.views import Look

Levels = npt.NDArray[np.float32]

OVERVIEW_PITCH_MM = 0.4
"""About how far the overview's pixels are apart: what is finer is treated as one band."""
_STRIP_ROWS = 32
_EDGE_DECADES = 0.019
"""A band that is stronger than this is an edge, and is left as it is."""
_NOISE_OF_BAND = (0.85, 0.22, 0.10, 0.05, 0.025)
"""The standard deviation of white noise in each band, as a part of the overview's."""
_NOISE_SIGMAS = 2.5
_QUIET_DECADES = 0.012
"""Noise below this is not seen and needs no smoothing."""
_MOST_SMOOTHED = 0.35
"""What is left of fine noise where nothing else is to be seen."""
_CLEAR_SNR = 0.5
"""The power of fine detail, as a part of that of the noise, at which half of the smoothing is withdrawn."""


@dataclass(frozen=True, slots=True, eq=False)
class Overview:
    """A plate at a coarser pitch: the mean and the variance of log kerma (decades) over ``factor``² samples each."""

    factor: int
    mean: Levels
    variance: Levels


@dataclass(frozen=True, slots=True, eq=False)
class Detail:
    """What contrast enhancement adds to log kerma: ``added`` + ``fine``·(log kerma − overview's mean), per pixel."""

    added: Levels
    fine: Levels


def overview_of(raw: npt.NDArray[np.uint16], log_table: npt.NDArray[np.float32], pitch_mm: float) -> Overview:
    """Sum a plate up, strip by strip. ``raw`` has at least one line."""
    rows, columns = raw.shape
    factor = max(1, min(round(OVERVIEW_PITCH_MM / pitch_mm), rows, columns))
    height, width = -(-rows // factor), -(-columns // factor)
    mean, variance = np.empty((height, width), np.float32), np.empty((height, width), np.float32)
    buffer = np.empty((_STRIP_ROWS * factor, columns), np.float32)
    for first in range(0, height, _STRIP_ROWS):
        last = min(first + _STRIP_ROWS, height)
        part = raw[first * factor : last * factor]
        strip = cv2.LUT(part, log_table, dst=buffer[: len(part)])
        missing = (last - first) * factor - strip.shape[0], width * factor - columns
        if any(missing):
            strip = cv2.copyMakeBorder(strip, 0, missing[0], 0, missing[1], cv2.BORDER_REPLICATE)
        size = (width, last - first)
        cv2.resize(strip, size, dst=mean[first:last], interpolation=cv2.INTER_AREA)
        cv2.multiply(strip, strip, dst=strip)
        cv2.resize(strip, size, dst=variance[first:last], interpolation=cv2.INTER_AREA)
    variance -= mean * mean
    return Overview(factor, mean, np.maximum(variance, 0, out=variance))


def noise_variance(overview: Overview, lit: npt.NDArray[np.bool_]) -> Levels:
    """The variance that the quanta alone make in log kerma of single samples, everywhere.

    It goes with one over the kerma; how much it is is told from the quietest places of what is lit.
    """
    kerma = np.exp(np.maximum(overview.mean, np.float32(-2)) * np.float32(math.log(10)))
    product = (overview.variance * kerma)[lit]
    product = product[product > 0]
    quanta = float(np.percentile(product[:: max(1, product.size // 50_000)], 15)) if product.size else 0.0
    return np.asarray(quanta / kerma, np.float32)


def enhance(overview: Overview, noise: Levels, look: Look) -> Detail:
    """Choose what is added to each pixel of the overview, and how much of what is finer is kept."""
    smoothness = cv2.blur(overview.variance, (5, 5), borderType=cv2.BORDER_REPLICATE)
    clear = np.maximum(smoothness / np.maximum(noise, 1e-9) - 1.3, 0)
    clear /= clear + _CLEAR_SNR
    kept = np.clip(_QUIET_DECADES / np.sqrt(np.maximum(noise, 1e-9)), _MOST_SMOOTHED, 1)
    kept = 1 - look.smoothing * (1 - kept)
    fine = kept + (look.fine - kept) * clear - 1
    return Detail(
        _raised(overview.mean, np.asarray(np.sqrt(noise) / overview.factor, np.float32), look),
        np.asarray(fine, np.float32),
    )


def _raised(mean: Levels, noise: Levels, look: Look) -> Levels:
    """The sum of what every band gains."""
    levels = [mean]
    while len(levels) <= len(look.bands) and min(levels[-1].shape) >= 8:
        levels.append(np.asarray(cv2.pyrDown(levels[-1]), np.float32))
    added = np.zeros_like(levels[-1])
    for number, (fine, coarse) in reversed(list(enumerate(pairwise(levels)))):
        size = fine.shape[::-1]
        band = fine - np.asarray(cv2.pyrUp(coarse, dstsize=size), np.float32)
        activity = np.asarray(cv2.blur(cv2.dilate(np.abs(band), np.ones((5, 5), np.uint8)), (5, 5)), np.float32)
        sigma = cv2.resize(noise, size, interpolation=cv2.INTER_AREA) * (_NOISE_SIGMAS * _NOISE_OF_BAND[number])
        seen = activity * activity
        seen /= seen + sigma * sigma + np.float32(1e-12)
        activity /= np.float32(_EDGE_DECADES)
        gain = np.exp(-activity * activity) * seen * np.float32(look.bands[number] - 1)
        coarser = added if added.shape == fine.shape else cv2.pyrUp(added, dstsize=size)
        added = np.asarray(coarser + gain * band, np.float32)
    return added
