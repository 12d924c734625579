"""Ways to send images to an archive behind a shaped link: ours, DCMTK's, and a plain STOW-RS post."""

import shutil
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

import httpx

from benchmarks.shaped_link import Shape, ShapedLink
from fieldstation.bootstrap.station import SystemClock
from fieldstation.demo.pacs import DemoPacs, PacsSettings
from fieldstation.domain.jobs import JobState
from fieldstation.upload.sender import Sender
from tests.support.gateways import gateway
from tests.support.orthanc import PLUGIN, orthanc
from tests.support.parcels import frozen
from tests.support.peers import present
from tests.support.sending import jobs, sending_store
from tests.support.sites import Way

LANES = 2
_TICK_S = 0.02
_GOOD = {JobState.SENT, JobState.PROVED}


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent: so many images of noise with so many rows and columns."""

    images: int
    rows: int

    @property
    def size(self) -> int:
        """Bytes of all, as JPEG-LS."""
        return sum(frozen(number, self.rows)[0].size for number in range(1, self.images + 1))


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds until the last image was taken, and until the last was proved; infinite where it never was."""

    taken: float
    proved: float = float("inf")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a way of sending came to; ``kept`` is how many images the archive has."""

    times: Times
    bytes_up: int
    drops: int
    kept: int


@dataclass(frozen=True, slots=True)
class Contender:
    """A way of sending: to which kind of destination, and how; ``most_s`` is when it is stopped."""

    name: str
    kind: str
    send: Callable[[Way, Load, float], Times]


def ours(way: Way, load: Load, most_s: float, lanes: int = LANES) -> Times:
    """The vehicle's sender over its store, with the limits and waits of the program."""
    with (
        tempfile.TemporaryDirectory() as folder,
        sending_store(Path(folder), load.images, load.rows, SystemClock()) as store,
    ):
        stop = threading.Event()
        sender = Sender(
            store.queue,
            [way.destination() for _ in range(lanes)],
            clock=SystemClock(),
            version=store.version,
            random=Random(1),
        )
        thread = threading.Thread(target=sender.run, args=(stop,))
        began = time.monotonic()
        thread.start()
        taken = proved = float("inf")
        try:
            while proved == float("inf") and time.monotonic() - began < most_s:
                states = {job.state for job in jobs(store)}
                now = time.monotonic() - began
                taken = min(taken, now) if states <= _GOOD else taken
                proved = now if states == {JobState.PROVED} else proved
                time.sleep(_TICK_S)
        finally:
            stop.set()
            thread.join()
    return Times(taken, proved)


def by_program(command: Sequence[str], way: Way, load: Load, most_s: float) -> Times:
    """One of DCMTK's programs, run again until it says that all were sent."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, load.images + 1):
            (Path(folder) / f"{number}.dcm").write_bytes(frozen(number, load.rows)[1])
        files = sorted(str(path) for path in Path(folder).iterdir())
        began = time.monotonic()
        while (left := began + most_s - time.monotonic()) > 0:
            try:
                ended = subprocess.run(
                    [*command, "-aec", way.ae_title, way.host, str(way.port), *files],
                    capture_output=True,
                    check=False,
                    timeout=left,
                )
            except subprocess.TimeoutExpired:
                break
            if ended.returncode == 0:
                return Times(time.monotonic() - began)
            time.sleep(_TICK_S)
    return Times(float("inf"))


def by_post(way: Way, load: Load, most_s: float) -> Times:
    """A POST with one image after the other over one connection, each again until it is answered with success."""
    began = time.monotonic()
    with httpx.Client(trust_env=False, timeout=30.0) as client:
        for number in range(1, load.images + 1):
            boundary = uuid.uuid4().hex
            head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode("ascii")
            body = head + frozen(number, load.rows)[1] + f"\r\n--{boundary}--\r\n".encode("ascii")
            headers = {"Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}'}
            while True:
                if time.monotonic() - began > most_s:
                    return Times(float("inf"))
                try:
                    url = f"http://{way.host}:{way.port}/dicom-web/studies"
                    if client.post(url, content=body, headers=headers).is_success:
                        break
                except httpx.TransportError:
                    time.sleep(_TICK_S)
    return Times(time.monotonic() - began)


CONTENDERS = (
    Contender("Fieldstation, dimse", "dimse", ours),
    Contender("Fieldstation, dimse, one lane", "dimse", partial(ours, lanes=1)),
    Contender("Fieldstation, dicomweb", "dicomweb", ours),
    Contender("Fieldstation, gateway", "gateway", ours),
    Contender("storescu", "dimse", partial(by_program, ("storescu", "-xt"))),
    Contender("dcmsend", "dimse", partial(by_program, ("dcmsend",))),
    Contender("plain STOW-RS post", "dicomweb", by_post),
)


def lacks(contender: Contender) -> bool:
    """Whether a program that it needs is not here."""
    if contender.kind == "dicomweb":
        return not (present("orthanc") and PLUGIN.exists())
    return contender.name in {"storescu", "dcmsend"} and shutil.which(contender.name) is None


def measure(contender: Contender, load: Load, shape: Shape, most_s: float) -> Outcome:
    """Send to a fresh archive behind a link that begins with a time up."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        way, kept = stack.enter_context(_archive(contender.kind, folder))
        link = stack.enter_context(ShapedLink((way.host, way.port), shape).run())
        times = contender.send(way.over(link), load, most_s)
        return Outcome(times, link.bytes_up, link.drops, kept())


@contextmanager
def _archive(kind: str, folder: Path) -> Iterator[tuple[Way, Callable[[], int]]]:
    """An archive with the program's own limits and waits on our side, and how many images it has."""
    if kind == "dicomweb":
        with orthanc(folder, Plugins=[str(PLUGIN)]) as archive:
            yield Way(kind, archive.host, archive.web_port).patient(), archive.count
        return
    # Nobody tells the far end of a link that broke: what was open there stays open, and counts.
    with DemoPacs.start(folder / "pacs", PacsSettings(most_associations=1000)) as pacs:
        if kind == "dimse":
            yield Way(kind, pacs.host, pacs.port, "OFFICE").patient(), lambda: len(pacs.instances())
            return
        with gateway(folder, pacs=pacs) as office:
            yield Way(kind, office.host, office.port).patient(), lambda: len(pacs.instances())
