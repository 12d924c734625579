"""Stores with something to send, and destinations that answer what a test tells them to."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from fieldstation.domain.certificates import Certificate
from fieldstation.domain.destination import Answer, Disposition, EchoReport
from fieldstation.domain.jobs import Job, JobState, ProofKind
from fieldstation.domain.patients import Priority
from fieldstation.domain.ports import Clock
from fieldstation.domain.store import Parcel
from fieldstation.domain.words import Message
from fieldstation.store.keys import FileMasterKey
from fieldstation.store.sql_store import SqlStore, open_store
from tests.support.parcels import BEGUN, SERIES, STUDY, frozen, new_jobs
from tests.support.stores import ToldClock


def fill(store: SqlStore, count: int, rows: int = 320, *, first: int = 1, simulated: bool = False) -> None:
    """Queue ``count`` frozen instances, from the ``first`` on, for the destination ``office``."""
    with store.writing() as deeds:
        deeds.add_study(STUDY, [])
        deeds.series_for(SERIES)
    add(store, count, rows, first=first, simulated=simulated)


def add(
    store: SqlStore,
    count: int,
    rows: int = 320,
    *,
    first: int,
    simulated: bool = False,
    priority: Priority = Priority.ROUTINE,
) -> None:
    """Queue ``count`` instances more."""
    instances = []
    for number in range(first, first + count):
        instance, content = frozen(number, rows, simulated=simulated)
        instances.append(replace(instance, file_id=store.files.put(content).id))
    with store.writing() as deeds:
        for instance in instances:
            deeds.freeze(instance)
        deeds.send(STUDY.uid, [replace(job, priority=priority) for job in new_jobs(instances)], BEGUN)


@contextmanager
def sending_store(
    folder: Path, count: int, rows: int = 320, clock: Clock | None = None, *, first: int = 1
) -> Iterator[SqlStore]:
    """A store in ``folder`` with ``count`` queued instances, from the ``first`` on."""
    store = open_store(folder, FileMasterKey(folder), clock or ToldClock(), "test")
    try:
        fill(store, count, rows, first=first)
        yield store
    finally:
        store.close()


def jobs(store: SqlStore) -> Sequence[Job]:
    """All jobs, in order."""
    with store.reading() as questions:
        return questions.jobs()


def states(store: SqlStore) -> list[JobState]:
    """The state of each job, in order."""
    return [job.state for job in jobs(store)]


def say(disposition: Disposition, code: str = "test.said") -> Answer:
    """An answer."""
    return Answer(disposition, Message(code))


_Line = TypeVar("_Line")

SENT = say(Disposition.SENT)
PROVED = say(Disposition.PROVED)
DENIED = say(Disposition.DENIED)
LATER = say(Disposition.LATER)
UNKNOWN = say(Disposition.UNKNOWN)


@dataclass
class ScriptedDestination:
    """Answers what it is told to, the last line again and again, and remembers what it was asked."""

    stores: list[Answer] = field(default_factory=lambda: [SENT])
    proofs: list[Answer] = field(default_factory=lambda: [PROVED])
    probes: list[Answer] = field(default_factory=lambda: [say(Disposition.FINE)])
    reaches: list[bool] = field(default_factory=lambda: [True])
    name: str = "office"
    proof: ProofKind = ProofKind.QUERY
    test: bool = False
    resumes: bool = False
    certificates: Sequence[Certificate] = ()
    progress: Sequence[int] = ()
    asked: list[str] = field(default_factory=list)
    on_store: Callable[[], None] = lambda: None
    on_prove: Callable[[], None] = lambda: None

    def store(self, parcel: Parcel, content: bytes, on_progress: Callable[[int], None]) -> Answer:
        assert content
        self.asked.append(f"store {parcel.job.id}")
        for bytes_sent in self.progress:
            on_progress(bytes_sent)
        self.on_store()
        return _next(self.stores)

    def prove(self, parcel: Parcel) -> Answer:
        self.asked.append(f"prove {parcel.job.id}")
        self.on_prove()
        return _next(self.proofs)

    def probe(self) -> Answer:
        self.asked.append("probe")
        return _next(self.probes)

    def reachable(self) -> bool:
        self.asked.append("reach")
        return _next(self.reaches)

    def echo(self) -> EchoReport:
        raise NotImplementedError

    def rest(self) -> None:
        pass

    def keep_only(self, addresses: Collection[str]) -> None:
        self.asked.append(f"keep only {sorted(addresses)}")

    def end(self) -> None:
        self.asked.append("end")


def _next(lines: list[_Line]) -> _Line:
    return lines.pop(0) if len(lines) > 1 else lines[0]
