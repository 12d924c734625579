"""The picture as it is frozen: cropped, flipped, turned, inverted, and with side markers in its pixels."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from fieldstation.assets import MARKER_FONT, asset
from fieldstation.domain.annotations import Area, FlipReason, Point, SideMarker
from fieldstation.domain.errors import Refused
from fieldstation.domain.exams import Presentation
from fieldstation.domain.views import Side
from fieldstation.imaging.markers import stamp
from fieldstation.imaging.shown import as_shown
from fieldstation.services.words import apology

FONT = asset(MARKER_FONT)
PLAIN = Presentation(window_center=2048, window_width=4096)
PITCH = 0.5
PLATE: npt.NDArray[np.uint16] = np.random.default_rng(3).integers(500, 3500, (200, 160)).astype(np.uint16)


def shown(presentation: Presentation) -> npt.NDArray[np.uint16]:
    return as_shown(PLATE, presentation, PITCH, FONT)


def marked(presentation: Presentation, x: float, y: float, side: Side = Side.LEFT, initials: str = "") -> Presentation:
    marker = SideMarker(side=side, at=Point(x, y), initials=initials)
    return replace(presentation, markers=(*presentation.markers, marker))


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_it_is_cropped_then_flipped_then_turned_then_inverted(turns: int) -> None:
    crop = Area(10, 20, 110, 180)
    cut = replace(PLAIN, crop=crop, quarter_turns=turns, inverted=True).flip(FlipReason.FROM_BEHIND)
    assert np.array_equal(shown(cut), 4095 - np.rot90(np.fliplr(PLATE[20:180, 10:110]), -turns))


def test_without_anything_it_is_the_same() -> None:
    assert np.array_equal(shown(replace(PLAIN, shutter=Area(20, 20, 60, 60))), PLATE)


@pytest.mark.parametrize("inverted", [{}, {"inverted": True}])
def test_a_marker_is_white_with_a_dark_outline_within_the_range_of_values(inverted: dict[str, bool]) -> None:
    plain = replace(PLAIN, **inverted)  # type: ignore[arg-type]
    before, after = shown(plain), shown(marked(plain, 80, 100, initials="JD"))
    assert (after.min(), after.max()) == (before.min(), before.max())
    drawn = stamp(Side.LEFT, "JD", PITCH, FONT)
    area = drawn.area_at(80, 100)
    part = after[area.top : area.bottom, area.left : area.right]
    assert (part[drawn.ink == 255] == before.max()).all()
    assert (part[(drawn.outline == 255) & (drawn.ink == 0)] == before.min()).all()
    edge = (drawn.ink > 0) & (drawn.ink < 255)
    assert edge.any()
    assert ((part[edge] > before.min()) & (part[edge] < before.max())).mean() > 0.9
    changed = np.argwhere(before != after)
    assert area.top <= changed[:, 0].min()
    assert changed[:, 0].max() < area.bottom
    assert area.left <= changed[:, 1].min()
    assert changed[:, 1].max() < area.right


@pytest.mark.parametrize("pitch", [0.05, 0.1, 0.2, 0.5])
def test_its_letter_is_14_mm_high_at_any_pitch(pitch: float) -> None:
    drawn = stamp(Side.RIGHT, "", pitch, FONT)
    rows = np.flatnonzero(drawn.ink.max(axis=1) > 127)
    assert (rows[-1] - rows[0] + 1) * pitch == pytest.approx(14, abs=2 * pitch)
    assert (rows[0] + rows[-1] + 1) / 2 == pytest.approx(drawn.row, abs=1)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
@pytest.mark.parametrize("flip", [None, FlipReason.LOADED_REVERSED])
def test_a_marker_stands_upright_where_it_was_put_however_the_picture_is_turned(
    turns: int, flip: FlipReason | None
) -> None:
    plain = replace(PLAIN, quarter_turns=turns, crop=Area(20, 10, 150, 190)).flip(flip)
    after = shown(marked(plain, 60, 120, Side.RIGHT))
    at = plain.placement(*PLATE.shape).to_shown(Point(60, 120))
    drawn = stamp(Side.RIGHT, "", PITCH, FONT)
    area = drawn.area_at(at.x, at.y)
    part = after[area.top : area.bottom, area.left : area.right]
    assert (part[drawn.ink == 255] == after.max()).all()


@pytest.mark.parametrize(
    ("plain", "x", "y"),
    [
        (PLAIN, 5, 100),
        (PLAIN, 80, 198),
        (replace(PLAIN, crop=Area(0, 0, 80, 200)), 100, 100),
        (replace(PLAIN, shutter=Area(0, 0, 160, 100)), 80, 95),
    ],
)
def test_a_marker_that_nobody_would_see_whole_is_refused(plain: Presentation, x: float, y: float) -> None:
    with pytest.raises(Refused, match=r"image\.marker_hidden") as refused:
        shown(marked(plain, x, y))
    assert "move it in" in apology(refused.value)


def test_left_and_right_differ_and_lie_side_by_side() -> None:
    both = shown(marked(marked(PLAIN, 40, 60), 120, 140, Side.RIGHT))
    assert not np.array_equal(both, shown(marked(PLAIN, 40, 60)))
    assert not np.array_equal(stamp(Side.LEFT, "", PITCH, FONT).ink, stamp(Side.RIGHT, "", PITCH, FONT).ink)
