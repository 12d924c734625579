"""The app: one window over a desk."""

import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from fieldstation.bootstrap.endings import told_to_end
from fieldstation.services.desk import Desk
from fieldstation.ui import fonts, style, theme
from fieldstation.ui.frame.window import Window

_COMFORTABLE = QSize(1440, 900)


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
    scanner_prefix: str = "",
    on_theme: Callable[[str], None] | None = None,
    on_ready: Callable[[Window], None] | None = None,
    now: Callable[[], datetime] = utc_now,
) -> int:
    """Show the app until its window is closed; the exit code.

    Args:
        desk: what the screens ask and do; called from background threads.
        theme_name: ``night`` or ``day``.
        scanner_prefix: what the barcode scanner sends before each word.
        on_theme: told the name of a theme that was chosen.
        on_ready: told the window once it is on screen.
        now: the time, aware, in UTC.
    """
    app = application()
    style.apply(app, theme.THEMES[theme_name])
    window = Window(desk, now, time.monotonic, scanner_prefix)
    if on_theme is not None:
        window.theme_chosen.connect(on_theme)
    window.rail.name_theme()
    _show(window)
    window.start()
    if on_ready is not None:
        on_ready(window)
    # It may be told in the middle of a paint, so the window closes when the event at hand is done; its timers let
    # Python notice.
    with told_to_end(lambda: QTimer.singleShot(0, window.close)):
        return int(app.exec())


def _show(window: Window) -> None:
    """As large as is comfortable; the whole screen where that is not larger."""
    room = window.screen().availableSize()
    window.resize(_COMFORTABLE.boundedTo(room))
    if room.width() > _COMFORTABLE.width() and room.height() > _COMFORTABLE.height():
        window.show()
    else:
        window.showMaximized()
