"""The upload job: one frozen instance on its way to one destination, and what may become of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fieldstation.domain.patients import Priority
from fieldstation.domain.words import Message


class JobState(StrEnum):
    """Where a job is. Waiting, held and paused are columns of their own and never overwrite it."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    PROVED = "proved"
    REFUSED = "refused"
    CANCELLED = "cancelled"


TRANSITIONS: Mapping[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.SENDING, JobState.REFUSED, JobState.CANCELLED}),
    JobState.SENDING: frozenset({JobState.QUEUED, JobState.SENT, JobState.REFUSED}),
    JobState.SENT: frozenset({JobState.PROVED, JobState.QUEUED, JobState.REFUSED}),
    JobState.PROVED: frozenset({JobState.QUEUED}),
    JobState.REFUSED: frozenset({JobState.QUEUED, JobState.CANCELLED}),
    JobState.CANCELLED: frozenset({JobState.QUEUED}),
}
"""What may follow what. ``sent → queued`` and ``proved → queued`` only when the PACS denies holding the instance; the
second only when a person wants it."""

LONGEST_UNTIL_VERIFIED = timedelta(days=1)
"""Nobody sets ``verify_at`` further ahead than this; a later one was set before the clock was put back."""


class IllegalTransition(Exception):
    """A job was to be moved where it cannot go."""


def check_transition(old: JobState, new: JobState) -> None:
    """Raise `IllegalTransition` unless ``new`` may follow ``old``."""
    if new not in TRANSITIONS[old]:
        raise IllegalTransition(f"{old} -> {new}")


class ProofKind(StrEnum):
    """How it is known that the PACS has an instance. One kind never stands in for another."""

    COMMITMENT = "commitment"
    QUERY = "query"
    RECEIPT = "receipt"
    NONE = "none"


class Role(StrEnum):
    """What a destination is to us: an image is safe when it is proved at the primary (or the standby in its place)."""

    PRIMARY = "primary"
    STANDBY = "standby"
    COPY = "copy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One instance on its way to one destination.

    ``id`` is also the order of arrival. ``bytes_total`` is the size of the frozen file, ``bytes_sent`` how much of it
    the running attempt has handed to the link. ``last`` is the last thing that happened, with its time.
    ``instead_of`` is the primary destination that a person had this one stand in for. A proved job is asked about once
    more at ``verify_at``; ``gone_at`` is when the peer then denied to hold the instance.
    """

    id: int
    sop_instance_uid: str
    study_uid: str
    destination: str
    state: JobState
    priority: Priority
    held: bool
    attempts: int
    not_before: datetime
    next_try_at: datetime | None
    bytes_total: int
    bytes_sent: int
    proof: ProofKind | None
    last: Message | None
    last_at: datetime | None
    created_at: datetime
    sent_at: datetime | None
    proved_at: datetime | None
    instead_of: str | None = None
    verify_at: datetime | None = None
    gone_at: datetime | None = None

    @property
    def is_held_there(self) -> bool:
        """Whether the peer has proved that it holds the instance, and has not denied it since."""
        return self.state is JobState.PROVED and self.gone_at is None

    @property
    def needs_person(self) -> bool:
        """Whether nothing goes on without a person: it was refused, or is gone after it was proved."""
        return self.state is JobState.REFUSED or self.gone_at is not None

    def counts_for(self, primary: str | None) -> bool:
        """Whether proof of this job makes the instance safe: it goes to the primary destination, or in its place."""
        return primary is not None and primary in {self.destination, self.instead_of}


def safe_instances(jobs: Iterable[Job], primary: str | None) -> frozenset[str]:
    """The SOP Instance UIDs that are safe: held at the primary destination, or at a standby in its place."""
    return frozenset(job.sop_instance_uid for job in jobs if job.is_held_there and job.counts_for(primary))


def unsafe_instances(jobs: Iterable[Job], primary: str | None) -> frozenset[str]:
    """The SOP Instance UIDs that are on their way to anybody and are not safe yet."""
    jobs = list(jobs)
    under_way = frozenset(job.sop_instance_uid for job in jobs if job.state is not JobState.CANCELLED)
    return under_way - safe_instances(jobs, primary)


def stuck_at(jobs: Iterable[Job], primary: str) -> Sequence[Job]:
    """The jobs for ``primary`` that a standby may stand in for: not there, and neither held nor cancelled."""
    return [
        job
        for job in jobs
        if job.destination == primary and not (job.held or job.is_held_there or job.state is JobState.CANCELLED)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job to be made by Send."""

    sop_instance_uid: str
    destination: str
    priority: Priority
    not_before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PausedDestination:
    """A destination in trouble: why, since when, and when it is probed next. Its jobs are untouched."""

    destination: str
    reason: Message
    since: datetime
    probe_at: datetime
