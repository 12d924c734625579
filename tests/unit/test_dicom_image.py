"""The CR image object: what its header says, how pixels are written, and what is refused rather than cut."""

import io
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.dataset import Dataset

from fieldstation import __version__
from fieldstation.assets import MARKER_FONT, asset
from fieldstation.catalogue import load_catalogue
from fieldstation.dicom import text
from fieldstation.dicom.cr_image import cr_image
from fieldstation.dicom.encode import decode, encode
from fieldstation.dicom.facts import CRImageFacts
from fieldstation.dicom.uids import IMPLEMENTATION_CLASS_UID, JPEG_LS_LOSSLESS
from fieldstation.domain.annotations import Area, FlipReason, Point, SideMarker
from fieldstation.domain.errors import Refused
from fieldstation.domain.exams import Presentation, Technique
from fieldstation.domain.views import Side
from fieldstation.imaging.shown import as_shown
from fieldstation.services.words import apology
from tests.support.facts import facts_of
from tests.support.plates import geometry

CATALOGUE = load_catalogue()
CHEST, HAND = CATALOGUE.get("chest-pa"), CATALOGUE.get("hand-pa")
PIXELS: npt.NDArray[np.uint16] = np.random.default_rng(7).integers(0, 4096, (30, 20)).astype(np.uint16)
LARGE: npt.NDArray[np.uint16] = np.random.default_rng(8).integers(0, 4096, (300, 200)).astype(np.uint16)
PLATE = geometry(PIXELS, pitch_mm=0.1)


def written(facts: CRImageFacts, pixels: npt.NDArray[np.uint16] = PIXELS) -> Dataset:
    shown = as_shown(pixels, facts.image.presentation, facts.scan.geometry.pitch_mm, asset(MARKER_FONT))
    return dcmread(io.BytesIO(encode(cr_image(facts, shown, "Fieldstation tone 1"))))


def chest(technique: Technique | None = None, presentation: Presentation | None = None) -> CRImageFacts:
    return facts_of(CHEST, None, PLATE, technique=technique, presentation=presentation)


def test_the_header_says_what_is_known() -> None:
    header = written(facts_of(HAND, Side.LEFT, PLATE))
    said = {
        "Modality": "CR",
        "BodyPartExamined": "HAND",
        "ViewPosition": "PA",
        "ImageLaterality": "L",
        "PatientID": "P-0001",
        "IssuerOfPatientID": "EXAMPLE",
        "PatientBirthDate": "19430201",
        "PatientSex": "F",
        "AccessionNumber": "A-1001",
        "StudyID": "12",
        "StudyDate": "20260304",
        "StudyTime": "235000.000000",
        "AcquisitionDate": "20260304",
        "AcquisitionTime": "235100.000000",
        "ContentTime": "235200.000000",
        "TimezoneOffsetFromUTC": "+0100",
        "SpecificCharacterSet": "ISO_IR 192",
        "ReferringPhysicianName": "REFERRER^SAM",
        "OperatorsName": "TECHNOLOGIST^T",
        "InstitutionName": "Example Mobile Imaging",
        "StationName": "VAN7",
        "CurrentPatientLocation": "Room 214",
        "PlateID": "C-0142",
        "CassetteSize": "24CMX30CM",
        "CassetteOrientation": "PORTRAIT",
        "ImagerPixelSpacing": [0.1, 0.1],
        "KVP": 54,
        "DistanceSourceToDetector": 1100,
        "Grid": "NONE",
        "ExposureIndex": 274.3,
        "TargetExposureIndex": 500,
        "DeviationIndex": 0.4,
        "AcquisitionDeviceProcessingDescription": "Fieldstation tone 1, extremity (hand-pa)",
        "PhotometricInterpretation": "MONOCHROME2",
        "PresentationLUTShape": "IDENTITY",
        "BitsStored": 12,
        "WindowCenter": 2048,
        "WindowWidth": 3000,
        "BurnedInAnnotation": "NO",
        "LossyImageCompression": "00",
        "QualityControlImage": "NO",
        "SoftwareVersions": ["2.0", f"Fieldstation {__version__}"],
    }
    assert {keyword: getattr(header, keyword) for keyword in said} == said
    assert str(header.PatientName) == "TESTCASE^ÄNNE"
    assert header.AnatomicRegionSequence[0].CodeValue == HAND.anatomic_region.value
    assert header.ViewCodeSequence[0].CodeValue == HAND.view_code.value
    assert header.RequestAttributesSequence[0].RequestedProcedureID == "RP-1"
    assert "ImageComments" not in header


