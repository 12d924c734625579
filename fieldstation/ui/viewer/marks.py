"""Draws what was put on a picture: lines and letters at the screen's own resolution, whatever the zoom."""

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from fieldstation.domain.annotations import Angle, Area, Arrow, Distance, SideMarker, TextNote, points_of
from fieldstation.services.words import text
from fieldstation.ui import formats
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import NIGHT, Tone
from fieldstation.ui.viewer.items import CAP_HEIGHT, Item, initials_size, letter_size
from fieldstation.ui.viewer.lens import Lens
from fieldstation.ui.viewer.overlay import LIGHT, draw_knob, draw_text, text_width
from fieldstation.ui.viewer.strokes import Stroke, line

_MIDDLE = Qt.AlignmentFlag.AlignHCenter
_LEFT = Qt.AlignmentFlag.AlignLeft
_HEAD = 14.0
_TICK = 7.0
_ARC = 26.0
_CAP = 13 * CAP_HEIGHT


def strokes_of(lens: Lens, item: Item, color: QColor) -> list[Stroke]:
    """The lines of one thing."""
    points = [lens.to_screen(point) for point in points_of(item)]
    match item:
        case Arrow():
            return _arrow(points, color)
        case Distance():
            return _distance(points, color)
        case Angle():
            return _angle(points, color)
    return []


def draw_item(painter: QPainter, lens: Lens, item: Item, *, chosen: bool) -> None:
    """Draw what is written of one thing; the chosen one with knobs at its ends."""
    color = color_of(chosen=chosen)
    points = [lens.to_screen(point) for point in points_of(item)]
    match item:
        case SideMarker():
            _draw_marker(painter, lens, item, color)
        case TextNote():
            at = points[0] + QPointF(0, 15 * CAP_HEIGHT / 2)
            draw_text(painter, at, item.text, Role.NAME, _LEFT, color)
        case Distance():
            _draw_length(painter, points, item.length_mm(lens.pitch_mm), color)
        case Angle():
            _draw_degrees(painter, points, item.degrees(), color)
    if chosen and len(points) > 1:
        for point in points:
            draw_knob(painter, point, color)


def color_of(*, chosen: bool) -> QColor:
    """White; what is worked on in the colour of that."""
    return NIGHT.color(Tone.ACTION) if chosen else LIGHT


def _draw_marker(painter: QPainter, lens: Lens, marker: SideMarker, color: QColor) -> None:
    at, size = lens.to_screen(marker.at), letter_size(lens)
    baseline = at.y() + size * CAP_HEIGHT / 2
    draw_text(painter, QPointF(at.x(), baseline), marker.side, size, _MIDDLE, color)
    if marker.initials:
        small = initials_size(lens)
        baseline += small * CAP_HEIGHT * 1.5
        draw_text(painter, QPointF(at.x(), baseline), marker.initials, small, _MIDDLE, color)
    under = QPointF(at.x(), baseline + _CAP + 8)
    draw_text(painter, under, text("ui.marker_digital"), Role.CAPTION_VALUE, _MIDDLE, color)


def _unit(one: QPointF, other: QPointF) -> QPointF:
    length = math.hypot(other.x() - one.x(), other.y() - one.y())
    return (other - one) / length if length else QPointF(1, 0)


def _arrow(points: list[QPointF], color: QColor) -> list[Stroke]:
    tail, tip = points
    back = _unit(tip, tail) * _HEAD
    side = QPointF(-back.y(), back.x()) * 0.5
    return [line(points, color), line([tip + back + side, tip, tip + back - side], color)]


def _distance(points: list[QPointF], color: QColor) -> list[Stroke]:
    along = _unit(*points)
    tick = QPointF(-along.y(), along.x()) * _TICK
    return [line(points, color), *(line([point - tick, point + tick], color) for point in points)]


def _draw_length(painter: QPainter, points: list[QPointF], length_mm: float, color: QColor) -> None:
    start, end = points
    along = _unit(start, end)
    # To the side of the line that is above it, so far that no corner of the words touches it.
    side = QPointF(along.y(), -along.x()) if along.x() >= 0 else QPointF(-along.y(), along.x())
    words = text("ui.mm_at_plate", n=formats.tenths(length_mm))
    away = abs(side.x()) * text_width(words, Role.NAME) / 2 + abs(side.y()) * 8 + 8
    draw_text(painter, (start + end) / 2 + side * away + QPointF(0, 5), words, Role.NAME, _MIDDLE, color)


def _opening(points: list[QPointF]) -> tuple[float, float]:
    """Where the arc of an angle begins, and how far it turns, in radians."""
    start, vertex, end = points
    one, other = _unit(vertex, start), _unit(vertex, end)
    first = math.atan2(one.y(), one.x())
    return first, math.remainder(math.atan2(other.y(), other.x()) - first, 2 * math.pi)


def _around(angle: float, radius: float) -> QPointF:
    return QPointF(math.cos(angle), math.sin(angle)) * radius


def _angle(points: list[QPointF], color: QColor) -> list[Stroke]:
    first, turn = _opening(points)
    arc = [points[1] + _around(first + turn * step / 12, _ARC) for step in range(13)]
    return [line(points, color), line(arc, color, 1)]


def _draw_degrees(painter: QPainter, points: list[QPointF], degrees: float, color: QColor) -> None:
    first, turn = _opening(points)
    at = points[1] + _around(first + turn / 2, _ARC + 28) + QPointF(0, 5)
    draw_text(painter, at, text("ui.degrees", n=formats.tenths(degrees)), Role.NAME, _MIDDLE, color)


def area_strokes(lens: Lens, area: Area) -> list[Stroke]:
    """A rectangle that is being drawn up."""
    seen = lens.area(area)
    corners = [seen.topLeft(), seen.topRight(), seen.bottomRight(), seen.bottomLeft(), seen.topLeft()]
    return [line(corners, color_of(chosen=True))]


def cover(painter: QPainter, lens: Lens, inside: QRectF, color: QColor) -> None:
    """Cover what lies outside of a rectangle of the screen."""
    width, height = lens.width, lens.height
    left, right = min(max(inside.left(), 0), width), min(max(inside.right(), 0), width)
    top, bottom = min(max(inside.top(), 0), height), min(max(inside.bottom(), 0), height)
    for strip in (
        QRectF(0, 0, width, top),
        QRectF(0, bottom, width, height - bottom),
        QRectF(0, top, left, bottom - top),
        QRectF(right, top, width - right, bottom - top),
    ):
        painter.fillRect(strip, color)
