"""The Storage SCP: fed by DCMTK and by hand, with objects and peers of every kind."""

import gc
import os
import signal
import socket
import struct
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from pydicom.dataset import Dataset

from fieldstation.cr_reader.conformance.pushing import image, plate, push
from fieldstation.cr_reader.conformance.rig import Unmet
from fieldstation.cr_reader.dicom_push.guard import MAX_PDU
from fieldstation.cr_reader.dicom_push.process import ScpProcess
from fieldstation.cr_reader.dicom_push.scp_settings import ScpSettings
from fieldstation.cr_reader.drivers import make_reader
from fieldstation.cr_reader.inbox.reader import InboxReader
from fieldstation.domain.errors import Failed, WrongUse
from tests.support.peers import dcmtk_push, free_port, listens, wait_until
from tests.support.readers import CATALOGUE, SteppedClock, read_all, samples
from tests.support.strangers import Front, resets

PEERS = ["CONSOLE@127.0.0.1"]


def make(folder: Path, **settings: object) -> InboxReader:
    def short(event: threading.Event, _seconds: float) -> bool:
        return event.wait(0.02)

    table = {"folder": str(folder), "port": 0, "peers": PEERS, **settings}
    made = make_reader("dicom", table, catalogue=CATALOGUE, clock=SteppedClock(), wait=short).reader
    assert isinstance(made, InboxReader)
    return made


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[InboxReader]:
    """Connected; what it takes goes into ``tmp_path / "inbox"``."""
    (tmp_path / "inbox").mkdir()
    made = make(tmp_path / "inbox")
    made.connect()
    yield made
    made.disconnect()


def waits(reader: InboxReader, *plate_ids: str) -> None:
    def seen() -> bool:
        return sorted(one.contents.labels.plate_id for one in reader.inbox.waiting()) == sorted(plate_ids)

    wait_until(seen, f"the plates {plate_ids} to wait")


def write(path: Path, dataset: Dataset) -> Path:
    dataset.save_as(path, enforce_file_format=True)
    return path


@pytest.mark.parametrize("program", ["storescu", "dcmsend"])
def test_a_console_pushes_a_plate(program: str, reader: InboxReader, tmp_path: Path) -> None:
    file = write(tmp_path / "a.dcm", image("P1"))
    assert dcmtk_push(program, reader.inbox.port, str(file)) == 0
    waits(reader, "P1")
    header, blocks = read_all(reader, "P1")
    assert np.array_equal(samples(header, blocks), plate())
    assert header.geometry.pitch_mm == 0.5
    assert len(list((tmp_path / "inbox" / "taken").iterdir())) == 1


@pytest.mark.parametrize("program", ["storescu", "dcmsend"])
def test_the_same_object_again_is_no_second_plate(program: str, reader: InboxReader, tmp_path: Path) -> None:
    file = write(tmp_path / "a.dcm", image("P1"))
    for _ in range(2):
        assert dcmtk_push(program, reader.inbox.port, str(file)) == 0
    waits(reader, "P1")
    read_all(reader, "P1")
    assert dcmtk_push(program, reader.inbox.port, str(file)) == 0
    assert list((tmp_path / "inbox").glob("*.dcm")) == [], "it was taken before"


def test_other_content_under_the_same_uid_is_kept_as_well(reader: InboxReader) -> None:
    first, other = image("P1"), image("P2")
    other.SOPInstanceUID = first.SOPInstanceUID
    for one in (first, other):
        push(reader.inbox.port, one.PlateID, one)
    waits(reader, "P1", "P2")


@pytest.mark.parametrize(
    ("caller", "called"), [("STRANGER", "CRREADER"), ("CONSOLE", "OTHER")], ids=["caller", "called"]
)
def test_only_who_is_named_may_push(caller: str, called: str, reader: InboxReader, tmp_path: Path) -> None:
    file = write(tmp_path / "a.dcm", image("P1"))
    assert dcmtk_push("storescu", reader.inbox.port, str(file), caller=caller, called=called) != 0
    assert list((tmp_path / "inbox").iterdir()) == []


def test_only_from_where_it_may_come(tmp_path: Path) -> None:
    reader = make(tmp_path, peers=["CONSOLE@10.9.8.7"])
    reader.connect()
    file = write(tmp_path / "a.txt", image("P1"))
    assert dcmtk_push("storescu", reader.inbox.port, str(file)) != 0
    assert list(tmp_path.glob("*.dcm")) == []
    reader.disconnect()


