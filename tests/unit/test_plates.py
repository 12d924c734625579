"""What is known of a plate, what its signal has lost, and which view a scan belongs to."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fieldstation.domain.errors import WrongUse
from fieldstation.domain.exams import Box, Cassette, Finding, Image, ScanState, Severity, StudyFile
from fieldstation.domain.plates import GoingOn, PlateLabels, PlateState, signal_left
from fieldstation.domain.words import Message
from fieldstation.services.board_plates import fading
from fieldstation.services.matching import match
from fieldstation.services.plate_record import Binding, LastRead, PlateRecord, recurring_in_reader
from fieldstation.services.words import sentence
from tests.support.stores import NOW, a_scan, a_series, a_study, a_view, an_exposure, an_image

DAY = timedelta(hours=24)


@pytest.mark.parametrize(("hours", "left"), [(0, 1.0), (1, 0.92), (24, 0.84)])
def test_a_latent_image_fades_by_8_percent_in_an_hour_and_16_in_a_day(hours: float, left: float) -> None:
    assert signal_left(hours) == pytest.approx(left, abs=0.002)


def test_nothing_is_left_to_fade_before_exposure_or_below_nothing() -> None:
    assert signal_left(1e12) >= 0
    assert fading(NOW + timedelta(hours=1), NOW).params == {"waited": "0 min", "percent": 0}


def test_the_sentence_says_how_long_it_waited_and_what_that_cost() -> None:
    said = sentence(fading(NOW - timedelta(hours=1), NOW))
    assert said == "Exposed 1 h 00 min ago; about 8 % of its signal has faded."


def record(**fields: object) -> PlateRecord:
    cassette = Cassette(plate_id="P1", size="18CMX24CM", last_erased_at=NOW - timedelta(hours=1))
    return PlateRecord(**({"cassette": cassette} | fields))  # type: ignore[arg-type]


def binding(**fields: object) -> Binding:
    study = a_study()
    return Binding(study=study, view=replace(a_view(study), plate_id="P1", **fields))  # type: ignore[arg-type]


def test_a_plate_has_the_state_of_what_happened_to_it_last() -> None:
    read = LastRead(view_id="v", state=ScanState.DURABLE, at=NOW)
    assert record().state(NOW, DAY) is PlateState.ERASED
    assert record().state(NOW + DAY, DAY) is PlateState.ERASE_DUE
    assert record(bindings=(binding(),)).state(NOW, DAY) is PlateState.PACKED
    assert record(bindings=(binding(exposed_at=NOW),)).state(NOW, DAY) is PlateState.EXPOSED
    assert record(last_read=read).state(NOW, DAY) is PlateState.READ
    erased_since = Cassette(plate_id="P1", size="18CMX24CM", last_erased_at=NOW)
    assert record(last_read=read, cassette=erased_since).state(NOW, DAY) is PlateState.ERASED
    never = Cassette(plate_id="P1", size="18CMX24CM")
    assert record(cassette=never).state(NOW, DAY) is PlateState.ERASE_DUE


def with_finding(number: int, code: str, box: Box | None, plate_id: str = "P1") -> tuple[StudyFile, Image]:
    study = a_study(number)
    view = a_view(study)
    exposure = an_exposure(view, plate_id=plate_id)
    scan = a_scan(exposure, f"file-{number}")
    finding = Finding(message=Message(code), severity=Severity.CAUTION, box=box)
    made = an_image(
        study,
        a_series(study, f"2.25.9{number}"),
        view,
        scan,
        f"2.25.{number}",
        findings=(finding,),
        created_at=NOW + timedelta(minutes=number),
    )
    return StudyFile(study=study, views=(view,), exposures=(exposure,), scans=(scan,), images=(made,)), made


def test_dust_at_one_place_in_three_of_five_images_points_at_the_plate_until_it_is_cleaned() -> None:
    here, there = Box(100, 50, 2, 2), Box(20, 200, 2, 2)
    images = [with_finding(n, "finding.dust", box)[1] for n, box in enumerate((here, there, here, here, there))]
    (notice,) = record(images=tuple(images)).recurring()
    assert notice == Message("plate.dust_recurs", {"plate": "P1", "count": 3, "of": 5})
    assert "clean it" in sentence(notice)
    cleaned = Cassette(plate_id="P1", size="18CMX24CM", last_cleaned_at=NOW + timedelta(minutes=2))
    assert record(images=tuple(images), cassette=cleaned).recurring() == ()


def test_lines_at_one_place_of_one_plate_point_at_that_plate() -> None:
    here = Box(40, 0, 0.2, 240)
    images = [with_finding(n, "finding.plate_lines", replace(here, left=40 + n))[1] for n in range(3)]
    (notice,) = record(images=tuple(images)).recurring()
    assert notice == Message("plate.lines_recur", {"plate": "P1", "count": 3, "of": 3})
    assert sentence(notice)
    wandering = [with_finding(n, "finding.plate_lines", replace(here, left=40 + 20 * n))[1] for n in range(3)]
    assert record(images=tuple(wandering)).recurring() == ()


def test_dust_at_other_places_each_time_is_the_patients() -> None:
    images = [with_finding(n, "finding.dust", Box(30.0 * n, 50, 2, 2))[1] for n in range(5)]
    assert record(images=tuple(images)).recurring() == ()


def test_lines_on_several_plates_point_at_the_reader_and_on_one_plate_do_not() -> None:
    box = Box(40, 0, 0.2, 240)
    several = [with_finding(n, "finding.reader_lines", box, f"P{n}")[0] for n in range(3)]
    one = [with_finding(n, "finding.reader_lines", box, "P1")[0] for n in range(3)]
    assert recurring_in_reader(several) == Message("reader.lines_recur", {"count": 3, "of": 3})
    assert recurring_in_reader(one) is None


def exposed(nth: int, plate_id: str) -> StudyFile:
    study = a_study(nth)
    return StudyFile(study=study, views=(replace(a_view(study), plate_id=plate_id, exposed_at=NOW),))


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        (PlateLabels(plate_id="P1"), "ACC1"),
        (PlateLabels(accession="ACC2", patient_id="PID2"), "ACC2"),
        (PlateLabels(plate_id="P1", accession="ACC1"), "ACC1"),
        (PlateLabels(plate_id="P1", accession="ACC2"), "unassigned.no_match"),
        (PlateLabels(plate_id="P9", accession="ACC1", patient_id="PID1"), "unassigned.no_match"),
        (PlateLabels(plate_id="P9"), "unassigned.no_match"),
        (PlateLabels(accession="ACC1"), "unassigned.no_label"),
        (PlateLabels(patient_id="PID1"), "unassigned.no_label"),
        (PlateLabels(), "unassigned.no_label"),
        (PlateLabels(plate_id="P3"), "unassigned.several"),
        (PlateLabels(plate_id="P3", accession="ACC4"), "ACC4"),
        (PlateLabels(accession="ACC1", patient_id="PID2"), "unassigned.no_match"),
    ],
)
def test_a_scan_belongs_where_everything_it_says_fits_exactly_one_exposed_plate(
    labels: PlateLabels, found: str
) -> None:
    files = [exposed(1, "P1"), exposed(2, "P2"), exposed(3, "P3"), exposed(4, "P3")]
    matched = match(labels, files)
    assert found == (matched.code if isinstance(matched, Message) else matched.study.accession)


def test_a_packed_plate_and_one_that_was_read_match_nothing() -> None:
    study = a_study()
    packed = StudyFile(study=study, views=(replace(a_view(study), plate_id="P1"),))
    read = exposed(2, "P2")
    exposure = replace(an_exposure(read.views[0], plate_id="P2"), exposed_at=NOW)
    for plate_id, file in (("P1", packed), ("P2", replace(read, exposures=(exposure,)))):
        assert match(PlateLabels(plate_id=plate_id), [file]) == Message("unassigned.no_match")


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201, "a\nb"])
def test_going_on_takes_a_reason(reason: str) -> None:
    with pytest.raises(WrongUse) as raised:
        GoingOn(reason)
    assert raised.value.code == "plate.no_reason"
