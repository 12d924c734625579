"""From a picture to the grey values on screen: cut out what is seen, bring it to size, apply the window."""

from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from fieldstation.domain.annotations import Area
from fieldstation.domain.exams import Presentation
from fieldstation.ui.viewer.pyramid import Bytes, Level, Pixels, Pyramid

Colors = npt.NDArray[np.int32]

_VALUES = 1 << 16


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


def fit(part: Area, width: int, height: int) -> Camera:
    """That part of the picture, as large as the viewport allows."""
    scale = min(width / part.columns, height / part.rows)
    return Camera((part.left + part.right) / 2, (part.top + part.bottom) / 2, scale)


class Renderer:
    """Renders one viewport, frame after frame into the same memory: fresh pages cost as much as the work itself.

    What it returns is valid until the next call.
    """

    def __init__(self) -> None:
        self._values: npt.NDArray[np.uint16] = np.empty(0, np.uint16)

    def cut_out(self, level: Level, part: Area, camera: Camera, width: int, height: int) -> Cut | None:
        """What of a part of the picture is seen through a viewport of so many screen pixels; None where nothing is.

        It is made from one level; camera and part are in pixels of the picture.
        """
        samples, halvings = level
        factor = 2**halvings
        scale = camera.scale * factor
        center_x, center_y = camera.x / factor, camera.y / factor
        rows, columns = samples.shape
        left, right = _span(center_x, width / scale, part.left / factor, min(columns, part.right / factor))
        top, bottom = _span(center_y, height / scale, part.top / factor, min(rows, part.bottom / factor))
        if right <= left or bottom <= top:
            return None
        size = (max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale)))
        seen = samples[top:bottom, left:right]
        return Cut(
            seen if size == (right - left, bottom - top) else self._resized(seen, size, width * height),
            round((left - center_x) * scale + width / 2),
            round((top - center_y) * scale + height / 2),
        )

    def _resized(self, seen: Pixels, size: tuple[int, int], usual: int) -> Pixels:
        count = size[0] * size[1]
        if self._values.size < count:
            # What does not fill the screen yet will grow until it does, and somewhat beyond its edges.
            self._values = np.empty(max(count, usual * 9 // 8), np.uint16)
        into = self._values[:count].reshape(size[1], size[0])
        return np.asarray(cv2.resize(seen, size, dst=into, interpolation=cv2.INTER_LINEAR), dtype=np.uint16)


def _span(center: float, extent: float, first: float, limit: float) -> tuple[int, int]:
    # One sample more at either side, so that the edge of the screen never shows the edge of the cut.
    return max(round(first), int(center - extent / 2) - 1), min(round(limit), int(np.ceil(center + extent / 2)) + 1)


def table(presentation: Presentation) -> Bytes:
    """Grey value of every stored value, shape (65536,): the linear window of PS3.3 C.11.2.1.2.1."""
    return _table(presentation.window_center, presentation.window_width, -1 if presentation.inverted else 1)


@lru_cache(maxsize=8)
def _table(center: float, width: float, sign: int) -> Bytes:
    width = max(2.0, width)
    # Only the slope is computed: it is a small part of all values, and this is done for every step of a drag.
    first = min(max(0, int(np.floor(center - 0.5 - (width - 1) / 2))), _VALUES)
    last = min(max(first, int(np.ceil(center - 0.5 + (width - 1) / 2)) + 1), _VALUES)
    grey = ((np.arange(first, last, dtype=np.float32) - (center - 0.5)) / (width - 1) + 0.5) * 255
    made = np.zeros(_VALUES, np.uint8)
    made[first:last] = np.clip(np.rint(grey), 0, 255)
    made[last:] = 255
    if sign < 0:
        made = np.invert(made)
    made.setflags(write=False)
    return made


def no_colors() -> Colors:
    """Room for a table of colours."""
    return np.zeros(_VALUES, np.int32)


def colors(presentation: Presentation, into: Colors) -> Colors:
    """The table of grey values in opaque colours of the screen, 0xffRRGGBB, shape (65536,); ``into`` is where."""
    cv2.cvtColor(table(presentation)[np.newaxis], cv2.COLOR_GRAY2BGRA, dst=into.view(np.uint8).reshape(1, _VALUES, 4))
    return into


def thumbnail(pyramid: Pyramid, presentation: Presentation, width: int, height: int) -> Bytes:
    """The middle of the picture as it is presented, filling ``width`` by ``height`` screen pixels."""
    turns, part = presentation.quarter_turns % 4, _uncropped(presentation, pyramid)
    # It is turned when it is small, not before.
    across, down = (height, width) if turns % 2 else (width, height)
    scale = max(across / part.columns, down / part.rows)
    whole = Camera((part.left + part.right) / 2, (part.top + part.bottom) / 2, scale)
    cut = Renderer().cut_out(pyramid.level_for(scale), part, whole, across, down)
    if cut is None:
        return np.zeros((height, width), dtype=np.uint8)
    grey = np.asarray(cv2.LUT(cut.pixels, table(presentation)))
    left, top = max(0, -cut.left), max(0, -cut.top)
    seen = grey[top : top + down, left : left + across]
    return np.ascontiguousarray(np.rot90(seen[:, ::-1] if presentation.flipped else seen, -turns))


def shown_part(presentation: Presentation, pyramid: Pyramid) -> Area:
    """What is not cropped, in pixels of the picture as it is laid. ``pyramid`` is the picture as it was read."""
    laid = replace(presentation, crop=None).placement(pyramid.rows, pyramid.columns)
    return laid.area_to_shown(_uncropped(presentation, pyramid))


def _uncropped(presentation: Presentation, pyramid: Pyramid) -> Area:
    whole = Area(0, 0, pyramid.columns, pyramid.rows)
    crop = (presentation.crop or whole).overlap(whole)
    return crop if crop.rows and crop.columns else whole
