"""Stations whose reader's console pushes: a watch folder, written to by the test."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fieldstation.bootstrap.station import Station
from fieldstation.cr_reader.conformance.pushing import BITS, COLUMNS, ROWS, plate
from tests.support.peers import wait_until
from tests.support.stations import SETTINGS, station_in


def pushed_settings(folder: Path) -> str:
    """The settings of a station over the watch folder ``inbox`` below ``folder``, which is made."""
    inbox = folder / "inbox"
    inbox.mkdir(exist_ok=True)
    simulated = "[reader.simulated]\nseconds_per_plate = 0.0"
    table = f'[reader]\ndriver = "folder"\n\n[reader.folder]\nfolder = "{inbox.as_posix()}"\nsettle_seconds = 0'
    return SETTINGS.replace(simulated, table)


@contextmanager
def pushed_station(folder: Path) -> Iterator[Station]:
    """A station over a watch folder."""
    with station_in(folder, pushed_settings(folder)) as station:
        yield station


def push_plate(folder: Path, name: str, brighter: int = 0, **labels: object) -> None:
    """Put a whole plate into the watch folder; ``brighter`` makes it another one, ``labels`` are its sidecar's."""
    told = {"rows": ROWS, "columns": COLUMNS, "bits": BITS, "pitch_mm": 0.5, **labels}
    target = folder / "inbox" / f"{name}.raw"
    target.with_name(target.name + ".json").write_text(json.dumps(told), "utf-8")
    target.write_bytes(((plate() + brighter) % 2**BITS).astype("<u2").tobytes())


def take(station: Station, count: int = 1) -> None:
    """Take so many plates that have come."""
    station.bench.reader.connect()
    arrivals = station.bench.arrivals
    assert arrivals is not None
    wait_until(lambda: len(arrivals.arrivals()) >= count, f"{count} plates to arrive")
    assert station.unassigned.take_arrivals() == count
