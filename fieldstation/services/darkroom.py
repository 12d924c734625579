"""The darkroom: one worker process that makes pictures and frozen objects, and that may die without harm.

Importing this module is cheap: OpenCV and pydicom are loaded in the worker only.
"""

import multiprocessing
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pickle import PickleBuffer
from types import ModuleType

from fieldstation.dicom.facts import CRImageFacts, StateFacts
from fieldstation.domain.errors import Failed
from fieldstation.domain.exams import Presentation
from fieldstation.domain.findings import FINDING_RULES, FindingRule
from fieldstation.domain.signal import PlateGeometry, SignalResponse
from fieldstation.domain.views import Side, View
from fieldstation.imaging.banner import Banner
from fieldstation.imaging.developed import Developed
from fieldstation.services.darkroom_jobs import (
    Bug,
    DevelopJob,
    DirectoryJob,
    FreezeJob,
    Frozen,
    Job,
    Refusal,
    SheetJob,
    TranscodeJob,
    receive,
    send,
    work,
)

_MEMORY_LIMIT_BYTES = 1536 * 1024 * 1024
_STOP_SECONDS = 5.0


class WorkerBug(Exception):
    """The worker met a bug of ours; says where, never with which data."""


@dataclass(frozen=True, slots=True)
class _Worker:
    process: SpawnProcess
    link: Connection


