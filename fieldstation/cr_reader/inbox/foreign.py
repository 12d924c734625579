"""Runs the worker that reads a foreign file, and ends it when it takes too long."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from fieldstation.cr_reader.inbox.assumed import Assumed
from fieldstation.domain.exams import Technique
from fieldstation.domain.plates import PlateLabels
from fieldstation.domain.reader import LineBlock, PlateHeader
from fieldstation.domain.signal import PlateGeometry, ResponseKind, SignalResponse

_SECONDS = 60.0
_BLOCK_LINES = 64


class WorkerEndedError(Exception):
    """The worker ended before it had delivered everything: it was killed, or ran into one of its limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a file turned out to be: a plate; or, with ``unusable``, why not."""

    labels: PlateLabels = field(default_factory=PlateLabels)
    header: PlateHeader | None = None
    unusable: str = ""


class ForeignFile:
    """One worker over one file. `contents` first, then `lines`; `close` ends it at any moment."""

    def __init__(self, path: Path, assumed: Assumed) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own module; the path is an argument of its own
            [sys.executable, "-m", "fieldstation.cr_reader.inbox.worker", str(path), json.dumps(asdict(assumed))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        if not self._process.stdin or not self._process.stdout:
            raise WorkerEndedError
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        self._limit = threading.Timer(_SECONDS, self._process.kill)
        self._limit.daemon = True
        self._limit.start()

    def contents(self) -> Contents:
        """What is in the file, after all of it was read."""
        line = self._stdout.readline(65536)
        try:
            told = json.loads(line)
        except ValueError:
            return Contents(unusable="the worker ended")
        if "unusable" in told:
            return Contents(unusable=told["unusable"])
        labels = PlateLabels(plate_id=told["plate_id"], accession=told["accession"], patient_id=told["patient_id"])
        geometry = PlateGeometry(
            rows=told["rows"], columns=told["columns"], pitch_mm=told["pitch_mm"], bits=told["bits"]
        )
        response = SignalResponse(kind=ResponseKind(told["response"]), gain=told["gain"], offset=told["offset"])
        header = PlateHeader(
            plate_id=labels.plate_id,
            plate_size=told["plate_size"],
            geometry=geometry,
            response=response,
            technique=Technique(**told["technique"]),
        )
        return Contents(labels=labels, header=header)

    def lines(self, geometry: PlateGeometry) -> Iterator[LineBlock]:
        """The plate's lines.

        Raises:
            WorkerEndedError: they do not all come.
        """
        try:
            self._stdin.write(b"\n")
            self._stdin.flush()
        except OSError:
            raise WorkerEndedError from None
        for first in range(0, geometry.rows, _BLOCK_LINES):
            size = min(_BLOCK_LINES, geometry.rows - first) * geometry.line_bytes
            data = self._stdout.read(size)
            if len(data) < size:
                raise WorkerEndedError
            yield LineBlock(first, data)

    def close(self) -> None:
        """End the worker. Idempotent."""
        self._limit.cancel()
        self._process.kill()
        self._process.communicate()