def test_a_simulated_image_says_so() -> None:
    header = written(facts_of(CHEST, None, PLATE, simulated=True))
    assert header.QualityControlImage == "YES"
    assert header.ImageComments.startswith("SIMULATED")


def test_an_unpaired_part_is_said_to_be_one() -> None:
    assert written(chest()).ImageLaterality == "U"


@pytest.mark.parametrize(("mas", "whole", "micro"), [(3.2, None, 3200), (4.0, 4, 4000), (0.25, None, 250)])
def test_mas_is_never_rounded(mas: float, whole: int | None, micro: int) -> None:
    header = written(chest(Technique(mas=mas)))
    assert header.get("Exposure") == whole
    assert header.ExposureInuAs == micro


def test_what_was_not_noted_is_not_said() -> None:
    header = written(chest(Technique()))
    for keyword in ("KVP", "Exposure", "ExposureInuAs", "DistanceSourceToDetector", "Grid"):
        assert keyword not in header


def test_without_an_index_there_is_only_the_target() -> None:
    facts = chest()
    unexposed = replace(facts, image=replace(facts.image, exposure_index=None, deviation_index=None))
    header = written(unexposed)
    assert header.TargetExposureIndex == 250
    assert "ExposureIndex" not in header
    assert "DeviationIndex" not in header


@pytest.mark.parametrize("minutes", [-570, 0, 345])
def test_every_time_is_exact_whatever_the_offset(minutes: int) -> None:
    header = written(replace(chest(), utc_offset_minutes=minutes))
    assert header.TimezoneOffsetFromUTC == {-570: "-0930", 0: "+0000", 345: "+0545"}[minutes]
    assert header.StudyDate == ("20260304" if minutes <= 0 else "20260305")


@given(turns=st.integers(-5, 9))
def test_turns_are_done_to_the_pixels(turns: int) -> None:
    presentation = Presentation(window_center=2048, window_width=3000, quarter_turns=turns)
    header = written(chest(presentation=presentation))
    expected = PIXELS
    for _ in range(turns % 4):
        expected = expected[::-1].T
    assert np.array_equal(header.pixel_array, expected)
    assert (header.Rows, header.Columns) == expected.shape


def test_an_inverted_picture_looks_inverted_in_any_viewer() -> None:
    plain = Presentation(window_center=1000, window_width=601)
    upright = written(chest(presentation=plain))
    inverted = written(chest(presentation=replace(plain, inverted=True)))
    assert np.array_equal(inverted.pixel_array, 4095 - PIXELS)

    def grey(header: Dataset) -> npt.NDArray[np.float64]:
        """PS3.3 C.11.2.1.2, linear."""
        x = header.pixel_array.astype(float)
        center, width = float(header.WindowCenter), float(header.WindowWidth)
        return np.clip((x - (center - 0.5)) / (width - 1) + 0.5, 0, 1)

    assert np.allclose(grey(inverted), 1 - grey(upright))


def test_what_was_put_on_the_picture_is_said_in_words() -> None:
    plain = Presentation(window_center=1000, window_width=601)
    assert "ImageComments" not in written(chest(presentation=plain))
    put = replace(
        plain.flip(FlipReason.LOADED_REVERSED),
        markers=(SideMarker(side=Side.LEFT, at=Point(100, 150), initials="JD"),),
    )
    facts = facts_of(CHEST, None, geometry(LARGE, pitch_mm=0.2), presentation=put, simulated=True)
    header = written(facts, LARGE)
    assert header.ImageComments.split("\r\n") == [
        "SIMULATED IMAGE, NOT OF A PATIENT, NOT FOR DIAGNOSIS",
        "FLIPPED: Plate loaded the wrong way round",
        "Digital side marker, placed by hand: L (JD)",
    ]
    assert header.BurnedInAnnotation == "NO"


