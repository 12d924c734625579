"""The same drag of the window in other viewers: each in a throw-away environment, or the reason why not.

They show the same picture in 1920×1080, painted without a display; what needs OpenGL needs a display that has it.
"""

import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_INSTALL_SECONDS = 600
_RUN_SECONDS = 180

_PICTURE = """
import sys, time
import numpy as np
slope = np.linspace(500, 3500, 3500, dtype=np.float32)
noise = np.random.default_rng(1).normal(0, 200, (4300, 3500)).astype(np.float32)
pixels = np.clip(slope + noise, 0, 4095).astype(np.uint16)

def measure(frame, count=60):
    took = []
    for step in range(count):
        low, high = 548 + 150 * np.cos(step / 15), 3548 + 150 * np.sin(step / 15)
        begin = time.perf_counter()
        frame(low, high)
        took.append((time.perf_counter() - begin) * 1000)
    print(f"{np.median(took):.2f} {np.percentile(took, 95):.2f}")
"""

_PYQTGRAPH = """
import pyqtgraph as pg
app = pg.mkQApp()
pg.setConfigOptions(imageAxisOrder="row-major")
view, box = pg.GraphicsView(), pg.ViewBox(lockAspect=True, invertY=True)
view.setCentralItem(box)
item = pg.ImageItem(pixels, levels=(0, 4095))
box.addItem(item)
view.resize(1920, 1080)
view.show()
app.processEvents()

def frame(low, high):
    item.setLevels((low, high))
    view.viewport().repaint()

measure(frame, 5)
measure(frame)
"""

_NAPARI = """
import napari
from qtpy.QtWidgets import QApplication
viewer = napari.Viewer()
layer = viewer.add_image(pixels, contrast_limits=(0, 4095))
canvas = viewer.window._qt_viewer.canvas.native
canvas.setFixedSize(1920, 1080)
QApplication.processEvents()

def frame(low, high):
    layer.contrast_limits = (low, high)
    canvas.repaint()
    QApplication.processEvents()

measure(frame, 3)
measure(frame, 30)
"""


@dataclass(frozen=True)
class _Rival:
    name: str
    packages: tuple[str, ...]
    script: str
    needs_display: bool


_RIVALS = (
    _Rival("pyqtgraph, ImageItem", ("pyqtgraph", "PySide6-Essentials", "numpy"), _PYQTGRAPH, needs_display=False),
    _Rival("napari", ("napari", "PySide6-Essentials"), _NAPARI, needs_display=True),
)


def rivals() -> Iterator[tuple[str, str]]:
    """Name, and median and 95th percentile in milliseconds or why there are none, one after the other."""
    for rival in _RIVALS:
        yield rival.name, _outcome(rival)


def _outcome(rival: _Rival) -> str:
    if rival.needs_display and not os.environ.get("DISPLAY"):
        return "not measured: it needs OpenGL, and there is no display"
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder, "Scripts" if sys.platform == "win32" else "bin", "python")
        install = [str(python), "-m", "pip", "install", "--quiet", *rival.packages]
        if (problem := _run(install, _INSTALL_SECONDS)[1]) is not None:
            return f"not installed: {problem}"
        said, problem = _run([str(python), "-c", _PICTURE + rival.script], _RUN_SECONDS, shown=rival.needs_display)
    if problem is not None or len(said.split()) < 2:
        return f"not measured: {problem or 'it said nothing'}"
    median, p95 = said.split()[-2:]
    return f"{float(median):>7.2f} ms{float(p95):>7.2f} ms"


def _run(command: list[str], seconds: float, *, shown: bool = False) -> tuple[str, str | None]:
    """What it said, and the last line of why it failed."""
    environment = dict(os.environ)
    if shown:
        environment.pop("QT_QPA_PLATFORM", None)
    else:
        environment["QT_QPA_PLATFORM"] = "offscreen"
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False, env=environment)
    except subprocess.TimeoutExpired:
        return "", f"not done in {seconds:.0f} s"
    if done.returncode == 0:
        return done.stdout, None
    lines = done.stderr.strip().splitlines()
    return "", lines[-1] if lines else f"exit code {done.returncode}"
