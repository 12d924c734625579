"""What is said of limbs drawn from tubes, with a lead letter of round strokes: no radiograph is behind them."""

import numpy as np
import numpy.typing as npt
import pytest

from fieldstation.domain.signal import PlateGeometry, ResponseKind, SignalResponse
from fieldstation.domain.views import Side
from fieldstation.imaging.develop import develop
from tests.support.exposures import catalogue

Map = npt.NDArray[np.float64]

PITCH_MM = 0.5
ROWS, COLUMNS = 600, 480
HALF_FIELD_MM = 100.0, 130.0
MUSCLE, BONE = 0.25, 1.1
"""Attenuation per cm at about 45 keV."""
QUANTA = 4000.0
"""For each µGy and mm²."""


def said_of(kerma: Map) -> set[str]:
    """The findings on a lower leg AP, on the right, from a logarithmic reader of four decades."""
    quanta = QUANTA * PITCH_MM**2
    noisy = np.random.default_rng(1).poisson(kerma * quanta) / quanta
    samples = np.clip(np.rint((np.log10(np.maximum(noisy, 0.001)) + 2) / 4 * 4095), 0, 4095).astype(np.uint16)
    geometry = PlateGeometry(rows=ROWS, columns=COLUMNS, pitch_mm=PITCH_MM, bits=12)
    response = SignalResponse(kind=ResponseKind.LOG, gain=4095 / 4, offset=4095 / 2)
    found = develop(samples, geometry, response, catalogue().get("leg-ap"), Side.RIGHT).findings
    return {finding.message.code for finding in found}


def lower_leg() -> Map:
    """µGy behind two bowed bones, their walls a few mm thick, in a leg with an R beside it, in bare beam."""
    x, y = _places()
    wave = np.random.default_rng(2).normal(1, 0.06, x.shape)
    tibia, fibula = 14 + 3 * np.cos(y / 83) + np.sin(y / 40), -22 - 4 * np.cos(y / 89) + 0.8 * np.sin(y / 35)
    bone = _tube(x - tibia, 13 + 0.02 * y, 6.5 - 0.012 * y) + _tube(x - fibula, 6.5 + 0.8 * np.sin(y / 50), 2.5)
    leg = 0.9 * _chord(x, 52 - 0.06 * y)
    bone = np.minimum(bone * wave, leg)
    kerma = 12 * np.exp(-MUSCLE * (leg - bone) - BONE * bone) * np.where(_letter_r(x - 76, y + 90) < 1.1, 0.02, 1.0)
    lit = (np.abs(x) < HALF_FIELD_MM[0]) & (np.abs(y) < HALF_FIELD_MM[1])
    return np.where(lit, kerma, 0.0) + 0.1


def _places() -> tuple[Map, Map]:
    """mm to the right of the plate's middle, and below it."""
    x, y = (np.arange(count) * PITCH_MM - count * PITCH_MM / 2 for count in (COLUMNS, ROWS))
    across, down = np.meshgrid(x, y)
    return across, down


def _chord(away: Map, radius: Map | float) -> Map:
    """How many cm of a cylinder lie ``away`` mm from its axis."""
    return np.asarray(0.2 * np.sqrt(np.maximum(np.square(radius) - np.square(away), 0)))


def _tube(away: Map, outer: Map | float, inner: Map | float) -> Map:
    return _chord(away, outer) - 0.75 * _chord(away, inner)


def _letter_r(x: Map, y: Map) -> Map:
    """How far from the strokes of an R of 8 mm × 12 mm."""
    bow = np.where(x > 1, np.abs(np.hypot(x - 1, y + 3) - 3), np.inf)
    strokes = ((-4, -6, -4, 6), (-4, -6, 1, -6), (-4, 0, 1, 0), (0, 0, 4, 6))
    return np.minimum.reduce([bow, *(_from_stroke(x, y, *stroke) for stroke in strokes)])


def _from_stroke(x: Map, y: Map, x0: float, y0: float, x1: float, y1: float) -> Map:
    right, down = x1 - x0, y1 - y0
    along = np.clip(((x - x0) * right + (y - y0) * down) / (right**2 + down**2), 0, 1)
    return np.asarray(np.hypot(x - x0 - along * right, y - y0 - along * down))


def test_neither_the_strokes_of_a_letter_are_a_second_shot_nor_the_walls_of_bones_a_cassette() -> None:
    assert said_of(lower_leg()) & {"finding.double_exposure", "finding.cassette_back"} == set()


@pytest.mark.parametrize("shift", [(20, 12), (-40, 30)])
def test_a_second_shot_is_said(shift: tuple[int, int]) -> None:
    once = lower_leg()
    assert "finding.double_exposure" in said_of(once + 0.7 * np.roll(once, shift, (0, 1)))


def test_a_cassette_the_wrong_way_up_is_said() -> None:
    x, y = _places()
    ribs = (x % 45 < 4) | (y % 45 < 4)
    assert "finding.cassette_back" in said_of(lower_leg() * np.where(ribs, 0.65, 1.0))
