"""The x-ray room of a simulated device: what EXPOSE says, at both ends."""

import json
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fieldstation.cr_reader.bridge.frames import DamagedError
from fieldstation.cr_reader.bridge.reader import BridgeReader
from fieldstation.domain.errors import WrongUse
from fieldstation.domain.exams import Technique
from fieldstation.domain.reader import XrayRoom
from fieldstation.domain.views import OrderedView, Side

_HEAD = struct.Struct(">I")
_MAX_PICTURE = 60 * 1024 * 1024


class BridgeRoom:
    """An `XrayRoom` at the other end of the link."""

    def __init__(self, reader: BridgeReader) -> None:
        self._reader = reader

    def expose(self, plate_id: str, shot: OrderedView, technique: Technique, picture: Path | None) -> None:
        """Have the simulator expose the cassette and put it into its slot.

        Raises:
            WrongUse: ``plate.unreadable``, and what the simulator says cannot be.
            Failed: the simulator cannot be reached.
        """
        order = {
            "plate_id": plate_id,
            "view": shot.view,
            "side": shot.side,
            "kvp": technique.kvp,
            "mas": technique.mas,
            "sid_mm": technique.sid_mm,
            "picture": picture.name if picture else None,
        }
        text = json.dumps(order).encode()
        self._reader.expose(_HEAD.pack(len(text)) + text + (_bytes_of(picture) if picture else b""))


def exposer(room: XrayRoom) -> Callable[[bytes], None]:
    """What a server does with the payload of an EXPOSE: it has ``room`` do it."""

    def expose(payload: bytes) -> None:
        order, picture = _parse(payload)
        technique = Technique(kvp=order["kvp"], mas=order["mas"], sid_mm=order["sid_mm"])
        shot = OrderedView(order["view"], Side(order["side"]) if order["side"] else None)
        if order["picture"] is None:
            room.expose(order["plate_id"], shot, technique, None)
            return
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / (Path(order["picture"]).name or "picture")
            path.write_bytes(picture)
            room.expose(order["plate_id"], shot, technique, path)

    return expose


def _bytes_of(picture: Path) -> bytes:
    try:
        if picture.stat().st_size <= _MAX_PICTURE:
            return picture.read_bytes()
    except OSError:
        pass
    raise WrongUse("plate.unreadable", file=picture.name)


def _parse(payload: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        (length,) = _HEAD.unpack_from(payload)
        order = json.loads(payload[_HEAD.size : _HEAD.size + length])
        known = {"plate_id": str, "view": str, "side": str, "kvp": float, "mas": float, "sid_mm": int, "picture": str}
        if not isinstance(order, dict) or set(order) != set(known):
            raise DamagedError("EXPOSE")
        for key, kind in known.items():
            if order[key] is not None and not isinstance(order[key], (int, float) if kind is float else kind):
                raise DamagedError(key)
        if order["side"] not in {None, *Side} or order["plate_id"] is None or order["view"] is None:
            raise DamagedError("EXPOSE")
    except (struct.error, ValueError, RecursionError):
        raise DamagedError("EXPOSE") from None
    return order, payload[_HEAD.size + length :]
