"""Being told to end while an app is still being set up, or already being taken down."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Kept:
    """A handler of signals that only remembers whether one ``came``."""

    def __init__(self) -> None:
        self.came = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        """Take a signal."""
        self.came = True


@contextmanager
def endings_kept() -> Iterator[None]:
    """Keep SIGTERM and Ctrl+C for a window that is about to open, so that what was started before it is ended too."""
    kept = Kept()
    before = {number: signal.signal(number, kept) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
