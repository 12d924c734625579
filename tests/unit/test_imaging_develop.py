"""From raw signal to picture: exposure index, region, tone, and what is said of it."""

import math

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from fieldstation.catalogue import load_catalogue
from fieldstation.domain.errors import Refused
from fieldstation.domain.exams import Finding, Severity
from fieldstation.domain.signal import PlateGeometry, ResponseKind
from fieldstation.domain.views import View
from fieldstation.imaging import presentation
from fieldstation.imaging.develop import develop
from fieldstation.imaging.developed import Developed
from fieldstation.services.words import sentence
from tests.support.plates import BITS, LOG_RESPONSE, RESPONSES, geometry, kerma, raw_plate

CATALOGUE = load_catalogue()
CHEST, LEG = CATALOGUE.get("chest-pa"), CATALOGUE.get("leg-ap")

ROWS, COLUMNS = 645, 525
PITCH_MM = 2 / 3
"""A plate of 43 × 35 cm, coarsely read."""


def chest(direct: float = 100.0) -> npt.NDArray[np.float32]:
    return kerma("chest", ROWS, COLUMNS, direct)


def phantom(field_ugy: float, block_ugy: float, outside_ugy: float) -> npt.NDArray[np.float32]:
    """A block in the middle of a collimated field: 60 % of either side is lit, 30 % is behind the block."""
    dose = np.full((600, 500), outside_ugy, np.float32)
    dose[120:480, 100:400] = field_ugy
    dose[210:390, 175:325] = block_ugy
    return dose


def developed(dose: npt.NDArray[np.float32], view: View = CHEST, kind: ResponseKind = ResponseKind.LOG) -> Developed:
    raw = raw_plate(dose, RESPONSES[kind], BITS[kind])
    return develop(raw.tobytes(), geometry(raw, BITS[kind], PITCH_MM), RESPONSES[kind], view)


NO_CHEST = ("finding.other_view", "finding.turned")
"""What is rightly said of a picture that is a mere block."""


def found(result: Developed) -> list[Finding]:
    return [finding for finding in result.findings if finding.message.code not in NO_CHEST]


def codes(result: Developed) -> list[str]:
    return [finding.message.code for finding in found(result)]


@pytest.mark.parametrize("kind", list(ResponseKind))
def test_ei_is_a_hundred_times_the_median_kerma_behind_the_anatomy(kind: ResponseKind) -> None:
    result = developed(phantom(field_ugy=30, block_ugy=2.5, outside_ugy=0.02), kind=kind)
    assert result.exposure_index == pytest.approx(250, rel=0.02)
    assert result.deviation_index == pytest.approx(0, abs=0.1)
    assert codes(result) == ["finding.on_target"]


def test_ei_counts_neither_collimation_nor_direct_exposure() -> None:
    bare = developed(phantom(field_ugy=30, block_ugy=2.5, outside_ugy=0.02))
    wide = developed(phantom(field_ugy=90, block_ugy=2.5, outside_ugy=0.05))
    assert wide.exposure_index == pytest.approx(bare.exposure_index, rel=0.02)


@pytest.mark.parametrize("kind", list(ResponseKind))
def test_all_readers_agree_on_a_chest(kind: ResponseKind) -> None:
    reference = developed(chest())
    result = developed(chest(), kind=kind)
    assert result.exposure_index == pytest.approx(reference.exposure_index, rel=0.02)
    difference = np.abs(result.pixels.astype(int) - reference.pixels)
    assert np.median(difference) < 0.02 * 4095


@pytest.mark.parametrize("factor", [0.25, 0.5, 2.0])
def test_di_follows_the_exposure(factor: float) -> None:
    once, again = developed(chest(40)), developed(chest(40 * factor))
    assert once.deviation_index is not None
    assert again.deviation_index == pytest.approx(once.deviation_index + 10 * math.log10(factor), abs=0.15)


@pytest.mark.parametrize(
    ("di", "code", "severity"),
    [
        (-4.0, "finding.far_under", Severity.BAD),
        (-2.0, "finding.under", Severity.CAUTION),
        (0.0, "finding.on_target", Severity.FINE),
        (2.0, "finding.over", Severity.CAUTION),
        (4.0, "finding.far_over", Severity.BAD),
    ],
)
def test_exposure_is_judged_by_the_limits_of_di(di: float, code: str, severity: Severity) -> None:
    block = CHEST.target_ei / 100 * 10 ** (di / 10)
    result = developed(phantom(field_ugy=10 * block, block_ugy=block, outside_ugy=0.02))
    assert [(finding.message.code, finding.severity) for finding in found(result)] == [(code, severity)]
    assert sentence(result.findings[0].message)


def test_a_plate_without_exposure_has_no_index() -> None:
    result = developed(np.full((300, 200), 0.02, np.float32))
    assert (result.exposure_index, result.deviation_index) == (None, None)
    assert codes(result) == ["finding.no_image"]
    assert sentence(result.findings[0].message)


def test_an_erased_plate_of_a_linear_reader_is_all_zero_and_has_no_index() -> None:
    plate = PlateGeometry(rows=30, columns=20, pitch_mm=0.1, bits=16)
    result = develop(bytes(plate.total_bytes), plate, RESPONSES[ResponseKind.LINEAR], CHEST)
    assert codes(result) == ["finding.no_image"]
    assert result.pixels.shape == (30, 20)


def test_saturated_anatomy_is_said() -> None:
    raw = raw_plate(chest(60), LOG_RESPONSE, 12)
    raw[300:360, 100:250] = 4095
    result = develop(raw.tobytes(), geometry(raw, pitch_mm=PITCH_MM), LOG_RESPONSE, CHEST)
    assert "finding.saturated" in codes(result)
    assert all(sentence(finding.message) for finding in result.findings)


