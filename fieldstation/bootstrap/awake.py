"""Keeping the machine from falling asleep; where it cannot be had, everything else goes on all the same."""

import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Protocol

_TRY_AGAIN_S = 60.0
_LETS_GO_S = 5.0
_ANSWERS_S = 5.0
_CONTINUOUS, _SYSTEM_REQUIRED = 0x80000000, 0x00000001

LOGIND = (
    "systemd-inhibit",
    "--what=sleep:idle",
    "--mode=block",
    "--who=Fieldstation",
    "--why=Images are on their way to the office",
)


class Inhibitor(Protocol):
    """What the system offers against sleep. Used by one thread."""

    def hold(self) -> bool:
        """Keep awake from now on; whether that can be had. Idempotent."""

    def release(self) -> None:
        """Let it sleep again. Idempotent."""


class LogindInhibitor:
    """A lock of systemd-logind, held by ``systemd-inhibit`` around a process that ends with ours, however ours ends."""

    def __init__(self, command: Sequence[str] = LOGIND, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._command = command
        self._monotonic = monotonic
        self._child: subprocess.Popen[bytes] | None = None
        self._try_at = float("-inf")

    def hold(self) -> bool:
        """See `Inhibitor.hold`. A system that said no is asked again once a minute."""
        if self._child is not None and self._child.poll() is None:
            return True
        self.release()
        now = self._monotonic()
        if now < self._try_at or shutil.which(self._command[0]) is None:
            return False
        self._try_at = now + _TRY_AGAIN_S
        try:
            # It reads what nobody writes, and so ends when our end of the pipe is closed.
            self._child = subprocess.Popen(  # noqa: S603 - a program of the system
                [*self._command, "cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        except OSError:
            return False
        return True

    def release(self) -> None:
        """See `Inhibitor.release`."""
        child, self._child = self._child, None
        if child is None:
            return
        if child.stdin is not None:
            with contextlib.suppress(OSError):
                child.stdin.close()
        try:
            child.wait(_LETS_GO_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


class WindowsInhibitor:
    """``SetThreadExecutionState`` of the thread that calls it; Windows forgets it when that thread ends."""

    def hold(self) -> bool:
        """See `Inhibitor.hold`."""
        return _set_execution_state(_CONTINUOUS | _SYSTEM_REQUIRED)

    def release(self) -> None:
        """See `Inhibitor.release`."""
        _set_execution_state(_CONTINUOUS)


def make_inhibitor() -> Inhibitor:
    """That of this system."""
    return WindowsInhibitor() if sys.platform == "win32" else LogindInhibitor()


def can_be_kept_awake(command: Sequence[str] = LOGIND) -> bool:
    """Whether this system would let us, tried for a moment."""
    if sys.platform == "win32":
        return True
    try:
        tried = subprocess.run(  # noqa: S603 - a program of the system
            [*command, "true"], stdin=subprocess.DEVNULL, capture_output=True, timeout=_ANSWERS_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return tried.returncode == 0


def _set_execution_state(state: int) -> bool:
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415  # the call exists there only

        return bool(ctypes.windll.kernel32.SetThreadExecutionState(state))
    return False
