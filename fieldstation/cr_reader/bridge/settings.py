"""The settings of the driver ``bridge``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fieldstation.cr_reader.settings_table import Number, OneOf, Rule, Text, Whole, check_table

_RULES: Mapping[str, Rule] = {
    "host": Text(r"[A-Za-z0-9_.:-]{1,253}", "a host name or an address"),
    "port": Whole(1, 65535),
    "silence_seconds": Number(2, 120),
    "tries": Whole(1, 100),
    "room": OneOf(("real", "simulated")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeSettings:
    """Where the device is and how long to put up with a bad link.

    A device that says nothing for ``silence_seconds`` is lost; a read is taken up again up to ``tries`` times in a row
    without a new line. ``room`` is simulated where the device is ``fieldstation simulator serve``.
    """

    host: str = "127.0.0.1"
    port: int = 4270
    silence_seconds: float = 5.0
    tries: int = 5
    room: str = "real"

    @classmethod
    def parse(cls, table: Mapping[str, object]) -> "BridgeSettings":
        """The settings of a table of plain values.

        Raises:
            WrongUse: ``reader.setting_unknown`` or ``reader.setting_wrong``.
        """
        given: dict[str, Any] = check_table(table, _RULES)
        return cls(**given)
