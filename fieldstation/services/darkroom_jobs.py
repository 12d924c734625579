"""The darkroom's jobs and answers, and how they cross to its worker and back.

The app's process imports this module, so what does the work is imported by `work` only, in the worker.
"""

import pickle
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pickle import PickleBuffer

from fieldstation.dicom.facts import CRImageFacts, StateFacts
from fieldstation.domain import errors
from fieldstation.domain.exams import Presentation
from fieldstation.domain.findings import FindingRule
from fieldstation.domain.signal import PlateGeometry, SignalResponse
from fieldstation.domain.views import Side, View
from fieldstation.imaging.banner import Banner


@dataclass(frozen=True, slots=True)
class DevelopJob:
    """Make a picture; ``raw`` crosses beside the pickle and arrives as bytes."""

    raw: PickleBuffer
    geometry: PlateGeometry
    response: SignalResponse
    view: View
    side: Side | None
    rules: Mapping[str, FindingRule]


@dataclass(frozen=True, slots=True)
class FreezeJob:
    """Make the Part 10 objects of an image; ``raw`` as in `DevelopJob`. Without ``state`` it has no annotations."""

    facts: CRImageFacts
    state: StateFacts | None
    raw: PickleBuffer


@dataclass(frozen=True, slots=True)
class Frozen:
    """Part 10 objects: the image, and the presentation state with its annotations if it has any."""

    image: bytes
    state: bytes | None


@dataclass(frozen=True, slots=True)
class TranscodeJob:
    """Write a frozen object in another transfer syntax; ``part10`` crosses as ``raw`` does in `DevelopJob`."""

    part10: PickleBuffer
    transfer_syntax_uid: str


@dataclass(frozen=True, slots=True)
class SheetJob:
    """Make a PNG or JPEG file of a frozen image; ``part10`` as in `TranscodeJob`, ``kind`` is png or jpeg."""

    part10: PickleBuffer
    presentation: Presentation
    geometry: PlateGeometry
    banner: Banner | None
    kind: str


@dataclass(frozen=True, slots=True)
class DirectoryJob:
    """Make the DICOMDIR of frozen instances, each with the components of its File ID; ``uid`` is the directory's."""

    entries: tuple[tuple[tuple[str, ...], PickleBuffer], ...]
    uid: str


Job = DevelopJob | FreezeJob | TranscodeJob | SheetJob | DirectoryJob


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


def work(link: Connection, memory_limit_bytes: int, idle_s: float) -> None:
    """What the worker process runs. Ctrl-C in the terminal is the app's business, not the worker's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from fieldstation.services.darkroom_worker import serve  # noqa: PLC0415 - loads OpenCV and pydicom

    serve(link, memory_limit_bytes, idle_s)
