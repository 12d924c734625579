"""How a latent image fades before it is read."""

import math

_AFTER_AN_HOUR = 0.08
_PER_HOUR = 22.0
"""With 8 % gone after one hour, makes it 16 % after 24."""


def left_after(hours: float) -> float:
    """What part of the signal is left, 0 to 1, after ``hours`` (0 and up) from exposure."""
    return max(0.0, 1 - _AFTER_AN_HOUR * math.log1p(_PER_HOUR * hours) / math.log1p(_PER_HOUR))
