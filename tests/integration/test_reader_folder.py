"""The watch folder: files that are whole, half-written, of every format, and hostile."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fieldstation.cr_reader.conformance.pushing import COLUMNS, ROWS, image, plate, push, write_raw
from fieldstation.cr_reader.drivers import make_reader
from fieldstation.cr_reader.inbox.reader import InboxReader
from fieldstation.domain.errors import Failed, WrongUse
from fieldstation.domain.exams import ScanState
from fieldstation.domain.plates import GoingOn
from fieldstation.domain.reader import ReaderState
from tests.support.peers import free_port, listens, wait_until
from tests.support.readers import CATALOGUE, SteppedClock, read_all, samples
from tests.support.stations import SETTINGS, begin, cassette, station_in


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def reader(tmp_path: Path, clock: SteppedClock) -> Iterator[InboxReader]:
    """Connected, over ``tmp_path``; a file has to rest for 2 s of ``clock``."""
    made = make(tmp_path, clock)
    made.connect()
    yield made
    made.disconnect()


def make(folder: Path, clock: SteppedClock, **settings: object) -> InboxReader:
    def short(event: threading.Event, _seconds: float) -> bool:
        return event.wait(0.01)

    table = {"folder": str(folder), "settle_seconds": 2, **settings}
    made = make_reader("folder", table, catalogue=CATALOGUE, clock=clock, wait=short).reader
    assert isinstance(made, InboxReader)
    return made


def waits(reader: InboxReader, clock: SteppedClock, *plate_ids: str) -> None:
    """Let files rest until just these plates wait."""

    def seen() -> bool:
        clock.seconds += 1
        return sorted(one.contents.labels.plate_id for one in reader.inbox.waiting()) == sorted(plate_ids)

    wait_until(seen, f"the plates {plate_ids} to wait")


def unusable(reader: InboxReader, clock: SteppedClock, count: int) -> None:
    def seen() -> bool:
        clock.seconds += 1
        return reader.inbox.unusable() == count

    wait_until(seen, f"{count} files to be found unusable")


def write_dicom(folder: Path, **changes: Any) -> None:
    dataset = image("P1")
    for key, value in changes.items():
        setattr(dataset, key, value)
    dataset.save_as(folder / "image.dcm", enforce_file_format=True)


def write_picture(folder: Path, suffix: str) -> None:
    Image.fromarray(np.uint16(65535) - plate()).save(folder / f"P1{suffix}")


WRITERS: dict[str, Callable[[Path], None]] = {
    "raw": lambda folder: write_raw(folder, "P1"),
    "png": lambda folder: write_picture(folder, ".png"),
    "tiff": lambda folder: write_picture(folder, ".tif"),
    "dicom": write_dicom,
    "dicom, white is dense": lambda folder: write_dicom(
        folder, PhotometricInterpretation="MONOCHROME2", PixelData=(np.uint16(4095) - plate()).tobytes()
    ),
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_the_same_plate(name: str, reader: InboxReader, clock: SteppedClock, tmp_path: Path) -> None:
    WRITERS[name](tmp_path)
    originals = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    waits(reader, clock, "P1")
    assert reader.status().state is ReaderState.CASSETTE_IN
    assert reader.identify() == "P1"
    header, blocks = read_all(reader, "P1")
    assert np.array_equal(samples(header, blocks), plate())
    assert header.geometry.pitch_mm == (0.1 if name in ("png", "tiff") else 0.5)
    assert {path.name: path.read_bytes() for path in (tmp_path / "taken").iterdir()} == originals
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
    assert reader.identify() is None


def test_a_sidecar_brings_size_and_calibration(reader: InboxReader, clock: SteppedClock, tmp_path: Path) -> None:
    told = {"plate_id": "P7", "pitch_mm": 0.15, "response": "square-root", "gain": 200.0, "white": "exposed"}
    (tmp_path / "x.png.json").write_text(json.dumps(told), "utf-8")
    Image.fromarray(plate()).save(tmp_path / "x.png")
    waits(reader, clock, "P7")
    header, blocks = read_all(reader, "P7")
    assert np.array_equal(samples(header, blocks), plate())
    assert (header.geometry.pitch_mm, header.response.kind, header.response.gain) == (0.15, "square-root", 200.0)


class TestHalfWritten:
    @pytest.mark.parametrize("name", ["raw", "png", "tiff", "dicom"])
    @pytest.mark.parametrize("part", [0.02, 0.999])
    def test_is_not_taken_until_it_is_whole(
        self, name: str, part: float, reader: InboxReader, clock: SteppedClock, tmp_path: Path
    ) -> None:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        WRITERS[name](elsewhere)
        *sidecars, file = sorted(elsewhere.iterdir(), key=lambda path: path.suffix == ".json", reverse=True)
        for sidecar in sidecars:
            sidecar.rename(tmp_path / sidecar.name)
        whole = file.read_bytes()
        target = tmp_path / file.name
        target.write_bytes(whole[: int(len(whole) * part)])
        unusable(reader, clock, 1)
        assert not reader.inbox.waiting()
        assert [note.params.get("count") for note in reader.notes][-1] == 1
        with target.open("ab") as growing:
            growing.write(whole[int(len(whole) * part) :])
        waits(reader, clock, "P1")
        assert np.array_equal(samples(*read_all(reader, "P1")), plate())

    def test_one_that_still_grows_is_left_alone(self, reader: InboxReader, clock: SteppedClock, tmp_path: Path) -> None:
        write_raw(tmp_path, "P1")
        growing = tmp_path / "P2.raw"
        growing.write_bytes(b"")
        looks = 0

        def grown() -> bool:
            nonlocal looks
            looks += 1
            with growing.open("ab") as file:
                file.write(b"more")
            clock.seconds += 0.1
            return len(reader.inbox.waiting()) == 1

        wait_until(grown, "the plate that rests to be seen")
        assert reader.inbox.unusable() == 0

    @pytest.mark.parametrize("name", ["P1.raw.part", ".P1.raw", "P1.raw~", "P1.tmp"])
    def test_what_is_named_as_not_ready_is_not_looked_at(
        self, name: str, reader: InboxReader, clock: SteppedClock, tmp_path: Path
    ) -> None:
        (tmp_path / name).write_bytes(b"half")
        write_raw(tmp_path, "P2")
        waits(reader, clock, "P2")
        assert reader.inbox.unusable() == 0


def write_bytes(name: str, content: bytes) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return write


HUGE_PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\1\0\0\0\1\0\0\x10\0\0\0\0" + bytes(40)
HOSTILE: dict[str, Callable[[Path], None]] = {
    "text": write_bytes("a.txt", b"hello"),
    "dicom without pixels": lambda folder: write_dicom(folder, PixelData=b""),
    "dicom that claims to be huge": lambda folder: write_dicom(folder, Rows=60000, Columns=60000),
    "dicom of many frames": lambda folder: write_dicom(folder, NumberOfFrames=1_000_000),
    "dicom in colour": lambda folder: write_dicom(folder, SamplesPerPixel=3, PhotometricInterpretation="RGB"),
    "png that claims to be huge": write_bytes("a.png", HUGE_PNG + b"\0\0\0\0IEND\xaeB`\x82"),
    "raw without a sidecar": write_bytes("a.raw", bytes(ROWS * COLUMNS * 2)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_plate_is_left_and_said(name: str, reader: InboxReader, clock: SteppedClock, tmp_path: Path) -> None:
    HOSTILE[name](tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    unusable(reader, clock, 1)
    assert not reader.inbox.waiting()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def write_stretched(suffix: str, dpi: tuple[float, float]) -> Callable[[Path], None]:
    return lambda folder: Image.fromarray(plate()).save(folder / f"P1{suffix}", dpi=dpi)


NOT_SQUARE: dict[str, Callable[[Path], None]] = {
    "dicom by imager pixel spacing": lambda folder: write_dicom(folder, ImagerPixelSpacing=[0.1, 0.2]),
    "dicom by pixel spacing": lambda folder: write_dicom(folder, PixelSpacing=[0.2, 0.1]),
    "dicom by nominal scanned pixel spacing": lambda folder: write_dicom(folder, NominalScannedPixelSpacing=[1, 2]),
    "dicom by aspect ratio": lambda folder: write_dicom(folder, PixelAspectRatio=[4, 3]),
    "tiff": write_stretched(".tif", (254, 127)),
    "png": write_stretched(".png", (127, 254)),
}


@pytest.mark.parametrize("name", NOT_SQUARE)
def test_pixels_that_are_not_square_are_refused_and_kept(
    name: str, reader: InboxReader, clock: SteppedClock, tmp_path: Path
) -> None:
    NOT_SQUARE[name](tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    unusable(reader, clock, 1)
    said = {note.code: note.params for note in reader.notes}
    assert said["reader.files_not_square"] == {"count": 1, "folder": str(tmp_path)}
    assert "reader.files_unusable" not in said
    assert not reader.inbox.waiting()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_square_pixels_of_any_resolution_are_taken(
    suffix: str, reader: InboxReader, clock: SteppedClock, tmp_path: Path
) -> None:
    write_stretched(suffix, (254, 254))(tmp_path)
    waits(reader, clock, "P1")


class TestMatching:
    def test_the_plate_id_chooses(self, reader: InboxReader, clock: SteppedClock, tmp_path: Path) -> None:
        for plate_id in ("P1", "P2"):
            write_raw(tmp_path, plate_id)
        waits(reader, clock, "P1", "P2")
        assert reader.identify() is None, "which one is meant cannot be told"
        assert read_all(reader, "P2")[0].plate_id == "P2"
        assert reader.identify() == "P1"

    def test_two_of_the_same_plate_are_one_too_many(
        self, reader: InboxReader, clock: SteppedClock, tmp_path: Path
    ) -> None:
        write_raw(tmp_path, "P1")
        write_dicom(tmp_path)
        waits(reader, clock, "P1", "P1")
        with pytest.raises(Failed) as caught:
            reader.begin_read("P1")
        assert (caught.value.code, caught.value.params) == ("reader.several", {"plate": "P1", "count": 2})
        assert len(reader.inbox.waiting()) == 2

    def test_one_without_a_plate_id_is_nobodys(self, reader: InboxReader, clock: SteppedClock, tmp_path: Path) -> None:
        write_dicom(tmp_path, PlateID="")
        waits(reader, clock, "")
        with pytest.raises(Failed) as caught:
            reader.begin_read("P1")
        assert caught.value.code == "reader.no_cassette"
        assert reader.inbox.waiting()[0].contents.labels.accession == "A-1"

    def test_a_taken_name_is_not_written_over(self, reader: InboxReader, clock: SteppedClock, tmp_path: Path) -> None:
        for _ in range(2):
            write_raw(tmp_path, "P1")
            waits(reader, clock, "P1")
            read_all(reader, "P1")
        assert sorted(path.name for path in (tmp_path / "taken").iterdir()) == [
            "P1-2.raw",
            "P1-2.raw.json",
            "P1.raw",
            "P1.raw.json",
        ]


def test_what_had_rested_before_is_there_at_once(tmp_path: Path, clock: SteppedClock) -> None:
    """A short command connects and reads in one breath."""
    write_raw(tmp_path, "P1")
    rested = clock.now().timestamp() - 3
    for path in tmp_path.iterdir():
        os.utime(path, (rested, rested))
    reader = make(tmp_path, clock)
    reader.connect()
    assert reader.identify() == "P1"
    assert np.array_equal(samples(*read_all(reader, "P1")), plate())
    reader.disconnect()


def station_settings(driver: str, table: str) -> str:
    simulated = "[reader.simulated]\nseconds_per_plate = 0.0"
    return SETTINGS.replace(simulated, f'[reader]\ndriver = "{driver}"\n\n[reader.{driver}]\n{table}')


def test_a_station_takes_a_plate_from_the_folder(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    write_raw(inbox, "C-1")
    write_raw(inbox, "C-2")
    table = f'folder = "{inbox.as_posix()}"\nsettle_seconds = 0'
    with station_in(tmp_path, station_settings("folder", table)) as station:
        study = begin(station, "hand-pa:R")
        image_uid = station.capture.read(replace(cassette(station, study), picture=None))
        with station.store.reading() as questions:
            file = questions.study_file(study)
        (scan,) = file.scans
        assert (scan.state, scan.lines, scan.reader.simulated) == (ScanState.DURABLE, ROWS, False)
        assert station.store.files.get(scan.file_id) == plate().astype("<u2").tobytes()
        assert [one.uid for one in file.images] == [image_uid]
    assert sorted(path.name for path in inbox.iterdir()) == ["C-2.raw", "C-2.raw.json", "taken"]


def test_the_app_listens_from_its_start(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    port = free_port()
    table = f'folder = "{(tmp_path / "inbox").as_posix()}"\nport = {port}\npeers = ["CONSOLE"]'
    with station_in(tmp_path, station_settings("dicom", table)) as station:
        desk = station.desk
        push(port, "C-1")
        wait_until(lambda: bool(desk.unassigned().waiting), "the plate that was pushed")
        study = begin(station, "hand-pa:R")
        (row,) = desk.unassigned().waiting
        assert desk.assign(
            row.scan_id, desk.study(study).views[0].view_id, going_on=GoingOn("the console's test patient")
        )
    assert not listens(port)


def test_a_read_that_was_cancelled_leaves_the_file(reader: InboxReader, clock: SteppedClock, tmp_path: Path) -> None:
    write_raw(tmp_path, "P1")
    waits(reader, clock, "P1")
    reader.begin_read("P1")
    next(reader.lines())
    reader.cancel()
    reader.eject()
    assert (tmp_path / "P1.raw").exists()
    assert np.array_equal(samples(*read_all(reader, "P1")), plate())


def test_a_folder_that_is_not_there(tmp_path: Path, clock: SteppedClock) -> None:
    reader = make(tmp_path / "absent", clock)
    with pytest.raises(Failed) as caught:
        reader.connect()
    assert caught.value.code == "reader.folder_missing"
    reader.disconnect()


def test_it_says_that_it_erases_by_itself_and_has_met_no_device(reader: InboxReader) -> None:
    assert [note.code for note in reader.notes] == ["reader.erases_itself", "reader.unproven"]


@pytest.mark.parametrize("table", [{}, {"folder": ""}, {"folder": "x", "white": "grey"}, {"folder": "x", "gain": "1"}])
def test_wrong_settings(table: dict[str, object], clock: SteppedClock) -> None:
    with pytest.raises(WrongUse) as caught:
        make_reader("folder", table, catalogue=CATALOGUE, clock=clock)
    assert caught.value.code == "reader.setting_wrong"
