"""What is to happen and when: mishaps of a shot, faults of a read, for ever or at the nth."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from fieldstation.cr_reader.settings_table import Number, OneOf, Rule, SomeOf, Text, Whole, check_table
from fieldstation.cr_reader.simulated.faults import Faults
from fieldstation.cr_reader.simulated.mishaps import NONE, Edge, Facing, Marker, Mishaps
from fieldstation.domain.errors import WrongUse

_LINES = Whole(0, 100_000)
_MM = Number(-500, 500)

FAULT_RULES: Mapping[str, Rule] = {
    "jam_at_line": _LINES,
    "cover_open_at_line": _LINES,
    "laser_at_line": _LINES,
    "detector_at_line": _LINES,
    "link_lost_at_line": _LINES,
    "lamp_at_erase": Whole(1, 1),
    "barcode": Text(r"[ -\[\]-~]{0,64}", "at most 64 letters, digits and signs, without a backslash"),
}
MISHAP_RULES: Mapping[str, Rule] = {
    "exposure": Number(0, 1000),
    "patient": Number(-3, 3),
    "double": Number(0, 2),
    "ghost": Number(0, 1),
    "fog_ugy": Number(0, 100),
    "hours_waited": Number(0, 240),
    "motion_mm": Number(0, 50),
    "quarter_turns": Whole(0, 3),
    "right_mm": _MM,
    "down_mm": _MM,
    "marker": OneOf(tuple(Marker)),
    "facing": OneOf(tuple(Facing)),
    "scatter": Number(0, 0.9),
    "grid_cut_off": Number(0, 1),
    "opening": Number(0.02, 1),
    "turn_deg": Number(-45, 45),
    "open_edges": SomeOf(tuple(Edge)),
    "dust": Whole(0, 500),
    "plate_lines": Whole(0, 50),
    "reader_lines": Whole(0, 50),
}
_COUNT = Whole(1, 1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What happens to every shot, to the nth one, to the next read and to the nth one; both count from 1."""

    every_shot: Mishaps = NONE
    shots: Mapping[int, Mishaps] = field(default_factory=dict)
    next_read: Faults = field(default_factory=Faults)
    reads: Mapping[int, Faults] = field(default_factory=dict)

    def mishaps_of(self, shot: int) -> Mishaps:
        """Those of that shot, which take the place of those of every shot."""
        return self.shots.get(shot, self.every_shot)


def parse_script(
    next_read: Mapping[str, object], every_shot: Mapping[str, object], moments: tuple[Mapping[str, object], ...]
) -> Script:
    """The script of the settings: each of ``moments`` has ``shot`` or ``read`` and what happens then.

    Raises:
        WrongUse: ``reader.setting_unknown`` or ``reader.setting_wrong``.
    """
    shots, reads = {}, {}
    for moment in moments:
        if "shot" in moment:
            given = check_table(moment, {"shot": _COUNT, **MISHAP_RULES})
            number = given.pop("shot")
            shots[number] = _mishaps(given)
        elif "read" in moment:
            given = check_table(moment, {"read": _COUNT, **FAULT_RULES})
            number = given.pop("read")
            reads[number] = _faults(given)
        else:
            raise WrongUse("reader.setting_wrong", key="script", expected="a table with shot or read in it")
    return Script(
        every_shot=parse_mishaps(every_shot),
        shots=shots,
        next_read=_faults(check_table(next_read, FAULT_RULES)),
        reads=reads,
    )


def parse_mishaps(table: Mapping[str, object]) -> Mishaps:
    """The mishaps of a table of plain values.

    Raises:
        WrongUse: ``reader.setting_unknown`` or ``reader.setting_wrong``.
    """
    return _mishaps(check_table(table, MISHAP_RULES))


def _mishaps(given: Mapping[str, Any]) -> Mishaps:
    made: dict[str, Any] = dict(given)
    for key, kind in (("marker", Marker), ("facing", Facing)):
        if key in made:
            made[key] = kind(made[key])
    if "open_edges" in made:
        made["open_edges"] = frozenset(Edge(edge) for edge in made["open_edges"])
    return Mishaps(**made)


def _faults(given: Mapping[str, Any]) -> Faults:
    return Faults(**{one.name: given[one.name] for one in fields(Faults) if one.name in given})
