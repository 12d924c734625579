"""The bridge: whatever the link does, the driver gives one right plate, or the lines that came and what is wrong."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from fieldstation.cr_reader.bridge.frames import Kind, encode
from fieldstation.cr_reader.bridge.messages import pack
from fieldstation.cr_reader.bridge.wire import WireFaults
from fieldstation.cr_reader.drivers import make_reader
from fieldstation.cr_reader.simulated.reader import SimulatedReader
from fieldstation.domain.errors import Failed, WrongUse
from fieldstation.domain.exams import Technique
from fieldstation.domain.reader import LineBlock, Reader, ReaderState
from fieldstation.domain.views import OrderedView
from tests.support import readers
from tests.support.peers import free_port, listens, wait_until
from tests.support.readers import CATALOGUE, BridgeRig, SteppedClock, bridge_rig, partly, read_all, simulated_rig

ADAPTER = Path(readers.__file__).with_name("example_adapter.py")
ROWS = 1200
WELCOME: Mapping[str, Any] = {
    "version": 1,
    "manufacturer": "Example",
    "model": "Hostile",
    "serial": "1",
    "software": "1",
    "simulated": True,
    "notes": [],
    "held": None,
}


def whole(blocks: list[LineBlock]) -> bytes:
    return b"".join(block.data for block in blocks)


@cache
def right_plate() -> bytes:
    """What the same plate gives without a link."""
    rig = simulated_rig()
    rig.reader.connect()
    rig.insert("P1")
    return whole(read_all(rig.reader, "P1")[1])


@pytest.fixture
def rig() -> Iterator[BridgeRig]:
    with bridge_rig() as made:
        made.reader.connect()
        yield made


def bridge_to(port: int, **settings: object) -> Reader:
    return make_reader("bridge", {"port": port, **settings}, catalogue=CATALOGUE, clock=SteppedClock()).reader


class TestWire:
    @pytest.mark.parametrize("fault", ["repeat", "lose", "corrupt", "cut"])
    @pytest.mark.parametrize("line", [0, 63, 64, 700, ROWS - 1])
    def test_one_fault_one_right_plate(self, rig: BridgeRig, fault: str, line: int) -> None:
        rig.insert("P1")
        setting: dict[str, Any] = {f"{fault}_at_line": line}
        rig.wire.arm(WireFaults(**setting))
        assert whole(read_all(rig.reader, "P1")[1]) == right_plate()

    def test_all_of_them_in_one_plate(self, rig: BridgeRig) -> None:
        rig.insert("P1")
        rig.wire.arm(WireFaults(repeat_at_line=100, lose_at_line=300, corrupt_at_line=500, cut_at_line=900))
        assert whole(read_all(rig.reader, "P1")[1]) == right_plate()

    def test_a_link_that_breaks_again_and_again_gets_there(self, rig: BridgeRig) -> None:
        rig.insert("P1")
        rig.wire.arm(WireFaults(cut_at_line=0))
        rig.reader.begin_read("P1")
        blocks = []
        for block in rig.reader.lines():
            blocks.append(block)
            rig.wire.arm(WireFaults(cut_at_line=block.first_line + 200))
        rig.reader.finish_read()
        assert whole(blocks) == right_plate()

    def test_damage_that_never_ends_leaves_the_lines_before_it(self, rig: BridgeRig, monkeypatch: Any) -> None:
        rig.insert("P1")
        send_lines = rig.wire.send_lines

        def damaged(connection: socket.socket, first: int, count: int, lines: memoryview) -> None:
            if first >= 256:
                rig.wire.arm(WireFaults(corrupt_at_line=first))
            send_lines(connection, first, count, lines)

        monkeypatch.setattr(rig.wire, "send_lines", damaged)
        rig.reader.begin_read("P1")
        came, error = partly(rig.reader.lines())
        assert isinstance(error, Failed)
        assert (error.code, error.params) == ("reader.data_damaged", {"line": 256, "lines": ROWS})
        assert whole(came) == right_plate()[: len(whole(came))]
        assert rig.reader.status().state is ReaderState.FAULT


class TestErase:
    @pytest.mark.parametrize("heard", [True, False])
    def test_where_the_link_breaks_it_is_told_once_and_counts_as_not_erased(
        self, rig: BridgeRig, monkeypatch: Any, *, heard: bool
    ) -> None:
        rig.insert("P1")
        told = []

        def erase_and_cut(device: SimulatedReader, plate_id: str) -> None:
            told.append(plate_id)
            if heard:
                erase(device, plate_id)
            raise OSError

        erase = SimulatedReader.erase
        monkeypatch.setattr(SimulatedReader, "erase", erase_and_cut)
        with pytest.raises(Failed) as lost:
            rig.reader.erase("P1")
        assert lost.value.code == "reader.not_reached"
        assert told == ["P1"]
        monkeypatch.undo()
        rig.reader.connect()
        if heard:
            with pytest.raises(Failed) as gone:
                rig.reader.erase("P1")
            assert gone.value.code == "reader.no_cassette"
        else:
            rig.reader.erase("P1")
        assert rig.reader.status().state is ReaderState.READY


class TestDevice:
    def test_a_device_that_dies_mid_read(self, rig: BridgeRig) -> None:
        rig.insert("P1")
        rig.reader.begin_read("P1")
        lines = rig.reader.lines()
        first = next(lines)
        rig.server.stop()
        rig.serving.join()
        came, error = partly(lines)
        assert isinstance(error, Failed)
        assert error.code == "reader.link_lost"
        assert whole([first, *came]) == right_plate()[: len(whole([first, *came]))]
        with pytest.raises(Failed):
            rig.reader.eject()
        with pytest.raises(Failed) as caught:
            rig.reader.connect()
        assert caught.value.code == "reader.not_reached"

    @pytest.mark.parametrize("blocks", [0, 1, 5, 1000])
    def test_a_client_that_died_finds_the_whole_plate_again(self, rig: BridgeRig, blocks: int) -> None:
        """The laptop crashed mid-read: the plate is discharged, but the device still has every line."""
        rig.insert("P1")
        rig.reader.begin_read("P1")
        for _, _block in zip(range(blocks), rig.reader.lines(), strict=False):
            pass
        after = bridge_to(rig.server.port)
        after.connect()
        assert after.identify() == "P1"
        assert whole(read_all(after, "P1")[1]) == right_plate()
        after.disconnect()

    def test_a_plate_that_is_held_keeps_another_out(self, rig: BridgeRig) -> None:
        rig.insert("P1")
        rig.reader.begin_read("P1")
        next(rig.reader.lines())
        rig.insert("P2")
        after = bridge_to(rig.server.port)
        after.connect()
        with pytest.raises(Failed) as caught:
            after.begin_read("P2")
        assert caught.value.params == {"expected": "P2", "inserted": "P1"}
        after.eject()
        rig.insert("P2")
        read_all(after, "P2")
        after.disconnect()

    def test_nothing_is_erased_for_a_client_that_never_said_finish(self, rig: BridgeRig) -> None:
        rig.insert("P1")
        rig.reader.begin_read("P1")
        assert list(rig.reader.lines())
        after = bridge_to(rig.server.port)
        after.connect()
        assert rig.room.cassette("P1").charged
        assert after.status().state in (ReaderState.READY, ReaderState.READING)
        read_all(after, "P1")
        assert not rig.room.cassette("P1").charged
        after.disconnect()

    def test_a_lost_answer_to_finish_is_asked_for_again(self, rig: BridgeRig) -> None:
        rig.insert("P1")
        rig.reader.begin_read("P1")
        assert list(rig.reader.lines())
        held = rig.server.desk.held
        assert held
        rig.server.desk.finish(held.name)
        rig.reader.finish_read()
        assert rig.reader.status().state is ReaderState.READY


class TestRoom:
    def test_exposes_at_the_other_end(self, rig: BridgeRig, tmp_path: Path) -> None:
        equipment = make_reader(
            "bridge", {"port": rig.server.port, "room": "simulated"}, catalogue=CATALOGUE, clock=SteppedClock()
        )
        assert equipment.room
        equipment.room.expose("P1", OrderedView("small-chest"), Technique(mas=4.0), None)
        assert whole(read_all(equipment.reader, "P1")[1]) == right_plate()
        with pytest.raises(WrongUse) as caught:
            equipment.room.expose("P1", OrderedView("whale"), Technique(), None)
        assert (caught.value.code, caught.value.params) == ("view.unknown", {"view": "whale"})
        (tmp_path / "no.png").write_bytes(b"no picture")
        with pytest.raises(WrongUse) as caught:
            equipment.room.expose("P1", OrderedView("small-chest"), Technique(), tmp_path / "no.png")
        assert (caught.value.code, caught.value.params) == ("plate.unreadable", {"file": "no.png"})
        equipment.reader.disconnect()

    def test_a_real_room_is_not_ours(self, rig: BridgeRig) -> None:
        equipment = make_reader("bridge", {"port": rig.server.port}, catalogue=CATALOGUE, clock=SteppedClock())
        assert equipment.room is None


@contextmanager
def saying(*answers: bytes) -> Iterator[int]:
    """A peer that says these to whoever connects, one for each frame it hears, and hangs up after the last."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                with connection, suppress(OSError):
                    for answer in answers:
                        connection.recv(65536)
                        connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


