"""Pictures of the screens: real windows, drawn without a display."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from fieldstation.domain.exams import Technique
from fieldstation.services.boards import ReadProgress
from fieldstation.services.desk import Desk
from fieldstation.ui import style, theme
from fieldstation.ui.app import application
from fieldstation.ui.frame.window import Window

SIZES = ((1366, 768), (1920, 1080))
_DEADLINE_SECONDS = 60
_HOLD_AT = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRead:
    """A cassette that is really read for the picture of Study while reading."""

    study_uid: str
    view_id: str
    plate_id: str
    technique: Technique


class _Posing:
    """A desk whose read holds still at 60 % until it has been drawn; everything else goes straight through."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.far_enough = threading.Event()
        self.drawn = threading.Event()

    def __getattr__(self, name: str) -> object:
        return getattr(self._desk, name)

    def scan(
        self,
        study_uid: str,
        view_id: str,
        plate_id: str,
        technique: Technique,
        on_progress: Callable[[ReadProgress], None],
    ) -> str:
        def pose(progress: ReadProgress) -> None:
            on_progress(progress)
            if progress.fraction >= _HOLD_AT and not self.far_enough.is_set():
                self.far_enough.set()
                self.drawn.wait(_DEADLINE_SECONDS)

        return self._desk.scan(study_uid, view_id, plate_id, technique, pose)


def _wait(app: QApplication, done: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + _DEADLINE_SECONDS
    while not done():
        if time.monotonic() > until:
            raise TimeoutError(what)
        app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
    app.processEvents()


@contextmanager
def _open(app: QApplication, desk: Desk, now: Callable[[], datetime]) -> Iterator[Window]:
    window = Window(desk, now, time.monotonic)
    window.resize(*SIZES[0])
    window.show()
    window.start()
    try:
        yield window
    finally:
        window.close()
        window.deleteLater()
        app.processEvents()


def _shoot(
    app: QApplication, window: Window, folder: Path, name: str, sizes: Sequence[tuple[int, int]], themes: Sequence[str]
) -> Iterator[Path]:
    for look in themes:
        window.wear(theme.THEMES[look])
        for width, height in sizes:
            window.resize(width, height)
            _wait(app, lambda: True, name)
            path = folder / f"{name}-{look}-{width}x{height}.png"
            if not window.grab().save(str(path)):
                raise OSError(str(path))
            yield path


def render_pages(
    desk: Desk,
    folder: Path,
    *,
    study_uid: str | None = None,
    read: PlannedRead | None = None,
    sizes: Sequence[tuple[int, int]] = SIZES,
    themes: Sequence[str] = ("night", "day"),
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> list[Path]:
    """Draw Today, Study while reading (where a ``read`` is planned: it is really done), Study with its picture, Sending.

    Returns the PNG files, named ``<page>-<theme>-<width>x<height>.png``. Works without a display: Qt is then told
    to draw offscreen.

    Raises:
        TimeoutError: a page was not there within a minute.
    """
    if QApplication.instance() is None and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = application()
    folder.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    posing = _Posing(desk)
    with _open(app, posing, now) as window:
        idle = lambda: window.background.idle  # noqa: E731 - a name for what is waited for
        _wait(app, idle, "Today")
        paths += _shoot(app, window, folder, "today", sizes, themes)
        if read is not None:
            window.open_study(read.study_uid)
            _wait(app, idle, "Study")
            window.study.choose(read.view_id)
            _wait(app, idle, "the view")
            window.study.run.start(read.study_uid, read.view_id, read.plate_id, read.technique)
            _wait(app, lambda: posing.far_enough.is_set() or not window.study.run.running, "the read")
            paths += _shoot(app, window, folder, "study-reading", sizes, themes)
            posing.drawn.set()
            _wait(app, lambda: not window.study.run.running and window.background.idle, "the end of the read")
        shown = study_uid or (read.study_uid if read else None)
        if shown is not None:
            window.open_study(shown)
            _wait(app, idle, "Study")
            paths += _shoot(app, window, folder, "study", sizes, themes)
        window.go("sending")
        _wait(app, idle, "Sending")
        paths += _shoot(app, window, folder, "sending", sizes, themes)
    return paths
