"""What is said of plates with one thing wrong, and that nothing is said of those that went well."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom.data import get_testdata_file

from fieldstation.cr_reader.simulated.digitise import digitise, response_of
from fieldstation.cr_reader.simulated.mishaps import Edge, Facing, Marker, Mishaps
from fieldstation.cr_reader.simulated.picture import Picture
from fieldstation.cr_reader.simulated.pictures import read_picture
from fieldstation.cr_reader.simulated.plate import Naming, Shot, expose_plate
from fieldstation.cr_reader.simulated.raw_plate import Digital, RawPlate, make_raw_plate
from fieldstation.domain.exams import Finding, Technique
from fieldstation.domain.findings import FINDING_RULES, FindingRule
from fieldstation.domain.signal import PlateGeometry, ResponseKind
from fieldstation.domain.views import Side
from fieldstation.imaging.develop import develop
from fieldstation.services.words import sentence
from tests.support.exposures import catalogue, exposed

AIM = ("finding.on_target", "finding.under", "finding.over", "finding.far_under", "finding.far_over")


def findings_of(
    view: str, plate: RawPlate, side: Side | None = None, rules: dict[str, FindingRule] | None = None
) -> dict[str, Finding]:
    result = develop(
        plate.samples, plate.geometry, plate.response, catalogue().get(view), side, rules or dict(FINDING_RULES)
    )
    return {finding.message.code: finding for finding in result.findings}


def side_of(view: str, seed: int) -> Side | None:
    return (Side.LEFT, Side.RIGHT)[seed % 2] if catalogue().get(view).paired else None


@pytest.mark.parametrize("seed", [101, 102])
@pytest.mark.parametrize("view", ["chest-pa", "leg-ap", "hand-pa", "abdomen-ap", "knee-ap"])
def test_of_a_plate_that_went_well_nothing_is_said(view: str, seed: int) -> None:
    found = findings_of(view, exposed(view, seed, pitch_mm=0.2), side_of(view, seed))
    assert set(found) == {"finding.on_target"}


@pytest.mark.parametrize(
    ("code", "view", "mishaps"),
    [
        ("finding.noisy", "chest-pa", Mishaps(exposure=0.08)),
        ("finding.saturated", "chest-pa", Mishaps(exposure=25.0)),
        ("finding.double_exposure", "leg-ap", Mishaps(double=0.7)),
        ("finding.motion", "chest-pa", Mishaps(motion_mm=5.0)),
        ("finding.motion", "leg-ap", Mishaps(motion_mm=5.0)),
        ("finding.fog", "leg-ap", Mishaps(fog_ugy=2.0)),
        ("finding.grid_cut_off", "abdomen-ap", Mishaps(grid_cut_off=0.75)),
        ("finding.cassette_back", "hand-pa", Mishaps(facing=Facing.AWAY)),
        ("finding.marker_missing", "leg-ap", Mishaps(marker=Marker.MISSING)),
        ("finding.marker_contradicts", "leg-ap", Mishaps(marker=Marker.WRONG)),
        ("finding.reader_lines", "chest-pa", Mishaps(reader_lines=3)),
        ("finding.plate_lines", "chest-pa", Mishaps(plate_lines=6)),
        ("finding.dust", "chest-pa", Mishaps(dust=40)),
        ("finding.turned", "leg-ap", Mishaps(quarter_turns=1)),
        ("finding.turned", "chest-pa", Mishaps(quarter_turns=3)),
        ("finding.collimation_cuts", "leg-ap", Mishaps(opening=0.2)),
    ],
)
def test_what_went_wrong_is_said_in_words_with_value_and_limit(code: str, view: str, mishaps: Mishaps) -> None:
    found = findings_of(view, exposed(view, 103, mishaps, pitch_mm=0.2), side_of(view, 103))
    assert code in found
    params = found[code].message.params
    assert float(params.get("value", params.get("percent", 0))) > FINDING_RULES[code].limit
    assert params["limit"] == FINDING_RULES[code].limit
    assert sentence(found[code].message)


@pytest.mark.parametrize(
    ("taken", "ordered"), [("chest-pa", "hand-pa"), ("leg-ap", "chest-pa"), ("abdomen-ap", "knee-ap")]
)
def test_a_picture_of_something_else_is_said(taken: str, ordered: str) -> None:
    found = findings_of(ordered, exposed(taken, 110))
    assert "finding.other_view" in found
    assert sentence(found["finding.other_view"].message)


@pytest.mark.parametrize(
    ("code", "mishaps"),
    [("finding.plate_lines", Mishaps(plate_lines=6)), ("finding.reader_lines", Mishaps(reader_lines=3))],
)
def test_a_line_is_shown_at_the_same_place_in_every_plate(code: str, mishaps: Mishaps) -> None:
    boxes = []
    for seed, opening in ((111, 1.0), (112, 0.8)):
        ordered, digital = catalogue().get("leg-ap"), Digital(pitch_mm=0.2)
        shot = replace(mishaps, opening=opening)
        plate = make_raw_plate(ordered, Side.LEFT, seed=seed, mishaps=shot, plate_id="P7", digital=digital)
        boxes.append(findings_of("leg-ap", plate, Side.LEFT)[code].box)
    assert boxes[0]
    assert boxes[0] == boxes[1]
    assert min(boxes[0].width, boxes[0].height) < 1.0


def test_a_wrong_marker_is_shown_where_it_lies() -> None:
    plate = exposed("leg-ap", 104, Mishaps(marker=Marker.WRONG), pitch_mm=0.2)
    box = findings_of("leg-ap", plate, Side.LEFT)["finding.marker_contradicts"].box
    assert box
    assert 8 < box.width < 16
    assert 10 < box.height < 20
    letter = plate.samples[
        round(box.top / 0.2) : round((box.top + box.height) / 0.2),
        round(box.left / 0.2) : round((box.left + box.width) / 0.2),
    ]
    assert letter.min() < np.median(plate.samples[500:1800, 600:1100]) - 500


@pytest.mark.parametrize(
    ("code", "mishaps"),
    [
        ("finding.no_collimation", Mishaps(open_edges=frozenset(Edge))),
        ("finding.clipped", Mishaps(right_mm=70.0, down_mm=25.0)),
    ],
)
def test_what_ships_switched_off_can_be_switched_on(code: str, mishaps: Mishaps) -> None:
    plate = exposed("chest-pa", 105, mishaps)
    assert code not in findings_of("chest-pa", plate)
    rules = {code: FindingRule(shown=True, limit=FINDING_RULES[code].limit)}
    found = findings_of("chest-pa", plate, rules=rules)
    assert code in found
    assert sentence(found[code].message)


def test_a_finding_can_be_switched_off_and_its_limit_set() -> None:
    plate = exposed("leg-ap", 106, Mishaps(fog_ugy=2.0))
    off = {**FINDING_RULES, "finding.fog": FindingRule(shown=False, limit=0.12)}
    high = {**FINDING_RULES, "finding.fog": FindingRule(shown=True, limit=50.0)}
    assert "finding.fog" not in findings_of("leg-ap", plate, rules=off)
    assert "finding.fog" not in findings_of("leg-ap", plate, rules=high)


def test_the_limits_of_di_can_be_set() -> None:
    plate = exposed("leg-ap", 107, Mishaps(exposure=1.6))
    wide = {**FINDING_RULES, "finding.over": FindingRule(shown=True, limit=2.9)}
    assert "finding.over" in findings_of("leg-ap", plate)
    assert "finding.on_target" in findings_of("leg-ap", plate, rules=wide)


def test_that_there_is_no_image_or_all_is_right_can_be_switched_off_and_its_limit_set() -> None:
    empty, plate = exposed("leg-ap", 107, Mishaps(exposure=1e-5)), exposed("leg-ap", 107)
    for code, said_of, unsaid_limit in (("finding.no_image", empty, 1e-4), ("finding.on_target", plate, 0.0)):
        assert code in findings_of("leg-ap", said_of)
        for rule in (FindingRule(shown=False, limit=1.0), FindingRule(shown=True, limit=unsaid_limit)):
            assert code not in findings_of("leg-ap", said_of, rules={**FINDING_RULES, code: rule})
    faint = {**FINDING_RULES, "finding.no_image": FindingRule(shown=True, limit=1000.0)}
    assert "finding.no_image" in findings_of("leg-ap", plate, rules=faint)


@pytest.mark.parametrize("kind", list(ResponseKind))
@pytest.mark.parametrize(
    ("name", "view", "side"), [("RG1_UNCR.dcm", "chest-pa", None), ("RG3_UNCR.dcm", "leg-ap", Side.RIGHT)]
)
def test_the_real_radiographs_as_they_are_raise_no_alarm(
    name: str, view: str, side: Side | None, kind: ResponseKind
) -> None:
    path = get_testdata_file(name)
    picture = read_picture(Path(str(path)))
    if name.startswith("RG3"):
        picture = Picture(density=np.ascontiguousarray(picture.density[:, ::-1]))
    shot = Shot(view=catalogue().get(view), side=side, technique=Technique(), picture=picture)
    plate = expose_plate(shot, Naming(shot="real", plate="P", reader="R"), 0.2)
    layout, response = plate.layout, response_of(kind, 12)
    raw = digitise(plate.kerma(0, layout.rows), response, 12)
    geometry = PlateGeometry(rows=layout.rows, columns=layout.columns, pitch_mm=layout.pitch_mm, bits=12)
    result = develop(raw, geometry, response, catalogue().get(view), side)
    assert {finding.message.code for finding in result.findings} - set(AIM) == set()
    assert result.deviation_index == pytest.approx(0, abs=1.2)
