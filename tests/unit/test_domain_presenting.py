"""What a presentation may be."""

import math
from dataclasses import replace

import pytest

from fieldstation.domain.annotations import Area, Distance, Point, SideMarker, TextNote
from fieldstation.domain.errors import WrongUse
from fieldstation.domain.exams import Presentation
from fieldstation.domain.presenting import check_presentation
from fieldstation.domain.views import Side

PLAIN = Presentation(window_center=2048, window_width=4096)


def noted(text: str) -> Presentation:
    return replace(PLAIN, annotations=(TextNote(at=Point(5, 5), text=text),))


def marked(initials: str, at: Point | None = None) -> Presentation:
    return replace(PLAIN, markers=(SideMarker(side=Side.LEFT, at=at or Point(5, 5), initials=initials),))


@pytest.mark.parametrize(
    "fine",
    [
        PLAIN,
        replace(PLAIN, crop=Area(0, 0, 300, 200), shutter=Area(10, 10, 26, 26)),
        noted("Sitzend, 45°, 立位"),
        noted("x" * 128),
        marked("JD"),
        marked("", at=Point(300, 200)),
    ],
)
def test_what_can_be(fine: Presentation) -> None:
    check_presentation(fine, 200, 300)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (replace(PLAIN, window_width=0.5), "presentation.window"),
        (replace(PLAIN, window_width=math.inf), "presentation.window"),
        (replace(PLAIN, window_center=math.nan), "presentation.window"),
        (replace(PLAIN, crop=Area(0, 0, 15, 200)), "presentation.too_small"),
        (replace(PLAIN, shutter=Area(50, 50, 40, 40)), "presentation.too_small"),
        (replace(PLAIN, crop=Area(0, 0, 30, 30), shutter=Area(20, 20, 60, 60)), "presentation.too_small"),
        (replace(PLAIN, crop=Area(-1, 0, 100, 100)), "presentation.outside"),
        (replace(PLAIN, shutter=Area(0, 0, 300, 201)), "presentation.outside"),
        (marked("JD", at=Point(300.5, 0)), "presentation.outside"),
        (marked("JD", at=Point(math.nan, 0)), "presentation.outside"),
        (replace(PLAIN, annotations=(Distance(start=Point(0, 0), end=Point(-1, 0)),)), "presentation.outside"),
        (noted(" "), "presentation.text"),
        (noted("two\nlines"), "presentation.text"),
        (noted("x" * 129), "presentation.text"),
        (marked("ABCDE"), "presentation.initials"),
        (marked("Ü"), "presentation.initials"),
        (marked("A B"), "presentation.initials"),
    ],
)
def test_what_cannot_be(wrong: Presentation, code: str) -> None:
    with pytest.raises(WrongUse) as refused:
        check_presentation(wrong, 200, 300)
    assert refused.value.code == code
