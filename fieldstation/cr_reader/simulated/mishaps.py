"""What can go wrong between tube and plate, in amounts that physics understands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Marker(StrEnum):
    """The lead letter for the side: laid as it should be, forgotten, or the other one."""

    LAID = "laid"
    MISSING = "missing"
    WRONG = "wrong"


class Edge(StrEnum):
    """A side of the plate as it is read: top first, left to the left."""

    TOP = "top"
    BOTTOM = "bottom"
    LEFT = "left"
    RIGHT = "right"


class Facing(StrEnum):
    """Which side of the cassette faced the tube."""

    TUBE = "tube"
    AWAY = "away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishaps:
    """How this plate differs from one that went well; the default of each is that it did.

    Attributes:
        exposure: factor on the air kerma of the technique, 0 (never exposed) to 1000.
        patient: log of the factor by which this patient lets more through than usual; None draws it (sd 0.06).
        double: air kerma of a second shot on the plate as part of the first's, 0 to 2.
        ghost: part of an earlier picture's air kerma that erasing left, 0 to 1.
        fog_ugy: air kerma (µGy) of radiation that came from anywhere while the plate lay about, 0 to 100.
        hours_waited: from exposure to reading, 0 to 240; the latent image fades (−8 % in one hour, −16 % in 24).
        motion_mm: how far the patient slid during the shot, 0 to 50.
        right_mm, down_mm: how far off the middle of the plate patient and field lay, -500 to 500.
        quarter_turns: how the patient lay to the plate, clockwise, 0 to 3.
        marker: the lead letter.
        facing: which side of the cassette faced the tube.
        scatter: part of the air kerma in the field that is scatter, 0 to 0.9.
        grid_cut_off: part of the beam that a tilted grid takes at the plate's right edge (none at the left), 0 to 1.
        opening: part of the usual field's area that the blades leave open, 0.02 to 1.
        turn_deg: how far the blades are turned to the plate, clockwise, -45 to 45.
        open_edges: sides of the plate where the blades do not show.
        dust: specks on the plate, 0 to 500; always in the same places of the same plate.
        plate_lines: lines that rollers pressed into the plate, 0 to 50; the same on the same plate.
        reader_lines: lines along the transport by dust on the reader's light guide, 0 to 50; the same in every plate.
    """

    exposure: float = 1.0
    patient: float | None = None
    double: float = 0.0
    ghost: float = 0.0
    fog_ugy: float = 0.0
    hours_waited: float = 0.0
    motion_mm: float = 0.0
    right_mm: float = 0.0
    down_mm: float = 0.0
    quarter_turns: int = 0
    marker: Marker = Marker.LAID
    facing: Facing = Facing.TUBE
    scatter: float = 0.04
    grid_cut_off: float = 0.0
    opening: float = 1.0
    turn_deg: float = 0.0
    open_edges: frozenset[Edge] = field(default_factory=frozenset)
    dust: int = 0
    plate_lines: int = 0
    reader_lines: int = 0


NONE = Mishaps()

PLAIN_EXAMPLES: Mapping[str, Mishaps] = {
    "well taken": NONE,
    "unexposed": Mishaps(exposure=0.0),
    "under-exposed": Mishaps(exposure=0.08),
    "saturated": Mishaps(exposure=25.0),
    "double exposure": Mishaps(double=0.7),
    "ghost of the last image": Mishaps(ghost=0.12),
    "fogged": Mishaps(fog_ugy=2.0),
    "faded for a day": Mishaps(hours_waited=24.0),
    "motion": Mishaps(motion_mm=5.0),
    "patient lay across": Mishaps(quarter_turns=1),
    "clipped anatomy": Mishaps(right_mm=70.0, down_mm=25.0),
    "marker missing": Mishaps(marker=Marker.MISSING),
    "marker of the other side": Mishaps(marker=Marker.WRONG),
    "plate upside down": Mishaps(facing=Facing.AWAY),
    "scatter": Mishaps(scatter=0.55),
    "grid cut-off": Mishaps(grid_cut_off=0.75),
    "collimated to half": Mishaps(opening=0.5),
    "collimator turned": Mishaps(opening=0.6, turn_deg=12.0),
    "no collimation": Mishaps(open_edges=frozenset(Edge)),
    "collimation cut on two sides": Mishaps(open_edges=frozenset({Edge.TOP, Edge.RIGHT})),
    "dust on the plate": Mishaps(dust=40),
    "roller lines on the plate": Mishaps(plate_lines=6),
    "dust in the reader": Mishaps(reader_lines=3),
}
"""One clear example of each, by the name that a person would give it."""
