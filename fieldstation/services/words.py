"""The one catalogue of sentences: what a code with its parameters says to a person."""

import tomllib
from datetime import datetime
from functools import cache
from typing import cast

from fieldstation.assets import asset
from fieldstation.domain.errors import FieldstationError
from fieldstation.domain.plates import PlateRefused
from fieldstation.domain.words import Message


@cache
def _catalogue(language: str) -> dict[str, str]:
    tables = cast("dict[str, dict[str, str]]", tomllib.loads(asset(f"words/{language}.toml").read_text("utf-8")))
    return {f"{table}.{key}": sentence for table, entries in tables.items() for key, sentence in entries.items()}


def text(code: str, **params: str | int | float) -> str:
    """The sentence of a code.

    Raises:
        KeyError: the catalogue lacks the code or the sentence names a parameter that is not given; a bug of ours.
    """
    return _catalogue("en")[code].format_map(params)


def sentence(message: Message) -> str:
    """What a message says."""
    return text(message.code, **message.params)


def apology(error: FieldstationError) -> str:
    """What an error says; of a plate that is refused, everything that speaks against it."""
    if isinstance(error, PlateRefused):
        return " ".join(sentence(concern) for concern in error.concerns)
    return text(error.code, **error.params)


def spoken_time(at: datetime, now: datetime) -> str:
    """A time as people say it, local: the day only where it is not today."""
    local, today = at.astimezone(), now.astimezone().date()
    return local.strftime("%H:%M" if local.date() == today else "%Y-%m-%d %H:%M")


def person_name(name: str) -> str:
    """A DICOM person name as people write it: ``MUELLER^ANNA`` is ``MUELLER, ANNA``; prefix and suffix stand apart.

    Only the first component group is shown (PS3.5 6.2.1).
    """
    family, given, middle, prefix, suffix = [*(name.split("=", maxsplit=1)[0].split("^")), "", "", "", "", ""][:5]
    given_names = " ".join(part for part in (prefix, given, middle, suffix) if part)
    return ", ".join(part for part in (family, given_names) if part)
