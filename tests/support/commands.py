"""The commands without a process for each: for tests that need many of them."""

import contextlib
import io
import json
import subprocess
from pathlib import Path
from typing import Any, Never

from fieldstation.cli.app import run
from fieldstation.cli.context import Screens
from tests.support.shell import Shell


def _no_screens(*_given: Any, **_named: Any) -> Never:
    raise NotImplementedError


class Commands:
    """``fieldstation`` over a data folder and settings, in this process."""

    def __init__(self, data: Path, settings: Path) -> None:
        self._places = ("--data", str(data), "--config", str(settings))

    def run(self, *words: str) -> tuple[int, str, str]:
        """One command: exit code, standard output, standard error."""
        screens = Screens(run_app=_no_screens, run_desk=_no_screens, camera=_no_screens)
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as trouble:
            code = run([*self._places, *words], screens)
        return code, out.getvalue(), trouble.getvalue()

    def ok(self, *words: str) -> str:
        """What a command prints that has to succeed."""
        code, out, trouble = self.run(*words)
        assert code == 0, f"{words}: {code} {trouble}"
        return out

    def json(self, *words: str) -> Any:
        """What a command that has to succeed says in JSON."""
        return json.loads(self.ok(*words, "--json"))

    def fails(self, code: int, *words: str) -> str:
        """The one sentence of a command that has to fail with that code."""
        got, out, trouble = self.run(*words)
        assert got == code, f"{words}: {got} {out} {trouble}"
        (line,) = trouble.strip().splitlines()
        return line


class QuickShell(Shell):
    """The shell whose commands run in this process; only what is `start`ed has one of its own."""

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """One command, to its end."""
        return subprocess.CompletedProcess(words, *Commands(self.data, self.settings).run(*words))
