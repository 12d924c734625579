"""Taking images out of the program: the very bytes, pictures, and a folder that other programs read."""

import re
import resource
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.fileset import FileSet

from fieldstation.bootstrap.station import Station
from fieldstation.dicom.encode import decode
from fieldstation.domain.annotations import Point, TextNote
from fieldstation.domain.errors import Failed, Refused, WrongUse
from fieldstation.services.export import ExportForm, ExportWish
from tests.integration.test_conformance_dciodvfy import errors, remarks
from tests.support.peers import require_peer
from tests.support.stations import begin, read, station_in

MEDIUM = ExportWish(form=ExportForm.DICOMDIR)
Accepted = tuple[str, list[str]]
TOP = ["DICOM", "DICOMDIR", "IHE_PDI", "INDEX.HTM", "README.TXT"]


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    with station_in(tmp_path_factory.mktemp("station")) as opened:
        yield opened


@pytest.fixture(scope="module")
def accepted(station: Station) -> Accepted:
    """A study of two accepted images, the first with an annotation."""
    study = begin(station, "hand-pa:R", "hand-pa:L")
    images = [read(station, study, 1, "C-1"), read(station, study, 2, "C-2")]
    presentation = station.desk.picture(images[0]).detail.presentation
    noted = type(presentation)(
        window_center=presentation.window_center,
        window_width=presentation.window_width,
        annotations=(TextNote(at=Point(20, 30), text="Sitzend"),),
    )
    station.desk.set_presentation(images[0], noted)
    for image in images:
        station.desk.accept(image)
    return study, images


def frozen(station: Station, study: str) -> dict[str, bytes]:
    with station.store.reading() as questions:
        instances = questions.study_file(study).instances
    return {one.sop_instance_uid: station.store.files.get(one.file_id) for one in instances}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_dicom_files_are_the_very_bytes_and_one_image_is_one_with_its_annotations(
    station: Station, accepted: Accepted, tmp_path: Path
) -> None:
    study, images = accepted
    files = station.desk.export(study, tmp_path / "all", ExportWish())
    assert {file.stem: file.read_bytes() for file in files} == frozen(station, study)
    assert names(tmp_path / "all") == sorted(file.name for file in files)
    (only,) = station.desk.export(study, tmp_path / "one", ExportWish(image_uid=images[1]))
    assert only.stem == images[1]
    assert len(station.desk.export(study, tmp_path / "noted", ExportWish(image_uid=images[0]))) == 2


@pytest.mark.parametrize(("form", "suffix"), [(ExportForm.PNG, "png"), (ExportForm.JPEG, "jpg")])
def test_pictures_are_the_frozen_ones_with_and_without_a_banner(
    station: Station, accepted: Accepted, tmp_path: Path, form: ExportForm, suffix: str
) -> None:
    study, images = accepted
    plain = station.desk.export(study, tmp_path / "plain", ExportWish(form=form))
    assert [file.name for file in plain] == [f"{image}.{suffix}" for image in images]
    named = station.desk.export(study, tmp_path / "named", ExportWish(form=form, banner=True))
    assert [file.name for file in named] == [f"{image}-named.{suffix}" for image in images]
    sizes = [[Image.open(BytesIO(file.read_bytes())).size for file in files] for files in (plain, named)]
    assert sizes[0] == [(80, 96), (80, 96)]
    assert all(height > 96 for _, height in sizes[1])
    with pytest.raises(WrongUse, match=r"export\.banner"):
        station.desk.export(study, tmp_path / "x", ExportWish(banner=True))
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    "wish", [ExportWish(), ExportWish(form=ExportForm.PNG), ExportWish(form=ExportForm.JPEG, banner=True)]
)
def test_nothing_that_is_there_is_replaced(
    station: Station, accepted: Accepted, tmp_path: Path, wish: ExportWish
) -> None:
    study, _ = accepted
    first = station.desk.export(study, tmp_path, wish)
    first[0].write_bytes(b"mine")
    second, third = (station.desk.export(study, tmp_path, wish) for _ in range(2))
    assert first[0].read_bytes() == b"mine"
    assert [file.stem for file in second] == [f"{file.stem}-2" for file in first]
    assert [file.stem for file in third] == [f"{file.stem}-3" for file in first]
    assert names(tmp_path) == sorted(file.name for file in (*first, *second, *third))


def test_what_is_not_accepted_is_not_exported(station: Station, tmp_path: Path) -> None:
    study = begin(station, "hand-pa:R", "hand-pa:L", accession="A-2")
    image = read(station, study, 1, "C-3")
    with pytest.raises(Refused, match=r"send\.nothing_accepted"):
        station.desk.export(study, tmp_path / "out", MEDIUM)
    station.desk.accept(image)
    other = read(station, study, 2, "C-4")
    with pytest.raises(Refused, match=r"export\.not_accepted"):
        station.desk.export(study, tmp_path / "out", ExportWish(form=ExportForm.PNG, image_uid=other))
    assert not (tmp_path / "out").exists()


