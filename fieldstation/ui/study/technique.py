"""Technique: steppers before a plate is read, values after it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from fieldstation.domain.exams import Technique
from fieldstation.services.words import text
from fieldstation.ui import formats
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.stepper import Choice, Stepper
from fieldstation.ui.widgets.text import Text

# The steps generators offer: kVp by 2 to 5, mAs in the R'10 series of preferred numbers, SID by 5 cm.
_KVP = (*range(40, 70, 2), *range(70, 126, 5))
_MAS = tuple(
    round(step * decade, 2)
    for decade in (0.1, 1, 10, 100)
    for step in (1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.3, 8)
    if 0.5 <= step * decade <= 320
)
_SID_CM = tuple(range(80, 205, 5))
_GRIDS = ("none", "focused")


class TechniqueEditor(QWidget):
    """kVp, mAs, SID and grid, to be noted before the plate is read."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kvp = Stepper(text("ui.kvp"), _KVP)
        self._mas = Stepper(text("ui.mas"), _MAS)
        self._sid = Stepper(text("ui.sid_cm"), _SID_CM)
        self._grid = Choice(text("ui.grid"), [(grid, text(f"ui.grid_{grid}")) for grid in _GRIDS])
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        for index, (key, field) in enumerate(
            (("kvp", self._kvp), ("mas", self._mas), ("sid_cm", self._sid), ("grid", self._grid))
        ):
            row, column = 3 * (index // 2), index % 2
            grid.addWidget(Text(text(f"ui.{key}"), Role.VALUE), row, column)
            grid.addWidget(field, row + 1, column)
        grid.setRowMinimumHeight(2, 8)

    @property
    def technique(self) -> Technique:
        """What is noted."""
        sid = self._sid.value
        return Technique(
            kvp=self._kvp.value,
            mas=self._mas.value,
            sid_mm=None if sid is None else round(sid * 10),
            grid=self._grid.value,
        )

    def show_technique(self, technique: Technique) -> None:
        """Begin with these values."""
        self._kvp.show_value(technique.kvp)
        self._mas.show_value(technique.mas)
        self._sid.show_value(None if technique.sid_mm is None else technique.sid_mm / 10)
        self._grid.show_value(technique.grid)


class TechniqueValues(QWidget):
    """The same four, as noted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self._values: dict[str, Text] = {}
        for key in ("kvp", "mas", "sid", "grid"):
            column = QVBoxLayout()
            column.setSpacing(4)
            column.addWidget(Text(text(f"ui.{key}"), Role.CAPTION, Tone.QUIET), 0, Qt.AlignmentFlag.AlignLeft)
            self._values[key] = Text("", Role.VALUE)
            column.addWidget(self._values[key])
            row.addLayout(column, 1)

    def show_technique(self, technique: Technique) -> None:
        """Show what was noted."""
        dash = "–"
        self._values["kvp"].say(dash if technique.kvp is None else formats.number(technique.kvp))
        self._values["mas"].say(dash if technique.mas is None else formats.number(technique.mas))
        sid = dash if technique.sid_mm is None else text("ui.cm", n=formats.number(technique.sid_mm / 10))
        self._values["sid"].say(sid)
        grid = technique.grid
        known = text(f"ui.grid_{grid}") if grid in _GRIDS else grid
        self._values["grid"].say(known or dash)
