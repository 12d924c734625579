"""Draws what was put on a picture: lines and letters at the screen's own resolution, whatever the zoom."""

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from fieldstation.domain import annotations
from fieldstation.domain.annotations import Angle, Area, Distance, Point, SideMarker, TextNote, points_of
from fieldstation.services.words import text
from fieldstation.ui import formats
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import NIGHT, Tone
from fieldstation.ui.viewer.items import CAP_HEIGHT, Item, initials_size, letter_size
from fieldstation.ui.viewer.lens import Lens
from fieldstation.ui.viewer.overlay import LIGHT, Sprite, draw_knob, draw_sprites, text_width, words
from fieldstation.ui.viewer.strokes import Stroke, line

_MIDDLE = Qt.AlignmentFlag.AlignHCenter
_LEFT = Qt.AlignmentFlag.AlignLeft
_WING = 16.0
_DEGREES_AWAY = 54.0
_CAP = 13 * CAP_HEIGHT


def strokes_of(lens: Lens, item: Item, color: QColor) -> list[Stroke]:
    """The lines of one thing."""
    if isinstance(item, SideMarker):
        return []
    points = [lens.to_screen(point) for point in points_of(item)]
    drawn = annotations.strokes_of(item, [Point(each.x(), each.y()) for each in points], _WING)
    return [Stroke(np.array([(each.x, each.y) for each in stroke]), color) for stroke in drawn]


def words_of(lens: Lens, item: Item, color: QColor) -> list[Sprite]:
    """What is written of one thing."""
    points = [lens.to_screen(point) for point in points_of(item)]
    match item:
        case SideMarker():
            return _marker(lens, item, color)
        case TextNote():
            at = points[0] + QPointF(0, 15 * CAP_HEIGHT / 2)
            return [words(lens.ratio, at, item.text, Role.NAME, _LEFT, color)]
        case Distance():
            return [_length(lens, points, item.length_mm(lens.pitch_mm), color)]
        case Angle():
            return [_degrees(lens, points, item.degrees(), color)]
    return []


def draw_knobs(painter: QPainter, lens: Lens, item: Item) -> None:
    """Draw what the ends of a chosen line are taken by."""
    points = points_of(item)
    if len(points) > 1:
        for point in points:
            draw_knob(painter, lens.to_screen(point), color_of(chosen=True))


def draw_chosen(painter: QPainter, lens: Lens, item: Item) -> None:
    """Draw what is written of a thing that is worked on, and its knobs."""
    draw_sprites(painter, words_of(lens, item, color_of(chosen=True)))
    draw_knobs(painter, lens, item)


def color_of(*, chosen: bool) -> QColor:
    """White; what is worked on in the colour of that."""
    return NIGHT.color(Tone.ACTION) if chosen else LIGHT


def _marker(lens: Lens, marker: SideMarker, color: QColor) -> list[Sprite]:
    at, size = lens.to_screen(marker.at), letter_size(lens)
    baseline = at.y() + size * CAP_HEIGHT / 2
    sprites = [words(lens.ratio, QPointF(at.x(), baseline), marker.side, size, _MIDDLE, color)]
    if marker.initials:
        small = initials_size(lens)
        baseline += small * CAP_HEIGHT * 1.5
        sprites.append(words(lens.ratio, QPointF(at.x(), baseline), marker.initials, small, _MIDDLE, color))
    under = QPointF(at.x(), baseline + _CAP + 8)
    sprites.append(words(lens.ratio, under, text("ui.marker_digital"), Role.CAPTION_VALUE, _MIDDLE, color))
    return sprites


def _unit(one: QPointF, other: QPointF) -> QPointF:
    length = math.hypot(other.x() - one.x(), other.y() - one.y())
    return (other - one) / length if length else QPointF(1, 0)


def _length(lens: Lens, points: list[QPointF], length_mm: float, color: QColor) -> Sprite:
    start, end = points
    along = _unit(start, end)
    # To the side of the line that is above it, so far that no corner of the words touches it.
    side = QPointF(along.y(), -along.x()) if along.x() >= 0 else QPointF(-along.y(), along.x())
    told = text("ui.mm_at_plate", n=formats.tenths(length_mm))
    away = abs(side.x()) * text_width(told, Role.NAME) / 2 + abs(side.y()) * 8 + 8
    return words(lens.ratio, (start + end) / 2 + side * away + QPointF(0, 5), told, Role.NAME, _MIDDLE, color)


def _degrees(lens: Lens, points: list[QPointF], degrees: float, color: QColor) -> Sprite:
    start, vertex, end = points
    one, other = _unit(vertex, start), _unit(vertex, end)
    first = math.atan2(one.y(), one.x())
    middle = first + math.remainder(math.atan2(other.y(), other.x()) - first, 2 * math.pi) / 2
    at = vertex + QPointF(math.cos(middle), math.sin(middle)) * _DEGREES_AWAY + QPointF(0, 5)
    return words(lens.ratio, at, text("ui.degrees", n=formats.tenths(degrees)), Role.NAME, _MIDDLE, color)


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
