"""What is written above an exported picture."""

from dataclasses import dataclass

Line = tuple[str, ...]
"""One line in one or several ways of writing it; the first that the font can draw is drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """Whose picture it is and what it shows: lines at the left and at the right, the first of each the largest."""

    left: tuple[Line, ...]
    right: tuple[Line, ...]
