"""A console's push all the way: from DCMTK's senders to a view with a picture, or to the tray, or refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from fieldstation.bootstrap.station import Station
from fieldstation.cr_reader.conformance.pushing import image
from fieldstation.cr_reader.inbox.reader import InboxReader
from fieldstation.domain.exams import Technique
from fieldstation.domain.plates import UnassignedScan
from fieldstation.services.board_study import image_detail
from fieldstation.services.boards import ViewState
from tests.support.peers import dcmtk_push, wait_until
from tests.support.stations import SETTINGS, begin, station_in


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    """Listens for the console, and takes what it pushes by itself."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    table = f"""[reader]
driver = "dicom"

[reader.dicom]
folder = "{inbox.as_posix()}"
port = 0
peers = ["CONSOLE@127.0.0.1"]"""
    settings = SETTINGS.replace("[reader.simulated]\nseconds_per_plate = 0.0", table)
    with station_in(tmp_path, settings) as made:
        assert made.desk.status().all_safe
        yield made


def inbox_of(station: Station) -> InboxReader:
    reader = station.bench.reader
    assert isinstance(reader, InboxReader)
    return reader


def send(station: Station, program: str, dataset: Dataset, cut: int = 0) -> int:
    """The exit code; ``cut`` bytes are missing at the end of what is sent."""
    file = station.folder / f"{dataset.SOPInstanceUID}.dcm"
    dataset.save_as(file, enforce_file_format=True)
    if cut:
        file.write_bytes(file.read_bytes()[:-cut])
    return dcmtk_push(program, inbox_of(station).inbox.port, str(file))


def exposed(station: Station, plate_id: str) -> str:
    study = begin(station, "hand-pa:R")
    station.plates.expose(station.desk.study(study).views[0].view_id, plate_id, station.clock.now())
    return study


def read(station: Station, study: str) -> None:
    wait_until(lambda: station.desk.study(study).views[0].state is ViewState.UNDECIDED, "the view's picture")


def unassigned(station: Station) -> UnassignedScan:
    wait_until(lambda: len(station.desk.unassigned().waiting) == 1, "a scan in the tray")
    with station.store.reading() as questions:
        return questions.unassigned_scan(station.desk.unassigned().waiting[0].scan_id)


@pytest.mark.parametrize("program", ["storescu", "dcmsend"])
def test_a_pushed_plate_becomes_the_picture_of_its_view_with_its_technique(program: str, station: Station) -> None:
    study = exposed(station, "C-1")
    pushed = image("C-1")
    pushed.PatientID = "P-1"
    pushed.KVP, pushed.ExposureInuAs, pushed.Exposure, pushed.DistanceSourceToDetector = "81.5", 3200, 3, "1100"
    assert send(station, program, pushed) == 0
    read(station, study)
    (view,) = station.desk.study(study).views
    assert view.image_uid is not None
    assert image_detail(station.store, view.image_uid).technique == Technique(kvp=81.5, mas=3.2, sid_mm=1100)


@pytest.mark.parametrize("program", ["storescu", "dcmsend"])
def test_what_is_cut_huge_or_hostile_reaches_no_view_and_the_next_plate_does(program: str, station: Station) -> None:
    study = exposed(station, "C-1")
    send(station, program, image("C-1"), cut=50_000)
    huge = image("C-1")
    huge.Rows = huge.Columns = 65535
    send(station, program, huge)
    wait_until(lambda: inbox_of(station).inbox.unusable() >= 1, "the huge one to be looked at")
    evil = image("../../C-1")
    evil.AccessionNumber, evil.PatientID = "; rm -rf /", "../../../etc/passwd"
    evil.KVP, evil.Exposure, evil.DistanceSourceToDetector = "-1E300", 2**31 - 1, "0"
    assert send(station, program, evil) == 0
    loose = unassigned(station)
    assert (loose.labels.plate_id, loose.labels.patient_id) == ("../../C-1", "../../../etc/passwd")
    assert loose.technique == Technique()
    assert station.desk.study(study).views[0].state is ViewState.EXPOSED
    good = image("C-1")
    good.PatientID, good.PixelData = "P-1", good.PixelData[2:] + good.PixelData[:2]
    assert send(station, program, good) == 0
    read(station, study)


def test_mas_is_current_times_time_where_it_is_said_no_other_way(station: Station) -> None:
    pushed = image("C-9")
    pushed.ExposureTime, pushed.XRayTubeCurrent = 20, 160
    assert send(station, "storescu", pushed) == 0
    assert unassigned(station).technique == Technique(mas=3.2)
