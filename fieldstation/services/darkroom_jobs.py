"""What the darkroom's worker does, and how jobs and answers cross to it and back.

OpenCV and pydicom are imported inside the functions: the app's process imports this module, too.
"""

import pickle
import signal
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pickle import PickleBuffer

from fieldstation.dicom.facts import CRImageFacts
from fieldstation.domain import errors
from fieldstation.domain.signal import PlateGeometry, SignalResponse
from fieldstation.domain.views import View


@dataclass(frozen=True, slots=True)
class DevelopJob:
    """Make a picture; ``raw`` crosses without a copy into the pickle and arrives as bytes."""

    raw: PickleBuffer
    geometry: PlateGeometry
    response: SignalResponse
    view: View


@dataclass(frozen=True, slots=True)
class FreezeJob:
    """Make a Part 10 object; ``raw`` as in `DevelopJob`."""

    facts: CRImageFacts
    raw: PickleBuffer


Job = DevelopJob | FreezeJob


@dataclass(frozen=True, slots=True)
class Refusal:
    """A `FieldstationError` as it crosses the link."""

    family: str
    code: str
    params: Mapping[str, str | int | float]

    def error(self) -> errors.FieldstationError:
        """The error again."""
        family: type[errors.FieldstationError] = getattr(errors, self.family)
        return family(self.code, **self.params)


@dataclass(frozen=True, slots=True)
class Bug:
    """Any other exception: its type and where it was raised, without its words, which may hold patient data."""

    where: str


def send(link: Connection, message: object) -> None:
    """Send one message; large buffers go beside the pickle (protocol 5)."""
    buffers: list[PickleBuffer] = []
    head = pickle.dumps(message, protocol=5, buffer_callback=buffers.append)
    link.send_bytes(len(buffers).to_bytes(4, "little") + head)
    for buffer in buffers:
        link.send_bytes(buffer.raw())


def receive(link: Connection) -> object:
    """The next message. Raises EOFError when the other end is gone. Both ends are this program."""
    head = link.recv_bytes()
    buffers = [link.recv_bytes() for _ in range(int.from_bytes(head[:4], "little"))]
    return pickle.loads(memoryview(head)[4:], buffers=buffers)  # noqa: S301 - a pipe to our own child


def serve(link: Connection, memory_limit_bytes: int, idle_s: float) -> None:
    """The worker's whole life: take jobs until the link is closed or nothing came for ``idle_s`` seconds."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory(memory_limit_bytes)
    _load()
    while link.poll(idle_s):
        try:
            job = receive(link)
        except EOFError:
            return
        send(link, _answer(job))


def _answer(job: object) -> object:
    try:
        match job:
            case DevelopJob():
                from fieldstation.imaging.develop import develop

                return develop(job.raw, job.geometry, job.response, job.view)
            case FreezeJob():
                return PickleBuffer(_freeze(job))
            case _:
                raise TypeError(type(job).__name__)
    except errors.FieldstationError as error:
        return Refusal(type(error).__name__, error.code, error.params)
    except Exception as error:  # noqa: BLE001 - the parent raises it again
        if _is_out_of_memory(error):
            return Refusal("Failed", "darkroom.no_memory", {})
        return Bug(type(error).__name__ + "\n" + "".join(traceback.format_tb(error.__traceback__)))


def _freeze(job: FreezeJob) -> bytes:
    from fieldstation.dicom.cr_image import cr_image
    from fieldstation.dicom.encode import encode
    from fieldstation.imaging.develop import develop

    scan = job.facts.scan
    developed = develop(job.raw, scan.geometry, scan.response, job.facts.view)
    return encode(cr_image(job.facts, developed.pipeline), developed.pixels)


def _load() -> None:
    """Import what the jobs need before the first one comes."""
    import fieldstation.dicom.cr_image
    import fieldstation.dicom.encode
    import fieldstation.imaging.develop  # noqa: F401


def _is_out_of_memory(error: Exception) -> bool:
    if isinstance(error, MemoryError):
        return True
    import cv2

    return isinstance(error, cv2.error) and getattr(error, "code", None) == cv2.Error.StsNoMem


def _limit_memory(limit_bytes: int) -> None:
    """Bound the private memory of this process. A plate that would need more is answered with ``no_memory``."""
    if sys.platform != "linux":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (limit_bytes, limit_bytes))
