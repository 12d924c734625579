"""What a technologist puts on a picture, and where a place of the plate is in the picture as it is shown.

Places are in plate pixels: x to the right and y down in the picture as the plate was read, before it is flipped,
turned or cropped, so that none of these moves an annotation on the anatomy. (0, 0) is the outer corner of the first
pixel, whose middle is (0.5, 0.5), as in PS3.3 C.10.5.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from fieldstation.domain.views import Side

MARKER_LETTER_MM = 14.0
"""Height of a side marker's letter at the plate, as lead ones have it."""
MARKER_INITIALS_MM = 5.0
"""Height of the initials under it."""
MOST_INITIALS = 4
"""Characters."""
_ARROW_HEAD_ANGLE = math.radians(25)
_ARC_WINGS, _ARC_STEPS = 1.6, 12
_STRAIGHT = 1e-6
LONGEST_TEXT = 128
"""Characters of a text on the picture."""


class FlipReason(StrEnum):
    """Why a picture has to be mirrored left to right: the plate was reversed."""

    FROM_BEHIND = "from-behind"
    LOADED_REVERSED = "loaded-reversed"


FLIP_REASONS: Mapping[FlipReason, str] = {
    FlipReason.FROM_BEHIND: "Cassette exposed from behind",
    FlipReason.LOADED_REVERSED: "Plate loaded the wrong way round",
}
"""The reason in words, as the image's header says it."""


@dataclass(frozen=True, slots=True)
class Point:
    """A place, in plate pixels unless said otherwise."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of whole pixels; ``right`` and ``bottom`` are the first column and row that lie outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def columns(self) -> int:
        """Its width in pixels."""
        return self.right - self.left

    @property
    def rows(self) -> int:
        """Its height in pixels."""
        return self.bottom - self.top

    def holds(self, point: Point) -> bool:
        """Whether the point lies in it, its edges included."""
        return self.left <= point.x <= self.right and self.top <= point.y <= self.bottom

    def overlap(self, other: "Area") -> "Area":
        """What both cover; without rows or columns where they cover nothing together."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        return Area(left, top, max(left, min(self.right, other.right)), max(top, min(self.bottom, other.bottom)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SideMarker:
    """A digital side marker, placed by a person and never by the program: ``at`` is the middle of its letter.

    It stands upright in the picture as it is shown. ``initials`` (up to four characters, may be empty) are written
    under the letter, as radiographers' lead markers have them.
    """

    side: Side
    at: Point
    initials: str = ""

    def __post_init__(self) -> None:
        if self.side not in (Side.RIGHT, Side.LEFT):
            raise ValueError(self.side)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextNote:
    """One line of text whose left end, at half its height, is at ``at``."""

    at: Point
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """An arrow."""

    tail: Point
    tip: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """A measured line."""

    start: Point
    end: Point

    def length_mm(self, pitch_mm: float) -> float:
        """Its length at the plate: what was measured of the patient is smaller, by the magnification."""
        return math.dist((self.start.x, self.start.y), (self.end.x, self.end.y)) * pitch_mm


@dataclass(frozen=True, slots=True, kw_only=True)
class Angle:
    """The angle at ``vertex`` between two legs."""

    start: Point
    vertex: Point
    end: Point

    def degrees(self) -> float:
        """From 0 to 180; 0 where a leg has no length."""
        ax, ay = self.start.x - self.vertex.x, self.start.y - self.vertex.y
        bx, by = self.end.x - self.vertex.x, self.end.y - self.vertex.y
        return math.degrees(math.atan2(abs(ax * by - ay * bx), ax * bx + ay * by))


Annotation = TextNote | Arrow | Distance | Angle
"""What travels beside the image, in a presentation state."""


def points_of(annotation: Annotation | SideMarker) -> tuple[Point, ...]:
    """The places that it is made of."""
    match annotation:
        case TextNote() | SideMarker():
            return (annotation.at,)
        case Arrow():
            return annotation.tail, annotation.tip
        case Distance():
            return annotation.start, annotation.end
        case Angle():
            return annotation.start, annotation.vertex, annotation.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """How a plate of so many pixels lies in the picture as it is shown: flipped, then turned, then cropped."""

    rows: int
    columns: int
    quarter_turns: int = 0
    flipped: bool = False
    crop: Area | None = None

    @property
    def shown_rows(self) -> int:
        """Rows of the picture as it is shown."""
        return self._part.columns if self.quarter_turns % 2 else self._part.rows

    @property
    def shown_columns(self) -> int:
        """Columns of the picture as it is shown."""
        return self._part.rows if self.quarter_turns % 2 else self._part.columns

    def to_shown(self, point: Point) -> Point:
        """Where a place of the plate is in the picture as it is shown."""
        part = self._part
        x, y = point.x - part.left, point.y - part.top
        if self.flipped:
            x = part.columns - x
        match self.quarter_turns % 4:
            case 1:
                return Point(part.rows - y, x)
            case 2:
                return Point(part.columns - x, part.rows - y)
            case 3:
                return Point(y, part.columns - x)
            case _:
                return Point(x, y)

    def to_plate(self, point: Point) -> Point:
        """Which place of the plate is shown there; the inverse of `to_shown`."""
        part = self._part
        x, y = point.x, point.y
        match self.quarter_turns % 4:
            case 1:
                x, y = y, part.rows - x
            case 2:
                x, y = part.columns - x, part.rows - y
            case 3:
                x, y = part.columns - y, x
        if self.flipped:
            x = part.columns - x
        return Point(x + part.left, y + part.top)

    def area_to_shown(self, area: Area) -> Area:
        """Where a rectangle of the plate is in the picture as it is shown."""
        return _area(self.to_shown(Point(area.left, area.top)), self.to_shown(Point(area.right, area.bottom)))

    def area_to_plate(self, area: Area) -> Area:
        """Which rectangle of the plate is shown there; the inverse of `area_to_shown`."""
        return _area(self.to_plate(Point(area.left, area.top)), self.to_plate(Point(area.right, area.bottom)))

    @property
    def _part(self) -> Area:
        return self.crop or Area(0, 0, self.columns, self.rows)


