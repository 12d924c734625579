"""The app over a real station: how soon it can be used, how soon another picture is seen, and the memory it holds.

Once its window is closed, a picture is processed again from its raw scan, as `study process` does it.

Memory is that of the app and its worker together (resident; shared pages count twice).
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from PySide6.QtCore import QTimer

from fieldstation.bootstrap.station import Places, Station, open_station
from fieldstation.ui.app import run_app
from fieldstation.ui.frame.window import Window

LIMIT_START_SECONDS = 2.0
LIMIT_IDLE_MB = 300.0
LIMIT_OPEN_MB = 600.0
LIMIT_SWITCH_MS = 150.0
LIMIT_AGAIN_SECONDS = 1.0
LOOKS = ("bone", "chest", "general")
ROUNDS = 3
SWITCHES = 20
_CLI = [sys.executable, "-m", "fieldstation.main"]


def _held() -> float:
    this = psutil.Process()
    return sum(each.memory_info().rss for each in (this, *this.children(recursive=True))) / 1e6


class Observer:
    """Looks at the window every 10 ms: first until it is usable, then until the picture is there."""

    def __init__(self, window: Window, study_uid: str, started: float) -> None:
        self._window = window
        self._study_uid = study_uid
        self._started = started
        self.figures: dict[str, float] = {}
        self._timer = QTimer(window)
        self._timer.setInterval(10)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        window = self._window
        if not window.settled:
            return
        if "start" not in self.figures:
            self.figures["start"] = time.time() - self._started
            self.figures["idle"] = _held()
            self._asked = time.time()
            window.open_study(self._study_uid)
        elif "open" not in self.figures and window.study.quality.verdict.accept_button.isEnabled():
            self.figures["open"] = _held()
            self.figures["picture"] = time.time() - self._asked
            self.figures["switch"] = self._switch()
            self._timer.stop()
            window.close()

    def _switch(self) -> float:
        """The 95th percentile of going to the other picture of the study, its painting included, in milliseconds."""
        study, took = self._window.study, []
        views = [card.card.view_id for card in study.views.cards]
        for step in range(1, SWITCHES + 1):
            begin = time.perf_counter()
            study.choose(views[step % len(views)])
            self._window.repaint()
            took.append((time.perf_counter() - begin) * 1000)
        return sorted(took)[round(0.95 * SWITCHES) - 1]


def _process_again(station: Station, image_uid: str) -> float:
    """The median of how long it takes, by parameters other than before, in seconds."""
    took = []
    for look in LOOKS:
        begin = time.perf_counter()
        station.judging.process(image_uid, look)
        took.append(time.perf_counter() - begin)
    return statistics.median(took)


def child(folder: str, study_uid: str, image_uid: str, started: str) -> None:
    """One run of the app; prints its figures as JSON."""
    station = open_station(Places(data=Path(folder), settings=None), "app")
    observers: list[Observer] = []
    try:
        run_app(station.desk, on_ready=lambda window: observers.append(Observer(window, study_uid, float(started))))
        again = _process_again(station, image_uid)
    finally:
        station.close()
    print(json.dumps({**observers[0].figures, "again": again}))


def _shell(folder: str, *words: str) -> dict[str, str]:
    done = subprocess.run([*_CLI, "--data", folder, *words, "--json"], stdout=subprocess.PIPE, check=True)
    answer: dict[str, str] = json.loads(done.stdout)
    return answer


def _run(folder: str, study_uid: str, image_uid: str) -> dict[str, float]:
    code = f"from benchmarks.app import child; child({folder!r}, {study_uid!r}, {image_uid!r}, {str(time.time())!r})"
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True, env=environment)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def main() -> None:
    """Print each figure with its ratio to the limit (below 1 is better than claimed)."""
    with tempfile.TemporaryDirectory() as folder:
        views = ("--view", "chest-pa", "--view", "chest-lat")
        patient = ("--patient-id", "B-1", "--name", "BENCH^ONE", "--birth-date", "1950-01-01", "--sex", "O")
        study = _shell(folder, "study", "new", *patient, *views)["study_uid"]
        scans = [
            _shell(folder, "study", "scan", study, "--view", view, "--cassette", cassette)
            for view, cassette in (("chest-pa", "C-0001"), ("chest-lat", "C-0002"))
        ]
        runs = [_run(folder, study, scans[0]["image_uid"]) for _ in range(ROUNDS)]
    figures = {name: sorted(run[name] for run in runs)[ROUNDS // 2] for name in runs[0]}
    print(f"{'the app':32} {'measured':>10} {'limit':>10} {'ratio':>7}")
    start = figures["start"]
    print(
        f"{'start to usable window':32} {start:8.2f} s {LIMIT_START_SECONDS:8.2f} s {start / LIMIT_START_SECONDS:7.2f}"
    )
    for name, label, limit in (("idle", "idle", LIMIT_IDLE_MB), ("open", "with a picture open", LIMIT_OPEN_MB)):
        print(f"{label:32} {figures[name]:7.0f} MB {limit:7.0f} MB {figures[name] / limit:7.2f}")
    print(f"{'from touch to picture':32} {figures['picture']:8.2f} s")
    switch = figures["switch"]
    print(f"{'to another picture, p95':32} {switch:7.0f} ms {LIMIT_SWITCH_MS:7.0f} ms {switch / LIMIT_SWITCH_MS:7.2f}")
    again = figures["again"]
    print(f"{'processed again':32} {again:8.2f} s {LIMIT_AGAIN_SECONDS:8.2f} s {again / LIMIT_AGAIN_SECONDS:7.2f}")


if __name__ == "__main__":
    main()
