"""``python -m fieldstation.cr_reader.conformance DRIVER``: run every check and say what came of each."""

import argparse
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from fieldstation.cr_reader.conformance.by_hand import by_hand
from fieldstation.cr_reader.conformance.checks import CHECKS
from fieldstation.cr_reader.conformance.rig import Rig, RigFactory, Unmet
from fieldstation.cr_reader.conformance.rigs import RIGS, equipment_of
from fieldstation.cr_reader.drivers import known_drivers
from fieldstation.domain.errors import FieldstationError

GROUP = "fieldstation.reader_rigs"
"""The entry point group in which a package names the rigs of its drivers, under the driver's name."""


def main(arguments: Sequence[str] | None = None) -> int:
    """0: every check passed; 1: one did not; 2: there is no such driver or no such settings."""
    parser = argparse.ArgumentParser(prog="python -m fieldstation.cr_reader.conformance", description=__doc__)
    parser.add_argument("driver", choices=known_drivers())
    parser.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help="a settings file with [reader.DRIVER]: a real device, at which you do by hand what you are asked to",
    )
    parser.add_argument("--check", action="append", metavar="NAME", help="only this check; may be repeated")
    options = parser.parse_args(arguments)
    checks = [check for check in CHECKS if not options.check or check.__name__ in options.check]
    if not checks:
        parser.error(f"the checks are {', '.join(check.__name__ for check in CHECKS)}")
    rig = _rig(options.driver, _table(parser, options.driver, options.settings))
    if rig is None:
        parser.error(f'the driver "{options.driver}" has no rig; give --settings and work its device by hand')
    results = [_passes(check, rig) for check in checks]
    print(f"{sum(results)} of {len(results)} checks passed")
    return 0 if all(results) else 1


def _passes(check: Callable[[Rig], None], rig: RigFactory) -> bool:
    name = check.__name__.replace("_", " ")
    try:
        with rig() as made:
            check(made)
    except Unmet as unmet:
        print(f"FAILED  {name}: {unmet}")
    except Exception as error:
        # Whatever a driver lets through is a finding about it, and the other checks still tell more.
        code = error.code if isinstance(error, FieldstationError) else repr(error)
        print(f"FAILED  {name}: {type(error).__name__} {code}")
    else:
        print(f"ok      {name}")
        return True
    return False


def _rig(driver: str, table: Mapping[str, Any] | None) -> RigFactory | None:
    if table is not None:

        def at_the_device() -> AbstractContextManager[Rig]:
            return by_hand(lambda: equipment_of(driver, table).reader)

        return at_the_device
    if driver in RIGS:
        return RIGS[driver]
    for one in entry_points(group=GROUP):
        if one.name == driver:
            factory: RigFactory = one.load()
            return factory
    return None


def _table(parser: argparse.ArgumentParser, driver: str, file: Path | None) -> Mapping[str, Any] | None:
    if file is None:
        return None
    try:
        reader = tomllib.loads(file.read_text("utf-8")).get("reader", {})
    except (OSError, ValueError) as error:
        parser.error(f"{file} cannot be read as settings: {error}")
    table: Mapping[str, Any] = reader.get(driver, {})
    return table


if __name__ == "__main__":
    sys.exit(main())
