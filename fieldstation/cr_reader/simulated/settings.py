"""The settings of the simulated reader, checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from fieldstation.cr_reader.simulated.faults import Faults
from fieldstation.domain.errors import WrongUse
from fieldstation.domain.signal import ResponseKind


@dataclass(frozen=True, slots=True)
class _Range:
    low: float
    high: float
    whole: bool

    def fits(self, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int if self.whole else int | float):
            return False
        return self.low <= value <= self.high

    def __str__(self) -> str:
        return f"a {'whole ' if self.whole else ''}number from {self.low:g} to {self.high:g}"


_LINES = _Range(0, 100_000, whole=True)
_RANGES: Mapping[str, _Range] = {
    "seconds_per_plate": _Range(0, 600, whole=False),
    "pitch_mm": _Range(0.1, 0.2, whole=False),
    "bits": _Range(12, 16, whole=True),
    "seed": _Range(0, 2**63 - 1, whole=True),
    "shots_so_far": _Range(0, 2**63 - 1, whole=True),
    "jam_at_line": _LINES,
    "link_lost_at_line": _LINES,
}
_RESPONSES = (ResponseKind.LOG, ResponseKind.SQUARE_ROOT)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedSettings:
    """How the simulated reader behaves.

    ``seconds_per_plate`` (0 to 600 s) is how long the lines of a plate take; ``pitch_mm`` (0.1 to 0.2) and ``bits`` (12
    to 16) how finely they are read. The same ``seed``, plate ID and number of the shot give the same signal, bit for
    bit; ``shots_so_far`` is how many shots there were before this process began to count.
    """

    seconds_per_plate: float = 1.0
    pitch_mm: float = 0.1
    bits: int = 12
    response: ResponseKind = ResponseKind.LOG
    seed: int = 0
    shots_so_far: int = 0
    faults: Faults = field(default_factory=Faults)

    @classmethod
    def parse(cls, table: Mapping[str, object]) -> "SimulatedSettings":
        """The settings of a table of plain values; an absent key or None means the default.

        Raises:
            WrongUse: ``reader.setting_unknown`` or ``reader.setting_wrong``.
        """
        given = {key: value for key, value in table.items() if value is not None}
        for key, value in given.items():
            _check(key, value)
        if "response" in given:
            given["response"] = ResponseKind(str(given["response"]))
        faults = {name.name: given.pop(name.name) for name in fields(Faults) if name.name in given}
        return cls(**given, faults=Faults(**faults))  # type: ignore[arg-type]


def _check(key: str, value: object) -> None:
    if key == "response":
        if value not in _RESPONSES:
            raise WrongUse("reader.setting_wrong", key=key, expected=" or ".join(_RESPONSES))
    elif key not in _RANGES:
        raise WrongUse("reader.setting_unknown", key=key, known=", ".join(sorted({*_RANGES, "response"})))
    elif not _RANGES[key].fits(value):
        raise WrongUse("reader.setting_wrong", key=key, expected=str(_RANGES[key]))
