"""The picture that builds up while a plate is read: milliseconds for a block of lines, its painting included.

A plate of 3500 × 4300 samples comes in blocks of 64 lines. Each is made into rows of the preview, joined to those that
came before and painted in a window of 1920×1080, one after the other in one thread; in the app the two halves share the
cores.
"""

import os
import time
from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
from PySide6.QtCore import QObject

from benchmarks.processing import GEOMETRY, RESPONSE, chest_plate
from fieldstation.domain.exams import Technique
from fieldstation.domain.plates import GoingOn
from fieldstation.imaging.preview import Preview
from fieldstation.services.boards import ReadProgress
from fieldstation.services.desk import Desk
from fieldstation.ui.app import application
from fieldstation.ui.background import Background
from fieldstation.ui.study.reading import ReadRun
from fieldstation.ui.study.reading_view import ReadingView

LIMIT_MS = 10.0
BLOCK, WIDTH, TARGET_EI = 64, 1024, 250
T = TypeVar("T")


class _Here(Background):
    """Makes each call where it is asked for, so that its time is that of the one who waits."""

    def run(
        self, _owner: QObject, call: Callable[[], T], on_done: Callable[[T], None], _on_error: object = None
    ) -> None:
        on_done(call())

    def courier(self, _owner: QObject, deliver: Callable[[T], None]) -> Callable[[T], None]:
        return deliver


class _Reader:
    """Reads one plate, and says how long each block of it took."""

    def __init__(self) -> None:
        self.took: list[float] = []

    def scan(
        self,
        _study_uid: str,
        _view_id: str,
        plate_id: str,
        _technique: Technique,
        on_progress: Callable[[ReadProgress], None],
        _going_on: GoingOn | None,
    ) -> str:
        """Block by block, as the receiver does."""
        raw, preview = chest_plate(), Preview(GEOMETRY, RESPONSE, TARGET_EI, WIDTH)
        for first in range(0, GEOMETRY.rows, BLOCK):
            last = min(first + BLOCK, GEOMETRY.rows)
            data = raw[first * GEOMETRY.line_bytes : last * GEOMETRY.line_bytes]
            begin = time.perf_counter()
            row, rows = preview.add(first, data)
            on_progress(
                ReadProgress(
                    plate_id=plate_id,
                    lines=last,
                    lines_total=GEOMETRY.rows,
                    seconds_left=1.0,
                    preview=rows,
                    first_row=row,
                    preview_rows=preview.rows,
                )
            )
            self.took.append((time.perf_counter() - begin) * 1000)
        return "image"


def main() -> None:
    """Print each figure with its ratio to the limit (below 1 is better than claimed)."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = application()
    view, reader = ReadingView(), _Reader()
    run = ReadRun(cast("Desk", reader), _Here(), view)

    def show() -> None:
        view.show_progress(run.preview, run.fraction, run.progress.seconds_left if run.progress else None)
        app.processEvents()

    run.progressed.connect(show)
    view.resize(1920, 1080)
    view.show()
    app.processEvents()
    run.start("study", "view", "plate", Technique())
    view.close()
    print(f"{'preview of a 3500x4300 plate':32} {'measured':>10} {'limit':>10} {'ratio':>7}")
    for name, took in (("a block, median", np.median(reader.took)), ("a block, p95", np.percentile(reader.took, 95))):
        print(f"{name:32} {took:7.2f} ms {LIMIT_MS:7.1f} ms {took / LIMIT_MS:7.2f}")


if __name__ == "__main__":
    main()
