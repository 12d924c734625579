"""Reading cassettes: what is durable when, and what becomes of reads that end early."""

import io
import subprocess
import sys
from pathlib import Path

import pydicom
import pytest

from fieldstation.domain.errors import Failed, Refused
from fieldstation.domain.exams import ScanState, Verdict
from fieldstation.domain.reasons import READ_AGAIN
from fieldstation.domain.words import Message
from fieldstation.services.boards import ReadProgress, ViewState
from fieldstation.services.darkroom import Darkroom
from tests.support.peers import wait_until
from tests.support.shell import Shell
from tests.support.stations import SETTINGS, begin, cassette, read, station_in

JAMMED = SETTINGS.replace("seconds_per_plate = 0.0", "seconds_per_plate = 0.0\njam_at_line = 40")


def test_a_read_ends_in_a_durable_scan_an_undecided_image_and_an_erased_plate(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        study = begin(station, "hand-pa:R", "chest-pa")
        seen: list[ReadProgress] = []
        image_uid = station.capture.read(cassette(station, study), seen.append)
        with station.store.reading() as questions:
            file = questions.study_file(study)
            plate = questions.cassette("C-1")
            assert questions.exposure_count() == 1
        (scan,) = file.scans
        assert (scan.state, scan.lines) == (ScanState.DURABLE, 96)
        assert len(station.store.files.get(scan.file_id)) == scan.geometry.total_bytes
        assert [image.uid for image in file.images] == [image_uid]
        assert plate is not None
        assert plate.cycles == 1
        assert plate.last_erased_at is not None
        assert [progress.lines for progress in seen][-1] == 96
        assert seen[-1].fraction == 1.0
        assert sum(len(progress.preview) for progress in seen) == seen[-1].preview_rows
        states = [view.state for view in station.desk.study(study).views]
        assert states == [ViewState.UNDECIDED, ViewState.TO_EXPOSE]


def test_a_jam_keeps_the_lines_that_came_and_erases_nothing(tmp_path: Path) -> None:
    with station_in(tmp_path, JAMMED) as station:
        study = begin(station, "hand-pa:R")
        with pytest.raises(Failed) as jam:
            read(station, study)
        assert jam.value.code == "reader.jam"
        with station.store.reading() as questions:
            file = questions.study_file(study)
            plate = questions.cassette("C-1")
        (scan,) = file.scans
        assert (scan.state, scan.lines) == (ScanState.PARTIAL, 40)
        assert len(station.store.files.get_partial(scan.file_id)) == 40 * scan.geometry.line_bytes
        assert plate is not None
        assert plate.last_erased_at is None
        (image,) = file.images
        assert image.findings[0].message == Message("finding.read_in_part", {"lines": 40, "rows": 96})
        assert [view.state for view in station.desk.study(study).views] == [ViewState.PARTIAL]
        shown = station.desk.picture(image.uid).pixels
        assert shown[:40].any()
        assert not shown[40:].any()


def test_a_part_can_be_accepted_and_is_frozen_with_what_came(tmp_path: Path) -> None:
    with station_in(tmp_path, JAMMED) as station:
        study = begin(station, "hand-pa:R")
        with pytest.raises(Failed):
            read(station, study)
        with station.store.reading() as questions:
            (image,) = questions.study_file(study).images
        station.desk.accept(image.uid)
        with pytest.raises(Refused) as taken:
            read(station, study)
        assert taken.value.code == "scan.view_has_image"
        with station.store.reading() as questions:
            frozen = station.store.files.get(questions.instance(image.uid).file_id)
        pixels = pydicom.dcmread(io.BytesIO(frozen)).pixel_array
        assert pixels.shape == (96, 80)
        assert pixels[:40].any()
        assert not pixels[40:].any()


def test_a_view_whose_read_broke_off_is_read_again_and_the_part_is_kept_as_rejected(tmp_path: Path) -> None:
    with station_in(tmp_path, JAMMED) as station:
        study = begin(station, "hand-pa:R")
        with pytest.raises(Failed):
            read(station, study)
    with station_in(tmp_path) as station:
        whole = read(station, study, plate_id="C-2")
        with station.store.reading() as questions:
            part, image = questions.study_file(study).images
        assert (image.uid, image.retake_of) == (whole, part.uid)
        assert (part.verdict, part.reject_reason) == (Verdict.REJECTED, READ_AGAIN)
        assert [view.state for view in station.desk.study(study).views] == [ViewState.UNDECIDED]


def test_where_the_erase_lamp_fails_the_image_is_there_and_the_plate_is_not_marked_erased(tmp_path: Path) -> None:
    dark = SETTINGS.replace("seconds_per_plate = 0.0", "seconds_per_plate = 0.0\nlamp_at_erase = 1")
    with station_in(tmp_path, dark) as station:
        study = begin(station, "hand-pa:R", "chest-pa")
        with pytest.raises(Failed) as failed:
            read(station, study)
        assert (failed.value.code, failed.value.params) == ("reader.lamp", {"plate": "C-1"})
        with station.store.reading() as questions:
            file = questions.study_file(study)
            plate = questions.cassette("C-1")
        assert [scan.state for scan in file.scans] == [ScanState.DURABLE]
        assert len(file.images) == 1
        assert plate is not None
        assert plate.last_erased_at is None
        read(station, study, 2, "C-2")


def test_a_scan_whose_picture_was_never_made_is_developed_not_read_again(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        study = begin(station, "hand-pa:R")
        station.darkroom = Darkroom()
        station.darkroom.close()
        with pytest.raises(Failed):
            read(station, study)
    with station_in(tmp_path) as station:
        with pytest.raises(Refused) as again:
            read(station, study)
        assert again.value.code == "scan.view_has_image"
        with station.store.reading() as questions:
            file = questions.study_file(study)
        assert len(file.scans) == len(file.images) == 1


def test_only_one_process_reads_at_a_time(tmp_path: Path) -> None:
    with station_in(tmp_path) as first:
        study = begin(first, "hand-pa:R")
        program = (
            "import sys\n"
            "from pathlib import Path\n"
            "from fieldstation.store.locks import FolderLock\n"
            "with FolderLock(Path(sys.argv[1]), 'reader', 'other'):\n"
            "    print('held', flush=True)\n"
            "    sys.stdin.read()\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", program, str(first.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == "held\n"
            with pytest.raises(Refused) as held:
                read(first, study)
            assert held.value.code == "lock.held"
            assert held.value.params["pid"] == other.pid
            other.communicate()
        assert read(first, study)


def test_a_read_that_was_killed_is_a_partial_scan_and_the_view_can_be_read_again(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    text = shell.settings.read_text("utf-8")
    shell.settings.write_text(text.replace("seconds_per_plate = 0.0", "seconds_per_plate = 60.0"), "utf-8")
    study = shell.new_study("chest-pa")
    reading = shell.start("study", "scan", study, "--view", "chest-pa", "--cassette", "C-1")
    files = shell.data / "files"
    wait_until(lambda: sum(path.stat().st_size for path in files.rglob("*") if path.is_file()) > 1_000_000, "lines")
    reading.kill()
    reading.communicate()
    (shown,) = shell.json("study", "show", study)["images"]
    assert shown["partial"]
    assert shown["findings"][0]["code"] == "finding.read_in_part"
    with station_in(tmp_path) as station:
        with station.store.reading() as questions:
            (scan,) = questions.study_file(study).scans
            plate = questions.cassette("C-1")
        assert scan.state is ScanState.PARTIAL
        assert scan.lines * scan.geometry.line_bytes >= 950_000
        assert len(station.store.files.get_partial(scan.file_id)) == scan.lines * scan.geometry.line_bytes
        assert plate is not None
        assert plate.last_erased_at is None
        assert read(station, study)


def test_a_file_that_no_row_knows_goes_to_quarantine_and_what_is_known_stays(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        study = begin(station, "hand-pa:R")
        image = read(station, study)
        station.desk.accept(image)
        stray = station.store.files.put(b"nobody knows me").id
        station.capture.recover()
        with pytest.raises(Failed) as missing:
            station.store.files.get(stray)
        assert missing.value.code == "file.missing"
        assert list((station.folder / "quarantine").iterdir())
        with station.store.reading() as questions:
            assert station.store.files.get(questions.instance(image).file_id)
