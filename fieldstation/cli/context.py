"""What every command gets: which data folder and settings, and the station opened over them when it is needed."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer

from fieldstation.bootstrap import Places, Station, open_station


@dataclass(frozen=True, slots=True, kw_only=True)
class Screens:
    """What only ``ui`` can do, handed in by ``main`` so that no command knows Qt.

    ``run_app`` opens the app over a station; ``run_demo_app`` the same for the demo; ``render`` is what the demo day
    makes its pictures with.
    """

    run_app: Callable[[Station], int]
    render: Callable[..., list[Path]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One run of the command line."""

    places: Places
    screens: Screens


def invocation(context: typer.Context) -> Invocation:
    """The run that a command belongs to."""
    found = context.find_object(Invocation)
    if found is None:
        raise LookupError("no invocation in the context")
    return found


@contextmanager
def station(context: typer.Context) -> Iterator[Station]:
    """The station, opened for one command."""
    opened = open_station(invocation(context).places)
    try:
        yield opened
    finally:
        opened.close()
