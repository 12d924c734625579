"""The darkroom's worker: takes one job after the other. Imported in the worker process only."""

import sys
import traceback
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pickle import PickleBuffer

from fieldstation.dicom.cr_image import cr_image
from fieldstation.dicom.encode import encode, transcode
from fieldstation.domain.errors import FieldstationError
from fieldstation.domain.findings import FindingRule
from fieldstation.imaging.develop import develop
from fieldstation.services.darkroom_jobs import Bug, DevelopJob, FreezeJob, Refusal, TranscodeJob, receive, send

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
            return develop(bytes(job.raw), job.geometry, job.response, job.view, job.side)
        case FreezeJob():
            return PickleBuffer(_freeze(job))
        case TranscodeJob():
            return PickleBuffer(transcode(bytes(job.part10), job.transfer_syntax_uid))
        case _:
            raise TypeError(type(job).__name__)


def _freeze(job: FreezeJob) -> bytes:
    scan = job.facts.scan
    developed = develop(bytes(job.raw), scan.geometry, scan.response, job.facts.view, rules=_NO_RULES)
    return encode(cr_image(job.facts, developed.pixels, developed.pipeline))


def _limit_memory(limit_bytes: int) -> None:
    """Bound the private memory of this process; a plate that needs more is answered with ``darkroom.no_memory``."""
    if sys.platform != "linux":
        return
    import resource  # noqa: PLC0415 - not on Windows

    resource.setrlimit(resource.RLIMIT_DATA, (limit_bytes, limit_bytes))
