"""What leaves a station whose reader has died: which plates wait, as a sealed file or as a QR code, and back.

The file has accession numbers and patient IDs and is sealed with a passphrase (scrypt, RFC 7914; AES-256-GCM). The code
has no patient ID: plate, accession, view and time of exposure.
"""

import json
import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from urllib.parse import quote, unquote

import segno
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from fieldstation.domain.errors import Refused, WrongUse
from fieldstation.domain.plates import HAND_OVER_MARK, HandedPlate
from fieldstation.domain.views import OrderedView, Side

_MAGIC = b"FIELDSTATION HAND-OVER 1\n"
_SALT_BYTES, _NONCE_BYTES = 16, 12
_MAX_BYTES = 1_000_000
_MINUTE = "%Y%m%d%H%M"
_SAFE = "-._ "


def seal(plates: Sequence[HandedPlate], passphrase: str, randomness: bytes) -> bytes:
    """The file. ``randomness`` is 28 bytes that were never used before."""
    salt, nonce = randomness[:_SALT_BYTES], randomness[_SALT_BYTES : _SALT_BYTES + _NONCE_BYTES]
    content = json.dumps([_to_json(one) for one in plates], ensure_ascii=False).encode()
    return _MAGIC + salt + nonce + AESGCM(_key(passphrase, salt)).encrypt(nonce, content, _MAGIC)


def unseal(data: bytes, passphrase: str) -> list[HandedPlate]:
    """The plates of a file.

    Raises:
        Refused: ``hand_over.not_one``; ``hand_over.wrong_passphrase``: that, or the file was changed.
    """
    head = len(_MAGIC)
    if not data.startswith(_MAGIC) or len(data) > _MAX_BYTES:
        raise Refused("hand_over.not_one")
    salt, rest = data[head : head + _SALT_BYTES], data[head + _SALT_BYTES :]
    try:
        content = AESGCM(_key(passphrase, salt)).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], _MAGIC)
        return [_from_json(one) for one in json.loads(content)]
    except InvalidTag:
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


def modules(code: str) -> tuple[tuple[bool, ...], ...]:
    """The QR code as rows of dark (True) and light modules, with its quiet zone of 4 (ISO/IEC 18004).

    Raises:
        Refused: ``hand_over.too_many``: so many plates fit into no code.
    """
    made = _qr(code)
    return tuple(tuple(bool(module) for module in row) for row in made.matrix_iter(border=4))


def write_picture(code: str, file: str) -> None:
    """Write the QR code as a picture; the name says which kind.

    Raises:
        WrongUse: ``hand_over.picture_kind``: neither .png nor .svg.
        Refused: ``hand_over.too_many``.
        OSError: it cannot be written.
    """
    if not file.lower().endswith((".png", ".svg")):
        raise WrongUse("hand_over.picture_kind")
    _qr(code).save(file, scale=6, border=4)


def _qr(code: str) -> segno.QRCode:
    try:
        return segno.make_qr(code, error="m")
    except segno.DataOverflowError:
        raise Refused("hand_over.too_many") from None


def _key(passphrase: str, salt: bytes) -> bytes:
    typed = "".join(passphrase.split()).upper().replace("-", "")
    return Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(typed.encode())


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
