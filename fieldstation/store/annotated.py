"""Column types for what a technologist puts on a picture."""

from collections.abc import Sequence
from typing import Any

from fieldstation.domain.annotations import (
    Angle,
    Annotation,
    Area,
    Arrow,
    Distance,
    Point,
    SideMarker,
    TextNote,
    points_of,
)
from fieldstation.domain.views import Side
from fieldstation.store.columns import Json


def _area_to_plain(area: Area) -> list[int]:
    return [area.left, area.top, area.right, area.bottom]


def _area_from_plain(plain: list[int]) -> Area:
    return Area(*plain)


def _markers_to_plain(markers: Sequence[SideMarker]) -> list[Any]:
    return [{"side": marker.side, "at": _places(marker), "initials": marker.initials} for marker in markers]


def _markers_from_plain(plain: list[Any]) -> tuple[SideMarker, ...]:
    return tuple(SideMarker(side=Side(one["side"]), at=Point(*one["at"][0]), initials=one["initials"]) for one in plain)


def _annotations_to_plain(annotations: Sequence[Annotation]) -> list[Any]:
    return [_annotation_to_plain(annotation) for annotation in annotations]


def _annotation_to_plain(annotation: Annotation) -> dict[str, Any]:
    plain = {"kind": _KINDS[type(annotation)], "at": _places(annotation)}
    return plain | {"text": annotation.text} if isinstance(annotation, TextNote) else plain


def _annotations_from_plain(plain: list[Any]) -> tuple[Annotation, ...]:
    return tuple(_annotation(one["kind"], [Point(*place) for place in one["at"]], one) for one in plain)


def _annotation(kind: str, at: Sequence[Point], plain: dict[str, Any]) -> Annotation:
    match kind:
        case "text":
            return TextNote(at=at[0], text=plain["text"])
        case "arrow":
            return Arrow(tail=at[0], tip=at[1])
        case "distance":
            return Distance(start=at[0], end=at[1])
        case "angle":
            return Angle(start=at[0], vertex=at[1], end=at[2])
        case _:
            raise ValueError(kind)


def _places(annotation: Annotation | SideMarker) -> list[list[float]]:
    return [[point.x, point.y] for point in points_of(annotation)]


_KINDS: dict[type[Annotation], str] = {TextNote: "text", Arrow: "arrow", Distance: "distance", Angle: "angle"}

AREA = Json(_area_to_plain, _area_from_plain)
MARKERS = Json(_markers_to_plain, _markers_from_plain)
ANNOTATIONS = Json(_annotations_to_plain, _annotations_from_plain)
