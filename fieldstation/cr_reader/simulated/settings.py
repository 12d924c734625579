"""The settings of the simulated reader and what they may be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fieldstation.cr_reader.settings_table import Number, OneOf, Rule, Table, Tables, Whole, check_table
from fieldstation.cr_reader.simulated.script import FAULT_RULES, Script, parse_script
from fieldstation.domain.signal import ResponseKind

_RULES: Mapping[str, Rule] = {
    "seconds_per_plate": Number(0, 600),
    "pitch_mm": Number(0.1, 0.2),
    "bits": Whole(12, 16),
    "response": OneOf(tuple(ResponseKind)),
    "scene": OneOf(("view", "chest", "leg", "phantom")),
    "seed": Whole(0, 2**63 - 1),
    "shots_so_far": Whole(0, 2**63 - 1),
    "plate": Table(),
    "script": Tables(),
    **FAULT_RULES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedSettings:
    """How the simulated reader behaves.

    ``seconds_per_plate`` (0 to 600 s) is how long the lines of a plate take; ``pitch_mm`` (0.1 to 0.2) and ``bits`` (12
    to 16) how finely they are read. ``scene`` is what stands in the beam where no file is given: what the view looks
    like, or always the same. The same ``seed``, plate ID and number of the shot give the same signal, bit for bit;
    ``shots_so_far`` is how many shots there were before this process began to count. ``script`` is what goes wrong.
    """

    seconds_per_plate: float = 1.0
    pitch_mm: float = 0.1
    bits: int = 12
    response: ResponseKind = ResponseKind.LOG
    scene: str = "view"
    seed: int = 0
    shots_so_far: int = 0
    script: Script = field(default_factory=Script)

    @classmethod
    def parse(cls, table: Mapping[str, object]) -> "SimulatedSettings":
        """The settings of a table of plain values; an absent key or None means the default.

        Raises:
            WrongUse: ``reader.setting_unknown`` or ``reader.setting_wrong``.
        """
        given: dict[str, Any] = check_table(table, _RULES)
        if "response" in given:
            given["response"] = ResponseKind(given["response"])
        faults = {key: given.pop(key) for key in FAULT_RULES if key in given}
        script = parse_script(faults, given.pop("plate", {}), tuple(given.pop("script", ())))
        return cls(**given, script=script)
