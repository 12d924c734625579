"""What a check needs: a driver, and the hands of whoever stands at its device."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from fieldstation.domain.reader import Reader


class Rig(Protocol):
    """One driver, not connected yet, with a device behind it."""

    @property
    def reader(self) -> Reader:
        """The reader under test."""

    def insert(self, plate_id: str) -> None:
        """Put an exposed plate where the reader finds it; returns when it does."""

    def break_next(self) -> bool:
        """Let the next read break off before its last line; False where this cannot be done here."""


RigFactory: TypeAlias = Callable[[], AbstractContextManager[Rig]]
"""Makes a rig of its own for each check, and cleans up after it."""


class Unmet(Exception):
    """The driver does not do what every driver does. The message says what."""


def expect(condition: object, what: str) -> None:
    """Go on only if this is so.

    Raises:
        Unmet: it is not.
    """
    if not condition:
        raise Unmet(what)
