"""Which drivers there are, by the name that the settings give them."""

import threading
from collections.abc import Mapping

from fieldstation.cr_reader.bridge.driver import make_bridge
from fieldstation.cr_reader.equipment import DriverFactory, Equipment, Surroundings, Wait
from fieldstation.cr_reader.simulated.driver import make_simulated
from fieldstation.domain.errors import WrongUse
from fieldstation.domain.ports import Clock
from fieldstation.domain.views import Catalogue

_DRIVERS: Mapping[str, DriverFactory] = {
    "bridge": make_bridge,
    "simulated": make_simulated,
}


def known_drivers() -> tuple[str, ...]:
    """The names of the drivers, sorted."""
    return tuple(sorted(_DRIVERS))


def make_reader(
    driver: str,
    settings: Mapping[str, object],
    *,
    catalogue: Catalogue,
    clock: Clock,
    wait: Wait = threading.Event.wait,
) -> Equipment:
    """The reader that ``driver`` runs, not connected yet. ``settings`` is the driver's own table.

    Raises:
        WrongUse: ``reader.driver_unknown``, ``reader.setting_unknown`` or ``reader.setting_wrong``.
    """
    try:
        factory = _DRIVERS[driver]
    except KeyError:
        raise WrongUse("reader.driver_unknown", driver=driver, known=", ".join(known_drivers())) from None
    return factory(settings, Surroundings(catalogue=catalogue, clock=clock, wait=wait))
