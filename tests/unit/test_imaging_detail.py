"""What the picture of the test phantom must show: faint discs, fine lines, no halos; noise kept down."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.image_quality import measures, renderings
from fieldstation.cr_reader.simulated.mishaps import Mishaps
from fieldstation.cr_reader.simulated.raw_plate import Digital, make_raw_plate
from fieldstation.domain.views import View
from fieldstation.imaging.develop import develop
from tests.support.exposures import catalogue, develop_plate, exposed

PHANTOM = replace(catalogue().get("leg-ap"), looks_like="phantom", plate="24CMX30CM")


def pictured(name: str, view: View = PHANTOM) -> measures.Phantom:
    plate = make_raw_plate(view, None, seed=1, digital=Digital(pitch_mm=0.1))
    left, top, _, _ = plate.picture_box
    return measures.Phantom(renderings.RENDERINGS[name](plate, view), left, top, 0.1)


@pytest.fixture(scope="module")
def plain() -> measures.Phantom:
    return pictured("plain window")


@pytest.fixture(scope="module")
def ours() -> measures.Phantom:
    return pictured("Fieldstation")


def test_faint_discs_have_twice_the_contrast_of_a_plain_window(plain: measures.Phantom, ours: measures.Phantom) -> None:
    gains = measures.disc_contrasts(ours) / measures.disc_contrasts(plain)
    assert gains.min() > 1.9
    assert gains.mean() > 2.2


def test_they_stand_out_of_the_noise_more_clearly(plain: measures.Phantom, ours: measures.Phantom) -> None:
    before, after = (measures.disc_contrasts(one).mean() / measures.noise(one) for one in (plain, ours))
    assert after > 1.5 * before


def test_there_is_no_halo_beside_the_step_wedge(ours: measures.Phantom) -> None:
    assert measures.overshoot_percent(ours) < 3


def test_the_finest_lines_stay(plain: measures.Phantom, ours: measures.Phantom) -> None:
    assert measures.limiting_frequency(ours) >= measures.limiting_frequency(plain)


def test_the_look_changes_the_picture() -> None:
    plate = exposed("chest-pa", 1)
    view = catalogue().get("chest-pa")
    flat = replace(view, look=replace(view.look, bands=(1.0,) * 5, detail=0.7, base=0.7))
    assert not np.array_equal(develop_plate(plate, view).pixels, develop_plate(plate, flat).pixels)


@pytest.mark.parametrize("smoothing", [0.0, 1.0])
def test_smoothing_is_for_noise(smoothing: float) -> None:
    plate = exposed("leg-ap", 2, Mishaps(exposure=0.3), pitch_mm=0.1)
    view = catalogue().get("leg-ap")
    look = replace(view.look, smoothing=smoothing)
    picture = develop(plate.samples, plate.geometry, plate.response, replace(view, look=look))
    calf = picture.pixels[1700:1800, 1560:1600].astype(np.float32)
    fine = (calf[:, 1:] - calf[:, :-1]).std() / picture.presentation.window_width
    assert (fine < 0.03) == (smoothing == 1.0)
