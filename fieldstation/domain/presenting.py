"""What a presentation may be, and what it answers."""

import math
from itertools import chain

from fieldstation.domain.annotations import (
    LONGEST_TEXT,
    MOST_INITIALS,
    Area,
    TextNote,
    points_of,
)
from fieldstation.domain.errors import WrongUse
from fieldstation.domain.exams import Finding, Image, Presentation, Severity
from fieldstation.domain.views import Side
from fieldstation.domain.words import Message

LEAST_SIDE = 16
"""Rows and columns that a crop or a shutter leaves at the least."""


def check_presentation(presentation: Presentation, rows: int, columns: int) -> None:
    """Make sure that a presentation can be shown and written into the header of a plate of so many rows and columns.

    Raises:
        WrongUse: ``presentation.window``, ``presentation.too_small`` (a crop or shutter), ``presentation.outside`` (it,
            or what was put on the picture, does not lie on the plate), ``presentation.text``,
            ``presentation.initials``.
    """
    window = presentation.window_center, presentation.window_width
    if not all(map(math.isfinite, window)) or presentation.window_width < 1:
        raise WrongUse("presentation.window")
    plate = Area(0, 0, columns, rows)
    crop, shutter = presentation.crop or plate, presentation.shutter or plate
    for area in (crop, shutter, crop.overlap(shutter)):
        _check_area(area, plate)
    for put in chain(presentation.markers, presentation.annotations):
        if not all(plate.holds(point) for point in points_of(put)):
            raise WrongUse("presentation.outside")
    for note in presentation.annotations:
        if isinstance(note, TextNote) and not _is_text(note.text):
            raise WrongUse("presentation.text", limit=LONGEST_TEXT)
    for marker in presentation.markers:
        if not _are_initials(marker.initials):
            raise WrongUse("presentation.initials", limit=MOST_INITIALS)


def standing_findings(image: Image, side: Side | None) -> tuple[Finding, ...]:
    """What is to be said of the picture as it is now: a digital side marker answers for a missing one of lead.

    One that is not of the ``side`` ordered contradicts it, as one of lead would.
    """
    markers = image.presentation.markers
    if not markers:
        return image.findings
    findings = tuple(found for found in image.findings if found.message.code != "finding.marker_missing")
    if side not in (Side.LEFT, Side.RIGHT) or all(marker.side is side for marker in markers):
        return findings
    said = Finding(message=Message("finding.marker_contradicts", {"value": 1.0, "limit": 0.5}), severity=Severity.BAD)
    return (said, *(found for found in findings if found.message.code != said.message.code))


def _check_area(area: Area, plate: Area) -> None:
    if area != plate and min(area.rows, area.columns) < LEAST_SIDE:
        raise WrongUse("presentation.too_small", limit=LEAST_SIDE)
    if area.overlap(plate) != area:
        raise WrongUse("presentation.outside")


def _is_text(text: str) -> bool:
    return bool(text.strip()) and len(text) <= LONGEST_TEXT and text.isprintable()


def _are_initials(initials: str) -> bool:
    return not initials or (len(initials) <= MOST_INITIALS and initials.isascii() and initials.isalnum())
