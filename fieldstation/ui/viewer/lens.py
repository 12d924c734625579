"""Where a place of the plate is on the screen, and back."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF

from fieldstation.domain.annotations import Area, Placement, Point
from fieldstation.domain.exams import Box
from fieldstation.ui.viewer.rendering import Camera


@dataclass(frozen=True, slots=True)
class Lens:
    """How a viewport sees a plate. Screen places are in device-independent pixels from its top left corner.

    ``placement`` is without crop. ``width`` and ``height`` are the viewport's, ``ratio`` its device pixel ratio,
    ``pitch_mm`` the distance of neighbouring samples at the plate.
    """

    placement: Placement
    camera: Camera
    width: float
    height: float
    ratio: float
    pitch_mm: float

    @property
    def scale(self) -> float:
        """Device-independent pixels a sample."""
        return self.camera.scale / self.ratio

    @property
    def per_mm(self) -> float:
        """Device-independent pixels a millimetre at the plate."""
        return self.scale / self.pitch_mm

    def to_screen(self, point: Point) -> QPointF:
        """Where a place of the plate is seen."""
        shown = self.placement.to_shown(point)
        scale = self.scale
        return QPointF(
            (shown.x - self.camera.x) * scale + self.width / 2, (shown.y - self.camera.y) * scale + self.height / 2
        )

    def all_to_screen(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Where many places of the plate are seen; both of shape (n, 2), x before y."""
        zero, across, down = (self.to_screen(Point(*each)) for each in ((0, 0), (1, 0), (0, 1)))
        steps = [(each.x() - zero.x(), each.y() - zero.y()) for each in (across, down)]
        return np.asarray(points @ np.array(steps) + (zero.x(), zero.y()))

    def to_plate(self, at: QPointF) -> Point:
        """Which place of the plate is seen there; it need not lie on the plate."""
        scale = self.scale
        x = (at.x() - self.width / 2) / scale + self.camera.x
        y = (at.y() - self.height / 2) / scale + self.camera.y
        return self.placement.to_plate(Point(x, y))

    def area(self, area: Area) -> QRectF:
        """Where a rectangle of the plate is seen."""
        one = self.to_screen(Point(area.left, area.top))
        return QRectF(one, self.to_screen(Point(area.right, area.bottom))).normalized()

    def box(self, box: Box) -> QRectF:
        """Where a place in millimetres is seen."""
        pitch = self.pitch_mm
        one = self.to_screen(Point(box.left / pitch, box.top / pitch))
        other = self.to_screen(Point((box.left + box.width) / pitch, (box.top + box.height) / pitch))
        return QRectF(one, other).normalized()

    def clamped(self, point: Point) -> Point:
        """The nearest place on the plate."""
        return Point(min(max(point.x, 0), self.placement.columns), min(max(point.y, 0), self.placement.rows))
