"""Design tokens: the colours of the two themes and what is mixed from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtGui import QColor


class Tone(StrEnum):
    """A colour by what it is for."""

    BACKGROUND = "background"
    SURFACE = "surface"
    RAISED = "raised"
    LINE = "line"
    TEXT = "text"
    QUIET = "quiet"
    ACTION = "action"
    ON_ACTION = "on-action"
    GOOD = "good"
    CAUTION = "caution"
    BAD = "bad"
    STAT = "stat"
    ON_STAT = "on-stat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """One theme: its base colours and, in percent, how strongly the derived ones are mixed over the surface."""

    name: str
    base: Mapping[Tone, str]
    tint_percent: int
    fill_percent: int
    muted_percent: int
    outline_percent: int

    def color(self, tone: Tone) -> QColor:
        """The colour of a token."""
        return QColor(self.base[tone])

    def mixed(self, tone: Tone, percent: float, over: Tone = Tone.SURFACE) -> QColor:
        """``percent`` (0 to 100) of a token over another."""
        top, under, share = self.color(tone), self.color(over), percent / 100
        return QColor(
            round(top.red() * share + under.red() * (1 - share)),
            round(top.green() * share + under.green() * (1 - share)),
            round(top.blue() * share + under.blue() * (1 - share)),
        )

    def tint(self, tone: Tone) -> QColor:
        """The ground of a chip or a cell."""
        return self.mixed(tone, self.tint_percent)

    def fill(self, tone: Tone) -> QColor:
        """The ground of the leave light."""
        return self.mixed(tone, self.fill_percent)

    def muted(self, tone: Tone) -> QColor:
        """Inactive gauge bands, the fill of a cell that is sending, outlines of tinted things."""
        return self.mixed(tone, self.muted_percent)

    def outline(self) -> QColor:
        """The line around a control."""
        return self.mixed(Tone.TEXT, self.outline_percent)

    def skeleton(self) -> QColor:
        """What stands in for numbers that are still to come."""
        return self.mixed(Tone.TEXT, 9)

    def pressed(self, tone: Tone) -> QColor:
        """The ground of a control under the finger."""
        return self.mixed(Tone.TEXT, 14, over=tone)

    def hovered(self, tone: Tone) -> QColor:
        """The ground of a control under the pointer."""
        return self.mixed(Tone.TEXT, 6, over=tone)


NIGHT = Theme(
    name="night",
    base={
        Tone.BACKGROUND: "#0F1317",
        Tone.SURFACE: "#171C22",
        Tone.RAISED: "#212831",
        Tone.LINE: "#2C3540",
        Tone.TEXT: "#E9EEF3",
        Tone.QUIET: "#9DABB9",
        Tone.ACTION: "#3FA7FF",
        Tone.ON_ACTION: "#06121E",
        Tone.GOOD: "#41C98B",
        Tone.CAUTION: "#F5B13D",
        Tone.BAD: "#FF6B6B",
        Tone.STAT: "#FF4D8D",
        Tone.ON_STAT: "#06121E",
    },
    tint_percent=16,
    fill_percent=22,
    muted_percent=45,
    outline_percent=22,
)
DAY = Theme(
    name="day",
    base={
        Tone.BACKGROUND: "#EEF1F4",
        Tone.SURFACE: "#FFFFFF",
        Tone.RAISED: "#F6F8FA",
        Tone.LINE: "#D3DAE1",
        Tone.TEXT: "#10161C",
        Tone.QUIET: "#44515D",
        Tone.ACTION: "#085097",
        Tone.ON_ACTION: "#FFFFFF",
        Tone.GOOD: "#085C39",
        Tone.CAUTION: "#6F4900",
        Tone.BAD: "#9C211A",
        Tone.STAT: "#9F1048",
        Tone.ON_STAT: "#FFFFFF",
    },
    tint_percent=12,
    fill_percent=24,
    muted_percent=40,
    outline_percent=30,
)
THEMES: Mapping[str, Theme] = {theme.name: theme for theme in (NIGHT, DAY)}

_in_use = [NIGHT]


def current() -> Theme:
    """The theme that widgets paint with."""
    return _in_use[0]


def use(theme: Theme) -> None:
    """Paint with this theme from now on; ``style.apply`` also repaints what is on screen."""
    _in_use[0] = theme


def contrast(one: QColor, other: QColor) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: QColor) -> float:
    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)

    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF())
