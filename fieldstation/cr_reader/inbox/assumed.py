"""What the app and its worker agree on about files; the app loads no library that decodes them."""

from dataclasses import dataclass

from fieldstation.domain.signal import ResponseKind

NOT_SQUARE = "pixels are not square"
"""Why a file is unusable whose pixels differ in height and width: resampling would change what was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """What the settings say of files that do not say it themselves; ``white`` is what a bright pixel means."""

    pitch_mm: float
    white: str
    response: ResponseKind
    gain: float | None
    offset: float | None
