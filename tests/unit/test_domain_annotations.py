"""Places on a plate, and where they are in the picture as it is shown."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldstation.domain.annotations import (
    Angle,
    Area,
    Distance,
    FlipReason,
    Placement,
    Point,
    SideMarker,
    caption_place,
    points_of,
    strokes_of,
)
from fieldstation.domain.exams import Presentation
from fieldstation.domain.views import Side

PLATE = Presentation(window_center=2048, window_width=4096)


@pytest.mark.parametrize("crop", [None, Area(2, 1, 7, 4)])
@pytest.mark.parametrize("reason", [None, FlipReason.FROM_BEHIND])
@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_pixel_is_shown_where_numpy_puts_it(turns: int, reason: FlipReason | None, crop: Area | None) -> None:
    plate = np.arange(5 * 8).reshape(5, 8)
    flipped = reason is not None
    placed = Placement(rows=5, columns=8, quarter_turns=turns, flipped=flipped, crop=crop)
    part = plate[crop.top : crop.bottom, crop.left : crop.right] if crop else plate
    shown = np.rot90(part[:, ::-1] if flipped else part, -turns)
    assert shown.shape == (placed.shown_rows, placed.shown_columns)
    for row, column in np.ndindex(shown.shape):
        place = placed.to_plate(Point(column + 0.5, row + 0.5))
        assert plate[int(place.y), int(place.x)] == shown[row, column]


@given(
    st.integers(-4, 8),
    st.sampled_from([None, FlipReason.FROM_BEHIND]),
    st.sampled_from([None, Area(10, 20, 70, 50)]),
    st.floats(-1e4, 1e4),
    st.floats(-1e4, 1e4),
)
def test_there_and_back(turns: int, reason: FlipReason | None, crop: Area | None, x: float, y: float) -> None:
    placed = replace(PLATE, quarter_turns=turns, flipped=reason, crop=crop).placement(60, 80)
    there = placed.to_plate(placed.to_shown(Point(x, y)))
    assert (there.x, there.y) == pytest.approx((x, y), abs=1e-6)
    area = Area(11, 22, 33, 44)
    assert placed.area_to_plate(placed.area_to_shown(area)) == area


def test_flipping_takes_the_markers_away_and_asks_for_one_again() -> None:
    marked = replace(PLATE, markers=(SideMarker(side=Side.LEFT, at=Point(1, 1)),))
    flipped = marked.flip(FlipReason.FROM_BEHIND)
    assert flipped.asks_for_marker
    assert flipped.placement(3, 4).to_shown(Point(0, 0)) == Point(4, 0)
    assert not replace(flipped, markers=marked.markers).asks_for_marker
    assert not marked.asks_for_marker
    assert not flipped.flip(None).asks_for_marker


def test_a_marker_is_left_or_right() -> None:
    with pytest.raises(ValueError, match="B"):
        SideMarker(side=Side.BOTH, at=Point(0, 0))


def test_lengths_are_at_the_plate() -> None:
    assert Distance(start=Point(0, 0), end=Point(30, 40)).length_mm(0.1) == pytest.approx(5)


@pytest.mark.parametrize(
    ("end", "degrees"),
    [(Point(1, 0), 0), (Point(1, 1), 45), (Point(0, -1), 90), (Point(-1, 0), 180), (Point(0, 0), 0)],
)
def test_angles_go_from_0_to_180(end: Point, degrees: float) -> None:
    assert Angle(start=Point(1, 0), vertex=Point(0, 0), end=end).degrees() == pytest.approx(degrees)


def covers(annotation: Distance | Angle) -> bool:
    """Whether its caption touches one of its lines; it is 100 by 10."""
    left = caption_place(annotation, Placement(rows=1000, columns=1000), 100, 10)
    box = Area(round(left.x), round(left.y - 5), round(left.x + 100), round(left.y + 5))
    lines = pairwise(points_of(annotation))
    along = [Point(a.x + (b.x - a.x) * n / 500, a.y + (b.y - a.y) * n / 500) for a, b in lines for n in range(501)]
    return any(box.holds(point) for point in along)


def around(degrees: float) -> Point:
    return Point(500 + 400 * math.cos(math.radians(degrees)), 500 + 400 * math.sin(math.radians(degrees)))


@pytest.mark.parametrize("degrees", range(0, 360, 15))
def test_a_caption_touches_no_line_of_what_it_is_about(degrees: int) -> None:
    assert not covers(Distance(start=around(degrees), end=around(degrees + 180)))
    for opening in (0, 5, 60, 90, 170, 180):
        assert not covers(Angle(start=around(degrees), vertex=Point(500, 500), end=around(degrees + opening)))


def test_a_distance_has_ticks_at_its_ends() -> None:
    ends = (Point(10, 50), Point(110, 50))
    line, first, last = strokes_of(Distance(start=ends[0], end=ends[1]), ends, 16)

    assert line == ends
    assert first == (Point(10, 42), Point(10, 58))
    assert last == (Point(110, 42), Point(110, 58))


@pytest.mark.parametrize(("leg", "radius"), [(100.0, 25.6), (12.0, 12.0)])
@pytest.mark.parametrize("opening", [30, 90, 179])
def test_the_arc_of_an_angle_goes_from_leg_to_leg_and_no_farther(leg: float, radius: float, opening: int) -> None:
    ends = (
        Point(leg, 0),
        Point(0, 0),
        Point(leg * math.cos(math.radians(opening)), leg * math.sin(math.radians(opening))),
    )
    legs, arc = strokes_of(Angle(start=ends[0], vertex=ends[1], end=ends[2]), ends, 16)

    assert legs == ends
    assert [math.hypot(point.x, point.y) for point in arc] == pytest.approx([radius] * len(arc))
    turned = [math.degrees(math.atan2(point.y, point.x)) for point in arc]
    assert turned == sorted(turned)
    assert (turned[0], turned[-1]) == pytest.approx((0, opening))


def test_an_angle_without_an_opening_still_has_strokes() -> None:
    ends = Point(5, 5), Point(5, 5), Point(5, 5)
    _, arc = strokes_of(Angle(start=ends[0], vertex=ends[1], end=ends[2]), ends, 16)
    assert set(arc) == {Point(5, 5)}


def test_areas_overlap() -> None:
    assert Area(0, 0, 5, 5).overlap(Area(3, 2, 9, 4)) == Area(3, 2, 5, 4)
    apart = Area(0, 0, 5, 5).overlap(Area(7, 7, 9, 9))
    assert (apart.rows, apart.columns) == (0, 0)
    assert Area(0, 0, 5, 6).holds(Point(5, 6))
    assert not Area(0, 0, 5, 6).holds(Point(5.1, 6))
