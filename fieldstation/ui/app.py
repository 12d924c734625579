"""The app: one window over a desk."""

import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from fieldstation.services.desk import Desk
from fieldstation.ui import fonts, style, theme
from fieldstation.ui.frame.window import Window


def utc_now() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(UTC)


def application(argv: Sequence[str] = ()) -> QApplication:
    """The Qt application, made on the first call, with the shipped fonts and the night theme."""
    app = QApplication.instance()
    if isinstance(app, QApplication):
        return app
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    app = QApplication([*(argv or sys.argv[:1])])
    app.setApplicationName("Fieldstation")
    app.setStyle("Fusion")
    fonts.load()
    style.apply(app, theme.NIGHT)
    return app


def run_app(
    desk: Desk,
    *,
    theme_name: str = "night",
    on_theme: Callable[[str], None] | None = None,
    on_ready: Callable[[Window], None] | None = None,
    now: Callable[[], datetime] = utc_now,
) -> int:
    """Show the app until its window is closed; the exit code.

    Args:
        desk: what the screens ask and do; called from background threads.
        theme_name: ``night`` or ``day``.
        on_theme: told the name of a theme that was chosen.
        on_ready: told the window once it is on screen.
        now: the time, aware, in UTC.
    """
    app = application()
    style.apply(app, theme.THEMES[theme_name])
    window = Window(desk, now, time.monotonic)
    if on_theme is not None:
        window.theme_chosen.connect(on_theme)
    window.resize(1440, 900)
    window.rail.name_theme()
    window.show()
    window.start()
    if on_ready is not None:
        on_ready(window)
    return int(app.exec())
