"""The settings that the drivers over an inbox share."""

from collections.abc import Mapping
from typing import Any

from fieldstation.cr_reader.inbox.assumed import Assumed
from fieldstation.cr_reader.settings_table import Number, OneOf, Rule, Text
from fieldstation.domain.exams import ReaderIdentity
from fieldstation.domain.signal import ResponseKind

_NAME = Text(r"[ -\[\]-~]{0,64}", "at most 64 letters, digits and signs, without a backslash")

SHARED_RULES: Mapping[str, Rule] = {
    "manufacturer": _NAME,
    "model": _NAME,
    "serial": _NAME,
    "software": _NAME,
    "pitch_mm": Number(0.02, 1.0),
    "white": OneOf(("dense", "exposed")),
    "response": OneOf(tuple(ResponseKind)),
    "gain": Number(-1e9, 1e9),
    "offset": Number(-1e9, 1e9),
}


def identity_of(given: Mapping[str, Any], model: str) -> ReaderIdentity:
    """What the settings call the reader; ``model`` where they do not say."""
    return ReaderIdentity(
        manufacturer=given.get("manufacturer", ""),
        model=given.get("model", model),
        serial=given.get("serial", ""),
        software=given.get("software", ""),
        simulated=False,
    )


def assumed_of(given: Mapping[str, Any]) -> Assumed:
    """What the settings say of files that do not say it themselves."""
    return Assumed(
        pitch_mm=float(given.get("pitch_mm", 0.1)),
        white=given.get("white", "dense"),
        response=ResponseKind(given.get("response", ResponseKind.LOG)),
        gain=given.get("gain"),
        offset=given.get("offset"),
    )
