"""The checks, in the order in which a driver is written. Each gets a fresh rig."""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

import numpy as np

from fieldstation.cr_reader.conformance.rig import Rig, Unmet, expect
from fieldstation.cr_reader.lifecycle import WrongOrder
from fieldstation.domain.errors import Failed, FieldstationError, Refused
from fieldstation.domain.reader import LineBlock, PlateHeader, Reader, ReaderState

_NOTES = ("reader.erases_itself", "reader.unproven", "reader.files_unusable", "reader.files_not_square")
_AT_REST = (ReaderState.READY, ReaderState.CASSETTE_IN)
_MOST_BLOCK_BYTES = 8 * 1024 * 1024


def is_off_until_connected(rig: Rig) -> None:
    """Before ``connect`` the state is off, and nothing can be asked."""
    reader = rig.reader
    expect(reader.status().state is ReaderState.OFF, "state is off before connect")
    for name, call in _hooks(reader).items():
        _raises(WrongOrder, call, f"{name} before connect")


def connects_and_says_who_it_is(rig: Rig) -> None:
    """After ``connect`` it is ready, with a model, and notes that there are sentences for; twice is as good as once."""
    reader = rig.reader
    reader.connect()
    reader.connect()
    expect(reader.status().state is ReaderState.READY, "state is ready after connect")
    expect(reader.identity.model, "identity has a model")
    for value in (reader.identity.manufacturer, reader.identity.model, reader.identity.serial):
        expect(len(value) <= 64, "identity fits DICOM's 64 characters")
    expect(all(note.code in _NOTES for note in reader.notes), f"notes are among {', '.join(_NOTES)}")
    reader.disconnect()
    reader.disconnect()
    expect(reader.status().state is ReaderState.OFF, "state is off after disconnect")


def finds_no_cassette_where_there_is_none(rig: Rig) -> None:
    """An empty reader says so before anything is read."""
    reader = _connected(rig)
    expect(reader.identify() is None, "identify gives None without a cassette")
    _fails(("reader.no_cassette",), lambda: reader.begin_read("P1"), "begin_read without a cassette")
    expect(reader.status().state is ReaderState.READY, "it is ready still")


def reads_a_plate(rig: Rig) -> None:
    """Every line comes once, in order, as its header says, and the reader is ready afterwards."""
    reader = _connected(rig)
    rig.insert("P1")
    expect(reader.identify() in ("P1", None), "identify gives the plate ID or None")
    header = reader.begin_read("P1")
    expect(reader.status().state is ReaderState.READING, "state is reading after begin_read")
    expect(reader.status().plate_id == "P1", "status names the plate")
    _check_header(header)
    _check_blocks(header, list(reader.lines()))
    reader.finish_read()
    expect(reader.status().state is ReaderState.READY, "state is ready after finish_read")


def reads_one_plate_after_another(rig: Rig) -> None:
    """What one read leaves behind does not touch the next."""
    reader = _connected(rig)
    for plate_id in ("P1", "P2", "P3"):
        rig.insert(plate_id)
        _read(reader, plate_id)


def takes_repeated_calls(rig: Rig) -> None:
    """Each hook may be called again with no further effect."""
    reader = _connected(rig)
    rig.insert("P1")
    reader.identify()
    expect(reader.identify() in ("P1", None), "identify may be repeated")
    header = reader.begin_read("P1")
    expect(reader.begin_read("P1") == header, "begin_read before lines gives the same header again")
    _check_blocks(header, list(reader.lines()))
    reader.finish_read()
    reader.finish_read()
    reader.eject()
    reader.eject()
    expect(reader.status().state is ReaderState.READY, "it is ready after all of that")


def keeps_the_order_of_hooks(rig: Rig) -> None:
    """Lines come after ``begin_read`` and once; nothing is finished before the last of them."""
    reader = _connected(rig)
    rig.insert("P1")
    _raises(WrongOrder, reader.lines, "lines before begin_read")
    reader.begin_read("P1")
    _raises(WrongOrder, reader.finish_read, "finish_read before the first line")
    lines = reader.lines()
    next(lines)
    _raises(WrongOrder, reader.lines, "lines twice")
    _raises(WrongOrder, reader.finish_read, "finish_read before the last line")
    _raises(WrongOrder, lambda: reader.begin_read("P2"), "begin_read of another plate meanwhile")


def erases_without_reading(rig: Rig) -> None:
    """A plate is erased unread and given back, or the reader says that it cannot; then the cassette is as it was."""
    reader = _connected(rig)
    rig.insert("P1")
    if _erased(reader, "P1"):
        expect(reader.status().state is ReaderState.READY, "it is ready after erase")
        rig.insert("P1")
    _read(reader, "P1")


def refuses_another_cassette(rig: Rig) -> None:
    """The plate that was asked for is read, or none; the other one still has its image."""
    reader = _connected(rig)
    rig.insert("P1")
    _fails(("reader.wrong_cassette", "reader.no_cassette"), lambda: reader.begin_read("P2"), "begin_read of another")
    _read(reader, "P1")


def stops_when_cancelled(rig: Rig) -> None:
    """``cancel`` ends the read at the next block; the plate can be ejected and is not finished."""
    reader = _connected(rig)
    reader.cancel()
    rig.insert("P1")
    header = reader.begin_read("P1")
    lines = reader.lines()
    first = next(lines)
    reader.cancel()
    came, error = _partly(lines)
    if _count(header, [first, *came]) < header.geometry.rows:
        expect(isinstance(error, Refused) and error.code == "reader.cancelled", "a cancelled read ends so")
        _raises(WrongOrder, reader.finish_read, "finish_read of a cancelled read")
    reader.eject()
    expect(reader.status().state in _AT_REST, "it is ready after eject, or sees the plate that was given back")
    reader.cancel()
    rig.insert("P2")
    _read(reader, "P2")