def said(kind: Kind, **content: object) -> bytes:
    return encode(kind, pack(content))


HEADER: Mapping[str, Any] = {
    "read": "1",
    "plate_id": "P1",
    "plate_size": "18CMX24CM",
    "rows": 10,
    "columns": 10,
    "pitch_mm": 0.1,
    "bits": 12,
    "response": "log",
    "gain": 1.0,
    "offset": 0.0,
}


class TestHostile:
    @pytest.mark.parametrize(
        "greeting",
        [
            b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n",
            b"\xff" * 64,
            b"\0" * 64,
            said(Kind.WELCOME, **{**WELCOME, "version": 2}),
            said(Kind.WELCOME, **{**WELCOME, "model": 7}),
            said(Kind.WELCOME, **{**WELCOME, "model": "x" * 100_000}),
            said(Kind.WELCOME, **{**WELCOME, "notes": ["boo"]}),
            said(Kind.WELCOME),
            encode(Kind.WELCOME, b"[" * 100_000),
            encode(Kind.WELCOME, b"[]"),
            said(Kind.DONE),
            encode(Kind.WELCOME, pack(WELCOME))[:-1] + b"\0",
        ],
        ids=range(12),
    )
    def test_no_device(self, greeting: bytes) -> None:
        with saying(greeting) as port:
            reader = bridge_to(port)
            with pytest.raises(Failed) as caught:
                reader.connect()
            assert caught.value.code == "reader.protocol"
            assert reader.status().state is ReaderState.FAULT
            reader.disconnect()

    @pytest.mark.parametrize(
        "wrong",
        [
            {"rows": 0},
            {"rows": 2**31},
            {"rows": 32_768, "columns": 32_768},
            {"columns": -5},
            {"rows": 10.5},
            {"bits": 32},
            {"pitch_mm": 0},
            {"pitch_mm": 1e9},
            {"pitch_mm": [0.1, 0.2]},
            {"gain": 0},
            {"response": "cubic"},
            {"plate_id": None},
            {"plate_id": "a\nb"},
        ],
    )
    def test_no_plate(self, wrong: Mapping[str, Any]) -> None:
        with saying(said(Kind.WELCOME, **WELCOME), said(Kind.HEADER, **{**HEADER, **wrong})) as port:
            reader = bridge_to(port)
            reader.connect()
            with pytest.raises(Failed) as caught:
                reader.begin_read("P1")
            assert caught.value.code == "reader.protocol"
            reader.disconnect()

    @pytest.mark.parametrize(
        "lines",
        [
            encode(Kind.LINES, b""),
            encode(Kind.LINES, b"\0\0\0\0"),
            encode(Kind.LINES, b"\0\0\0\1" + bytes(20)),
            encode(Kind.LINES, b"\0\0\0\0" + bytes(21)),
            encode(Kind.LINES, b"\0\0\0\0" + bytes(20 * 11)),
            said(Kind.END),
            said(Kind.FAULT, code="reader.explosion", params={}),
            said(Kind.FAULT, code="reader.jam", params={}),
            said(Kind.WELCOME, **WELCOME),
        ],
        ids=range(9),
    )
    def test_no_lines(self, lines: bytes) -> None:
        with saying(said(Kind.WELCOME, **{**WELCOME, "held": "1"}), said(Kind.HEADER, **HEADER), lines) as port:
            reader = bridge_to(port, tries=2)
            reader.connect()
            reader.begin_read("P1")
            came, error = partly(reader.lines())
            assert came == []
            assert isinstance(error, Failed)
            assert error.code in ("reader.data_damaged", "reader.link_lost")
            reader.disconnect()

    def test_a_silent_peer_is_given_up(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            reader = bridge_to(server.getsockname()[1], silence_seconds=2)
            with pytest.raises(Failed) as caught:
                reader.connect()
            assert caught.value.code == "reader.not_reached"

    @pytest.mark.parametrize(
        "request_",
        [b"\xff" * 64, said(Kind.SEND, read="1", **{"from": 0}), said(Kind.HELLO) + b"\0" * 9, said(Kind.STATE)],
        ids=range(4),
    )
    def test_a_hostile_client_does_not_harm_the_device(self, rig: BridgeRig, request_: bytes) -> None:
        rig.insert("P1")
        with socket.create_connection(("127.0.0.1", rig.server.port)) as hostile:
            hostile.sendall(request_)
            hostile.settimeout(60)
            with suppress(ConnectionError):
                while hostile.recv(65536):
                    pass
        after = bridge_to(rig.server.port)
        after.connect()
        assert whole(read_all(after, "P1")[1]) == right_plate()
        after.disconnect()


def test_the_example_adapter_of_the_document() -> None:
    port = free_port()
    with subprocess.Popen([sys.executable, str(ADAPTER), str(port)]) as adapter:
        try:
            wait_until(lambda: listens(port), "the adapter to listen")
            gone = bridge_to(port)
            gone.connect()
            gone.begin_read("P1")
            next(gone.lines())
            gone.disconnect()
            reader = bridge_to(port)
            reader.connect()
            assert reader.identity.model == "Adapter"
            assert [note.code for note in reader.notes] == ["reader.unproven"]
            header, blocks = read_all(reader, "P1")
            assert len(whole(blocks)) == header.geometry.total_bytes
            wait_until(lambda: reader.status().state is ReaderState.CASSETTE_IN, "the adapter to say its state")
            reader.disconnect()
        finally:
            adapter.kill()
    assert len(ADAPTER.read_text("utf-8").splitlines()) <= 60
