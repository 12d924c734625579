"""What a driver's own table of settings may hold, as data, and the one way to check it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from fieldstation.domain.errors import WrongUse


class Rule(Protocol):
    """What a value must be; as text it completes the sentence "must be …"."""

    def fits(self, value: object) -> bool:
        """Whether this value will do."""


@dataclass(frozen=True, slots=True)
class Number:
    """Any number in the range, ends included; NaN never."""

    low: float
    high: float

    def fits(self, value: object) -> bool:
        """Whether it is a number in the range."""
        return isinstance(value, int | float) and not isinstance(value, bool) and self.low <= value <= self.high

    def __str__(self) -> str:
        return f"a number from {self.low:g} to {self.high:g}"


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number in the range, ends included."""

    low: int
    high: int

    def fits(self, value: object) -> bool:
        """Whether it is a whole number in the range."""
        return isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high

    def __str__(self) -> str:
        return f"a whole number from {self.low} to {self.high}"


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of these words."""

    words: tuple[str, ...]

    def fits(self, value: object) -> bool:
        """Whether it is one of the words."""
        return isinstance(value, str) and value in self.words

    def __str__(self) -> str:
        return " or ".join(self.words)


@dataclass(frozen=True, slots=True)
class SomeOf:
    """A list of these words, each at most once."""

    words: tuple[str, ...]

    def fits(self, value: object) -> bool:
        """Whether it is such a list."""
        if not isinstance(value, list | tuple) or not all(isinstance(word, str) for word in value):
            return False
        return set(value) <= set(self.words) and len(set(value)) == len(value)

    def __str__(self) -> str:
        return f"a list of {', '.join(self.words)}"


@dataclass(frozen=True, slots=True)
class Text:
    """A text that the regular expression matches as a whole; ``meaning`` says so in words."""

    pattern: str
    meaning: str

    def fits(self, value: object) -> bool:
        """Whether the text matches."""
        return isinstance(value, str) and re.fullmatch(self.pattern, value) is not None

    def __str__(self) -> str:
        return self.meaning


@dataclass(frozen=True, slots=True)
class Table:
    """A table inside the table, whose own keys are checked by whoever reads it."""

    def fits(self, value: object) -> bool:
        """Whether it is a table."""
        return isinstance(value, Mapping)

    def __str__(self) -> str:
        return "a table"


@dataclass(frozen=True, slots=True)
class Tables:
    """A list of tables."""

    def fits(self, value: object) -> bool:
        """Whether it is a list of tables."""
        return isinstance(value, list | tuple) and all(isinstance(one, Mapping) for one in value)

    def __str__(self) -> str:
        return "a list of tables"


def check_table(table: Mapping[str, object], rules: Mapping[str, Rule]) -> dict[str, Any]:
    """What the table holds, without the keys that are None: those have their defaults.

    Raises:
        WrongUse: ``reader.setting_unknown`` or ``reader.setting_wrong``.
    """
    given = {key: value for key, value in table.items() if value is not None}
    for key, value in given.items():
        rule = rules.get(key)
        if rule is None:
            raise WrongUse("reader.setting_unknown", key=key, known=", ".join(sorted(rules)))
        if not rule.fits(value):
            raise WrongUse("reader.setting_wrong", key=key, expected=str(rule))
    return given
