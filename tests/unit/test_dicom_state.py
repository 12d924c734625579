"""The presentation state: annotations in pixels of the frozen image, window and shutter repeated."""

import io
from dataclasses import replace

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from fieldstation.catalogue import load_catalogue
from fieldstation.dicom.encode import transcode, written
from fieldstation.dicom.presentation_state import presentation_state
from fieldstation.dicom.uids import CR_IMAGE_STORAGE, EXPLICIT_VR_LITTLE_ENDIAN
from fieldstation.domain.annotations import Angle, Annotation, Area, Arrow, Distance, FlipReason, Point, TextNote
from fieldstation.domain.exams import Presentation
from fieldstation.domain.signal import PlateGeometry
from tests.support.facts import facts_of, state_of

CHEST = load_catalogue().get("chest-pa")
PLATE = PlateGeometry(rows=300, columns=200, pitch_mm=0.2, bits=12)
PLAIN = Presentation(window_center=1000, window_width=601)


def state(*annotations: Annotation, simulated: bool = False, presentation: Presentation = PLAIN) -> Dataset:
    put = replace(presentation, annotations=annotations)
    facts = facts_of(CHEST, None, PLATE, presentation=put, simulated=simulated)
    made = presentation_state(facts, state_of(facts))
    return dcmread(io.BytesIO(written(made, EXPLICIT_VR_LITTLE_ENDIAN)))


def lines(made: Dataset) -> list[list[float]]:
    (drawn,) = made.GraphicAnnotationSequence
    return [[round(value, 3) for value in line.GraphicData] for line in drawn.get("GraphicObjectSequence", [])]


def texts(made: Dataset) -> list[str]:
    (drawn,) = made.GraphicAnnotationSequence
    return [item.UnformattedTextValue for item in drawn.get("TextObjectSequence", [])]


def test_it_belongs_to_the_image_and_repeats_its_window() -> None:
    made = state(TextNote(at=Point(10, 20), text="Sitzend, 立位"))
    (series,) = made.ReferencedSeriesSequence
    (image,) = series.ReferencedImageSequence
    assert (image.ReferencedSOPClassUID, image.ReferencedSOPInstanceUID) == (CR_IMAGE_STORAGE, "2.25.3000")
    (window,) = made.SoftcopyVOILUTSequence
    assert (window.WindowCenter, window.WindowWidth) == (1000, 601)
    (area,) = made.DisplayedAreaSelectionSequence
    assert list(area.DisplayedAreaBottomRightHandCorner) == [200, 300]
    assert (made.Modality, made.SeriesNumber, made.InstanceNumber) == ("PR", 90, 1)
    assert texts(made) == ["Sitzend, 立位"]
    assert lines(made) == []
    assert "ShutterShape" not in made
    assert "QualityControlImage" not in made


def test_inversion_is_in_the_pixels_so_the_window_follows_them() -> None:
    made = state(Arrow(tail=Point(1, 1), tip=Point(50, 50)), presentation=replace(PLAIN, inverted=True))
    assert made.SoftcopyVOILUTSequence[0].WindowCenter == 4096 - 1000
    assert made.PresentationLUTShape == "IDENTITY"


def test_lengths_and_angles_are_drawn_and_said_in_words() -> None:
    made = state(
        Distance(start=Point(10, 10), end=Point(40, 50)),
        Angle(start=Point(20, 10), vertex=Point(10, 10), end=Point(10, 20)),
    )
    assert texts(made) == ["10.0 mm at the plate", "90.0°"]
    line, *ticks, legs, arc = lines(made)
    assert (line, legs) == ([10, 10, 40, 50], [20, 10, 10, 10, 10, 20])
    assert [len(tick) for tick in ticks] == [4, 4]
    assert arc[:2] + arc[-2:] == pytest.approx([20, 10, 10, 20])


def test_an_arrow_has_its_head_at_its_tip() -> None:
    shaft, head = lines(state(Arrow(tail=Point(10, 100), tip=Point(110, 100))))
    assert shaft == [10, 100, 110, 100]
    assert head[2:4] == [110, 100]
    assert head[0] == head[4]
    assert head[0] < 110
    assert head[1] + head[5] == pytest.approx(200)


@pytest.mark.parametrize(
    ("presentation", "expected"),
    [
        (replace(PLAIN, quarter_turns=1), [290, 10, 250, 40]),
        (replace(PLAIN, crop=Area(5, 5, 105, 205)), [5, 5, 35, 45]),
        (PLAIN.flip(FlipReason.FROM_BEHIND), [190, 10, 160, 50]),
    ],
)
def test_places_are_those_of_the_frozen_picture(presentation: Presentation, expected: list[float]) -> None:
    assert lines(state(Distance(start=Point(10, 10), end=Point(40, 50)), presentation=presentation))[0] == expected


def test_what_was_cropped_away_is_not_drawn_into_the_void() -> None:
    made = state(
        Distance(start=Point(150, 250), end=Point(160, 260)),
        Distance(start=Point(50, 50), end=Point(160, 260)),
        presentation=replace(PLAIN, crop=Area(0, 0, 100, 100)),
    )
    assert lines(made)[0] == [50, 50, 160, 260]
    assert len(lines(made)) == 3
    nothing = state(
        Arrow(tail=Point(150, 250), tip=Point(160, 260)), presentation=replace(PLAIN, crop=Area(0, 0, 90, 90))
    )
    assert "GraphicAnnotationSequence" not in nothing
    assert "GraphicLayerSequence" not in nothing


def test_texts_stay_in_the_picture() -> None:
    made = state(TextNote(at=Point(199, 299), text="corner"))
    (item,) = made.GraphicAnnotationSequence[0].TextObjectSequence
    left, top = item.BoundingBoxTopLeftHandCorner
    right, bottom = item.BoundingBoxBottomRightHandCorner
    assert 0 <= left < right <= 200
    assert 0 <= top < bottom <= 300


def test_the_shutter_is_repeated_and_a_simulated_one_says_so() -> None:
    made = state(
        Arrow(tail=Point(1, 1), tip=Point(5, 5)),
        simulated=True,
        presentation=replace(PLAIN, shutter=Area(10, 20, 100, 200)),
    )
    assert (made.ShutterLeftVerticalEdge, made.ShutterLowerHorizontalEdge) == (11, 200)
    assert made.QualityControlImage == "YES"
    assert made.ContentDescription.startswith("SIMULATED")


def test_it_is_the_same_bytes_each_time_and_can_be_written_otherwise() -> None:
    facts = facts_of(CHEST, None, PLATE, presentation=PLAIN)
    first, second = (written(presentation_state(facts, state_of(facts)), EXPLICIT_VR_LITTLE_ENDIAN) for _ in range(2))
    assert first == second
    implicit = dcmread(io.BytesIO(transcode(first, "1.2.840.10008.1.2")))
    assert implicit.ContentLabel == "ANNOTATIONS"
