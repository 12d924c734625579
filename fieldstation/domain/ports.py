"""What the world has to hand in: time and randomness, so that tests need no waiting and repeat themselves."""

from datetime import datetime
from typing import Protocol
from uuid import UUID


class Clock(Protocol):
    """Two clocks: the wall's, which may jump, and a monotonic one, which is what waits are measured with."""

    def now(self) -> datetime:
        """Now, aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never goes back."""


class IdSource(Protocol):
    """Where new identifiers come from."""

    def uuid(self) -> UUID:
        """A random UUID (version 4)."""

    def uid(self) -> str:
        """A new DICOM UID: ``2.25.`` and a UUID as a decimal integer (PS3.5 B.2), or under the site's own root."""


class MasterKey(Protocol):
    """Who may unwrap the store's master key."""

    def unwrap(self) -> bytes:
        """The 32 bytes of the master key.

        Raises:
            Failed: ``key.missing`` or ``key.unreadable``.
        """
