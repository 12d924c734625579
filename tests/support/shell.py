"""The program as scripts use it: real processes, a data folder and settings of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.support.children import Program

_SETTINGS = """\
[station]
name = "VAN7"
ae_title = "VAN7"

[reader.simulated]
seconds_per_plate = 0.0
"""

_DESTINATION = """
[[destination]]
name = "office"
host = "127.0.0.1"
port = {port}
ae_title = "{ae_title}"
test = true
"""

ANNA = ("--patient-id", "P-1", "--name", "TEST^ANNA", "--birth-date", "1942-03-12", "--sex", "F")


class Shell:
    """``fieldstation`` over one data folder."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.settings = folder / "fieldstation.toml"
        folder.mkdir(parents=True, exist_ok=True)
        self.settings.write_text(_SETTINGS, "utf-8")

    def send_to(self, port: int, ae_title: str) -> None:
        """Add the one destination, a test PACS on loopback."""
        self.settings.write_text(_SETTINGS + _DESTINATION.format(port=port, ae_title=ae_title), "utf-8")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """One command, to its end."""
        with TemporaryDirectory() as said:
            out, errors = Path(said, "out"), Path(said, "errors")
            code = Program(words, out, errors, self._environment()).end(300)
            return subprocess.CompletedProcess(words, code, out.read_text("utf-8"), errors.read_text("utf-8"))

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """One command, left running, with this added to its environment."""
        return subprocess.Popen(
            self._command(words),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._environment() | environment,
        )

    def ok(self, *words: str) -> str:
        """What a command prints that has to succeed."""
        done = self.run(*words)
        assert done.returncode == 0, f"{words}: {done.returncode} {done.stderr}"
        return done.stdout

    def json(self, *words: str) -> Any:
        """What a command that has to succeed says in JSON."""
        return json.loads(self.ok(*words, "--json"))

    def fails(self, code: int, *words: str) -> str:
        """The one sentence of a command that has to fail with that code."""
        done = self.run(*words)
        assert done.returncode == code, f"{words}: {done.returncode} {done.stdout} {done.stderr}"
        lines = done.stderr.strip().splitlines()
        assert len(lines) == 1, done.stderr
        assert "Traceback" not in done.stderr
        return lines[0]

    def new_study(self, *views: str, accession: str = "A-1") -> str:
        """Begin a study of these views."""
        options = [word for view in views for word in ("--view", view)]
        study_uid: str = self.json("study", "new", *ANNA, "--accession", accession, *options)["study_uid"]
        return study_uid

    def accepted(self, study_uid: str, view: str, cassette: str) -> str:
        """Scan a cassette for a view and accept the image; its UID."""
        image_uid: str = self.json("study", "scan", study_uid, "--view", view, "--cassette", cassette)["image_uid"]
        self.ok("study", "accept", image_uid)
        return image_uid

    def _command(self, words: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "fieldstation.main", *words]

    def _environment(self) -> dict[str, str]:
        return os.environ | {"FIELDSTATION_DATA": str(self.data), "FIELDSTATION_CONFIG": str(self.settings)}