def test_a_shutter_is_said_in_rows_and_columns_of_the_turned_and_cropped_picture() -> None:
    plain = Presentation(window_center=1000, window_width=601, crop=Area(2, 4, 20, 28), shutter=Area(0, 6, 18, 30))
    header = written(chest(presentation=plain))
    assert (header.Rows, header.Columns) == (24, 18)
    edges = ("LeftVertical", "RightVertical", "UpperHorizontal", "LowerHorizontal")
    assert [header[f"Shutter{edge}Edge"].value for edge in edges] == [1, 16, 3, 24]
    assert (header.ShutterShape, header.ShutterPresentationValue) == ("RECTANGULAR", 0)
    turned = written(chest(presentation=replace(plain, quarter_turns=1)))
    assert (turned.Rows, turned.Columns) == (18, 24)
    assert [turned[f"Shutter{edge}Edge"].value for edge in edges] == [1, 22, 1, 16]
    assert "ShutterShape" not in written(chest())


def test_the_same_facts_give_the_same_bytes_and_every_pixel_comes_back() -> None:
    first, second = (encode(cr_image(chest(), PIXELS, "p")) for _ in range(2))
    assert first == second
    assert first[:132] == bytes(128) + b"DICM"
    assert np.array_equal(decode(first), PIXELS)
    meta = dcmread(io.BytesIO(first)).file_meta
    assert meta.TransferSyntaxUID == JPEG_LS_LOSSLESS
    assert meta.ImplementationClassUID == IMPLEMENTATION_CLASS_UID


@given(rows=st.integers(1, 300), columns=st.integers(256, 300), seed=st.integers(0, 99))
def test_any_size_survives(rows: int, columns: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 4096, (rows, columns)).astype(np.uint16)
    assert np.array_equal(decode(encode(cr_image(facts_of(CHEST, None, geometry(pixels)), pixels, "p"))), pixels)


def test_a_picture_of_a_few_pixels_is_refused_clearly() -> None:
    tiny = PIXELS[:5, :5]
    with pytest.raises(Refused, match=r"instance\.too_small") as caught:
        encode(cr_image(facts_of(CHEST, None, geometry(tiny)), tiny, "p"))
    assert "5 × 5" in apology(caught.value)


def too_long(facts: CRImageFacts) -> list[CRImageFacts]:
    study, exposure = facts.study, facts.exposure
    return [
        replace(facts, study=replace(study, patient_id="P" * 65)),
        replace(facts, study=replace(study, patient_name="A" * 65)),
        replace(facts, study=replace(study, accession="A" * 17)),
        replace(facts, study=replace(study, referring_physician="A" * 65)),
        replace(facts, exposure=replace(exposure, plate_id="C" * 65)),
        replace(facts, room="R" * 65),
    ]


@pytest.mark.parametrize("facts", too_long(chest()), ids=range(6))
def test_what_is_too_long_is_refused_and_never_cut(facts: CRImageFacts) -> None:
    with pytest.raises(Refused, match=r"instance\.too_long") as caught:
        cr_image(facts, PIXELS, "p")
    assert str(caught.value.params["limit"]) in apology(caught.value)


@pytest.mark.parametrize("name", ["A\\B", "A\nB", "A^B^C^D^E^F", "A=B=C=D"])
def test_a_name_that_dicom_cannot_hold_is_refused_without_being_repeated(name: str) -> None:
    facts = chest()
    with pytest.raises(Refused, match=r"instance\.bad_text") as caught:
        cr_image(replace(facts, study=replace(facts.study, patient_name=name)), PIXELS, "p")
    assert name not in apology(caught.value)


@pytest.mark.parametrize("value", ["8:1", "", "A" * 17, "low"])
def test_a_code_string_is_checked(value: str) -> None:
    with pytest.raises(Refused, match=r"instance\.bad_text"):
        text.code_string("Grid", value)


@pytest.mark.parametrize(
    ("value", "places", "expected"), [(0.1, 6, "0.1"), (1100, 1, "1100"), (-0.004, 2, "0"), (274.26, 1, "274.3")]
)
def test_decimal_strings(value: float, places: int, expected: str) -> None:
    assert text.decimal(value, places) == expected
