"""The guard before a verdict: for 800 ms after the picture changes, nothing is taken as a decision about it."""

from collections.abc import Callable

GUARD_SECONDS = 0.8


class Guard:
    """Tells a decision about this picture from a touch that was meant for the one before."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._changed_at: float | None = None

    def picture_changed(self) -> None:
        """Another picture is on screen from now on."""
        self._changed_at = self._monotonic()

    @property
    def open(self) -> bool:
        """Whether a touch counts."""
        return self._changed_at is None or self._monotonic() - self._changed_at >= GUARD_SECONDS
