"""A colour for each patient of the stack, told apart from the colours that mean good, caution and bad."""

from collections.abc import Iterable, Mapping

from PySide6.QtGui import QColor

from fieldstation.ui import theme

_NIGHT = ("#5EC8D8", "#B493FF", "#E79CCB", "#8FA8FF", "#C9B27C", "#7FC8A9")
_DAY = ("#0C5F6C", "#5536A3", "#8A2E68", "#2B439F", "#6B4F12", "#1F5F45")


def hues(patients: Iterable[str]) -> Mapping[str, int]:
    """A number for each patient, in the order in which they first come; to be given to `color`."""
    found: dict[str, int] = {}
    for patient in patients:
        found.setdefault(patient, len(found))
    return found


def color(hue: int) -> QColor:
    """The colour of that number in the present theme; after the last it begins again, so a name stands beside it."""
    palette = _NIGHT if theme.current() is theme.NIGHT else _DAY
    return QColor(palette[hue % len(palette)])
