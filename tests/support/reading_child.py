"""A process that reads one cassette with a whole station, and is killed at a chosen step."""

from pathlib import Path
from typing import Any

from tests.support.stations import cassette, station_in
from tests.support.store_children import Tell, die_before


def read_until_step(folder: Path, study_uid: str, step: int, tell: Tell) -> None:
    """Read the study's first view and accept its picture, and be killed before the disk step of that number.

    Tells the lines that a person was shown, the picture and the verdict, and at last the number of steps.
    """
    with station_in(folder) as station:
        plate = cassette(station, study_uid)
        steps = die_before(step)

        def shown(progress: Any) -> None:
            tell(progress.lines)

        image_uid = station.capture.read(plate, shown)
        tell("image")
        station.judging.accept(image_uid)
        tell("accepted")
    tell(steps())
