"""A tool in the hand: collects the places that are touched until what it makes has all of them."""

from dataclasses import dataclass, field
from enum import StrEnum

from fieldstation.domain.annotations import Angle, Area, Arrow, Distance, Placement, Point, SideMarker, TextNote
from fieldstation.domain.presenting import LEAST_SIDE
from fieldstation.domain.views import Side
from fieldstation.ui.viewer.items import Item


class Tool(StrEnum):
    """What is put on a picture by touching it."""

    RIGHT = "right"
    LEFT = "left"
    TEXT = "text"
    ARROW = "arrow"
    DISTANCE = "distance"
    ANGLE = "angle"
    CROP = "crop"
    SHUTTER = "shutter"


_SIDES = {Tool.RIGHT: Side.RIGHT, Tool.LEFT: Side.LEFT}
_TOUCHES = {Tool.ARROW: 2, Tool.DISTANCE: 2, Tool.ANGLE: 3, Tool.CROP: 2, Tool.SHUTTER: 2}


@dataclass(slots=True)
class Hand:
    """One tool until it has made one thing. A line is drawn by dragging, or by touching one end after the other."""

    tool: Tool
    points: list[Point] = field(default_factory=list)
    hover: Point | None = None

    @property
    def touches(self) -> int:
        """How many places it needs."""
        return _TOUCHES.get(self.tool, 1)

    @property
    def complete(self) -> bool:
        """Whether it has them."""
        return len(self.points) >= self.touches

    def press(self, at: Point) -> None:
        """A finger comes down. A single place is meant only where it is lifted, so that it can be adjusted."""
        self.hover = at
        if self.touches > 1:
            self.points.append(at)

    def move(self, at: Point) -> None:
        """The finger, or the pointer, is somewhere else."""
        self.hover = at

    def release(self, at: Point, *, dragged: bool) -> None:
        """The finger is lifted; ``dragged`` says whether it was moved meanwhile."""
        self.hover = at
        if self.touches == 1 or (dragged and not self.complete):
            self.points.append(at)

    @property
    def _seen(self) -> list[Point]:
        return self.points if self.complete or self.hover is None else [*self.points, self.hover]

    def item(self, initials: str) -> Item | None:
        """What it makes, with the pointer in the place of a touch that is still to come."""
        seen = self._seen
        match self.tool, seen:
            case ((Tool.RIGHT | Tool.LEFT), [at, *_]):
                return SideMarker(side=_SIDES[self.tool], at=at, initials=initials)
            case Tool.TEXT, [at, *_]:
                return TextNote(at=at, text="…")
            case Tool.ARROW, [tip, tail, *_]:
                return Arrow(tail=tail, tip=tip)
            case ((Tool.DISTANCE | Tool.ANGLE), [start, end]):
                return Distance(start=start, end=end) if self.tool is Tool.DISTANCE else None
            case Tool.ANGLE, [start, vertex, end]:
                return Angle(start=start, vertex=vertex, end=end)
        return None

    def area(self, placement: Placement) -> Area | None:
        """The rectangle that it makes, upright in the picture as it is shown; None while it is too small."""
        if self.tool not in {Tool.CROP, Tool.SHUTTER} or len(self._seen) < 2:
            return None
        one, other = self._seen[:2]
        xs, ys = sorted((round(one.x), round(other.x))), sorted((round(one.y), round(other.y)))
        area = Area(xs[0], ys[0], xs[1], ys[1]).overlap(Area(0, 0, placement.columns, placement.rows))
        return area if min(area.rows, area.columns) >= LEAST_SIDE else None
