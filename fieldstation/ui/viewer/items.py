"""What is put on a picture, one thing after the other: add, take away, move, and find under a finger."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF

from fieldstation.domain.annotations import (
    MARKER_INITIALS_MM,
    MARKER_LETTER_MM,
    Angle,
    Annotation,
    Arrow,
    Distance,
    Point,
    SideMarker,
    TextNote,
    points_of,
)
from fieldstation.domain.exams import Presentation
from fieldstation.domain.presenting import LEAST_SIDE
from fieldstation.ui.fonts import Role
from fieldstation.ui.viewer.lens import Lens
from fieldstation.ui.viewer.overlay import text_width

Item = SideMarker | Annotation

REACH = 22.0
"""Pixels around a thing within which a finger means it."""
CAP_HEIGHT = 0.727
"""Height of a capital of the program's typeface, in sizes."""
_LEAST_LETTER = 10.0


@dataclass(frozen=True, slots=True)
class Hit:
    """What is under a finger: the item's place in `items_of`, and which of its points, None for all of it."""

    index: int
    point: int | None


def items_of(presentation: Presentation) -> tuple[Item, ...]:
    """Side markers, then annotations."""
    return *presentation.markers, *presentation.annotations


def with_items(presentation: Presentation, items: Sequence[Item]) -> Presentation:
    """With these on it and no others."""
    return replace(
        presentation,
        markers=tuple(each for each in items if isinstance(each, SideMarker)),
        annotations=tuple(each for each in items if not isinstance(each, SideMarker)),
    )


def put(presentation: Presentation, item: Item) -> Presentation:
    """With one more."""
    return with_items(presentation, [*items_of(presentation), item])


def without(presentation: Presentation, index: int) -> Presentation:
    """With one less."""
    return with_items(presentation, [each for place, each in enumerate(items_of(presentation)) if place != index])


def exchanged(presentation: Presentation, index: int, item: Item) -> Presentation:
    """With another of its kind in its place."""
    return with_items(
        presentation, [item if place == index else each for place, each in enumerate(items_of(presentation))]
    )


def cropped(presentation: Presentation) -> Presentation:
    """Without a shutter of which nothing is left in the crop: it would cover everything."""
    crop, shutter = presentation.crop, presentation.shutter
    if crop is None or shutter is None:
        return presentation
    both = crop.overlap(shutter)
    return presentation if min(both.rows, both.columns) >= LEAST_SIDE else replace(presentation, shutter=None)


def moved(item: Item, point: int | None, by: Point, lens: Lens) -> Item:
    """One point of an item, or all of it, moved by so many plate pixels, and never off the plate."""
    points = points_of(item)
    if point is not None:
        to = lens.clamped(Point(points[point].x + by.x, points[point].y + by.y))
        return _through(item, [to if place == point else each for place, each in enumerate(points)])
    x = min(max(by.x, -min(each.x for each in points)), lens.placement.columns - max(each.x for each in points))
    y = min(max(by.y, -min(each.y for each in points)), lens.placement.rows - max(each.y for each in points))
    return _through(item, [Point(each.x + x, each.y + y) for each in points])


def _through(item: Item, points: Sequence[Point]) -> Item:
    match item:
        case SideMarker() | TextNote():
            return replace(item, at=points[0])
        case Arrow():
            return replace(item, tail=points[0], tip=points[1])
        case Distance():
            return replace(item, start=points[0], end=points[1])
        case Angle():
            return replace(item, start=points[0], vertex=points[1], end=points[2])


def letter_size(lens: Lens) -> int:
    """Type size, in pixels, of a side marker's letter."""
    return round(max(_LEAST_LETTER, MARKER_LETTER_MM * lens.per_mm / CAP_HEIGHT))


def initials_size(lens: Lens) -> int:
    """Type size, in pixels, of the initials under it."""
    return round(max(_LEAST_LETTER, MARKER_INITIALS_MM * lens.per_mm / CAP_HEIGHT))


def extent(item: Item, lens: Lens) -> QRectF:
    """Where an item is on the screen."""
    points = [lens.to_screen(point) for point in points_of(item)]
    match item:
        case SideMarker():
            size = letter_size(lens)
            width = max(text_width(item.side, size), text_width(item.initials, initials_size(lens)))
            return QRectF(points[0].x() - width / 2, points[0].y() - size / 2, width, size * 1.4)
        case TextNote():
            return QRectF(points[0].x(), points[0].y() - 10, text_width(item.text, Role.NAME), 20)
    left, top = min(each.x() for each in points), min(each.y() for each in points)
    return QRectF(left, top, max(each.x() for each in points) - left, max(each.y() for each in points) - top)


def hit(items: Sequence[Item], lens: Lens, at: QPointF, chosen: int | None) -> Hit | None:
    """What a finger at a place of the screen means: an end of the chosen item first, then what is nearest."""
    if chosen is not None:
        ends = [lens.to_screen(point) for point in points_of(items[chosen])]
        near = min(range(len(ends)), key=lambda place: _apart(ends[place], at))
        if len(ends) > 1 and _apart(ends[near], at) <= REACH:
            return Hit(chosen, near)
    away = {index: _away(item, lens, at) for index, item in enumerate(items)}
    nearest = min(away, key=lambda index: away[index], default=None)
    return Hit(nearest, None) if nearest is not None and away[nearest] <= REACH else None


def _away(item: Item, lens: Lens, at: QPointF) -> float:
    if isinstance(item, SideMarker | TextNote):
        area = extent(item, lens)
        x = max(area.left() - at.x(), 0.0, at.x() - area.right())
        y = max(area.top() - at.y(), 0.0, at.y() - area.bottom())
        return math.hypot(x, y)
    points = [lens.to_screen(point) for point in points_of(item)]
    return min(_from_line(one, other, at) for one, other in pairwise(points))


def _from_line(one: QPointF, other: QPointF, at: QPointF) -> float:
    along = other - one
    length = along.x() ** 2 + along.y() ** 2
    share = QPointF.dotProduct(at - one, along) / length if length else 0.0
    return _apart(one + along * min(max(share, 0.0), 1.0), at)


def _apart(one: QPointF, other: QPointF) -> float:
    return math.hypot(one.x() - other.x(), one.y() - other.y())