def lets_go_at_any_moment(rig: Rig) -> None:
    """``disconnect`` ends whatever goes on; the next ``connect`` finds a reader that works."""
    reader = rig.reader
    for stop_after in range(4):
        reader.connect()
        rig.insert(f"P{stop_after}")
        steps: list[Callable[[], object]] = [
            reader.identify,
            lambda plate=f"P{stop_after}": reader.begin_read(plate),  # type: ignore[misc]
            lambda: next(reader.lines()),
        ]
        for step in steps[:stop_after]:
            step()
        reader.disconnect()
        expect(reader.status().state is ReaderState.OFF, f"state is off after disconnect at step {stop_after}")
    reader.connect()
    rig.insert("P9")
    _read(reader, "P9")


def tells_why_a_read_broke_off(rig: Rig) -> None:
    """The lines before it are right, the fault is named, and the reader works again after eject or connect."""
    reader = _connected(rig)
    rig.insert("P1")
    if not rig.break_next():
        return
    header = reader.begin_read("P1")
    came, error = _partly(reader.lines())
    expect(isinstance(error, Failed), "a read that breaks off raises Failed")
    expect(_count(header, came) < header.geometry.rows, "not all lines came")
    status = reader.status()
    expect(status.state is ReaderState.FAULT and status.fault, "state is fault, and says which")
    expect(status.plate_id == "P1", "status says where the plate is")
    _raises(WrongOrder, reader.finish_read, "finish_read of a read that broke off")
    with suppress(FieldstationError):
        reader.eject()
    reader.connect()
    expect(reader.status().state in _AT_REST, "it is ready after connect")
    rig.insert("P2")
    _read(reader, "P2")


CHECKS: tuple[Callable[[Rig], None], ...] = (
    is_off_until_connected,
    connects_and_says_who_it_is,
    finds_no_cassette_where_there_is_none,
    reads_a_plate,
    reads_one_plate_after_another,
    takes_repeated_calls,
    keeps_the_order_of_hooks,
    erases_without_reading,
    refuses_another_cassette,
    stops_when_cancelled,
    lets_go_at_any_moment,
    tells_why_a_read_broke_off,
)


def _connected(rig: Rig) -> Reader:
    rig.reader.connect()
    return rig.reader


def _hooks(reader: Reader) -> Mapping[str, Callable[[], object]]:
    return {
        "identify": reader.identify,
        "begin_read": lambda: reader.begin_read("P1"),
        "lines": reader.lines,
        "finish_read": reader.finish_read,
        "erase": lambda: reader.erase("P1"),
        "eject": reader.eject,
    }


def _read(reader: Reader, plate_id: str) -> None:
    header = reader.begin_read(plate_id)
    expect(header.plate_id == plate_id, "the header names the plate that was asked for")
    _check_blocks(header, list(reader.lines()))
    reader.finish_read()


def _erased(reader: Reader, plate_id: str) -> bool:
    try:
        reader.erase(plate_id)
    except Refused as error:
        expect(error.code == "reader.cannot_erase", "a reader that cannot erase alone says reader.cannot_erase")
        return False
    return True


def _check_header(header: PlateHeader) -> None:
    geometry, response = header.geometry, header.response
    expect(geometry.rows > 0 and geometry.columns > 0, "the plate has rows and columns")
    expect(8 <= geometry.bits <= 16, "samples have 8 to 16 bits")
    expect(0.02 <= geometry.pitch_mm <= 1.0, "the pitch is 0.02 to 1 mm")
    expect(math.isfinite(response.gain) and response.gain != 0, "the calibration has a gain")
    expect(math.isfinite(response.offset), "the calibration has an offset")
    expect("X" in header.plate_size and len(header.plate_size) <= 16, "the plate size is a Cassette Size (0018,1403)")


def _check_blocks(header: PlateHeader, blocks: list[LineBlock]) -> None:
    expected = 0
    for block in blocks:
        expect(block.first_line == expected, f"line {expected} comes next, not {block.first_line}")
        lines, rest = divmod(len(block.data), header.geometry.line_bytes)
        expect(lines > 0 and rest == 0, "a block is whole lines")
        expect(len(block.data) <= _MOST_BLOCK_BYTES, "a block is at most 8 MiB")
        expect(_highest(block.data) < 2**header.geometry.bits, "no sample is beyond its bits")
        expected += lines
    expect(expected == header.geometry.rows, f"all {header.geometry.rows} lines come, not {expected}")


def _highest(data: bytes) -> int:
    return int(np.frombuffer(data, "<u2").max())


def _count(header: PlateHeader, blocks: list[LineBlock]) -> int:
    return sum(len(block.data) for block in blocks) // header.geometry.line_bytes


def _partly(lines: Iterator[LineBlock]) -> tuple[list[LineBlock], Exception | None]:
    came: list[LineBlock] = []
    try:
        for block in lines:
            came.append(block)  # noqa: PERF402 - what came before an error counts
    except FieldstationError as error:
        return came, error
    return came, None


def _raises(kind: type[Exception], call: Callable[[], object], what: str) -> None:
    try:
        call()
    except kind:
        return
    raise Unmet(f"{what} raises {kind.__name__}")


def _fails(codes: tuple[str, ...], call: Callable[[], object], what: str) -> None:
    try:
        call()
    except Failed as error:
        expect(error.code in codes, f"{what} fails with {' or '.join(codes)}, not {error.code}")
        return
    raise Unmet(f"{what} fails with {' or '.join(codes)}")
