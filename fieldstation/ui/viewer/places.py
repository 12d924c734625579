"""Places in the picture that something is said about: findings with their numbers, the region of the exposure index."""

import math
from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from fieldstation.domain.exams import Box
from fieldstation.services.words import text
from fieldstation.ui import paint
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import NIGHT, Tone
from fieldstation.ui.viewer.lens import Lens
from fieldstation.ui.viewer.overlay import Sprite, words
from fieldstation.ui.viewer.strokes import Stroke, line

TAG = 24
_CORNER = 16.0
_LEAST = 32.0
_EDGE = 3.0
_REGION = QColor("#7FE3D0")
_AMBER = NIGHT.color(Tone.CAUTION)
_LEAST_PART = 0.002

Outline = npt.NDArray[np.float64]
"""Corners of shape (n, 2), x before y, in plate pixels."""


def outlines(mask: npt.NDArray[np.bool_], rows: int, columns: int) -> tuple[Outline, ...]:
    """The edges of what is true in a mask over a plate of so many rows and columns, in plate pixels."""
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    across, down = columns / mask.shape[1], rows / mask.shape[0]
    edges = [cv2.approxPolyDP(each, 1.0, closed=True)[:, 0, :] for each in found if _is_large(each, mask)]
    return tuple((edge + 0.5) * (across, down) for edge in edges)


def _is_large(contour: cv2.typing.MatLike, mask: npt.NDArray[np.bool_]) -> bool:
    return cv2.contourArea(contour) > _LEAST_PART * mask.size


def region_strokes(lens: Lens, region: Sequence[Outline]) -> list[Stroke]:
    """Lines around where the exposure index is measured."""
    return [Stroke(lens.all_to_screen(outline), _REGION, 1, closed=True) for outline in region]


def region_words(lens: Lens) -> Sprite:
    """What those lines are."""
    at, middle = QPointF(lens.width / 2, lens.height - 15), Qt.AlignmentFlag.AlignHCenter
    return words(lens.ratio, at, text("ui.region_words"), Role.CAPTION_VALUE, middle, _REGION)


def place_strokes(lens: Lens, places: Sequence[Box], picture: QRectF) -> list[Stroke]:
    """Corner brackets around each place, within the picture as it is seen."""
    frames = [_frame(lens, place, picture) for place in places]
    return [stroke for frame in frames if frame is not None for stroke in _brackets(frame)]


def numbers(lens: Lens, places: Sequence[Box], picture: QRectF) -> list[Sprite]:
    """The number of each place, counted from 1."""
    frames = ((number, _frame(lens, place, picture)) for number, place in enumerate(places, start=1))
    return [Sprite(_tag_corner(lens, frame), _tag(number, lens.ratio)) for number, frame in frames if frame is not None]


@lru_cache(maxsize=64)
def _tag(number: int, ratio: float) -> QImage:
    image = QImage(math.ceil(TAG * ratio), math.ceil(TAG * ratio), QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    draw_tag(painter, QPointF(0, 0), number, _AMBER)
    painter.end()
    return image


def _frame(lens: Lens, place: Box, picture: QRectF) -> QRectF | None:
    """Around the place, at least so large that its corners are seen apart; None where it is out of sight."""
    seen = lens.box(place)
    wider, higher = max(0.0, _LEAST - seen.width()) / 2, max(0.0, _LEAST - seen.height()) / 2
    frame = seen.adjusted(-wider, -higher, wider, higher)
    # A place at the edge of the plate keeps its brackets on the screen.
    view = picture.intersected(QRectF(0, 0, lens.width, lens.height)).adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE)
    inside = frame.intersected(view)
    return inside if inside.width() >= 1 and inside.height() >= 1 else None


def _brackets(frame: QRectF) -> list[Stroke]:
    x, y = min(_CORNER, frame.width() / 3), min(_CORNER, frame.height() / 3)
    return [
        line([corner + QPointF(across, 0), corner, corner + QPointF(0, down)], _AMBER)
        for corner, across, down in (
            (frame.topLeft(), x, y),
            (frame.topRight(), -x, y),
            (frame.bottomLeft(), x, -y),
            (frame.bottomRight(), -x, -y),
        )
    ]


def _tag_corner(lens: Lens, frame: QRectF) -> QPointF:
    x = min(max(frame.right() - TAG, _EDGE), lens.width - TAG - _EDGE)
    above = frame.top() - TAG - 6
    y = above if above >= _EDGE else min(frame.top() + 6, lens.height - TAG - _EDGE)
    return QPointF(round(x), round(y))


def draw_tag(painter: QPainter, corner: QPointF, number: int, color: QColor) -> None:
    """Draw a finding's number, as it is repeated on its row."""
    tag = QRectF(corner.x(), corner.y(), TAG, TAG).toRect()
    paint.box(painter, tag, 4, color, None)
    paint.line(painter, tag, str(number), Role.HEAD, NIGHT.color(Tone.ON_ACTION), paint.CENTER)
