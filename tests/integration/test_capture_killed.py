"""A station that is killed at every step of a read: a whole scan or a part, every line that had come, nothing else."""

import shutil
import signal
from pathlib import Path

import pytest

from fieldstation.bootstrap.station import Station
from fieldstation.domain.exams import Scan, ScanState, Verdict
from fieldstation.services.boards import ViewState
from fieldstation.services.raw_signal import raw_signal
from tests.support.children import Child
from tests.support.reading_child import read_until_step
from tests.support.stations import begin, read, small_plate, station_in


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with a study that waits for its cassette, and the study's UID."""
    folder = tmp_path_factory.mktemp("begun")
    small_plate(folder)
    with station_in(folder) as station:
        return folder, begin(station, "hand-pa:R")


def killed_at(begun: tuple[Path, str], folder: Path, step: int) -> list[object]:
    """What was told before the kill; ``folder`` is the data afterwards."""
    origin, study = begun
    shutil.copytree(origin, folder)
    child = Child(read_until_step, folder, study, step)
    told = child.end()
    assert child.exit_code == (-signal.SIGKILL if step else 0)
    return told


@pytest.mark.parametrize("part", [0, 1, 2, pytest.param(None, marks=pytest.mark.faults)])
def test_a_read_that_is_killed_at_any_step(begun: tuple[Path, str], tmp_path: Path, part: int | None) -> None:
    *_, steps = killed_at(begun, tmp_path / "whole", 0)
    assert isinstance(steps, int)
    with station_in(tmp_path / "whole") as station:
        whole = raw_signal(station.store.files, scans(station, begun[1])[0])
    chosen = range(1, steps + 1) if part is None else [steps * (2 * part + 1) // 6]
    for step in chosen:
        folder = tmp_path / str(step)
        told = killed_at(begun, folder, step)
        with station_in(folder) as station:
            check(station, begun[1], told, whole)


def check(station: Station, study: str, told: list[object], whole: bytes) -> None:
    station.capture.recover()
    station.capture.settle(study)
    found = scans(station, study)
    lines = max((seen for seen in told if isinstance(seen, int)), default=0)
    with station.store.reading() as questions:
        plate = questions.cassette("C-1")
        images = questions.study_file(study).images
    for scan in found:
        assert scan.state in (ScanState.DURABLE, ScanState.PARTIAL)
        assert scan.lines >= lines
        assert raw_signal(station.store.files, scan) == whole[: scan.lines * scan.geometry.line_bytes]
    assert [image.scan_id for image in images] == [scan.id for scan in found if scan.lines]
    if plate and plate.last_erased_at:
        assert [scan.state for scan in found] == [ScanState.DURABLE]
    accepted = [image for image in images if image.verdict is Verdict.ACCEPTED]
    assert len(accepted) >= told.count("accepted")
    if not accepted:
        (view,) = station.desk.study(study).views
        last = images[-1].uid if view.state is ViewState.UNDECIDED else read(station, study, plate_id="C-2")
        station.judging.accept(last)
    assert station.store.quarantine_unknown() == []


def scans(station: Station, study: str) -> tuple[Scan, ...]:
    with station.store.reading() as questions:
        return questions.study_file(study).scans