def test_saturated_direct_exposure_is_no_fault() -> None:
    assert "finding.saturated" not in codes(developed(phantom(field_ugy=500, block_ugy=4.0, outside_ugy=0.02)))


def test_bones_are_white_and_the_window_shows_the_anatomy() -> None:
    result = developed(kerma("leg", ROWS, COLUMNS, 60), LEG)
    low = result.presentation.window_center - result.presentation.window_width / 2
    high = low + result.presentation.window_width
    grey = np.clip((result.pixels - low) / (high - low), 0, 1)
    tibia, calf, air = grey[150:160, 268:280].mean(), grey[150:160, 300:312].mean(), grey[600:620, 370:380].mean()
    assert tibia > calf + 0.1 > air + 0.2
    assert result.pixels.max() < 1 << result.bits
    assert result.bits == 12


def test_less_kerma_is_never_darker_along_a_smooth_wedge() -> None:
    wedge = np.repeat(np.geomspace(0.5, 20, 500, dtype=np.float32)[np.newaxis], 600, axis=0)
    pixels = developed(wedge).pixels.astype(np.float32)
    profile = cv2.blur(pixels, (9, 599))[300]
    assert (np.diff(profile) < 1.0).all()
    assert profile[0] - profile[-1] > 2000


def test_contrast_has_no_halo_at_a_hard_edge() -> None:
    result = developed(phantom(field_ugy=30, block_ugy=2.5, outside_ugy=0.02))
    block = cv2.blur(result.pixels.astype(np.float32), (5, 5))[215:385, 180:320]
    assert block.std() < 0.03 * 4095


def test_the_same_plate_gives_the_same_picture() -> None:
    first, second = developed(chest()), developed(chest())
    assert np.array_equal(first.pixels, second.pixels)
    assert first.presentation == second.presentation


def test_strips_leave_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    dose = np.asarray(cv2.resize(chest(), (1051, 1301)), np.float32)
    raw = raw_plate(dose, LOG_RESPONSE, 12)
    plate = geometry(raw, 12, 0.2)
    strips = develop(raw, plate, LOG_RESPONSE, CHEST)
    monkeypatch.setattr(presentation, "_STRIP_PIXELS", 1301)
    assert np.array_equal(strips.pixels, develop(raw, plate, LOG_RESPONSE, CHEST).pixels)


def test_missing_lines_are_black_and_count_for_nothing() -> None:
    raw = raw_plate(chest(), LOG_RESPONSE, 12)
    plate = geometry(raw)
    cut = 400
    padded = raw.copy()
    padded[cut:] = 0
    partial = develop(padded.tobytes(), plate, LOG_RESPONSE, CHEST)
    short = develop(raw[:cut].tobytes(), plate, LOG_RESPONSE, CHEST)
    alone = develop(raw[:cut].tobytes(), geometry(raw[:cut]), LOG_RESPONSE, CHEST)
    assert np.array_equal(partial.pixels, short.pixels)
    assert not partial.pixels[cut:].any()
    assert np.array_equal(partial.pixels[:cut], alone.pixels)
    assert partial.exposure_index == alone.exposure_index


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 500), (500, 1), (2, 3), (7, 7)])
@pytest.mark.parametrize("value", [0, 2500, 4095])
def test_tiny_plates_have_a_picture(rows: int, columns: int, value: int) -> None:
    raw = np.full((rows, columns), value, np.uint16)
    result = develop(raw, geometry(raw), LOG_RESPONSE, CHEST)
    assert result.pixels.shape == (rows, columns)
    assert (result.exposure_index is None) == (value == 0)


@pytest.mark.parametrize("size", [0, 19, 210])
def test_what_is_not_whole_lines_of_the_plate_is_refused(size: int) -> None:
    plate = PlateGeometry(rows=10, columns=10, pitch_mm=0.1, bits=12)
    with pytest.raises(Refused, match=r"scan\.misfit"):
        develop(bytes(size), plate, LOG_RESPONSE, CHEST)


def test_the_surround_is_dim_and_the_field_is_not_touched() -> None:
    dose = phantom(field_ugy=30, block_ugy=2.5, outside_ugy=0.02)
    collimated, inside = developed(dose), developed(dose[125:475, 105:395])
    window = collimated.presentation
    low = window.window_center - window.window_width / 2
    for part in (np.s_[:100, :], np.s_[500:, :], np.s_[:, :80], np.s_[:, 420:]):
        assert ((collimated.pixels[part] - low) / window.window_width).max() < 0.1
    difference = np.abs(collimated.pixels[215:385, 180:320] - inside.pixels[90:260, 75:215].astype(int))
    assert np.median(difference) < 0.03 * 4095


def test_what_lies_in_the_surround_can_still_be_seen() -> None:
    dose = phantom(field_ugy=30, block_ugy=2.5, outside_ugy=0.02)
    dose[20:60, 200:240] = 2.0
    pixels = developed(dose).pixels
    assert np.median(pixels[20:60, 200:240]) < 0.8 * np.median(pixels[20:60, 50:150])


def test_collimation_leaves_no_bright_frame() -> None:
    rows, columns = 600, 500
    across, down = (1 / (1 + np.exp((60.5 - np.minimum(n, n[::-1])) / 0.7)) for n in map(np.arange, (columns, rows)))
    dose = 30 * np.outer(down, across)
    dose[210:390, 175:325] = 2.5
    result = developed(np.asarray(dose + 0.05, np.float32))
    low = result.presentation.window_center - result.presentation.window_width / 2
    grey = (cv2.blur(result.pixels, (3, 3)) - low) / result.presentation.window_width
    grey[200:400, 165:335] = 0
    assert grey.max() < 0.25
