"""Column types: how the domain's values lie in SQLite."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Dialect, Enum, String, Text
from sqlalchemy.types import TypeDecorator

from fieldstation.domain.exams import Box, Finding, Severity
from fieldstation.domain.views import Side
from fieldstation.domain.words import Message


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime as UTC text of fixed width, so that text order is the order in time."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> str | None:
        """Refuses a naive datetime: nobody could say later what it meant."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("a datetime without a time zone cannot be stored")
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"

    def process_result_value(self, value: str | None, _dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        return None if value is None else datetime.fromisoformat(value)


class OptionalSide(TypeDecorator[Side]):
    """A side, or an empty text for none: a unique key over a NULL would not be one."""

    impl = String(1)
    cache_ok = True

    def process_bind_param(self, value: Side | None, _dialect: Dialect) -> str:
        """None becomes the empty text."""
        return "" if value is None else value.value

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Side | None:
        """The empty text becomes None."""
        return Side(value) if value else None


class Json(TypeDecorator[Any]):
    """A small value as JSON text, turned to and fro by the two functions handed in."""

    impl = Text
    cache_ok = True

    def __init__(self, to_plain: Callable[[Any], Any], from_plain: Callable[[Any], Any]) -> None:
        super().__init__()
        self.to_plain = to_plain
        self.from_plain = from_plain

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str | None:
        """Compact JSON."""
        if value is None:
            return None
        return json.dumps(self.to_plain(value), ensure_ascii=False, separators=(",", ":"))

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Any:
        """The value again."""
        return None if value is None else self.from_plain(json.loads(value))


def word(kind: type[StrEnum]) -> Enum:
    """The column type of an enumeration: its values as text."""
    return Enum(kind, native_enum=False, length=16, values_callable=lambda members: [str(member) for member in members])


def message_to_plain(message: Message) -> dict[str, Any]:
    """A message as JSON-able values."""
    return {"code": message.code, "params": dict(message.params)}


def message_from_plain(plain: Mapping[str, Any]) -> Message:
    """The message again."""
    return Message(plain["code"], plain["params"])


def _findings_to_plain(findings: tuple[Finding, ...]) -> list[Any]:
    return [_finding_to_plain(finding) for finding in findings]


def _finding_to_plain(finding: Finding) -> dict[str, Any]:
    plain = {"severity": finding.severity, **message_to_plain(finding.message)}
    if finding.box:
        box = finding.box
        plain["box"] = [box.left, box.top, box.width, box.height]
    return plain


def _findings_from_plain(plain: list[Any]) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            message=message_from_plain(one),
            severity=Severity(one["severity"]),
            box=Box(*one["box"]) if "box" in one else None,
        )
        for one in plain
    )


MESSAGE = Json(message_to_plain, message_from_plain)
FINDINGS = Json(_findings_to_plain, _findings_from_plain)
PARAMS = Json(dict, dict)
WORDS = Json(list, tuple)
