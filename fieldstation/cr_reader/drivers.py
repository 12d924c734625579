"""Which drivers there are, by the name that the settings give them."""

import threading
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points

from fieldstation.cr_reader.bridge.driver import make_bridge
from fieldstation.cr_reader.dicom_push.driver import make_dicom
from fieldstation.cr_reader.equipment import DriverFactory, Equipment, Surroundings, Wait
from fieldstation.cr_reader.folder import make_folder
from fieldstation.cr_reader.simulated.driver import make_simulated
from fieldstation.domain.errors import Failed, WrongUse
from fieldstation.domain.ports import Clock
from fieldstation.domain.views import Catalogue

GROUP = "fieldstation.readers"
"""The entry point group in which a package names its drivers: name = "package.module:make_driver"."""

_DRIVERS: Mapping[str, DriverFactory] = {
    "bridge": make_bridge,
    "dicom": make_dicom,
    "folder": make_folder,
    "simulated": make_simulated,
}


def known_drivers() -> tuple[str, ...]:
    """The names of the drivers, sorted: those that come with Fieldstation and those of other packages."""
    return tuple(sorted({*_DRIVERS, *(one.name for one in _installed())}))


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
        Failed: ``reader.driver_broken``: another package's driver cannot be loaded.
    """
    return _find(driver)(settings, Surroundings(catalogue=catalogue, clock=clock, wait=wait))


def _find(driver: str) -> DriverFactory:
    """Our own come first: no package can take the place of one by its name."""
    if driver in _DRIVERS:
        return _DRIVERS[driver]
    for one in _installed():
        if one.name == driver:
            return _load(one)
    raise WrongUse("reader.driver_unknown", driver=driver, known=", ".join(known_drivers()))


def _load(one: EntryPoint) -> DriverFactory:
    try:
        factory: DriverFactory = one.load()
    except Exception as error:
        # Importing another package may raise whatever that package trips over.
        raise Failed("reader.driver_broken", driver=one.name, problem=type(error).__name__) from error
    return factory


def _installed() -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=GROUP))
