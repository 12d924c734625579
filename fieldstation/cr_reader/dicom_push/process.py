"""Starts the Storage SCP's process, and again when it has died."""

import json
import subprocess
import sys
import threading
from dataclasses import asdict

from fieldstation.cr_reader.dicom_push.scp_settings import ScpSettings
from fieldstation.cr_reader.equipment import Wait
from fieldstation.domain.errors import Failed

_LOOK_SECONDS, _PAUSE_SECONDS = 1.0, 5.0


class ScpProcess:
    """A `Source` of an inbox: the Storage SCP, for as long as it is open."""

    def __init__(self, settings: ScpSettings, wait: Wait) -> None:
        self._settings = settings
        self._wait = wait
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = threading.Event()
        self._keeper: threading.Thread | None = None
        self._port = 0

    @property
    def pid(self) -> int | None:
        """Its process; None while there is none."""
        return self._process.pid if self._process else None

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port

    def open(self) -> None:
        """Start it. Idempotent.

        Raises:
            Failed: ``reader.cannot_listen``.
        """
        if self._keeper:
            return
        self._closed.clear()
        self._port = self._start()
        self._keeper = threading.Thread(target=self._keep, name="storage SCP", daemon=True)
        self._keeper.start()

    def close(self) -> None:
        """End it. Idempotent."""
        self._closed.set()
        if self._keeper:
            self._keeper.join()
            self._keeper = None
        self._end()

    def _keep(self) -> None:
        """What a hostile object does to it is over with the process; the next one is served by a fresh one."""
        while not self._wait(self._closed, _LOOK_SECONDS):
            if self._process and self._process.poll() is not None:
                self._end()
                try:
                    self._start()
                except Failed:
                    self._wait(self._closed, _PAUSE_SECONDS)

    def _start(self) -> int:
        self._process = process = subprocess.Popen(
            [sys.executable, "-m", "fieldstation.cr_reader.dicom_push.scp"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        told = {"problem": "it ended"}
        if process.stdin and process.stdout:
            process.stdin.write(json.dumps(asdict(self._settings)).encode() + b"\n")
            process.stdin.flush()
            told = json.loads(process.stdout.readline() or b'{"problem": "it ended"}')
        if "port" not in told:
            self._end()
            raise Failed(
                "reader.cannot_listen",
                host=self._settings.host,
                port=self._settings.port,
                problem=str(told["problem"]),
            )
        return int(told["port"])

    def _end(self) -> None:
        if self._process:
            self._process.kill()
            self._process.communicate()
        self._process = None
