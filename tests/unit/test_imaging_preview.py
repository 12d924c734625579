"""The picture that builds up: same rows whatever the blocks, bones white, nothing moves."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldstation.catalogue import load_catalogue
from fieldstation.domain.signal import PlateGeometry, ResponseKind
from fieldstation.imaging.develop import develop
from fieldstation.imaging.preview import Preview
from tests.support.plates import BITS, LOG_RESPONSE, RESPONSES, geometry, kerma, raw_plate


def shown(plate: npt.NDArray[np.uint16], preview: Preview, block: int) -> npt.NDArray[np.uint8]:
    rows = np.zeros((preview.rows, preview.width), np.uint8)
    seen = 0
    for first in range(0, len(plate), block):
        first_row, new = preview.add(first, plate[first : first + block].tobytes())
        assert first_row == seen
        rows[first_row : first_row + len(new)] = new
        seen += len(new)
    assert seen == preview.rows
    return rows


@pytest.mark.parametrize("kind", list(ResponseKind))
def test_whatever_the_reader_the_preview_looks_the_same(kind: ResponseKind) -> None:
    dose = kerma("chest", 430, 350, 60)
    reference = raw_plate(dose, LOG_RESPONSE, 12)
    response, bits = RESPONSES[kind], BITS[kind]
    plate = raw_plate(dose, response, bits)
    expected = shown(reference, Preview(geometry(reference), LOG_RESPONSE, 250, 70), 50)
    got = shown(plate, Preview(geometry(plate, bits), response, 250, 70), 50)
    assert np.abs(got.astype(int) - expected).mean() < 3


@given(rows=st.integers(1, 60), columns=st.integers(1, 60), width=st.integers(1, 80), block=st.integers(1, 61))
def test_the_size_of_blocks_does_not_matter(rows: int, columns: int, width: int, block: int) -> None:
    plate = np.random.default_rng(rows * columns).integers(0, 4096, (rows, columns)).astype(np.uint16)
    whole = shown(plate, Preview(geometry(plate), LOG_RESPONSE, 250, width), rows)
    assert np.array_equal(shown(plate, Preview(geometry(plate), LOG_RESPONSE, 250, width), block), whole)


def test_rows_keep_the_shape_of_the_plate() -> None:
    preview = Preview(PlateGeometry(rows=4300, columns=3500, pitch_mm=0.1, bits=12), LOG_RESPONSE, 250, 700)
    assert (preview.rows, preview.width) == (860, 700)


def test_less_exposure_is_whiter() -> None:
    plate = np.array([[1000, 2000, 3000]], np.uint16)
    rows = shown(plate, Preview(geometry(plate), LOG_RESPONSE, 250, 3), 1)
    assert rows[0, 0] > rows[0, 1] > rows[0, 2]


@pytest.mark.parametrize(("first_line", "lines"), [(1, 1), (0, 11)])
def test_lines_out_of_place_are_a_bug(first_line: int, lines: int) -> None:
    preview = Preview(PlateGeometry(rows=10, columns=10, pitch_mm=0.1, bits=12), LOG_RESPONSE, 250, 5)
    with pytest.raises(ValueError, match="expected whole lines from 0"):
        preview.add(first_line, bytes(20 * lines))


def test_half_a_line_is_a_bug() -> None:
    preview = Preview(PlateGeometry(rows=10, columns=10, pitch_mm=0.1, bits=12), LOG_RESPONSE, 250, 5)
    with pytest.raises(ValueError, match="19 bytes"):
        preview.add(0, bytes(19))


def collimated(rows: int = 430, columns: int = 350) -> npt.NDArray[np.float32]:
    """A chest of 0.5 mm pixels inside blades 40 pixels from the plate's edges, with their half shadow; scatter."""
    across, down = (1 / (1 + np.exp((40.5 - np.minimum(n, n[::-1])) / 0.7)) for n in map(np.arange, (columns, rows)))
    dose = 8 * np.sqrt(kerma("chest", rows, columns, 1.0)) * np.outer(down, across) + 0.05
    return np.asarray(dose, np.float32)


@pytest.mark.parametrize("kind", list(ResponseKind))
@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0])
def test_what_no_beam_reached_is_black_without_a_bright_frame(kind: ResponseKind, factor: float) -> None:
    plate = raw_plate(collimated() * np.float32(factor), RESPONSES[kind], BITS[kind])
    rows = shown(plate, Preview(geometry(plate, BITS[kind], 0.5), RESPONSES[kind], 250, 350), 16)
    inside = rows[48:-48, 48:-48]
    border = rows.copy()
    border[42:-42, 42:-42] = 0
    assert border.max() == 0
    assert (inside > 0).all()
    for edge in (rows[40:, 60:-60], rows[::-1][40:, 60:-60], rows.T[40:, 60:-60], rows.T[::-1][40:, 60:-60]):
        frame, behind = edge[:8].max(axis=0), edge[8:20].max(axis=0)
        assert np.mean(frame) - np.mean(behind) < 16


def test_lead_inside_the_field_stays_white() -> None:
    dose = collimated()
    dose[200:220, 150:170] = 0.05
    plate = raw_plate(dose, LOG_RESPONSE, 12)
    rows = shown(plate, Preview(geometry(plate, 12, 0.5), LOG_RESPONSE, 250, 350), 16)
    assert rows[205:215, 155:165].min() > 250


def test_the_preview_has_about_the_contrast_of_the_picture() -> None:
    plate = raw_plate(collimated(), LOG_RESPONSE, 12)
    rows = shown(plate, Preview(geometry(plate, 12, 0.5), LOG_RESPONSE, 250, 350), 16)[60:-60, 60:-60]
    picture = develop(plate, geometry(plate, 12, 0.5), LOG_RESPONSE, load_catalogue().get("chest-pa"))
    window = picture.presentation
    grey = (picture.pixels[60:-60, 60:-60] - window.window_center) / window.window_width + 0.5
    assert np.corrcoef(rows.ravel(), grey.ravel())[0, 1] > 0.85
    assert rows.std() > 0.5 * 255 * grey.std()


def test_thick_anatomy_at_the_edge_of_an_underexposed_plate_is_no_border() -> None:
    fading = np.linspace(1.0, 0.05, 430, dtype=np.float32)[:, np.newaxis] * np.linspace(1, 0.5, 350, dtype=np.float32)
    plate = raw_plate(fading, LOG_RESPONSE, 12)
    rows = shown(plate, Preview(geometry(plate, 12, 0.5), LOG_RESPONSE, 250, 350), 16)
    assert rows.min() > 100