def test_a_medium_is_read_back_with_every_pixel_and_every_attribute(
    station: Station, accepted: Accepted, tmp_path: Path
) -> None:
    study, _ = accepted
    stick = tmp_path / "stick"
    files = station.desk.export(study, stick, MEDIUM)
    assert names(stick) == TOP
    assert sorted(file for file in files) == sorted(path for path in stick.rglob("*") if path.is_file())
    originals = frozen(station, study)
    file_set = FileSet(stick / "DICOMDIR")
    assert len(file_set) == len(originals) == 3
    for one in file_set:
        there, original = one.load(), dcmread(BytesIO(originals[one.SOPInstanceUID]))
        assert there.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
        if "PixelData" in original:
            assert np.array_equal(there.pixel_array, decode(originals[one.SOPInstanceUID]))
            del there.PixelData, original.PixelData
        assert there == original
    file_set._stage["t"].cleanup()


def test_a_medium_is_what_pdi_asks_for(station: Station, accepted: Accepted, tmp_path: Path) -> None:
    study, _ = accepted
    station.desk.export(study, tmp_path / "stick", MEDIUM)
    for path in (tmp_path / "stick").rglob("*"):
        assert re.fullmatch(r"[A-Z0-9_]{1,8}(\.(TXT|HTM|JPG))?", path.name)
    readme = (tmp_path / "stick" / "README.TXT").read_bytes()
    assert readme.isascii()
    assert readme.count(b"\n") == readme.count(b"\r\n") > 5
    assert b"TEST" not in readme
    index = (tmp_path / "stick" / "INDEX.HTM").read_text("utf-8")
    for picture in re.findall(r'src="([^"]+)"', index):
        assert Image.open(BytesIO((tmp_path / "stick" / picture).read_bytes())).format == "JPEG"
    assert "Hand PA, right" in index


def test_other_programs_find_nothing_wrong_with_a_medium(station: Station, accepted: Accepted, tmp_path: Path) -> None:
    study, _ = accepted
    stick = tmp_path / "stick"
    station.desk.export(study, stick, MEDIUM)
    lines = remarks("dciodvfy", stick / "DICOMDIR")
    assert "BasicDirectory" in lines
    assert [line for line in errors(lines) if line != "BasicDirectory"] == []
    instances = sorted((stick / "DICOM").iterdir())
    for instance in instances:
        assert errors(remarks("dciodvfy", instance)) == []
    assert remarks("dcentvfy", *instances) == []
    # DCMTK reads our directory, checks each file by the profile, and finds each one listed already.
    said = subprocess.run(
        [require_peer("dcmmkdir"), "-v", "-Pgp", "--append", "+r", "+id", stick, "+D", stick / "DICOMDIR", "DICOM"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stderr
    assert said.count("W: ") == said.count("directory record for this SOP instance already exists") == 3
    assert "E: " not in said


def test_a_medium_is_not_put_beside_another(station: Station, accepted: Accepted, tmp_path: Path) -> None:
    study, _ = accepted
    stick = tmp_path / "stick"
    stick.mkdir()
    (stick / "holiday.jpg").write_bytes(b"mine")
    station.desk.export(study, stick, MEDIUM)
    before = {path: path.read_bytes() for path in stick.rglob("*") if path.is_file()}
    with pytest.raises(Refused, match=r"export\.occupied") as refused:
        station.desk.export(study, stick, MEDIUM)
    assert refused.value.params["name"] == "DICOM"
    assert {path: path.read_bytes() for path in stick.rglob("*") if path.is_file()} == before
    assert names(stick) == [*TOP, "holiday.jpg"]


@pytest.mark.parametrize("wish", [MEDIUM, ExportWish(), ExportWish(form=ExportForm.PNG)], ids=lambda wish: wish.form)
def test_a_full_medium_is_said_and_nothing_half_is_left(
    station: Station, accepted: Accepted, tmp_path: Path, wish: ExportWish
) -> None:
    study, _ = accepted
    station.exporting.export(study, tmp_path / "warm", wish)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(Failed, match=r"disk\.cannot_write"):
            station.desk.export(study, tmp_path / "full", wish)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert names(tmp_path / "full") == []


@pytest.mark.parametrize("wish", [ExportWish(), ExportWish(form=ExportForm.PNG)], ids=lambda wish: wish.form)
def test_where_one_file_cannot_be_written_those_before_it_go_again(
    station: Station, accepted: Accepted, tmp_path: Path, wish: ExportWish
) -> None:
    study, images = accepted
    suffix = "dcm" if wish.form is ExportForm.DICOM else "png"
    (tmp_path / f"{images[0]}.{suffix}").write_bytes(b"mine")
    in_the_way = tmp_path / f".{images[1]}.{suffix}.part"
    in_the_way.mkdir()
    with pytest.raises(Failed, match=r"disk\.cannot_write"):
        station.desk.export(study, tmp_path, wish)
    assert names(tmp_path) == sorted((in_the_way.name, f"{images[0]}.{suffix}"))


def test_a_folder_that_cannot_be_is_said(station: Station, accepted: Accepted, tmp_path: Path) -> None:
    study, _ = accepted
    (tmp_path / "file").write_bytes(b"")
    for wish in (MEDIUM, ExportWish()):
        with pytest.raises(Failed, match=r"disk\.cannot_write"):
            station.desk.export(study, tmp_path / "file" / "below", wish)
    assert (tmp_path / "file").read_bytes() == b""
