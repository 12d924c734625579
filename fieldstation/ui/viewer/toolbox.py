"""The tools by name: which of them lie together, their icons and their keys."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ToolFace:
    """How a tool looks. ``edits`` says whether it puts something on the picture that travels with it."""

    name: str
    icon: str
    key: str = ""
    edits: bool = False

    @property
    def code(self) -> str:
        """The key of its word."""
        return self.name.replace("-", "_")


STRIP = (
    ToolFace("window", "window"),
    ToolFace("zoom", "zoom"),
    ToolFace("rotate", "rotate", "]"),
    ToolFace("crop-group", "crop", edits=True),
    ToolFace("marker", "marker", edits=True),
    ToolFace("measure", "measure", edits=True),
    ToolFace("note", "text", edits=True),
    ToolFace("undo", "undo", "Ctrl+Z"),
    ToolFace("redo", "redo", "Ctrl+Shift+Z"),
    ToolFace("more", "more"),
)
"""What is always in sight."""

GROUPS: Mapping[str, tuple[ToolFace, ...]] = {
    "window": (
        ToolFace("auto", "auto", "W"),
        ToolFace("soft", "window"),
        ToolFace("bone", "window"),
        ToolFace("lung", "window"),
        ToolFace("mediastinum", "window"),
        ToolFace("invert", "invert", "I"),
    ),
    "zoom": (
        ToolFace("fit", "fit", "F"),
        ToolFace("true-size", "true-size", "1"),
        ToolFace("one-to-one", "one-to-one", "2"),
        ToolFace("zoom-in", "plus", "+"),
        ToolFace("zoom-out", "minus", "-"),
        ToolFace("loupe", "loupe", "M"),
    ),
    "crop-group": (
        ToolFace("crop", "crop", "C", edits=True),
        ToolFace("shutter", "shutter", "S", edits=True),
        ToolFace("show-all", "fit", edits=True),
    ),
    "marker": (
        ToolFace("right", "marker", "R", edits=True),
        ToolFace("left", "marker-left", "L", edits=True),
        ToolFace("initials", "person", edits=True),
    ),
    "measure": (
        ToolFace("distance", "measure", "D", edits=True),
        ToolFace("angle", "angle", "A", edits=True),
    ),
    "note": (
        ToolFace("text", "text", "T", edits=True),
        ToolFace("arrow", "arrow", "P", edits=True),
        ToolFace("next-mark", "next", "N", edits=True),
    ),
    "more": (
        ToolFace("rotate-back", "rotate-back", "["),
        ToolFace("places", "places", "G"),
        ToolFace("region", "region", "E"),
        ToolFace("compare", "compare", "B"),
        ToolFace("reversed", "reversed", edits=True),
        ToolFace("reset", "reset", "0", edits=True),
        ToolFace("export", "export", "X"),
    ),
    "export": (
        ToolFace("export-named", "person"),
        ToolFace("export-named-jpeg", "person"),
        ToolFace("export-png", "study"),
        ToolFace("export-jpeg", "study"),
        ToolFace("export-dicom", "export"),
        ToolFace("export-patient", "disk"),
    ),
    "reversed": (
        ToolFace("from-behind", "cassette", edits=True),
        ToolFace("loaded-reversed", "plates", edits=True),
        ToolFace("not-reversed", "undo", edits=True),
    ),
}
"""What opens beside a tool of the strip, or beside one of another group."""

KEYS: Mapping[str, str] = {
    face.key: face.name for faces in (STRIP, *GROUPS.values()) for face in faces if len(face.key) == 1
}
"""The tool of each key that is pressed by hand."""
