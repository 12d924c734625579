"""What is inside the frames: JSON objects and lines (``docs/bridge-protocol.md``, "Messages")."""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fieldstation.cr_reader.bridge.frames import DamagedError
from fieldstation.domain.exams import ReaderIdentity
from fieldstation.domain.reader import PlateHeader, ReaderState, ReaderStatus
from fieldstation.domain.signal import PlateGeometry, ResponseKind, SignalResponse
from fieldstation.domain.words import Message

VERSION = 1
LINES_HEAD = struct.Struct(">I")

_MAX_ROWS = _MAX_COLUMNS = 32_768
_MAX_PLATE_BYTES = 512 * 1024 * 1024
_MAX_TEXT, _MAX_NAMES = 64, 255
_FAULTS = frozenset(
    f"reader.{name}"
    for name in ("no_cassette", "wrong_cassette", "jam", "cover_open", "laser", "detector", "lamp", "link_lost")
)
_FAULT_PARAMS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "reader.no_cassette": ((), ("plate",)),
    "reader.wrong_cassette": ((), ("expected", "inserted")),
    "reader.lamp": ((), ("plate",)),
}
"""What the sentence of a fault needs, numbers and texts; the others say after which line of how many."""

_REFUSALS: Mapping[str, tuple[str, ...]] = {
    "view.unknown": ("view",),
    "plate.unreadable": ("file",),
    "plate.size_unknown": ("size",),
    "plate.no_such_radiograph": ("name", "known"),
}
NOTES = ("reader.erases_itself", "reader.unproven")

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """Who the device is, what a person should know of it, and the read that it still holds."""

    identity: ReaderIdentity
    notes: tuple[str, ...] = ()
    held: str | None = None


def pack(content: Json) -> bytes:
    """A JSON object as a payload."""
    return json.dumps(content, separators=(",", ":"), allow_nan=False).encode()


def unpack(payload: memoryview) -> Json:
    """The JSON object of a payload.

    Raises:
        DamagedError: it is none.
    """
    try:
        content = json.loads(bytes(payload)) if payload else {}
    except (ValueError, RecursionError):
        raise DamagedError("JSON") from None
    if not isinstance(content, dict):
        raise DamagedError("JSON")
    return content


def welcome_to_json(welcome: Welcome) -> Json:
    """What WELCOME carries."""
    one = welcome.identity
    return {
        "version": VERSION,
        "manufacturer": one.manufacturer,
        "model": one.model,
        "serial": one.serial,
        "software": one.software,
        "simulated": one.simulated,
        "notes": list(welcome.notes),
        "held": welcome.held,
    }


def welcome_from_json(content: Json) -> Welcome:
    """What a WELCOME says.

    Raises:
        DamagedError: something is missing or is of the wrong kind; another version.
    """
    if _value(content, "version", int) != VERSION:
        raise DamagedError("version")
    notes = _value(content, "notes", list)
    if not all(note in NOTES for note in notes):
        raise DamagedError("notes")
    return Welcome(
        identity=ReaderIdentity(
            manufacturer=_text(content, "manufacturer"),
            model=_text(content, "model"),
            serial=_text(content, "serial"),
            software=_text(content, "software"),
            simulated=_value(content, "simulated", bool),
        ),
        notes=tuple(notes),
        held=None if content.get("held") is None else _text(content, "held"),
    )


def header_to_json(header: PlateHeader, read: str) -> Json:
    """What HEADER carries. ``read`` is the device's own name for this read."""
    return {
        "read": read,
        "plate_id": header.plate_id,
        "plate_size": header.plate_size,
        "rows": header.geometry.rows,
        "columns": header.geometry.columns,
        "pitch_mm": header.geometry.pitch_mm,
        "bits": header.geometry.bits,
        "response": header.response.kind.value,
        "gain": header.response.gain,
        "offset": header.response.offset,
    }


