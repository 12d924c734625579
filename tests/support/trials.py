"""One trial: images accepted, a fault on the way, and whether the promise held. `check` is run after every one."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

from fieldstation.dicom.encode import decode
from fieldstation.domain.jobs import Job, JobState, ProofKind
from fieldstation.store.sql_store import SqlStore
from tests.support.parcels import frozen
from tests.support.peers import wait_until
from tests.support.running import running
from tests.support.sender_process import QUICK
from tests.support.sending import jobs, sending_store
from tests.support.sites import Site

IMPATIENT = replace(QUICK, pause_first_s=0.1, pause_most_s=0.5, ask_most_s=1.0, pending_first_s=0.05)

IMAGES = 3
"""In a trial that does not ask for more."""

_numbers = count(1)


@dataclass(frozen=True)
class Row:
    """A line of the table. ``resent``: bytes that left beyond those of the images; None where nobody counted."""

    kind: str
    fault: str
    accepted: int
    at_pacs: int
    doubled: int
    missing: int
    equal: int
    orphans: int
    wrong_states: int
    resent: int | None

    @property
    def holds(self) -> bool:
        """Whether nothing is lost, doubled, changed or left over, and no job says what is not so."""
        whole = self.accepted == self.at_pacs == self.equal
        return whole and not (self.doubled or self.missing or self.orphans or self.wrong_states)


TABLE: list[Row] = []
"""Every row of this run, for the table at its end."""

HEAD = ("destination", "fault", "accepted", "at PACS", "doubled", "missing", "equal", "orphans", "wrong", "re-sent")


@dataclass
class Trial:
    """The accepted images of a trial, and the store they wait in."""

    site: Site
    folder: Path
    store: SqlStore
    first: int
    count: int
    rows: int
    expected: dict[str, bytes] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of all images."""
        return sum(len(content) for content in self.expected.values())

    @property
    def done_state(self) -> JobState:
        """Where a job ends here if all is well."""
        return JobState.SENT if self.site.way.proof is ProofKind.NONE else JobState.PROVED

    def sending(self, link: Any = None, lanes: int = 2) -> AbstractContextManager[Thread]:
        """A sender at work, over a link if there is one."""
        way = self.site.way if link is None else self.site.way.over(link)
        return running(self.store, *(way.destination() for _ in range(lanes)), pace=IMPATIENT)

    def jobs(self) -> Sequence[Job]:
        """All of them."""
        return jobs(self.store)

    def states(self) -> list[JobState]:
        """Where each job is."""
        return [job.state for job in self.jobs()]

    def done(self) -> bool:
        """Whether every job has ended well."""
        return set(self.states()) == {self.done_state} and self.store.queue.owed() == 0

    def wait(self, seconds: float = 60.0) -> None:
        """Until every job has ended well, or the time is over: `check` says what is wrong then."""
        wait_until(self.done, "all images to be proved", seconds, self.told)

    def told(self) -> str:
        """What is known of the jobs, for whoever looks into a failure."""
        return "; ".join(f"{job.state} {job.last.code if job.last else ''}" for job in jobs(self.store))

    def check(self, fault: str, resent: int | None = None, states: Sequence[JobState] = ()) -> Row:
        """Compare both ends, note the row, and fail if the promise did not hold.

        ``states``: where the jobs have to be, if not all at their good end; then only what is proved has to be there.
        """
        archive = self.site.archive
        told = {job.sop_instance_uid: job.state for job in jobs(self.store)}
        wanted = list(states) or [self.done_state] * self.count
        claimed = {uid for uid, state in told.items() if not states or state is JobState.PROVED}
        if self.site.spool is not None:
            wait_until(lambda: not self.site.left_over() or bool(states), "the gateway to have cleared up")
        kept = {uid: archive.files(uid) for uid in self.expected}
        self.site.stored.update(uid for uid, copies in kept.items() if copies)
        extra = sum(max(0, len(copies) - 1) for copies in kept.values())
        row = Row(
            kind=self.site.way.kind,
            fault=fault,
            accepted=len(claimed),
            at_pacs=sum(bool(kept[uid]) for uid in claimed),
            doubled=extra + max(0, archive.count() - len(self.site.stored)),
            missing=sum(not kept[uid] for uid in claimed),
            equal=sum(all(_same(one, self.expected[uid]) for one in kept[uid]) for uid in claimed if kept[uid]),
            orphans=len(self._orphans()) + (0 if states else len(self.site.left_over())),
            wrong_states=(Counter(wanted) - Counter(told.values())).total(),
            resent=resent,
        )
        TABLE.append(row)
        assert row.holds, f"{row}; {self.told()}"
        return row

    def _orphans(self) -> list[Path]:
        """Files of the data folder that no row knows."""
        with self.store.reading() as questions:
            known = {questions.instance(uid).file_id for uid in self.expected}
        files = [path for path in (self.folder / "files").rglob("*") if path.is_file()]
        quarantine = self.folder / "quarantine"
        return [path for path in files if path.name not in known] + list(quarantine.glob("*"))


@contextmanager
def trial(site: Site, folder: Path, images: int = IMAGES, rows: int = 320) -> Iterator[Trial]:
    """A store of its own with so many images that no trial before had."""
    first = next(_numbers) * 100
    expected = {}
    for number in range(first, first + images):
        instance, content = frozen(number, rows)
        expected[instance.sop_instance_uid] = content
    with sending_store(folder, images, rows, first=first) as store:
        try:
            yield Trial(site, folder, store, first, images, rows, expected)
        finally:
            # One that fails early may leave images there; the next must not count them as its own.
            site.stored.update(uid for uid in expected if site.archive.files(uid))


def _same(one: bytes, other: bytes) -> bool:
    return bool((decode(one) == decode(other)).all())
