"""The one entry point: hands the screens to the command line and runs it."""

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from fieldstation.bootstrap.endings import endings_kept
from fieldstation.bootstrap.starting import start_sender
from fieldstation.bootstrap.station import Places, app_lock, open_station, sender_holder
from fieldstation.cli.app import run
from fieldstation.cli.context import Screens
from fieldstation.domain.errors import Failed, FieldstationError, Refused
from fieldstation.services.desk import Desk
from fieldstation.services.words import apology

if TYPE_CHECKING:
    from fieldstation.ui.frame.window import Window
    from fieldstation.ui.single import Doorbell

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
    from fieldstation.ui.trouble import tell  # noqa: PLC0415

    try:
        return _run_one_app(places)
    except FieldstationError as error:
        tell(apology(error))
        raise


def _run_one_app(places: Places) -> int:
    """The app, unless one is open over this data folder: that one comes to the front."""
    from fieldstation.ui.app import application  # noqa: PLC0415
    from fieldstation.ui.single import Doorbell, ring  # noqa: PLC0415

    with ExitStack() as held:
        held.enter_context(endings_kept())
        try:
            held.enter_context(app_lock(places.data))
        except Refused:
            if ring(places.data):
                return 0
            raise
        application()
        bell = Doorbell(places.data)
        held.callback(bell.take_down)
        return _run_over_station(places, bell)


def _run_over_station(places: Places, bell: "Doorbell") -> int:
    from fieldstation.ui.app import run_app  # noqa: PLC0415
    from fieldstation.ui.remembered import remember_theme, remembered_theme  # noqa: PLC0415
    from fieldstation.ui.single import bring_forward  # noqa: PLC0415

    def on_ready(window: "Window") -> None:
        bell.rung.connect(lambda: bring_forward(window))

    station = open_station(places, "app")
    try:
        station.capture.recover()
        if sender_holder(places.data) is None:
            start_sender(places)
        return run_app(
            station.desk,
            theme_name=remembered_theme(places.data),
            scanner_prefix=station.settings.scanner.prefix,
            on_theme=lambda name: remember_theme(places.data, name),
            on_ready=on_ready,
        )
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
