"""Unique identifiers (PS3.5 chapter 9 and annex B)."""

import re
import uuid
from collections.abc import Callable

from fieldstation.domain.errors import WrongUse

_UID = re.compile(r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+", re.ASCII)
_LONGEST_UID = 64
_LONGEST_ROOT = 40
"""Leaves 23 decimal digits, 76 random bits, for what follows the root and its dot."""

UUID_ROOT = "2.25"
"""UUID-derived UIDs (PS3.5 B.2)."""

IMPLEMENTATION_CLASS_UID = "2.25.198936069774472842241743578056839215938"
"""Implementation Class UID (0002,0012) of everything this program writes or negotiates (PS3.7 D.3.3.2)."""

IMPLEMENTATION_VERSION_NAME = "FIELDSTATION_1"
"""Implementation Version Name (0002,0013); at most 16 characters."""

CR_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.1"
PRESENTATION_STATE_STORAGE = "1.2.840.10008.5.1.4.1.1.11.1"
"""Grayscale Softcopy Presentation State Storage."""
EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
JPEG_LS_LOSSLESS = "1.2.840.10008.1.2.4.80"


def is_valid_uid(text: str) -> bool:
    """Whether ``text`` is a UID: dotted decimal components without leading zeros, at most 64 characters (PS3.5 9.1)."""
    return len(text) <= _LONGEST_UID and _UID.fullmatch(text) is not None


class RandomIds:
    """New identifiers from a source of random UUIDs; satisfies `fieldstation.domain.ports.IdSource`."""

    def __init__(self, root: str | None = None, make_uuid: Callable[[], uuid.UUID] = uuid.uuid4) -> None:
        """``root`` is the site's own UID root; None gives UUID-derived UIDs.

        Raises:
            WrongUse: ``settings.uid_root``: it is not a UID or longer than 40 characters.
        """
        if root is not None and (not is_valid_uid(root) or len(root) > _LONGEST_ROOT):
            raise WrongUse("settings.uid_root", root=root, limit=_LONGEST_ROOT)
        self._root = UUID_ROOT if root is None else root
        self._make_uuid = make_uuid

    def uuid(self) -> uuid.UUID:
        """A random UUID (version 4)."""
        return self._make_uuid()

    def uid(self) -> str:
        """A new UID under the root; as many random digits as fit into 64 characters."""
        digits = _LONGEST_UID - len(self._root) - 1
        return f"{self._root}.{self._make_uuid().int % 10**digits}"
