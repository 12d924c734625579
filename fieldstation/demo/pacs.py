"""The built-in PACS, seen from the process that starts it: a child process, a folder of files, and scripted faults."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

from fieldstation.domain.errors import Failed

_JPEG_LS = "1.2.840.10008.1.2.4.80"
_EXPLICIT = "1.2.840.10008.1.2.1"
_IMPLICIT = "1.2.840.10008.1.2"
_UID = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*")
_STOP_S = 10.0

STORES_FILE = "stores.jsonl"


class Find(StrEnum):
    """What the PACS does with a query."""

    ANSWERS = "answers"
    UNSUPPORTED = "unsupported"
    ABORTS = "aborts"


@dataclass(frozen=True, slots=True, kw_only=True)
class PacsSettings:
    """How the PACS behaves.

    ``calling_ae_titles``: who may connect; everybody if empty. ``takes_annotations``: whether presentation
    states are. ``most_associations``: how many at once.
    ``busy``: how many first associations are rejected as transient. ``statuses``: what the first stores are answered
    with (statuses of PS3.4 B.2.3; such an instance is kept only for a success or a warning). ``forgets``: how many
    first stores are answered 0000 and not kept.
    ``filed_as``: attributes, by keyword, that it files everything under whatever the image says.
    ``commitment_to``: AE title, host and port that commitment is reported to; on the same association if None.
    """

    ae_title: str = "OFFICE"
    calling_ae_titles: tuple[str, ...] = ()
    transfer_syntaxes: tuple[str, ...] = (_JPEG_LS, _EXPLICIT, _IMPLICIT)
    takes_annotations: bool = True
    most_associations: int = 10
    busy: int = 0
    statuses: tuple[int, ...] = ()
    forgets: int = 0
    duplicate_status: int = 0x0000
    find: Find = Find.ANSWERS
    filed_as: tuple[tuple[str, str], ...] = ()
    store_delay_s: float = 0.0
    commitment_to: tuple[str, str, int] | None = None
    port: int = 0

    def to_json(self) -> str:
        """One line that `from_json` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` wrote."""
        values = json.loads(text)
        values["find"] = Find(values["find"])
        for key in ("calling_ae_titles", "transfer_syntaxes", "statuses"):
            values[key] = tuple(values[key])
        values["filed_as"] = tuple((keyword, value) for keyword, value in values["filed_as"])
        if values["commitment_to"] is not None:
            values["commitment_to"] = tuple(values["commitment_to"])
        return cls(**values)


@dataclass(frozen=True, slots=True)
class StoreLine:
    """One C-STORE that the PACS answered: which instance, with what, and how large its data set was."""

    sop_instance_uid: str
    status: int
    size: int
    transfer_syntax_uid: str


def is_uid(text: str) -> bool:
    """Whether it is a UID (PS3.5 9.1), and so safe as a file name."""
    return len(text) <= 64 and _UID.fullmatch(text) is not None


class DemoPacs:
    """A running PACS. It ends with `stop`, and by itself if the process that started it is gone."""

    def __init__(self, process: "subprocess.Popen[str]", folder: Path, ae_title: str, port: int) -> None:
        self._process = process
        self._folder = folder
        self.ae_title = ae_title
        self.host = "127.0.0.1"
        self.port = port

    @classmethod
    def start(cls, folder: Path, settings: PacsSettings | None = None) -> Self:
        """Start it on a free port of loopback (or ``settings.port``); what is in ``folder`` already, it holds.

        Raises:
            Failed: ``pacs.demo_not_started``.
        """
        settings = settings or PacsSettings()
        folder.mkdir(parents=True, exist_ok=True)
        process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", "fieldstation.demo.pacs_process", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None  # noqa: S101 - both were asked for
        assert process.stdout is not None  # noqa: S101
        try:
            process.stdin.write(settings.to_json() + "\n")
            process.stdin.flush()
            port = int(process.stdout.readline())
        except (OSError, ValueError) as error:
            process.kill()
            process.communicate()
            raise Failed("pacs.demo_not_started") from error
        return cls(process, folder, settings.ae_title, port)

    def instances(self) -> Mapping[str, Path]:
        """The files that it holds, by SOP Instance UID."""
        return {path.stem: path for path in sorted(self._folder.glob("*.dcm"))}

    def stores(self) -> tuple[StoreLine, ...]:
        """Every C-STORE that it answered, in order."""
        lines = self._folder / STORES_FILE
        if not lines.exists():
            return ()
        return tuple(StoreLine(**json.loads(line)) for line in lines.read_text("utf-8").splitlines())

    def stop(self) -> None:
        """End it. Idempotent."""
        try:
            self._process.communicate(timeout=_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        except ValueError:
            pass  # its pipes are closed already

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()
