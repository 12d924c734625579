"""Pictures of the screens: real windows, drawn without a display."""

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from fieldstation.domain.errors import Failed
from fieldstation.domain.exams import Technique
from fieldstation.domain.plates import GoingOn
from fieldstation.services.boards import ReadProgress
from fieldstation.services.desk import Desk
from fieldstation.ui import theme
from fieldstation.ui.app import application, utc_now
from fieldstation.ui.frame.window import Window

_DEADLINE_SECONDS = 60
_HOLD_AT = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """In which sizes (width, height) and themes each page is drawn."""

    sizes: Sequence[tuple[int, int]] = ((1366, 768), (1920, 1080))
    themes: Sequence[str] = ("night", "day")


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
        going_on: GoingOn | None = None,
    ) -> str:
        def pose(progress: ReadProgress) -> None:
            on_progress(progress)
            if progress.fraction >= _HOLD_AT and not self.far_enough.is_set():
                self.far_enough.set()
                self.drawn.wait(_DEADLINE_SECONDS)

        return self._desk.scan(study_uid, view_id, plate_id, technique, pose, going_on)


class _Studio:
    """A window to be drawn page by page."""

    def __init__(self, app: QApplication, desk: _Posing, folder: Path, series: Series) -> None:
        self._app = app
        self._folder = folder
        self._series = series
        self._posing = desk
        self.window = Window(cast("Desk", desk), utc_now, time.monotonic)
        self.paths: list[Path] = []
        self.window.show()
        self.window.start()

    def wait(self, page: str, done: Callable[[], bool] | None = None) -> None:
        """Let the window work until it has nothing more to fetch, or until ``done``."""
        until = time.monotonic() + _DEADLINE_SECONDS
        while not (done or self._idle)():
            if time.monotonic() > until:
                raise Failed("ui.picture_missed", page=page)
            self._app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        # Showing something asks for a new layout, and that for a new painting: one round of events each.
        for _ in range(3):
            self._app.processEvents()

    def draw(self, page: str) -> None:
        """One picture for each theme and size."""
        for look in self._series.themes:
            self.window.wear(theme.THEMES[look])
            for width, height in self._series.sizes:
                self.window.resize(width, height)
                self.wait(page, lambda: True)
                path = self._folder / f"{page}-{look}-{width}x{height}.png"
                if not self.window.grab().save(str(path)):
                    raise Failed("ui.picture_missed", page=page)
                self.paths.append(path)

    def draw_study(self, study_uid: str) -> None:
        """Study, with the picture that wants a decision first."""
        self.window.open_study(study_uid)
        self.wait("study")
        self.draw("study")

    def draw_reading(self, read: PlannedRead) -> None:
        """Study while a plate is read; the read goes on to its end."""
        study = self.window.study
        self.window.open_study(read.study_uid)
        self.wait("study")
        study.choose(read.view_id)
        self.wait("study")
        study.run.start(read.study_uid, read.view_id, read.plate_id, read.technique)
        try:
            self.wait("study-reading", lambda: self._posing.far_enough.is_set() or not study.run.running)
            if not study.run.running:
                raise Failed("ui.picture_missed", page="study-reading")
            self.draw("study-reading")
        finally:
            self._posing.drawn.set()
        self.wait("study-reading", lambda: not study.run.running and self._idle())

    def close(self) -> None:
        """Put the window away."""
        self.window.close()
        self.window.deleteLater()
        self._app.processEvents()

    def _idle(self) -> bool:
        return self.window.settled


def render_pages(
    desk: Desk,
    folder: Path,
    *,
    study_uid: str | None = None,
    read: PlannedRead | None = None,
    series: Series = Series(),
) -> list[Path]:
    """Draw Today, Study while reading, Study with its picture, Stack, Sending.

    A planned ``read`` is really done; without one there is no picture of Study while reading. Works without a
    display: Qt is then told to draw offscreen. Called from the main thread.

    Returns:
        The PNG files, named ``<page>-<theme>-<width>x<height>.png``.

    Raises:
        Failed: ``ui.picture_missed``: a page was not there within a minute, or the folder takes no files.
    """
    if QApplication.instance() is None and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    folder.mkdir(parents=True, exist_ok=True)
    studio = _Studio(application(), _Posing(desk), folder, series)
    try:
        studio.wait("today")
        studio.draw("today")
        if read is not None:
            studio.draw_reading(read)
        shown = study_uid or (read.study_uid if read else None)
        if shown is not None:
            studio.draw_study(shown)
        for page in ("stack", "sending"):
            studio.window.go(page)
            studio.wait(page)
            studio.draw(page)
    finally:
        studio.close()
    return studio.paths
