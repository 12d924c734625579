"""What leaves a station whose reader has died: which plates wait, as a sealed file or as a QR code, and back.

The file has accession numbers and patient IDs and is sealed with a passphrase. The code has no patient ID: plate,
accession, view and time of exposure.
"""

import json
import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from urllib.parse import quote, unquote

from fieldstation.domain.errors import Refused
from fieldstation.domain.plates import HAND_OVER_MARK, HandedPlate
from fieldstation.domain.views import OrderedView, Side

_MAGIC = b"FIELDSTATION HAND-OVER 1\n"
_MAX_BYTES = 1_000_000
_MINUTE = "%Y%m%d%H%M"
_SAFE = "-._ "


def seal(plates: Sequence[HandedPlate], passphrase: str, randomness: bytes) -> bytes:
    """The file. ``randomness`` is 28 bytes that were never used before."""
    from fieldstation.services.sealing import sealed  # noqa: PLC0415 - loads ciphers

    content = json.dumps([_to_json(one) for one in plates], ensure_ascii=False).encode()
    return _MAGIC + sealed(content, passphrase, _MAGIC, randomness)


def unseal(data: bytes, passphrase: str) -> list[HandedPlate]:
    """The plates of a file.

    Raises:
        Refused: ``hand_over.not_one``; ``hand_over.wrong_passphrase``: that, or the file was changed.
    """
    if not data.startswith(_MAGIC) or len(data) > _MAX_BYTES:
        raise Refused("hand_over.not_one")
    from fieldstation.services.sealing import ForgedError, unsealed  # noqa: PLC0415 - loads ciphers

    try:
        content = unsealed(data[len(_MAGIC) :], passphrase, _MAGIC)
        return [_from_json(one) for one in json.loads(content)]
    except ForgedError:
        raise Refused("hand_over.wrong_passphrase") from None
    except (ValueError, KeyError, TypeError):
        raise Refused("hand_over.not_one") from None


def to_code(plates: Iterable[HandedPlate]) -> str:
    """What the QR code says. A scanner types it and may slip, so it ends with the CRC-32 of what is before it."""
    body = ";".join((HAND_OVER_MARK, *(_to_text(one) for one in plates)))
    return f"{body};{_sum(body)}"


def from_code(code: str) -> list[HandedPlate]:
    """The plates of a code, as a scanner types it.

    Raises:
        Refused: ``hand_over.not_one``; ``hand_over.garbled``: it did not come whole.
    """
    body, _, checksum = code.strip().rpartition(";")
    magic, *plates = body.split(";")
    if magic != HAND_OVER_MARK or len(code) > _MAX_BYTES:
        raise Refused("hand_over.not_one")
    if checksum != _sum(body):
        raise Refused("hand_over.garbled")
    try:
        return [_from_text(one) for one in plates]
    except ValueError:
        raise Refused("hand_over.not_one") from None


def _sum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08X}"


def _to_json(plate: HandedPlate) -> dict[str, str]:
    return {
        "plate_id": plate.plate_id,
        "size": plate.size,
        "accession": plate.accession,
        "patient_id": plate.patient_id,
        "view": plate.view.view,
        "side": plate.view.side or "",
        "exposed_at": plate.exposed_at.astimezone(UTC).isoformat(),
        "station": plate.station,
    }


def _from_json(told: dict[str, str]) -> HandedPlate:
    return HandedPlate(
        plate_id=told["plate_id"],
        size=told["size"],
        accession=told["accession"],
        patient_id=told["patient_id"],
        view=OrderedView(told["view"], Side(told["side"]) if told["side"] else None),
        exposed_at=datetime.fromisoformat(told["exposed_at"]).astimezone(UTC),
        station=told["station"],
    )


def _to_text(plate: HandedPlate) -> str:
    exposed_at = plate.exposed_at.astimezone(UTC).strftime(_MINUTE)
    parts = (plate.plate_id, plate.size, plate.accession, plate.view.view, plate.view.side or "", plate.station)
    return ",".join((*(quote(part, _SAFE) for part in parts), exposed_at))


def _from_text(text: str) -> HandedPlate:
    plate_id, size, accession, view, side, station, exposed_at = (unquote(part) for part in text.split(","))
    return HandedPlate(
        plate_id=plate_id,
        size=size,
        accession=accession,
        patient_id="",
        view=OrderedView(view, Side(side) if side else None),
        exposed_at=datetime.strptime(exposed_at, _MINUTE).replace(tzinfo=UTC),
        station=station,
    )
