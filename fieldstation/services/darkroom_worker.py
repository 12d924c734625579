"""The darkroom's worker: takes one job after the other. Imported in the worker process only."""

import sys
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection

from fieldstation.domain.errors import FieldstationError
from fieldstation.imaging.develop import develop
from fieldstation.services.darkroom_jobs import Bug, DevelopJob, Refusal, receive, send


def serve(link: Connection, memory_limit_bytes: int, idle_s: float) -> None:
    """Answer jobs until the link is closed or nothing came for ``idle_s`` seconds."""
    _limit_memory(memory_limit_bytes)
    try:
        while _job_comes(link, idle_s):
            send(link, _answer(receive(link)))
    except (EOFError, ConnectionResetError, BrokenPipeError):
        return


def _job_comes(link: Connection, idle_s: float) -> bool:
    if not link.poll():
        _maker_of_objects()
    return link.poll(idle_s)


def _maker_of_objects() -> Callable[[object], object]:
    """What makes DICOM objects. It loads half as long as a picture takes, so it is loaded when no picture waits."""
    from fieldstation.services.darkroom_objects import made  # noqa: PLC0415 - loads pydicom

    return made


def _answer(job: object) -> object:
    try:
        if isinstance(job, DevelopJob):
            return develop(bytes(job.raw), job.geometry, job.response, job.view, job.side, job.rules)
        return _maker_of_objects()(job)
    except FieldstationError as error:
        return Refusal(type(error).__name__, error.code, error.params)
    except MemoryError:
        return Refusal("Failed", "darkroom.no_memory", {})
    except Exception as error:
        return Bug(type(error).__name__ + "\n" + "".join(traceback.format_tb(error.__traceback__)))


def _limit_memory(limit_bytes: int) -> None:
    """Bound the private memory of this process; a plate that needs more is answered with ``darkroom.no_memory``."""
    if sys.platform != "linux":
        return
    import resource  # noqa: PLC0415 - not on Windows

    resource.setrlimit(resource.RLIMIT_DATA, (limit_bytes, limit_bytes))
