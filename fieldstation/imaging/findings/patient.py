"""What the patient or a second shot did: motion, double exposure, anatomy over the edge."""

import math

import cv2
import numpy as np

from fieldstation.domain.exams import Box
from fieldstation.imaging.findings.evidence import Evidence, Levels, Mask, grown, shrunk
from fieldstation.imaging.findings.signal import noise_percent

_DIRECTIONS = 8
_FINE, _COARSE = 0.8, 2.5
_CONTOURS = 95
_ECHO_MM = 5.0, 80.0
_ECHO_PER_MM = 0.4
"""Frequencies well above hold noise, and no more of an echo."""
_OWN_ECHO = 0.5
"""What a second shot's echo counts for where a letter's own strokes may make one half as high."""
_TRANSFORM = 512
_EDGE_PIXELS = 3


def motion(evidence: Evidence) -> float | None:
    """How much softer contours are across the softest direction, fine against coarse.

    Motion softens contours across its own direction only, so the directions are looked at one by one. None without
    enough anatomy, or where no contour stands out of the noise.
    """
    region = evidence.region
    anatomy = shrunk(region.anatomy & ~grown(region.metal, 3.0, region.pixel_mm), 3.0, region.pixel_mm)
    if np.count_nonzero(anatomy) < 500:
        return None
    fine, coarse = (_curvatures(evidence.small, sigma, anatomy) for sigma in (_FINE, _COARSE))
    deviation = noise_percent(evidence) / 100 / region.pixel_mm
    ratios, sharpest = [], 0.0
    for step in range(_DIRECTIONS):
        angle = math.pi * step / _DIRECTIONS
        sharp, soft = (
            float(np.percentile(np.abs(_along(curvatures, angle)), _CONTOURS)) for curvatures in (fine, coarse)
        )
        ratios.append(soft / max(sharp, 1e-6))
        sharpest = max(sharpest, sharp)
    return max(ratios) if sharpest > deviation else None


def _curvatures(image: Levels, sigma: float, within: Mask) -> tuple[Levels, Levels, Levels]:
    smooth = cv2.GaussianBlur(image, (0, 0), sigma)
    xx, yy, xy = (
        np.asarray(cv2.Sobel(smooth, cv2.CV_32F, dx, dy, ksize=3, scale=0.25), np.float32)[within]
        for dx, dy in ((2, 0), (0, 2), (1, 1))
    )
    return xx, yy, xy


def _along(curvatures: tuple[Levels, Levels, Levels], angle: float) -> Levels:
    xx, yy, xy = curvatures
    cosine, sine = np.float32(math.cos(angle)), np.float32(math.sin(angle))
    return np.asarray(xx * cosine * cosine + yy * sine * sine + 2 * xy * cosine * sine, np.float32)


def double_exposure(evidence: Evidence) -> float | None:
    """How far an echo stands out: the same picture twice, a little off, has a peak in its cepstrum.

    The strokes of one lead letter are alike, so an echo within a letter's own size counts for less.
    """
    region = evidence.region
    signal = np.sqrt(10.0 ** np.maximum(evidence.small, -2.0))
    signal /= max(float(np.percentile(signal, 99)), 1e-6)
    height, width = signal.shape
    if min(height, width) < 64:
        return None
    sheet = np.zeros((_TRANSFORM, _TRANSFORM), np.float32)
    window = np.sqrt(np.outer(np.hanning(height), np.hanning(width)))
    sheet[:height, :width] = (signal - signal.mean()) * window
    steps = np.fft.fftfreq(_TRANSFORM, 1 / _TRANSFORM)
    away = np.hypot(steps[:, np.newaxis], steps) * region.pixel_mm
    per_mm = away / (_TRANSFORM * region.pixel_mm**2)
    spectrum = np.log(np.abs(np.fft.fft2(sheet)) ** 2 + 1e-3)
    cepstrum = np.fft.ifft2((spectrum - spectrum.mean()) * np.exp(-((per_mm / _ECHO_PER_MM) ** 2))).real
    ring = (away > _ECHO_MM[0]) & (away < _ECHO_MM[1])
    middle = float(np.median(cepstrum[ring]))
    spread = 1.48 * float(np.median(np.abs(cepstrum[ring] - middle)))
    down, right = np.abs(steps[:, np.newaxis]), np.abs(steps)
    own = np.zeros(ring.shape, np.bool_)
    letters = grown(region.metal, region.pixel_mm, region.pixel_mm).astype(np.uint8)
    for letter_width, letter_height in cv2.connectedComponentsWithStats(letters)[2][1:, 2:4]:
        own |= (right <= letter_width) & (down <= letter_height)
    echo = np.where(own, _OWN_ECHO, 1.0) * (cepstrum - middle)
    return float(echo[ring & (down > 3) & (right > 3)].max()) / max(spread, 1e-9)


def clipped_mm(evidence: Evidence) -> tuple[float, Box | None]:
    """Along how much of one side of the plate, where no blade shows, anatomy runs over the edge, and where."""
    region, anatomy = evidence.region, evidence.region.anatomy
    bladed = {blade.side for blade in region.blades}
    height, width = (length * region.pixel_mm for length in anatomy.shape)
    strip = _EDGE_PIXELS * region.pixel_mm
    sides = (
        (anatomy[:, -_EDGE_PIXELS:].any(axis=1), Box(width - strip, 0, strip, height)),
        (anatomy[-_EDGE_PIXELS:].any(axis=0), Box(0, height - strip, width, strip)),
        (anatomy[:, :_EDGE_PIXELS].any(axis=1), Box(0, 0, strip, height)),
        (anatomy[:_EDGE_PIXELS].any(axis=0), Box(0, 0, width, strip)),
    )
    found = [
        (float(np.count_nonzero(cut)) * region.pixel_mm, box)
        for side, (cut, box) in enumerate(sides)
        if side not in bladed
    ]
    return max(found, key=lambda one: one[0], default=(0.0, None))
