"""The viewer on a 3500×4300 picture in a window of 1920×1080: milliseconds a frame, paint included.

A frame is one mouse move or wheel click and the painting that follows it, into the window's own backing store; bare,
and with markers, measures, places of findings and the region of the exposure index over it. While it moves, a picture
is made from the nearest level; what it takes to make it as it is seen at rest has a row of its own. The same drag of
the window in pyqtgraph and napari stands beside it, where they can be installed (``benchmarks/viewer_rivals.py``).
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from benchmarks.viewer_rivals import rivals
from fieldstation.domain.annotations import Angle, Arrow, Distance, Point, SideMarker, TextNote
from fieldstation.domain.exams import Box, Presentation
from fieldstation.domain.views import Side
from fieldstation.ui.app import application
from fieldstation.ui.viewer.canvas import Captions, Sheet
from fieldstation.ui.viewer.editor import Editor
from fieldstation.ui.viewer.pyramid import Pyramid
from fieldstation.ui.viewer.viewer import Viewer

LIMIT_DRAG_MS = 4.0
LIMIT_LOOK_MS = 8.0
FRAMES = 200
ROWS, COLUMNS = 4300, 3500
WINDOW = Presentation(window_center=2048, window_width=3000)
_MOST_SAMPLES = 0.51
_NO_KEYS = Qt.KeyboardModifier.NoModifier


def picture() -> Pyramid:
    """Noise over a slope: nothing that compresses or repeats."""
    slope = np.linspace(500, 3500, COLUMNS, dtype=np.float32)
    noise = np.random.default_rng(1).normal(0, 200, (ROWS, COLUMNS)).astype(np.float32)
    return Pyramid(np.clip(slope + noise, 0, 4095).astype(np.uint16))


def bare(pyramid: Pyramid) -> tuple[Sheet, Presentation]:
    """The picture with its captions only."""
    captions = Captions(["Somebody, Sam", "Chest PA", "14 Oct 2025 · 10:28"], ["DI +0.4", "EI 274"])
    return Sheet(pyramid=pyramid, pitch_mm=0.1, automatic=WINDOW, captions=captions), WINDOW


def covered(pyramid: Pyramid) -> tuple[Sheet, Presentation]:
    """The picture with all that can lie over it."""

    def at(across: float, down: float) -> Point:
        return Point(across * COLUMNS, down * ROWS)

    sheet, _ = bare(pyramid)
    turn = np.linspace(0, 2 * np.pi, 60)
    region = np.stack([(0.5 + 0.4 * np.cos(turn)) * COLUMNS, (0.5 + 0.4 * np.sin(turn)) * ROWS], axis=1)
    places = (Box(20, 40, 60, 50), Box(200, 140, 60, 50), Box(100, 300, 60, 50))
    presentation = replace(
        WINDOW,
        markers=(SideMarker(side=Side.RIGHT, at=at(0.12, 0.2), initials="RA"),),
        annotations=(
            Distance(start=at(0.3, 0.7), end=at(0.7, 0.72)),
            Angle(start=at(0.3, 0.3), vertex=at(0.5, 0.5), end=at(0.75, 0.35)),
            Arrow(tip=at(0.65, 0.3), tail=at(0.8, 0.2)),
            TextNote(at=at(0.55, 0.85), text="Sitting, AP"),
        ),
    )
    return replace(sheet, places=places, region=(region,)), presentation


def _mouse(viewer: Viewer, kind: QEvent.Type, at: QPointF, button: Qt.MouseButton) -> None:
    event = QMouseEvent(kind, at, viewer.mapToGlobal(at), button, button, _NO_KEYS)
    _send(viewer, event)


def _send(viewer: Viewer, event: QEvent) -> None:
    QApplication.sendEvent(viewer, event)


def drags(viewer: Viewer, button: Qt.MouseButton) -> Iterator[Callable[[], None]]:
    """A drag in a circle, a step a frame."""
    _mouse(viewer, QEvent.Type.MouseButtonPress, QPointF(800, 500), button)
    for step in range(FRAMES):
        angle = step / 15
        at = QPointF(800 + 150 * np.cos(angle), 500 + 150 * np.sin(angle))
        yield partial(_mouse, viewer, QEvent.Type.MouseMove, at, button)
    _mouse(viewer, QEvent.Type.MouseButtonRelease, QPointF(800, 500), button)


def zooms(viewer: Viewer) -> Iterator[Callable[[], None]]:
    """In and out, a fine wheel step a frame."""
    upright = False
    for step in range(FRAMES):
        delta = 30 if step // 25 % 2 == 0 else -30
        at = QPointF(700, 450)
        event = QWheelEvent(
            at,
            viewer.mapToGlobal(at),
            QPoint(),
            QPoint(0, delta),
            Qt.MouseButton.NoButton,
            _NO_KEYS,
            Qt.ScrollPhase.NoScrollPhase,
            upright,
        )
        yield partial(_send, viewer, event)


def measure(viewer: Viewer, gestures: Iterator[Callable[[], None]]) -> tuple[float, float, float]:
    """Median and 95th percentile in milliseconds, and the median of the processor's time, without what others take."""
    took, worked = [], []
    for gesture in gestures:
        begin, work = time.perf_counter(), time.process_time()
        gesture()
        viewer.repaint()
        took.append((time.perf_counter() - begin) * 1000)
        worked.append((time.process_time() - work) * 1000)
    return float(np.median(took)), float(np.percentile(took, 95)), float(np.median(worked))


