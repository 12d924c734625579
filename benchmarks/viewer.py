"""The viewer on a 3500×4300 picture in a window of 1920×1080: milliseconds a frame, paint included.

A frame is one mouse move or wheel click and the painting that follows it, into the window's own backing store.
"""

import os
import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from fieldstation.domain.exams import Presentation
from fieldstation.ui.app import application
from fieldstation.ui.viewer.canvas import Captions, Sheet
from fieldstation.ui.viewer.pyramid import Pyramid
from fieldstation.ui.viewer.viewer import Viewer

LIMIT_MS = 8.0
FRAMES = 200
_NO_KEYS = Qt.KeyboardModifier.NoModifier


def picture() -> Pyramid:
    """Noise over a slope: nothing that compresses or repeats."""
    rows, columns = 4300, 3500
    slope = np.linspace(500, 3500, columns, dtype=np.float32)
    noise = np.random.default_rng(1).normal(0, 200, (rows, columns)).astype(np.float32)
    return Pyramid(np.clip(slope + noise, 0, 4095).astype(np.uint16))


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


def measure(viewer: Viewer, gestures: Iterator[Callable[[], None]]) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds."""
    took = []
    for gesture in gestures:
        begin = time.perf_counter()
        gesture()
        viewer.repaint()
        took.append((time.perf_counter() - begin) * 1000)
    return float(np.median(took)), float(np.percentile(took, 95))


def main() -> None:
    """Print a table."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = application()
    viewer = Viewer()
    viewer.resize(1920, 1080)
    captions = Captions(["Somebody, Sam", "Chest PA", "14 Oct 2025 · 10:28"], ["DI +0.4", "EI 274"])
    window = Presentation(window_center=2048, window_width=3000)
    viewer.show_sheet(Sheet(pyramid=picture(), pitch_mm=0.1, automatic=window, captions=captions), window)
    viewer.show()
    app.processEvents()
    print(f"  {'gesture':<28}{'median':>10}{'p95':>10}{'limit':>10}{'p95/limit':>11}")
    viewer.fit()
    rows = {"window drag, whole picture": measure(viewer, drags(viewer, Qt.MouseButton.LeftButton))}
    rows["zoom"] = measure(viewer, zooms(viewer))
    viewer.fit()
    viewer.one_to_one()
    rows["window drag, 1:1"] = measure(viewer, drags(viewer, Qt.MouseButton.LeftButton))
    rows["pan, 1:1"] = measure(viewer, drags(viewer, Qt.MouseButton.MiddleButton))
    for name, (median, p95) in rows.items():
        print(f"  {name:<28}{median:>7.2f} ms{p95:>7.2f} ms{LIMIT_MS:>7.1f} ms{p95 / LIMIT_MS:>11.2f}")
    viewer.close()


if __name__ == "__main__":
    main()
