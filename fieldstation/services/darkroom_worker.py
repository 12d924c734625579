"""The darkroom's worker: takes one job after the other. Imported in the worker process only."""

import sys
import traceback
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pickle import PickleBuffer

from fieldstation.assets import MARKER_FONT, TEXT_FONT, asset
from fieldstation.dicom.cr_image import cr_image
from fieldstation.dicom.directory import DirectoryEntry, directory
from fieldstation.dicom.encode import decode, encode, transcode, written
from fieldstation.dicom.presentation_state import presentation_state
from fieldstation.dicom.uids import EXPLICIT_VR_LITTLE_ENDIAN
from fieldstation.domain.errors import FieldstationError
from fieldstation.domain.findings import FindingRule
from fieldstation.imaging.develop import develop
from fieldstation.imaging.sheet import as_file, sheet
from fieldstation.imaging.shown import as_shown
from fieldstation.services.darkroom_jobs import (
    Bug,
    DevelopJob,
    DirectoryJob,
    FreezeJob,
    Frozen,
    Refusal,
    SheetJob,
    TranscodeJob,
    receive,
    send,
)

_NO_RULES: Mapping[str, FindingRule] = {}
"""Freezing needs the pixels only."""


def serve(link: Connection, memory_limit_bytes: int, idle_s: float) -> None:
    """Answer jobs until the link is closed or nothing came for ``idle_s`` seconds."""
    _limit_memory(memory_limit_bytes)
    while link.poll(idle_s):
        try:
            send(link, _answer(receive(link)))
        except (EOFError, ConnectionResetError, BrokenPipeError):
            return


def _answer(job: object) -> object:
    try:
        return _result(job)
    except FieldstationError as error:
        return Refusal(type(error).__name__, error.code, error.params)
    except MemoryError:
        return Refusal("Failed", "darkroom.no_memory", {})
    except Exception as error:
        return Bug(type(error).__name__ + "\n" + "".join(traceback.format_tb(error.__traceback__)))


def _result(job: object) -> object:
    match job:
        case DevelopJob():
            return develop(bytes(job.raw), job.geometry, job.response, job.view, job.side, job.rules)
        case FreezeJob():
            return _freeze(job)
        case TranscodeJob():
            return PickleBuffer(transcode(bytes(job.part10), job.transfer_syntax_uid))
        case SheetJob():
            return PickleBuffer(_sheet(job))
        case DirectoryJob():
            entries = [DirectoryEntry(file_id, bytes(part10)) for file_id, part10 in job.entries]
            return PickleBuffer(directory(entries, job.uid))
        case _:
            raise TypeError(type(job).__name__)


def _freeze(job: FreezeJob) -> Frozen:
    facts = job.facts
    scan, presentation = facts.scan, facts.image.presentation
    developed = develop(bytes(job.raw), scan.geometry, scan.response, facts.view, rules=_NO_RULES)
    shown = as_shown(developed.pixels, presentation, scan.geometry.pitch_mm, asset(MARKER_FONT))
    return Frozen(
        image=encode(cr_image(facts, shown, developed.pipeline)),
        state=written(presentation_state(facts, job.state), EXPLICIT_VR_LITTLE_ENDIAN) if job.state else None,
    )


def _sheet(job: SheetJob) -> bytes:
    grey = sheet(decode(bytes(job.part10)), job.presentation, job.geometry, job.banner, asset(TEXT_FONT))
    return as_file(grey, job.kind)


def _limit_memory(limit_bytes: int) -> None:
    """Bound the private memory of this process; a plate that needs more is answered with ``darkroom.no_memory``."""
    if sys.platform != "linux":
        return
    import resource  # noqa: PLC0415 - not on Windows

    resource.setrlimit(resource.RLIMIT_DATA, (limit_bytes, limit_bytes))
