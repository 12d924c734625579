"""What a driver is made from, and what it makes."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from fieldstation.domain.ports import Clock
from fieldstation.domain.reader import PlateArrivals, Reader, XrayRoom
from fieldstation.domain.views import Catalogue

Wait: TypeAlias = Callable[[threading.Event, float], bool]
"""Waits until the event is set or the seconds have passed, and says whether it is set: `threading.Event.wait`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is handed to every driver besides its settings."""

    catalogue: Catalogue
    clock: Clock
    wait: Wait = threading.Event.wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """A reader and, where the world in front of it is simulated, the room in which cassettes are exposed.

    ``arrivals`` is there where plates come by themselves, and only while it is connected: it is to be connected early.
    """

    reader: Reader
    room: XrayRoom | None = None
    arrivals: PlateArrivals | None = None


DriverFactory: TypeAlias = Callable[[Mapping[str, object], Surroundings], Equipment]
"""Makes a driver from its own table of settings. Touches no device yet: that is ``connect``'s job."""