class TestObjects:
    @pytest.mark.parametrize("program", ["storescu", "dcmsend"])
    def test_truncated(self, program: str, reader: InboxReader, tmp_path: Path) -> None:
        file = write(tmp_path / "a.dcm", image("P1"))
        file.write_bytes(file.read_bytes()[:-50_000])
        dcmtk_push(program, reader.inbox.port, str(file))
        dcmtk_push(program, reader.inbox.port, str(write(tmp_path / "b.dcm", image("P2"))))
        waits(reader, "P2")

    def test_pixels_that_are_not_all_there(self, reader: InboxReader) -> None:
        short = image("P1")
        short.PixelData = short.PixelData[:-50_000]
        push(reader.inbox.port, "P1", short)
        wait_until(lambda: reader.inbox.unusable() == 1, "the object to be looked at")
        assert reader.inbox.waiting() == ()

    def test_pixels_that_are_not_square_are_kept_and_said(self, reader: InboxReader, tmp_path: Path) -> None:
        stretched = image("P1")
        stretched.ImagerPixelSpacing = [0.1, 0.2]
        push(reader.inbox.port, "P1", stretched)
        wait_until(lambda: reader.inbox.not_square() == 1, "the object to be looked at")
        assert reader.notes[-1].code == "reader.files_not_square"
        assert len(list((tmp_path / "inbox").glob("*.dcm"))) == 1

    @pytest.mark.parametrize("program", ["storescu", "dcmsend"])
    def test_huge(self, program: str, reader: InboxReader, tmp_path: Path) -> None:
        huge = image("P1")
        huge.Rows, huge.Columns = 8192, 10240
        huge.PixelData = bytes(8192 * 10240 * 2)
        dcmtk_push(program, reader.inbox.port, str(write(tmp_path / "a.dcm", huge)))
        assert list((tmp_path / "inbox").glob("*.dcm")) == []
        dcmtk_push(program, reader.inbox.port, str(write(tmp_path / "b.dcm", image("P2"))))
        waits(reader, "P2")

    def test_claims_to_be_huge(self, reader: InboxReader, tmp_path: Path) -> None:
        liar = image("P1")
        liar.Rows = liar.Columns = 65535
        dcmtk_push("storescu", reader.inbox.port, str(write(tmp_path / "a.dcm", liar)))
        wait_until(lambda: reader.inbox.unusable() == 1, "the object to be looked at")

    def test_names_that_would_be_paths(self, reader: InboxReader, tmp_path: Path) -> None:
        evil = image("../../P1")
        evil.PatientID, evil.AccessionNumber = "../../../etc/passwd", "; rm -rf /"
        push(reader.inbox.port, "", evil)
        waits(reader, "../../P1")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["inbox"]
        (file,) = (tmp_path / "inbox").iterdir()
        assert "passwd" not in file.name


def rq(length: int) -> bytes:
    """The head of an A-ASSOCIATE-RQ (PS3.8 9.3.2) that announces so many bytes."""
    return struct.pack(">BxI", 0x01, length)


class TestPeers:
    @pytest.mark.parametrize(
        "sent",
        [
            rq(0xFFFFFFFF) + bytes(100_000),
            rq(MAX_PDU + 1) + bytes(MAX_PDU + 1),
            rq(1000) + os.urandom(1000),
            struct.pack(">BxI", 0x04, 100) + bytes(100),
            b"GET / HTTP/1.1\r\n\r\n",
            os.urandom(4096),
        ],
        ids=["endless", "too long", "nonsense", "data first", "http", "noise"],
    )
    def test_what_is_no_dicom_is_hung_up_on(self, sent: bytes, reader: InboxReader) -> None:
        with socket.create_connection(("127.0.0.1", reader.inbox.port), 60) as peer:
            try:
                peer.sendall(sent)
                while peer.recv(4096):
                    pass
            except ConnectionError:
                pass
        push(reader.inbox.port, "P1")
        waits(reader, "P1")

    def test_idle_connections_do_not_add_up(self, reader: InboxReader, tmp_path: Path) -> None:
        idle = [socket.create_connection(("127.0.0.1", reader.inbox.port), 60) for _ in range(4)]
        with socket.create_connection(("127.0.0.1", reader.inbox.port), 60) as one_too_many:
            assert one_too_many.recv(1) == b""
        for one in idle:
            one.close()
        file = write(tmp_path / "a.dcm", image("P1"))
        wait_until(lambda: dcmtk_push("storescu", reader.inbox.port, str(file)) == 0, "room for another connection")
        waits(reader, "P1")


def hears_and_resets(near: socket.socket, over: threading.Event) -> None:
    near.recv(1)
    resets(near, over)


def test_a_push_that_is_reset_leaves_no_socket_behind() -> None:
    with warnings.catch_warnings(record=True) as left, Front(("127.0.0.1", 0), hears_and_resets) as front:
        warnings.simplefilter("always")
        with pytest.raises(Unmet):
            push(front.port, "P1")
        gc.collect()
    assert [str(one.message) for one in left if one.category is ResourceWarning] == []


def settings(folder: Path, port: int) -> ScpSettings:
    return ScpSettings(
        host="127.0.0.1", port=port, ae_title="CRREADER", callers=("CONSOLE",), hosts=(), folder=str(folder)
    )


class TestProcess:
    def test_it_is_started_again_when_it_died(self, tmp_path: Path) -> None:
        port = free_port()
        scp = ScpProcess(settings(tmp_path, port), lambda event, _seconds: event.wait(0.02))
        scp.open()
        first = scp.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: scp.pid not in (None, first) and listens(port), "a new process")
        push(port, "P1")
        assert len(list(tmp_path.glob("*.dcm"))) == 1
        scp.close()

    def test_it_ends_with_whoever_started_it(self, tmp_path: Path) -> None:
        scp = ScpProcess(settings(tmp_path, 0), lambda event, _seconds: event.wait(0.02))
        scp.open()
        assert scp.pid
        process = psutil.Process(scp.pid)
        scp.close()
        assert not process.is_running()

    def test_a_port_that_is_taken(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            reader = make(tmp_path, port=taken.getsockname()[1])
            with pytest.raises(Failed) as caught:
                reader.connect()
            assert caught.value.code == "reader.cannot_listen"
            reader.disconnect()

    def test_its_memory_is_limited(self, reader: InboxReader) -> None:
        resource = pytest.importorskip("resource")
        source = reader.inbox.source
        assert isinstance(source, ScpProcess)
        assert source.pid
        assert psutil.Process(source.pid).rlimit(resource.RLIMIT_AS)[0] == 1536 * 1024 * 1024


@pytest.mark.parametrize(
    "wrong",
    [
        {"peers": []},
        {"peers": "CONSOLE"},
        {"peers": ["CONSOLE@"]},
        {"peers": ["CONSOLE@nowhere"]},
        {"ae_title": "x" * 17},
    ],
)
def test_wrong_settings(wrong: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(WrongUse) as caught:
        make(tmp_path, **wrong)
    assert caught.value.code == "reader.setting_wrong"
