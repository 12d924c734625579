"""What processes of their own do with cassettes in tests. Each ends by telling what came of it."""

from pathlib import Path

from fieldstation.domain.errors import FieldstationError
from fieldstation.domain.plates import GoingOn
from tests.support.inboxes import pushed_station, take
from tests.support.peers import wait_until
from tests.support.stations import station_in
from tests.support.store_children import Tell, die_before


def assign_scan(folder: Path, scan_id: str, view_id: str, tell: Tell) -> None:
    """Assign an unassigned scan; tells the code where it is refused."""
    with pushed_station(folder) as station:
        try:
            station.unassigned.assign(scan_id, view_id)
        except FieldstationError as error:
            tell(error.code)
        else:
            tell("assigned")


def assign_until_step(folder: Path, scan_id: str, view_id: str, step: int, tell: Tell) -> None:
    """Assign, and be killed before the disk step of that number."""
    with pushed_station(folder) as station:
        steps = die_before(step)
        station.unassigned.assign(scan_id, view_id)
    tell(steps())


def take_until_step(folder: Path, step: int, tell: Tell) -> None:
    """Take the one plate that has come, and be killed before the disk step of that number."""
    with pushed_station(folder) as station:
        steps = die_before(step)
        take(station)
    tell(steps())


def erase_until_step(folder: Path, step: int, tell: Tell) -> None:
    """Erase the cassette C-1 unread, and be killed before the disk step of that number.

    Tells when the reader has erased it, when the register says so, and at last the number of steps.
    """
    with station_in(folder) as station:
        reader = station.bench.reader
        erase = reader.erase

        def erased(plate_id: str) -> None:
            erase(plate_id)
            tell("erased")

        reader.erase = erased  # type: ignore[method-assign]
        steps = die_before(step)
        station.desk.erase("C-1", GoingOn("exposed by mistake"))
        tell("marked")
        taken = steps()
    tell(taken)


def take_what_came(folder: Path, tell: Tell) -> None:
    """Wait for plates that have come and for the file ``go``, and take them.

    Tells that it is ready, then how many it took, or the code where it is refused.
    """
    with pushed_station(folder) as station:
        station.bench.reader.connect()
        wait_until(lambda: station.unassigned.something_arrived, "a plate to arrive")
        tell("ready")
        wait_until((folder / "go").exists, "the word to go")
        try:
            tell(station.unassigned.take_arrivals())
        except FieldstationError as error:
            tell(error.code)
