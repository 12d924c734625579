"""The one entry point: hands the screens to the command line and runs it."""

import sys

from fieldstation.cli.app import run
from fieldstation.bootstrap.station import Places
from fieldstation.cli.context import Screens


def _run_app(places: Places) -> int:
    from fieldstation.ui.app import run_station

    return run_station(places)


def main() -> None:
    """Run what the command line says; exits with 0 on success, 1 on failure, 2 on wrong use."""
    sys.exit(run(sys.argv[1:], Screens(run_app=_run_app)))


if __name__ == "__main__":
    main()