class Darkroom:
    """Develops plates and freezes images in a spawned process that is started when needed and can be killed.

    One job at a time; calls may come from any thread and wait for each other. A worker that dies or takes too long
    costs its own job only: the next call starts a new one. An idle worker ends itself and gives its memory back.
    """

    def __init__(
        self,
        *,
        time_limit_s: float = 60.0,
        idle_s: float = 120.0,
        memory_limit_bytes: int = _MEMORY_LIMIT_BYTES,
        rules: Mapping[str, FindingRule] = FINDING_RULES,
    ) -> None:
        """``memory_limit_bytes`` bounds the worker's private memory where the system can do that (Linux).

        ``rules`` are what is said of pictures, and from where on.
        """
        self._rules = dict(rules)
        self._time_limit_s = time_limit_s
        self._idle_s = idle_s
        self._memory_limit_bytes = memory_limit_bytes
        self._lock = threading.Lock()
        self._worker: _Worker | None = None
        self._closed = False

    def warm(self) -> None:
        """Start the worker if none runs, so that the next call need not wait for it. Returns at once."""
        if self._lock.acquire(blocking=False):
            try:
                self._running_worker()
            finally:
                self._lock.release()

    def develop(
        self,
        raw: bytes,
        geometry: PlateGeometry,
        response: SignalResponse,
        view: View,
        side: Side | None = None,
    ) -> Developed:
        """Make the picture of a plate; see `fieldstation.imaging.develop.develop`.

        Raises:
            Refused: ``scan.misfit``.
            Failed: ``darkroom.died``, ``darkroom.slow``, ``darkroom.no_memory``: this job was lost, the next may do.
        """
        result = self._do(DevelopJob(PickleBuffer(raw), geometry, response, view, side, self._rules))
        if not isinstance(result, Developed):
            raise WorkerBug("answered something else")
        return result

    def freeze(self, facts: CRImageFacts, raw: bytes, state: StateFacts | None = None) -> Frozen:
        """Make the frozen Part 10 object of an image from its raw scan, and the one of its annotations as ``state``.

        The same input gives the same bytes.

        Raises:
            Refused: ``scan.misfit``, ``image.marker_hidden``, or what `fieldstation.dicom.cr_image.cr_image` raises.
            Failed: as `develop`.
        """
        result = self._do(FreezeJob(facts, state, PickleBuffer(raw)))
        if not isinstance(result, Frozen):
            raise WorkerBug("answered something else")
        return result

    def transcode(self, part10: bytes, transfer_syntax_uid: str) -> bytes:
        """A frozen object in an uncompressed transfer syntax, for a PACS that takes no other; the pixels are the same.

        Raises:
            Refused: ``pacs.syntax_refused``: the syntax is not one that can be written here.
            Failed: as `develop`.
        """
        return self._bytes_of(TranscodeJob(PickleBuffer(part10), transfer_syntax_uid))

    def sheet(
        self, part10: bytes, presentation: Presentation, geometry: PlateGeometry, banner: Banner | None, kind: str
    ) -> bytes:
        """A PNG or JPEG file of a frozen image as it was accepted; ``geometry`` is that of its plate.

        Raises:
            Failed: as `develop`.
        """
        return self._bytes_of(SheetJob(PickleBuffer(part10), presentation, geometry, banner, kind))

    def directory(self, entries: Sequence[tuple[tuple[str, ...], bytes]], uid: str) -> bytes:
        """The DICOMDIR of frozen instances, each with its File ID; see `fieldstation.dicom.directory`.

        Raises:
            Failed: as `develop`.
        """
        return self._bytes_of(DirectoryJob(tuple((name, PickleBuffer(content)) for name, content in entries), uid))

    def close(self) -> None:
        """End the worker, with the job it may have. Idempotent; the darkroom cannot be used afterwards."""
        self._closed = True
        worker = self._worker
        if worker:
            worker.process.kill()
        with self._lock:
            self._let_go()

    def _bytes_of(self, job: Job) -> bytes:
        result = self._do(job)
        if not isinstance(result, bytes):
            raise WorkerBug("answered something else")
        return result

    def _do(self, job: Job) -> object:
        with self._lock:
            try:
                answer = self._exchange(job)
            except _IdledAwayError:
                answer = self._exchange(job)
        match answer:
            case Refusal():
                raise answer.error()
            case Bug():
                raise WorkerBug(answer.where)
        return answer

    def _exchange(self, job: Job) -> object:
        worker = self._running_worker()
        with self._watched(worker) as too_late:
            try:
                send(worker.link, job)
                return receive(worker.link)
            except (EOFError, OSError):
                worker.process.join(_STOP_SECONDS)
                code = worker.process.exitcode
                self._let_go()
                if too_late.is_set():
                    raise Failed("darkroom.slow", seconds=round(self._time_limit_s)) from None
                if code == 0 and not self._closed:
                    raise _IdledAwayError from None
                raise Failed("darkroom.died") from None

    @contextmanager
    def _watched(self, worker: _Worker) -> Iterator[threading.Event]:
        """Kill the worker when the time is over; the event says that this happened."""
        too_late = threading.Event()

        def kill() -> None:
            too_late.set()
            worker.process.kill()

        timer = threading.Timer(self._time_limit_s, kill)
        timer.daemon = True
        timer.start()
        try:
            yield too_late
        finally:
            timer.cancel()
            timer.join()

    def _running_worker(self) -> _Worker:
        if self._closed:
            raise Failed("darkroom.died")
        if self._worker and not self._worker.process.is_alive():
            self._let_go()
        if self._worker is None:
            self._worker = self._start()
        return self._worker

    def _start(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=work,
            args=(theirs, self._memory_limit_bytes, self._idle_s),
            name="fieldstation-darkroom",
            daemon=True,
        )
        with _interrupts_held_back(), _main_module_hidden():
            process.start()
        theirs.close()
        return _Worker(process, ours)

    def _let_go(self) -> None:
        """Forget the worker and free what the system keeps of it. Called with the lock held."""
        worker, self._worker = self._worker, None
        if worker:
            worker.link.close()
            worker.process.kill()
            worker.process.join(_STOP_SECONDS)


class _IdledAwayError(Exception):
    """The worker ended itself, idle, in the moment in which a job came; it has not taken the job."""


@contextmanager
def _main_module_hidden() -> Iterator[None]:
    """Spawning runs the program's main module again in the child; the worker needs nothing of what that imports."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """The worker inherits a blocked SIGINT, so that Ctrl-C cannot break into its start."""
    if sys.platform == "win32":
        yield
        return
    # Spawning starts this tracker where it does not run yet, and that lets interrupts through again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
