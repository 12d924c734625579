"""What every CR reader driver does. The rigs are in conftest.py."""

import threading
from typing import Any

import numpy as np
import pytest

from fieldstation.cr_reader.lifecycle import WrongOrder
from fieldstation.cr_reader.simulated.faults import Faults
from fieldstation.domain.errors import Failed, Refused
from fieldstation.domain.reader import LineBlock, ReaderState
from fieldstation.domain.words import Message
from tests.support.peers import wait_until
from tests.support.readers import (
    CHEST,
    Rig,
    RigFactory,
    air_kerma,
    partly,
    read_all,
    samples,
)


def fault_at(name: str, line: int) -> Faults:
    setting: dict[str, Any] = {f"{name}_at_line": line}
    return Faults(**setting)


def line_count(blocks: list[LineBlock], line_bytes: int) -> int:
    return sum(len(block.data) for block in blocks) // line_bytes


class TestOrder:
    def test_state_follows_the_hooks(self, make_rig: RigFactory) -> None:
        rig = make_rig()
        reader = rig.reader
        states = [reader.status().state]
        reader.connect()
        states.append(reader.status().state)
        rig.insert("P1")
        wait_until(lambda: reader.status().state is ReaderState.CASSETTE_IN, "the reader to see the cassette")
        states.append(reader.status().state)
        assert reader.identify() == "P1"
        reader.begin_read("P1")
        states.append(reader.status().state)
        assert reader.status().plate_id == "P1"
        assert list(reader.lines())
        states.append(reader.status().state)
        reader.finish_read()
        states.append(reader.status().state)
        reader.disconnect()
        states.append(reader.status().state)
        assert states == [
            ReaderState.OFF,
            ReaderState.READY,
            ReaderState.CASSETTE_IN,
            ReaderState.READING,
            ReaderState.READING,
            ReaderState.READY,
            ReaderState.OFF,
        ]

    def test_identity_is_known_once_connected(self, rig: Rig) -> None:
        identity = rig.reader.identity
        assert identity.manufacturer
        assert identity.model
        assert identity.serial

    @pytest.mark.parametrize("hook", ["identify", "eject", "lines", "finish_read"])
    def test_nothing_can_be_asked_of_a_reader_that_is_not_connected(self, make_rig: RigFactory, hook: str) -> None:
        rig = make_rig()
        rig.insert("P1")
        with pytest.raises(WrongOrder):
            getattr(rig.reader, hook)()
        with pytest.raises(WrongOrder):
            rig.reader.begin_read("P1")

    def test_lines_come_only_after_begin_and_once(self, rig: Rig) -> None:
        rig.insert("P1")
        with pytest.raises(WrongOrder):
            rig.reader.lines()
        rig.reader.begin_read("P1")
        assert list(rig.reader.lines())
        with pytest.raises(WrongOrder):
            rig.reader.lines()

    def test_a_plate_is_not_erased_before_its_last_line(self, rig: Rig) -> None:
        rig.insert("P1")
        rig.reader.begin_read("P1")
        with pytest.raises(WrongOrder):
            rig.reader.finish_read()
        next(rig.reader.lines())
        with pytest.raises(WrongOrder):
            rig.reader.finish_read()
        assert rig.reader.status().state is ReaderState.READING

    def test_another_plate_waits_for_the_one_inside(self, rig: Rig) -> None:
        rig.insert("P1")
        rig.reader.begin_read("P1")
        rig.insert("P2")
        assert rig.reader.identify() == "P1"
        with pytest.raises(WrongOrder):
            rig.reader.begin_read("P2")
        assert list(rig.reader.lines())
        rig.reader.finish_read()
        assert rig.reader.identify() == "P2"
        assert rig.reader.begin_read("P2").plate_id == "P2"

    def test_every_call_may_be_repeated(self, rig: Rig) -> None:
        reader = rig.reader
        rig.insert("P1")
        reader.connect()
        assert [reader.identify(), reader.identify()] == ["P1", "P1"]
        header = reader.begin_read("P1")
        assert reader.begin_read("P1") == header
        blocks = list(reader.lines())
        reader.finish_read()
        reader.finish_read()
        reader.eject()
        reader.eject()
        assert reader.identify() is None
        reader.disconnect()
        reader.disconnect()
        assert reader.status().state is ReaderState.OFF
        assert line_count(blocks, header.geometry.line_bytes) == header.geometry.rows

    def test_ready_for_the_next_plate(self, rig: Rig) -> None:
        for plate in ("P1", "P2", "P1"):
            rig.insert(plate)
            header, blocks = read_all(rig.reader, plate)
            assert header.plate_id == plate
            assert line_count(blocks, header.geometry.line_bytes) == header.geometry.rows


