"""A process that fills a medium, or writes one file, and is killed at a chosen step."""

from pathlib import Path

from fieldstation.services.media import Medium
from fieldstation.services.whole_files import put_beside
from tests.support.store_children import Tell, die_before


def fill(folder: Path, mark: bytes) -> None:
    """Fill a medium of three small instances, whose bytes all say ``mark``."""
    medium = Medium(folder)
    with medium.filling():
        for number in (1, 2, 3):
            medium.add_instance(f"IM00000{number}", mark * 1000)
            medium.add_picture(f"IM00000{number}", mark * 500)
        medium.add_words("Example Mobile Imaging", [("IM000001", "Chest PA")])
        medium.add_directory(mark * 200)


def fill_until_step(folder: Path, step: int, tell: Tell) -> None:
    """Fill a medium and be killed before the disk step of that number (0: never). Tells that it is safe, and steps."""
    steps = die_before(step)
    fill(folder, b"new")
    tell("safe")
    tell(steps())


def put_until_step(path: Path, step: int, tell: Tell) -> None:
    """Write one file."""
    steps = die_before(step)
    put_beside(path, b"new" * 1000)
    tell("safe")
    tell(steps())
