"""Printing: a table for people, or one JSON value."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value instead of text.")]


def print_json(value: object) -> None:
    """One JSON value and a line end on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns as wide as they need; plain text, so that it can be piped and read over any shell."""
    table = [list(headings), *(list(row) for row in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(headings))]
    for row in table:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write(line.rstrip() + "\n")


def say(line: str) -> None:
    """One line on standard output."""
    sys.stdout.write(line + "\n")


def iso(at: datetime | None) -> str | None:
    """A time as JSON carries it: ISO 8601 in UTC."""
    return at.isoformat(timespec="milliseconds") if at else None


def clock_time(at: datetime | None) -> str:
    """A time as people read it, local."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S") if at else "-"
