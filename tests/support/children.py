"""Real processes for tests: started from a clean one, told what to do, listened to, and killed."""

import atexit
import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

_DEADLINE_S = 60.0

_context = multiprocessing.get_context("forkserver") if os.name == "posix" else multiprocessing.get_context("spawn")
_context.set_forkserver_preload(["tests.support.store_children", "tests.support.steps"])


class Child:
    """A process that runs ``deed(*arguments, tell)``; what it tells is kept, also when it is killed."""

    def __init__(self, deed: Callable[..., None], *arguments: Any) -> None:
        self._listener, teller = _context.Pipe(duplex=False)
        # Not a daemon: those may not have children, and the darkroom is one. Killed at the end it holds nobody up.
        self._process = _context.Process(target=_run, args=(deed, arguments, teller))
        self._process.start()
        atexit.register(self._process.kill)
        teller.close()

    @property
    def pid(self) -> int:
        pid = self._process.pid
        assert pid is not None
        return pid

    def hear(self) -> Any:
        """The next thing it tells."""
        assert self._listener.poll(_DEADLINE_S), "the child says nothing"
        return self._listener.recv()

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()

    def stop(self) -> None:
        """SIGTERM, and wait until it has ended."""
        self._process.terminate()
        self.end()

    def dies(self) -> bool:
        """Wait until it has ended; whether it was killed."""
        self.end()
        return self.exit_code == -signal.SIGKILL

    def end(self) -> list[Any]:
        """Wait until it has ended; everything it told that was not heard yet."""
        told = []
        try:
            while True:
                told.append(self.hear())
        except EOFError:
            pass
        self._process.join(_DEADLINE_S)
        assert self._process.exitcode is not None, "the child does not end"
        self._listener.close()
        return told

    @property
    def exit_code(self) -> int | None:
        """Negative: the signal that ended it."""
        return self._process.exitcode


def _run(deed: Callable[..., None], arguments: tuple[Any, ...], teller: Connection) -> None:
    deed(*arguments, teller.send)
