"""Type: one family, a few sizes, tabular figures everywhere."""

from enum import Enum
from functools import cache, lru_cache

from PySide6.QtGui import QFont, QFontDatabase

from fieldstation.assets import asset

FAMILY = "Inter"


class Role(Enum):
    """What a piece of text is: pixel size, line height, weight."""

    CAPTION = (13, 16, 400)
    CAPTION_VALUE = (13, 16, 500)
    HEAD = (13, 16, 600)
    BODY = (15, 20, 400)
    VALUE = (15, 20, 500)
    NAME = (15, 20, 600)
    TITLE = (17, 24, 600)
    PAGE = (20, 28, 600)
    NUMBER = (28, 36, 600)
    NUMBER_QUIET = (28, 36, 400)
    PERCENT = (40, 48, 600)

    @property
    def line(self) -> int:
        """Line height in pixels."""
        return self.value[1]


def load() -> None:
    """Make the shipped font files known to Qt. Call once the application exists."""
    for weight in ("Regular", "Medium", "SemiBold"):
        if QFontDatabase.addApplicationFont(str(asset(f"fonts/Inter-{weight}.otf"))) < 0:
            raise FileNotFoundError(f"fonts/Inter-{weight}.otf")


@cache
def font(role: Role) -> QFont:
    """The font of a role."""
    size, _, weight = role.value
    made = QFont(FAMILY)
    made.setPixelSize(size)
    made.setWeight(QFont.Weight(weight))
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made


@lru_cache(maxsize=64)
def sized(pixels: int) -> QFont:
    """The semi-bold in a size of its own, for what grows with the picture."""
    made = QFont(font(Role.NAME))
    made.setPixelSize(pixels)
    return made
