"""From a picture to the grey values on screen: cut out what is seen, bring it to size, apply the window."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from fieldstation.domain.exams import Presentation
from fieldstation.ui.viewer.pyramid import Bytes, Pixels, Pyramid

_VALUES = np.arange(65536, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Camera:
    """What part of a picture is seen: the picture's point (x, y) in the middle, and screen pixels a sample."""

    x: float
    y: float
    scale: float

    def moved(self, dx: float, dy: float) -> "Camera":
        """After the picture was pushed by so many screen pixels."""
        return Camera(self.x - dx / self.scale, self.y - dy / self.scale, self.scale)

    def zoomed(self, factor: float, dx: float, dy: float) -> "Camera":
        """After zooming while the point at (dx, dy) screen pixels from the middle stays where it is."""
        scale = self.scale * factor
        return Camera(
            self.x + dx / self.scale - dx / scale,
            self.y + dy / self.scale - dy / scale,
            scale,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """The visible part at screen size, and where its top left corner is in the viewport, in screen pixels."""

    pixels: Pixels
    left: int
    top: int


def fit(columns: int, rows: int, width: int, height: int) -> Camera:
    """The whole picture, as large as the viewport allows."""
    return Camera(columns / 2, rows / 2, min(width / columns, height / rows))


def cut_out(pyramid: Pyramid, camera: Camera, width: int, height: int) -> Cut | None:
    """What is seen through a viewport of so many screen pixels; None where the picture is out of sight."""
    level, halvings = pyramid.level_for(camera.scale)
    scale = camera.scale * 2**halvings
    rows, columns = level.shape
    center_x, center_y = camera.x / 2**halvings, camera.y / 2**halvings
    left, right = _span(center_x, width / scale, columns)
    top, bottom = _span(center_y, height / scale, rows)
    if right <= left or bottom <= top:
        return None
    size = (max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale)))
    part = level[top:bottom, left:right]
    shown = part if size == (right - left, bottom - top) else cv2.resize(part, size, interpolation=cv2.INTER_LINEAR)
    return Cut(
        np.asarray(shown, dtype=np.uint16),
        round((left - center_x) * scale + width / 2),
        round((top - center_y) * scale + height / 2),
    )


def _span(center: float, extent: float, limit: int) -> tuple[int, int]:
    # One sample more at either side, so that the edge of the screen never shows the edge of the cut.
    return max(0, int(center - extent / 2) - 1), min(limit, int(np.ceil(center + extent / 2)) + 1)


@lru_cache(maxsize=4)
def table(presentation: Presentation) -> Bytes:
    """Grey value of every stored value, shape (65536,): the linear window of PS3.3 C.11.2.1.2.1."""
    width = max(2.0, presentation.window_width)
    grey = ((_VALUES - (presentation.window_center - 0.5)) / (width - 1) + 0.5) * 255
    made: Bytes = np.clip(np.rint(grey), 0, 255).astype(np.uint8)
    if presentation.inverted:
        made = np.invert(made)
    made.setflags(write=False)
    return made


def windowed(pixels: Pixels, grey: Bytes) -> Bytes:
    """Apply a table of grey values."""
    return np.asarray(cv2.LUT(pixels, grey), dtype=np.uint8)


def thumbnail(pyramid: Pyramid, presentation: Presentation, width: int, height: int) -> Bytes:
    """The middle of the picture filling ``width`` by ``height`` screen pixels."""
    small = pyramid.turned(presentation.quarter_turns)
    whole = Camera(small.columns / 2, small.rows / 2, max(width / small.columns, height / small.rows))
    cut = cut_out(small, whole, width, height)
    if cut is None:
        return np.zeros((height, width), dtype=np.uint8)
    grey = windowed(np.ascontiguousarray(cut.pixels), table(presentation))
    left, top = max(0, -cut.left), max(0, -cut.top)
    return np.ascontiguousarray(grey[top : top + height, left : left + width])
