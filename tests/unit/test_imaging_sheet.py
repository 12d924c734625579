"""Exported pictures: what is seen on screen, with a banner that hides nothing and writes no boxes."""

import io
import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from fieldstation.assets import TEXT_FONT, asset
from fieldstation.domain.annotations import Angle, Annotation, Area, Arrow, Distance, Point, TextNote, caption
from fieldstation.domain.exams import Presentation
from fieldstation.domain.signal import PlateGeometry
from fieldstation.imaging.banner import Banner
from fieldstation.imaging.sheet import as_file, drawable, sheet
from fieldstation.services.words import text

FONT = asset(TEXT_FONT)
PLATE = PlateGeometry(rows=240, columns=320, pitch_mm=0.5, bits=12)
PIXELS: npt.NDArray[np.uint16] = (np.arange(240 * 320).reshape(240, 320) % 4096).astype(np.uint16)
PLAIN = Presentation(window_center=2048, window_width=2001)
BANNER = Banner(left=(("TEST, ANNA",), ("ID P-1",)), right=(("Hand PA, right",),))


def made(presentation: Presentation = PLAIN, banner: Banner | None = None) -> npt.NDArray[np.uint8]:
    return sheet(PIXELS, presentation, PLATE, banner, FONT)


def test_it_is_windowed_as_the_standard_says() -> None:
    grey = np.clip((PIXELS - 2047.5) / 2000 + 0.5, 0, 1) * 255
    assert np.abs(made() - grey).max() <= 0.5


def test_an_inverted_one_has_its_window_where_its_pixels_are() -> None:
    inverted = replace(PLAIN, window_center=1000, inverted=True)
    assert np.array_equal(made(inverted), made(replace(PLAIN, window_center=4096 - 1000)))


def test_what_the_shutter_covers_is_black_and_the_rest_untouched() -> None:
    part = np.s_[30:200, 20:300]
    covered = made(replace(PLAIN, shutter=Area(20, 30, 300, 200)))
    assert np.array_equal(covered[part], made()[part])
    covered[part] = 0
    assert not covered.any()


@pytest.mark.parametrize(
    "annotation",
    [
        TextNote(at=Point(50, 50), text="Sitzend, Θώραξ"),
        Arrow(tail=Point(50, 50), tip=Point(150, 120)),
        Distance(start=Point(50, 50), end=Point(150, 120)),
    ],
)
def test_annotations_are_white_with_a_black_outline(annotation: Annotation) -> None:
    grey = made(replace(PLAIN, window_center=9000, annotations=(annotation,)))
    assert not made(replace(PLAIN, window_center=9000)).any()
    assert grey.max() > 200
    bright = made(replace(PLAIN, window_center=-9000, annotations=(annotation,)))
    assert bright.min() < 55
    assert (bright != 255).mean() < 0.1


def test_the_banner_is_above_and_hides_nothing() -> None:
    grey = made(banner=BANNER)
    above = grey.shape[0] - 240
    assert above > 20
    assert np.array_equal(grey[above:], made())
    assert grey[:above].max() > 200


def test_a_name_that_the_font_has_not_got_is_written_in_another_way() -> None:
    def banner(*name: str) -> npt.NDArray[np.uint8]:
        return made(banner=replace(BANNER, left=(name,)))

    assert drawable("MÜLLER, Ελένη · ж", FONT)
    assert not drawable("山田", FONT)
    assert np.array_equal(banner("山田, 太郎", "YAMADA, TARO"), banner("YAMADA, TARO"))
    assert np.array_equal(banner("山田", "Name: see 山"), banner("Name: see ?"))


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_a_file_is_what_was_seen(kind: str) -> None:
    grey = made(banner=BANNER)
    read = Image.open(io.BytesIO(as_file(grey, kind)))
    assert (read.format, read.mode) == (kind.upper(), "L")
    wrong = np.abs(np.asarray(read).astype(int) - grey)
    assert wrong.max() == 0 if kind == "png" else wrong.mean() < 5


def drawn(annotation: Annotation, pixels: npt.NDArray[np.uint16]) -> npt.NDArray[np.bool_]:
    plate = replace(PLATE, rows=pixels.shape[0], columns=pixels.shape[1])
    grey = sheet(pixels, replace(PLAIN, annotations=(annotation,)), plate, None, FONT)
    return np.asarray(grey > 127)


def extent(seen: npt.NDArray[np.bool_], axis: int) -> int:
    return int(np.ptp(np.flatnonzero(seen.any(axis=1 - axis)))) + 1


@pytest.mark.parametrize("shape", [(880, 700), (3520, 2800), (1760, 2334)])
def test_what_is_on_a_picture_is_as_large_beside_it_as_on_a_screen(shape: tuple[int, int]) -> None:
    """That has 880 rows or 1167 columns for the whole picture, letters of 15, lines of 2 and wings of 16 pixels."""
    black, scale = np.zeros(shape, np.uint16), max(shape[0] / 880, shape[1] / 1167)
    middle = Point(shape[1] / 4, shape[0] / 2)

    capital = drawn(TextNote(at=middle, text="H"), black)
    assert extent(capital, 0) == pytest.approx(15 * 0.727 * scale, abs=1 + scale / 4)
    beam = drawn(Distance(start=middle, end=Point(middle.x * 3, middle.y)), black)
    assert beam[:, round(middle.x * 1.5)].sum() == pytest.approx(2 * scale, abs=1 + scale / 2)
    head = drawn(Arrow(tail=middle, tip=Point(middle.x * 3, middle.y)), black)
    assert extent(head, 0) == pytest.approx(2 * 16 * scale * math.sin(math.radians(25)) + 2 * scale, abs=scale + 2)


def test_a_length_says_what_the_screen_says() -> None:
    line = Distance(start=Point(0, 0), end=Point(30, 40))
    assert caption(line, 0.1) == text("ui.mm_at_plate", n="5.0")
    right = Angle(start=Point(9, 0), vertex=Point(0, 0), end=Point(0, 9))
    assert caption(right, 0.1) == text("ui.degrees", n="90.0")


@pytest.mark.parametrize("size", [(16, 16), (16, 2000), (3000, 40)])
def test_any_size_can_be_written(size: tuple[int, int]) -> None:
    plate = PlateGeometry(rows=size[0], columns=size[1], pitch_mm=0.1, bits=12)
    notes = (TextNote(at=Point(1, 1), text="corner"), Distance(start=Point(1, 1), end=Point(15, 15)))
    grey = sheet(np.zeros(size, np.uint16), replace(PLAIN, annotations=notes), plate, BANNER, FONT)
    assert grey.shape[1] == size[1]
    assert as_file(grey, "png")
