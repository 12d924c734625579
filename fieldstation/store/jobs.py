"""Moving a job: a conditional update along the state table, the same for people and for the sender."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, delete, select, update

from fieldstation.domain.errors import Refused
from fieldstation.domain.jobs import IllegalTransition, JobState, check_transition
from fieldstation.store import schema


def state_of(connection: Connection, job_id: int) -> JobState:
    """Where the job is.

    Raises:
        Refused: ``job.unknown``.
    """
    state = connection.scalar(select(schema.job.c.state).where(schema.job.c.id == job_id))
    if state is None:
        raise Refused("job.unknown", job=job_id)
    return JobState(state)


def move(connection: Connection, job_id: int, origins: Collection[JobState], to: JobState, **values: Any) -> JobState:
    """Take a job from one of the ``origins`` to ``to`` and set the columns ``values``; where it came from.

    Raises:
        IllegalTransition: it is elsewhere, or the state table forbids it.
        Refused: ``job.unknown``.
    """
    job = schema.job
    old = state_of(connection, job_id)
    if old not in origins:
        raise IllegalTransition(f"job {job_id}: {old} -> {to}")
    check_transition(old, to)
    moved = connection.execute(update(job).where(job.c.id == job_id, job.c.state == old).values(state=to, **values))
    if moved.rowcount != 1:
        raise IllegalTransition(f"job {job_id}: {old} -> {to}")
    forget_progress(connection, job_id)
    return old


def forget_progress(connection: Connection, job_id: int) -> None:
    """The attempt is over: what it handed to the link says nothing any more."""
    connection.execute(delete(schema.job_progress).where(schema.job_progress.c.job_id == job_id))


def forget_transactions(connection: Connection, job_id: int) -> None:
    """What was asked before the instance is sent again says nothing about what comes after; nor do late answers."""
    connection.execute(delete(schema.commitment).where(schema.commitment.c.job_id == job_id))
