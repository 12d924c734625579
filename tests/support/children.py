"""Real processes for tests: started from a clean one, told what to do, listened to, and killed."""

import atexit
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

_DEADLINE_S = 60.0

_context = multiprocessing.get_context("forkserver") if os.name == "posix" else multiprocessing.get_context("spawn")
_context.set_forkserver_preload(
    ["tests.support.store_children", "tests.support.steps", "fieldstation.main", "fieldstation.demo.pacs_process"]
)


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


class Program:
    """``fieldstation`` in a process of its own, forked from one that has imported it.

    It is all that a started one is, without the seconds that importing takes. What it says goes to files.
    """

    def __init__(self, words: Sequence[str], out: Path, errors: Path, environment: Mapping[str, str] = os.environ):
        self._process = _context.Process(target=_be, args=(tuple(words), out, errors, dict(environment)))
        self._process.start()
        atexit.register(self._process.kill)

    @property
    def pid(self) -> int:
        pid = self._process.pid
        assert pid is not None
        return pid

    @property
    def runs(self) -> bool:
        return self._process.is_alive()

    def kill(self) -> None:
        """kill -9, and wait until it has ended."""
        self._process.kill()
        self.end()

    def stop(self) -> int:
        """SIGTERM, and wait until it has ended; its exit code."""
        self._process.terminate()
        return self.end()

    def end(self, seconds: float = _DEADLINE_S) -> int:
        """Wait until it has ended; its exit code, negative: the signal that ended it."""
        self._process.join(seconds)
        code = self._process.exitcode
        assert code is not None, "the program does not end"
        atexit.unregister(self._process.kill)
        return code


def _be(words: tuple[str, ...], out: Path, errors: Path, environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    for path, number in ((out, 1), (errors, 2)):
        with path.open("ab") as file:
            os.dup2(file.fileno(), number)
    # As a started Python has them where nobody looks on.
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - no path, and it stays open
    sys.stderr = open(2, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
    sys.argv = ["fieldstation", *words]
    from fieldstation.main import main  # noqa: PLC0415 - imported by then, and only there

    main()


def _run(deed: Callable[..., None], arguments: tuple[Any, ...], teller: Connection) -> None:
    deed(*arguments, teller.send)