class TestWrongCassette:
    def test_none(self, rig: Rig) -> None:
        assert rig.reader.identify() is None
        with pytest.raises(Failed) as caught:
            rig.reader.begin_read("P1")
        assert caught.value.code == "reader.no_cassette"

    def test_another(self, rig: Rig) -> None:
        rig.insert("P1")
        with pytest.raises(Failed) as caught:
            rig.reader.begin_read("P2")
        assert (caught.value.code, caught.value.params) == (
            "reader.wrong_cassette",
            {"expected": "P2", "inserted": "P1"},
        )
        header, blocks = read_all(rig.reader, "P1")
        assert np.median(air_kerma(header, blocks)) > 1.0, "the plate that was refused still has its image"

    def test_misread_barcode_is_another_cassette(self, rig: Rig) -> None:
        rig.strike(Faults(barcode="P7"))
        rig.insert("P1")
        assert rig.reader.identify() == "P7"
        with pytest.raises(Failed) as caught:
            rig.reader.begin_read("P1")
        assert caught.value.params == {"expected": "P1", "inserted": "P7"}

    def test_unreadable_barcode_leaves_it_to_the_person(self, rig: Rig) -> None:
        rig.strike(Faults(barcode=""))
        rig.insert("P1")
        assert rig.reader.identify() is None
        header, _ = read_all(rig.reader, "P1")
        assert header.plate_id == "P1"


class TestLines:
    def test_each_once_in_order_and_every_byte(self, rig: Rig) -> None:
        rig.insert("P1")
        header, blocks = read_all(rig.reader, "P1")
        expected = 0
        for block in blocks:
            assert block.first_line == expected
            lines, rest = divmod(len(block.data), header.geometry.line_bytes)
            assert rest == 0
            assert lines > 0
            expected += lines
        assert expected == header.geometry.rows
        assert sum(len(block.data) for block in blocks) == header.geometry.total_bytes

    @pytest.mark.parametrize("bits", [12, 16])
    def test_samples_keep_to_their_bits(self, make_rig: RigFactory, bits: int) -> None:
        rig = make_rig(bits=bits)
        rig.reader.connect()
        rig.insert("P1", mas=4000.0)
        header, blocks = read_all(rig.reader, "P1")
        assert header.geometry.bits == bits
        assert samples(header, blocks).max() == 2**bits - 1, "a thousand times the usual exposure saturates"

    def test_a_large_plate_really_is_large(self, make_rig: RigFactory) -> None:
        rig = make_rig(pitch_mm=0.1)
        rig.reader.connect()
        rig.insert("P1", CHEST)
        header, blocks = read_all(rig.reader, "P1")
        assert header.plate_size == "35CMX43CM"
        assert (header.geometry.columns, header.geometry.rows) == (3500, 4300)
        assert samples(header, blocks).shape == (4300, 3500)


