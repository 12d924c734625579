"""What processes of their own do with cassettes in tests. Each ends by telling what came of it."""

from pathlib import Path

from fieldstation.domain.errors import FieldstationError
from tests.support.inboxes import pushed_station, take
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
