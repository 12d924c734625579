"""The parts of a DICOM file (PS3.10 7.1), as bytes: nothing is decoded, nothing is written anew."""

import struct

from fieldstation.domain.errors import Refused

_GROUP_LENGTH = struct.Struct("<4sHH2sHL")


def encoded_dataset(content: bytes) -> bytes:
    """The data set of a Part 10 file, as it is encoded there, without preamble and file meta information.

    Raises:
        Refused: ``instance.not_part10``.
    """
    try:
        magic, group, element, vr, length, meta_length = _GROUP_LENGTH.unpack_from(content, 128)
    except struct.error:
        raise Refused("instance.not_part10") from None
    if (magic, group, element, vr, length) != (b"DICM", 0x0002, 0x0000, b"UL", 4):
        raise Refused("instance.not_part10")
    return content[128 + _GROUP_LENGTH.size + meta_length :]