def rests(viewer: Viewer, sheet: Sheet, presentation: Presentation) -> Iterator[Callable[[], None]]:
    """A single step to where the finest level has the most samples on the screen, drawn as it is at rest."""
    for _ in range(FRAMES // 4):
        viewer.show_sheet(sheet, presentation)
        yield partial(viewer.zoom, np.log(_MOST_SAMPLES / viewer.scale) / np.log(1.2))


def _gestures(
    viewer: Viewer, sheet: Sheet, presentation: Presentation
) -> Iterator[tuple[str, float, tuple[float, float, float]]]:
    left, middle = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
    viewer.fit()
    yield "window drag, whole picture", LIMIT_DRAG_MS, measure(viewer, drags(viewer, left))
    yield "zoom", LIMIT_LOOK_MS, measure(viewer, zooms(viewer))
    yield "zoom, when it rests", LIMIT_LOOK_MS, measure(viewer, rests(viewer, sheet, presentation))
    viewer.fit()
    viewer.one_to_one()
    yield "window drag, 1:1", LIMIT_DRAG_MS, measure(viewer, drags(viewer, left))
    yield "pan, 1:1", LIMIT_LOOK_MS, measure(viewer, drags(viewer, middle))


def main() -> None:
    """Print a table."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = application()
    viewer = Editor()
    viewer.resize(1920, 1080)
    viewer.show()
    viewer.show_region(shown=True)
    pyramid = picture()
    print(f"  {'gesture':<42}{'median':>10}{'p95':>10}{'limit':>10}{'p95/limit':>11}{'cpu':>10}")
    for name, (sheet, presentation) in (("bare", bare(pyramid)), ("all over it", covered(pyramid))):
        viewer.show_sheet(sheet, presentation)
        app.processEvents()
        for gesture, limit, (median, p95, cpu) in _gestures(viewer, sheet, presentation):
            row = f"{gesture}, {name}"
            print(f"  {row:<42}{median:>7.2f} ms{p95:>7.2f} ms{limit:>7.1f} ms{p95 / limit:>11.2f}{cpu:>7.2f} ms")
    viewer.close()
    print(f"  {'window drag in others':<42}{'median':>10}{'p95':>10}")
    for name, outcome in rivals():
        print(f"  {name:<42}{outcome}")


if __name__ == "__main__":
    main()
