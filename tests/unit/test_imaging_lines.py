"""Lines across the whole plate: found, told from anatomy, and taken out."""

import numpy as np
import pytest

from fieldstation.cr_reader.simulated.mishaps import Edge, Mishaps
from fieldstation.cr_reader.simulated.raw_plate import RawPlate
from fieldstation.imaging.lines import Lines, find_lines
from fieldstation.imaging.response import log_kerma_table
from tests.support.exposures import catalogue, develop_plate, exposed

EVERYWHERE = frozenset(Edge)


def lines_of(plate: RawPlate) -> Lines:
    return find_lines(plate.samples, log_kerma_table(plate.response, 12), plate.geometry.pitch_mm, -1.0)


@pytest.mark.parametrize("view", ["chest-pa", "leg-ap", "hand-pa", "abdomen-ap"])
@pytest.mark.parametrize("seed", [1, 2])
def test_anatomy_blades_and_markers_are_no_lines(view: str, seed: int) -> None:
    lines = lines_of(exposed(view, seed, pitch_mm=0.2))
    assert (lines.count_rows, lines.count_columns) == (0, 0)


def test_lines_are_counted_and_their_loss_is_measured() -> None:
    plate = exposed("chest-pa", 3, Mishaps(plate_lines=4, reader_lines=2, open_edges=EVERYWHERE), pitch_mm=0.2)
    lines, blemishes = lines_of(plate), plate.plate.blemishes
    assert lines.count_columns == 2
    assert 3 <= lines.count_rows <= 4
    deep = blemishes.along < 0.75
    assert lines.columns[deep] == pytest.approx(-np.log10(blemishes.along[deep]), abs=0.03)


def test_the_picture_hardly_shows_them() -> None:
    with_lines = exposed("chest-pa", 3, Mishaps(reader_lines=2, open_edges=EVERYWHERE), pitch_mm=0.2)
    without = exposed("chest-pa", 3, Mishaps(open_edges=EVERYWHERE), pitch_mm=0.2)
    view = catalogue().get("chest-pa")
    struck = with_lines.plate.blemishes.along < 0.75
    shown, right = (develop_plate(plate, view).pixels[:, struck].astype(int) for plate in (with_lines, without))
    assert abs(np.median(shown - right)) < 0.02 * 4095


def test_a_small_plate_has_none() -> None:
    lines = find_lines(np.full((3, 500), 2000, np.uint16), np.zeros(1 << 16, np.float32), 0.1, -1.0)
    assert not lines.rows.any()
    assert not lines.columns.any()