class TestBrokenOff:
    def test_cancel_from_another_thread(self, rig: Rig) -> None:
        rig.insert("P1")
        header = rig.reader.begin_read("P1")
        lines = rig.reader.lines()
        first = next(lines)
        other = threading.Thread(target=rig.reader.cancel)
        other.start()
        other.join()
        rest, error = partly(lines)
        assert isinstance(error, Refused)
        assert error.code == "reader.cancelled"
        assert 0 < line_count([first, *rest], header.geometry.line_bytes) < header.geometry.rows
        with pytest.raises(WrongOrder):
            rig.reader.finish_read()
        rig.reader.eject()
        assert rig.reader.status().state is ReaderState.READY

    def test_cancel_before_the_first_line(self, rig: Rig) -> None:
        rig.insert("P1")
        rig.reader.begin_read("P1")
        rig.reader.cancel()
        came, error = partly(rig.reader.lines())
        assert came == []
        assert isinstance(error, Refused)
        rig.reader.eject()
        rig.insert_again("P1")
        header, blocks = read_all(rig.reader, "P1")
        assert np.median(air_kerma(header, blocks)) > 1.0, "nothing had been discharged"

    def test_cancel_does_nothing_when_no_read_runs(self, rig: Rig) -> None:
        rig.reader.cancel()
        rig.insert("P1")
        rig.reader.cancel()
        header, blocks = read_all(rig.reader, "P1")
        rig.reader.cancel()
        assert line_count(blocks, header.geometry.line_bytes) == header.geometry.rows
        assert rig.reader.status().state is ReaderState.READY

    @pytest.mark.parametrize("fault", ["jam", "laser", "detector"])
    @pytest.mark.parametrize("line", [0, 1, 100, 640])
    def test_fault_of_the_device(self, rig: Rig, fault: str, line: int) -> None:
        rig.insert("P1")
        rig.strike(fault_at(fault, line))
        header = rig.reader.begin_read("P1")
        came, error = partly(rig.reader.lines())
        assert isinstance(error, Failed)
        assert error.code == f"reader.{fault}"
        assert line_count(came, header.geometry.line_bytes) == line
        status = rig.reader.status()
        assert (status.state, status.plate_id) == (ReaderState.FAULT, "P1")
        assert status.fault == Message(f"reader.{fault}", {"line": line, "lines": header.geometry.rows})
        with pytest.raises(WrongOrder):
            rig.reader.finish_read()
        rig.reader.eject()
        assert rig.reader.status().state is ReaderState.READY
        rig.insert("P2")
        header, blocks = read_all(rig.reader, "P2")
        assert line_count(blocks, header.geometry.line_bytes) == header.geometry.rows

    @pytest.mark.parametrize("fault", ["link_lost", "cover_open"])
    def test_fault_in_which_the_plate_cannot_come_out(self, rig: Rig, fault: str) -> None:
        rig.insert("P1")
        rig.strike(fault_at(fault, 200))
        header = rig.reader.begin_read("P1")
        came, error = partly(rig.reader.lines())
        assert isinstance(error, Failed)
        assert error.code == f"reader.{fault}"
        assert line_count(came, header.geometry.line_bytes) == 200
        with pytest.raises(Failed):
            rig.reader.eject()
        assert rig.reader.status().state is ReaderState.FAULT
        rig.reader.connect()
        assert rig.reader.status().state is ReaderState.READY

    def test_reading_discharges_what_it_read_and_nothing_else(self, rig: Rig) -> None:
        rig.insert("P1")
        rig.strike(Faults(jam_at_line=500))
        rig.reader.begin_read("P1")
        partly(rig.reader.lines())
        rig.reader.eject()
        rig.insert_again("P1")
        header, blocks = read_all(rig.reader, "P1")
        kerma = air_kerma(header, blocks)
        assert kerma[:500].max() < 0.02
        assert np.median(kerma[500:900, 300:600]) > 1.0

    def test_lamp(self, rig: Rig) -> None:
        rig.insert("P1")
        rig.strike(Faults(lamp_at_erase=1))
        rig.reader.begin_read("P1")
        assert list(rig.reader.lines())
        with pytest.raises(Failed) as caught:
            rig.reader.finish_read()
        assert (caught.value.code, caught.value.params) == ("reader.lamp", {"plate": "P1"})
        assert rig.reader.status().state is ReaderState.FAULT
        rig.reader.eject()
        assert rig.reader.status().state is ReaderState.READY
        rig.insert("P2")
        read_all(rig.reader, "P2")

    def test_a_finished_plate_is_erased(self, rig: Rig) -> None:
        rig.insert("P1")
        read_all(rig.reader, "P1")
        rig.insert_again("P1")
        header, blocks = read_all(rig.reader, "P1")
        assert air_kerma(header, blocks).max() < 0.02

    @pytest.mark.parametrize("reached", ["ready", "cassette in", "begun", "reading", "read", "jammed"])
    def test_disconnect_at_any_moment(self, rig: Rig, reached: str) -> None:
        reader = rig.reader
        if reached != "ready":
            rig.insert("P1")
        if reached == "jammed":
            rig.strike(Faults(jam_at_line=64))
        if reached in ("begun", "reading", "read", "jammed"):
            reader.begin_read("P1")
        lines = reader.lines() if reached in ("reading", "read", "jammed") else iter(())
        if reached == "reading":
            next(lines)
        if reached in ("read", "jammed"):
            partly(lines)
        reader.disconnect()
        assert reader.status().state is ReaderState.OFF
        if reached == "reading":
            assert isinstance(partly(lines)[1], Refused), "the read that was left does not go on"
        reader.connect()
        rig.insert("P2")
        header, blocks = read_all(reader, "P2")
        assert line_count(blocks, header.geometry.line_bytes) == header.geometry.rows
