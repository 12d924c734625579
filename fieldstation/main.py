"""The one entry point: hands the screens to the command line and runs it."""

import os
import sys
from pathlib import Path

from fieldstation.bootstrap.sender import start_sender
from fieldstation.bootstrap.station import Places, open_station, sender_holder
from fieldstation.cli.app import run
from fieldstation.cli.context import Screens
from fieldstation.domain.errors import Failed
from fieldstation.services.desk import Desk

# The screens are imported when they are needed: a shell command must not wait for Qt.


def _needs_display() -> None:
    """Qt ends the process where it finds no display; a person is told before.

    Raises:
        Failed: ``ui.no_display``.
    """
    shown_by = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform == "linux" and not any(os.environ.get(name) for name in shown_by):
        raise Failed("ui.no_display")


def _run_app(places: Places) -> int:
    _needs_display()
    from fieldstation.ui.app import run_app  # noqa: PLC0415

    station = open_station(places, "app")
    try:
        station.capture.recover()
        if sender_holder(places.data) is None:
            start_sender(places)
        return run_app(station.desk, scanner_prefix=station.settings.scanner.prefix)
    finally:
        station.close()


def _run_desk(desk: Desk) -> int:
    _needs_display()
    from fieldstation.ui.app import run_app  # noqa: PLC0415

    return run_app(desk)


def _camera(desk: Desk, study_uid: str, plate_id: str, folder: Path) -> list[Path]:
    from fieldstation.ui.pictures import PlannedRead, Series, render_pages  # noqa: PLC0415

    view = next(view for view in desk.study(study_uid).views if view.image_uid is None)
    read = PlannedRead(study_uid=study_uid, view_id=view.view_id, plate_id=plate_id, technique=view.usual)
    return render_pages(desk, folder, read=read, series=Series(sizes=((1366, 768),)))


def main() -> None:
    """Run what the command line says; exits with 0 on success, 1 on failure, 2 on wrong use."""
    sys.exit(run(sys.argv[1:], Screens(run_app=_run_app, run_desk=_run_desk, camera=_camera)))


if __name__ == "__main__":
    main()
