"""The words of tus 1.0.0: headers in, headers out, and the faults that have a status of their own.

https://tus.io/protocols/resumable-upload, core protocol with the extensions creation, creation-with-upload, expiration
and termination. The checksum extension is not offered: the whole object is checked against its SHA-256 instead.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass

from fieldstation.dicom.uids import is_valid_uid

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,termination"
PIECE_TYPE = "application/offset+octet-stream"
CHECKSUM_MISMATCH = 460
LOCKED = 423

_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_LONGEST_METADATA = 4096
_DEFLATED = frozenset({"1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.8.1"})
"""Transfer syntaxes whose data set may be far larger than the bytes that come: not taken."""


class WireFault(Exception):
    """A request that is answered with an error: an HTTP status and a code for whoever reads the wire."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(status, code)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What a station says of an instance before its first byte. ``size`` in bytes, ``sha256`` in lower-case hex."""

    station: str
    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    sha256: str
    size: int
    metadata: str


def declared(station: str, headers: Mapping[str, str], most_bytes: int) -> Declared:
    """Read Upload-Length and Upload-Metadata of a creation.

    Raises:
        WireFault: 400 for what is missing or malformed, 413 for what is too large, 415 for a syntax not taken.
    """
    size = number(headers, "upload-length")
    if size == 0:
        raise WireFault(400, "empty")
    if size > most_bytes:
        raise WireFault(413, "too-large")
    raw = headers.get("upload-metadata", "")
    told = _metadata(raw)
    for key in ("sop_instance_uid", "sop_class_uid", "transfer_syntax_uid"):
        if not is_valid_uid(told.get(key, "")):
            raise WireFault(400, f"bad-{key.replace('_', '-')}")
    if not _SHA256.fullmatch(told.get("sha256", "")):
        raise WireFault(400, "bad-sha256")
    if told["transfer_syntax_uid"] in _DEFLATED:
        raise WireFault(415, "deflated")
    return Declared(
        station=station,
        sop_instance_uid=told["sop_instance_uid"],
        sop_class_uid=told["sop_class_uid"],
        transfer_syntax_uid=told["transfer_syntax_uid"],
        sha256=told["sha256"],
        size=size,
        metadata=raw,
    )


def number(headers: Mapping[str, str], name: str) -> int:
    """A header that is a count of bytes.

    Raises:
        WireFault: 400.
    """
    text = headers.get(name, "")
    if not _NUMBER.fullmatch(text):
        raise WireFault(400, f"bad-{name}")
    return int(text)


def check_version(headers: Mapping[str, str]) -> None:
    """Every request but OPTIONS says which version it speaks.

    Raises:
        WireFault: 412.
    """
    if headers.get("tus-resumable") != VERSION:
        raise WireFault(412, "version")


def check_piece_type(headers: Mapping[str, str]) -> None:
    """Bytes come as one media type only.

    Raises:
        WireFault: 415.
    """
    if headers.get("content-type") != PIECE_TYPE:
        raise WireFault(415, "content-type")


def _metadata(raw: str) -> dict[str, str]:
    """Pairs of a key and a value in base64, parted by commas; the value may be missing."""
    if len(raw) > _LONGEST_METADATA:
        raise WireFault(400, "bad-upload-metadata")
    told: dict[str, str] = {}
    for pair in raw.split(",") if raw.strip() else []:
        key, _, value = pair.strip().partition(" ")
        try:
            told[key] = base64.b64decode(value, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            raise WireFault(400, "bad-upload-metadata") from None
    return told