def header_from_json(content: Json) -> tuple[str, PlateHeader]:
    """What a HEADER says, and the device's name for the read.

    Raises:
        DamagedError: something is missing, of the wrong kind, or cannot be.
    """
    geometry = PlateGeometry(
        rows=_whole(content, "rows", 1, _MAX_ROWS),
        columns=_whole(content, "columns", 1, _MAX_COLUMNS),
        pitch_mm=_number(content, "pitch_mm", 0.01, 1.0),
        bits=_whole(content, "bits", 8, 16),
    )
    if geometry.total_bytes > _MAX_PLATE_BYTES:
        raise DamagedError("rows")
    kind = _text(content, "response")
    if kind not in set(ResponseKind):
        raise DamagedError("response")
    gain = _number(content, "gain", -1e9, 1e9)
    if gain == 0:
        raise DamagedError("gain")
    return _text(content, "read"), PlateHeader(
        plate_id=_text(content, "plate_id"),
        plate_size=_text(content, "plate_size"),
        geometry=geometry,
        response=SignalResponse(kind=ResponseKind(kind), gain=gain, offset=_number(content, "offset", -1e9, 1e9)),
    )


def cassette_from_json(content: Json) -> str | None:
    """The plate ID of a CASSETTE; None: there is none, or the device cannot tell.

    Raises:
        DamagedError: it is no plate ID.
    """
    return None if content.get("plate_id") is None else _text(content, "plate_id")


def refusal_from_json(content: Json) -> Message:
    """Why a simulator cannot expose a cassette so.

    Raises:
        DamagedError: it is no reason that there is a sentence for.
    """
    code = _text(content, "code")
    needed = _REFUSALS.get(code)
    if needed is None:
        raise DamagedError("refusal")
    params = _value(content, "params", dict)
    return Message(code, {name: _text(params, name, _MAX_NAMES) for name in needed})


def nothing(_content: Json) -> None:
    """What DONE carries."""


def status_to_json(status: ReaderStatus) -> Json:
    """What STATE carries."""
    return {
        "state": status.state.value,
        "plate_id": status.plate_id,
        "fault": fault_to_json(status.fault) if status.fault else None,
    }


def status_from_json(content: Json) -> ReaderStatus:
    """What a STATE says.

    Raises:
        DamagedError: no such state.
    """
    state = _text(content, "state")
    if state not in set(ReaderState):
        raise DamagedError("state")
    fault = content.get("fault")
    return ReaderStatus(
        state=ReaderState(state),
        plate_id=None if content.get("plate_id") is None else _text(content, "plate_id"),
        fault=None if fault is None else fault_from_json(_value(content, "fault", dict)),
    )


def fault_to_json(fault: Message) -> Json:
    """What FAULT carries."""
    return {"code": fault.code, "params": dict(fault.params)}


def fault_from_json(content: Json) -> Message:
    """What a FAULT says.

    Raises:
        DamagedError: it is none of the faults that a reader can have, or lacks what its sentence needs.
    """
    code = _text(content, "code")
    params = _value(content, "params", dict)
    if code not in _FAULTS:
        raise DamagedError("fault")
    numbers, texts = _FAULT_PARAMS.get(code, (("line", "lines"), ()))
    return Message(
        code,
        {
            **{name: _whole(params, name, 0, _MAX_ROWS) for name in numbers},
            **{name: _text(params, name) for name in texts},
        },
    )


def split_lines(payload: memoryview) -> tuple[int, memoryview]:
    """The number of the first line that LINES brings, and the lines.

    Raises:
        DamagedError: there is none.
    """
    if len(payload) <= LINES_HEAD.size:
        raise DamagedError("lines")
    return LINES_HEAD.unpack_from(payload)[0], payload[LINES_HEAD.size :]


def text_of(content: Json, key: str) -> str:
    """A short text of a message.

    Raises:
        DamagedError: it is missing or no such text.
    """
    return _text(content, key)


def number_of(content: Json, key: str) -> int:
    """A line number of a message.

    Raises:
        DamagedError: it is missing or out of range.
    """
    return _whole(content, key, 0, _MAX_ROWS)


def _value(content: Json, key: str, kind: type) -> Any:
    value = content.get(key)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise DamagedError(key)
    return value


def _text(content: Json, key: str, most: int = _MAX_TEXT) -> str:
    value: str = _value(content, key, str)
    if len(value) > most or not value.isprintable():
        raise DamagedError(key)
    return value


def _whole(content: Json, key: str, low: int, high: int) -> int:
    value: int = _value(content, key, int)
    if not low <= value <= high:
        raise DamagedError(key)
    return value


def _number(content: Json, key: str, low: float, high: float) -> float:
    value = content.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        raise DamagedError(key)
    return float(value)
