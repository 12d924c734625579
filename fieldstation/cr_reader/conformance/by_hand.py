"""The rig for a real device: a person puts the cassettes in."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fieldstation.cr_reader.conformance.rig import Rig
from fieldstation.domain.reader import Reader

Ask = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class HandRig:
    """Asks for what is to be done, and goes on when Enter is pressed."""

    reader: Reader
    ask: Ask

    def insert(self, plate_id: str) -> None:
        """Ask for a cassette."""
        self.ask(f"Put in an exposed cassette with the plate ID {plate_id}, then press Enter. ")

    def break_next(self) -> bool:
        """Ask whether the read can be broken off."""
        answer = self.ask("Can you break the next read off (open the cover, pull the cable)? [y/N] ")
        return answer.strip().lower().startswith("y")


@contextmanager
def by_hand(make: Callable[[], Reader], ask: Ask = input) -> Iterator[Rig]:
    """A rig over the reader that ``make`` makes."""
    reader = make()
    try:
        yield HandRig(reader, ask)
    finally:
        reader.disconnect()
