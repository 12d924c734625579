"""What every command gets: which data folder and settings, and the station opened over them when it is needed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from fieldstation.bootstrap.station import Places, Station, open_station
from fieldstation.services.desk import Desk

if TYPE_CHECKING:
    from fieldstation.demo.day import Camera


@dataclass(frozen=True, slots=True, kw_only=True)
class Screens:
    """What only ``ui`` can do, handed in by ``main`` so that no command knows Qt.

    ``run_app`` opens the app over the station at those places, ``run_desk`` over a desk; both return the exit code.
    ``camera`` makes pictures of the app.
    """

    run_app: Callable[[Places], int]
    run_desk: Callable[[Desk], int]
    camera: "Camera"


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