def _area(one: Point, other: Point) -> Area:
    x, y = sorted((round(one.x), round(other.x))), sorted((round(one.y), round(other.y)))
    return Area(x[0], y[0], x[1], y[1])


def caption(annotation: Annotation, pitch_mm: float) -> str:
    """What is written beside it; a length says that it is one at the plate. Empty where nothing is."""
    match annotation:
        case TextNote():
            return annotation.text
        case Distance():
            return f"{annotation.length_mm(pitch_mm):.1f} mm at the plate"
        case Angle():
            return f"{annotation.degrees():.1f}°"
        case Arrow():
            return ""


def caption_place(annotation: Annotation, placement: Placement, width: float, height: float) -> Point:
    """The left end of its caption of that size, at half its height, in the picture as it is shown: a text's own place.

    That of a line is above its middle, that of an angle behind its vertex, and touches neither.
    """
    points = [placement.to_shown(point) for point in points_of(annotation)]
    match annotation:
        case TextNote() | Arrow():
            return points[0]
        case Distance():
            along = _unit(*points)
            way = Point(along.y, -along.x) if along.x >= 0 else Point(-along.y, along.x)
            start = Point((points[0].x + points[1].x) / 2, (points[0].y + points[1].y) / 2)
        case Angle():
            start = points[1]
            one, other = _unit(start, points[0]), _unit(start, points[2])
            between = Point(one.x + other.x, one.y + other.y)
            straight = math.hypot(between.x, between.y) < _STRAIGHT
            way = Point(one.y, -one.x) if straight else _unit(between, Point(0, 0))
    away = abs(way.x) * width / 2 + abs(way.y) * height / 2 + height / 2
    return Point(start.x + way.x * away - width / 2, start.y + way.y * away)


def _unit(start: Point, end: Point) -> Point:
    length = math.dist((start.x, start.y), (end.x, end.y))
    return Point((end.x - start.x) / length, (end.y - start.y) / length) if length else Point(1, 0)


def strokes_of(annotation: Annotation, points: Sequence[Point], wing: float) -> tuple[tuple[Point, ...], ...]:
    """The lines that it is drawn with; a text has none. ``points`` are those of `points_of`, where it is drawn.

    The wings of an arrow are ``wing`` long, the ticks at the ends of a distance as long in all, and the arc in an angle
    is that far and more from its vertex; what is shorter than that has shorter ones.
    """
    match annotation:
        case Arrow():
            return tuple(points), _head(points[0], points[1], wing)
        case Distance():
            return tuple(points), *(_tick(point, _unit(points[0], points[1]), wing / 2) for point in points)
        case Angle():
            return tuple(points), _arc(points, _ARC_WINGS * wing)
        case TextNote():
            return ()


def _head(tail: Point, tip: Point, longest: float) -> tuple[Point, Point, Point]:
    direction = math.atan2(tail.y - tip.y, tail.x - tip.x)
    length = min(longest, math.dist((tail.x, tail.y), (tip.x, tip.y)))
    one, other = (
        Point(tip.x + length * math.cos(direction + turn), tip.y + length * math.sin(direction + turn))
        for turn in (-_ARROW_HEAD_ANGLE, _ARROW_HEAD_ANGLE)
    )
    return one, tip, other


def _tick(at: Point, along: Point, half: float) -> tuple[Point, Point]:
    x, y = -along.y * half, along.x * half
    return Point(at.x - x, at.y - y), Point(at.x + x, at.y + y)


def _arc(points: Sequence[Point], longest: float) -> tuple[Point, ...]:
    start, vertex, end = points
    first, last = (math.atan2(leg.y - vertex.y, leg.x - vertex.x) for leg in (start, end))
    turn = math.remainder(last - first, 2 * math.pi)
    radius = min(longest, *(math.dist((vertex.x, vertex.y), (leg.x, leg.y)) for leg in (start, end)))
    steps = (first + turn * step / _ARC_STEPS for step in range(_ARC_STEPS + 1))
    return tuple(Point(vertex.x + radius * math.cos(step), vertex.y + radius * math.sin(step)) for step in steps)
