"""Being told to end: by SIGTERM, by Ctrl+C, and on Windows by Ctrl+Break."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = [signal.Signals[name] for name in ("SIGTERM", "SIGINT", "SIGBREAK") if name in signal.Signals.__members__]


class _Handler:
    """Passes a signal on, and remembers that one ``came``."""

    def __init__(self, end: Callable[[], None]) -> None:
        self._end = end
        self.came = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        self.came = True
        self._end()


@contextmanager
def told_to_end(end: Callable[[], None]) -> Iterator[None]:
    """Call ``end`` when this process is told to end, and at once if it was told within a block around this one.

    It is called between any two steps of the main thread, so it must do next to nothing.
    """
    handler = _Handler(end)
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        if any(isinstance(outer, _Handler) and outer.came for outer in before.values()):
            end()
        yield
    finally:
        for number, outer in before.items():
            signal.signal(number, outer)


@contextmanager
def endings_kept() -> Iterator[None]:
    """Keep it for a window that is about to open, so that what was started before it is ended too."""
    with told_to_end(lambda: None):
        yield
