"""An end to what a library waits for: it bounds each wait for bytes, but not how many waits there are."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LOOK_S = 0.25


@contextmanager
def ended_after(seconds: float, end: Callable[[], None]) -> Iterator[None]:
    """Call ``end``, in a thread of its own, if the block takes longer; that thread is gone when the block is left."""
    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


@contextmanager
def ended_if(hopeless: Callable[[], bool], end: Callable[[], None]) -> Iterator[None]:
    """Call ``end`` once ``hopeless`` says so, in a thread of their own; that thread is gone when the block is left."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(_LOOK_S):
            if hopeless():
                end()
                return

    watch = threading.Thread(target=look, name="patience", daemon=True)
    watch.start()
    try:
        yield
    finally:
        over.set()
        watch.join()
