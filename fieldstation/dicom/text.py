"""Text for DICOM attributes: what does not fit is refused, never cut (PS3.5 6.2)."""

import re
import unicodedata

from fieldstation.domain.errors import Refused

_CODE_STRING = re.compile(r"[A-Z0-9_ ]{1,16}")
_PERSON_NAME_GROUPS = 3
_PERSON_NAME_COMPONENTS = 5
_PERSON_NAME_GROUP_LENGTH = 64
_SHORT = 16
_LONG = 64


def short_string(attribute: str, value: str) -> str:
    """A value of VR SH: at most 16 characters.

    Raises:
        Refused: ``instance.too_long`` or ``instance.bad_text`` (a backslash or a control character).
    """
    return _string(attribute, value, _SHORT)


def long_string(attribute: str, value: str) -> str:
    """A value of VR LO: at most 64 characters; raises as `short_string`."""
    return _string(attribute, value, _LONG)


def person_name(attribute: str, value: str) -> str:
    """A value of VR PN: up to three component groups of at most 64 characters and five components each.

    Raises:
        Refused: ``instance.too_long`` or ``instance.bad_text``.
    """
    groups = value.split("=")
    if len(groups) > _PERSON_NAME_GROUPS or any(group.count("^") >= _PERSON_NAME_COMPONENTS for group in groups):
        raise Refused("instance.bad_text", attribute=attribute)
    return "=".join(_string(attribute, group, _PERSON_NAME_GROUP_LENGTH) for group in groups)


def code_string(attribute: str, value: str) -> str:
    """A value of VR CS: capital letters, digits, spaces and underscores, at most 16.

    Raises:
        Refused: ``instance.bad_text``.
    """
    if not _CODE_STRING.fullmatch(value):
        raise Refused("instance.bad_text", attribute=attribute)
    return value


def decimal(value: float, places: int) -> str:
    """A value of VR DS with at most ``places`` decimals and no trailing zeros."""
    written = f"{value:.{places}f}"
    short = written.rstrip("0").rstrip(".") if "." in written else written
    return "0" if short == "-0" else short


def _string(attribute: str, value: str, limit: int) -> str:
    if "\\" in value or any(unicodedata.category(character) == "Cc" for character in value):
        raise Refused("instance.bad_text", attribute=attribute)
    if len(value) > limit:
        raise Refused("instance.too_long", attribute=attribute, limit=limit)
    return value
