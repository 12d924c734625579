"""The durable queue, as the sender uses it. Each call is one short transaction."""

import hashlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    cast,
    delete,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from fieldstation.domain.certificates import Certificate
from fieldstation.domain.errors import Failed
from fieldstation.domain.jobs import LONGEST_UNTIL_VERIFIED, IllegalTransition, JobState, PausedDestination, ProofKind
from fieldstation.domain.link import Outage, Traffic
from fieldstation.domain.ports import Clock
from fieldstation.domain.store import Parcel
from fieldstation.domain.words import Message
from fieldstation.store import schema
from fieldstation.store.columns import UtcDateTime
from fieldstation.store.database import Database
from fieldstation.store.files import EncryptedFiles
from fieldstation.store.jobs import forget_transactions, move, state_of
from fieldstation.store.journal import Journal, because, destination_subject, job_subject
from fieldstation.store.link import add_traffic, begin_outage, end_outage, end_unseen_outages
from fieldstation.store.questions import SqlQuestions
from fieldstation.store.rows import values_of


class SqlQueue:
    """The sender's side of the store."""

    def __init__(self, database: Database, files: EncryptedFiles, clock: Clock, process: str) -> None:
        self._database = database
        self._files = files
        self._clock = clock
        self._process = process

    def recover(self) -> int:
        """Put jobs found in ``sending`` back to ``queued``; how many. Called once by a fresh sender, under its lock.

        An outage that the last sender saw begin and not end is taken to have lasted until the last thing that is in the
        history: what nobody saw is not claimed.
        """
        job = schema.job
        with self._writing() as (connection, journal):
            end_unseen_outages(connection)
            found = connection.scalars(select(job.c.id).where(job.c.state == JobState.SENDING).order_by(job.c.id)).all()
            for job_id in found:
                move(connection, job_id, {JobState.SENDING}, JobState.QUEUED, next_try_at=None)
                journal.note("job.recovered", job_subject(job_id))
            return len(found)

    def claim(self, destination: str, now: datetime) -> Parcel | None:
        """Take the first due, unheld, queued job of the destination (STAT first, then by arrival) to ``sending``."""
        job = schema.job
        with self._writing() as (connection, journal):
            due = _first_due(destination, JobState.QUEUED, now)
            if _paused_until(connection, now) is not None:
                due = due.where(job.c.turn == 0)
            job_id = connection.scalar(due)
            if job_id is None:
                return None
            move(
                connection,
                job_id,
                {JobState.QUEUED},
                JobState.SENDING,
                attempts=job.c.attempts + 1,
                # Claimed, it has come, whatever the clock says later.
                not_before=func.min(job.c.not_before, literal(now, UtcDateTime())),
                next_try_at=None,
            )
            journal.note("job.sending", job_subject(job_id), destination=destination)
            return _parcel(connection, job_id)

    def urgent(self, destination: str, now: datetime) -> bool:
        """Whether a STAT job of the destination waits to be claimed now."""
        due = _first_due(destination, JobState.QUEUED, now).where(schema.job.c.turn == 0)
        with self._database.reading() as connection:
            return connection.scalar(due) is not None

    def awaiting_proof(self, destination: str, now: datetime, besides: Collection[int] = ()) -> Parcel | None:
        """The first ``sent`` job of the destination that is due to be asked about; its state does not change.

        ``besides``: the ids of jobs that somebody is asking about already.
        """
        due = _first_due(destination, JobState.SENT, now).where(_needs_proof())
        if besides:
            due = due.where(schema.job.c.id.not_in(besides))
        with self._database.reading() as connection:
            job_id = connection.scalar(due)
            return None if job_id is None else _parcel(connection, job_id)

    def progress(self, job_id: int, bytes_sent: int) -> None:
        """Bytes handed to the link; the caller calls at most twice a second.

        News of an attempt that is over is dropped.
        """
        table, job = schema.job_progress, schema.job
        with self._database.writing() as connection:
            if connection.scalar(select(job.c.state).where(job.c.id == job_id)) is not JobState.SENDING:
                return
            values = {"job_id": job_id, "bytes_sent": bytes_sent}
            connection.execute(
                upsert(table)
                .values(values)
                .on_conflict_do_update(index_elements=[table.c.job_id], set_={"bytes_sent": bytes_sent})
            )

    def sent(self, job_id: int, why: Message, at: datetime) -> None:
        """The peer answered success (or holds it already): ``sending → sent``, due for proof at once."""
        with self._writing() as (connection, journal):
            known = {"sent_at": at, "next_try_at": None, **_last(why, at)}
            move(connection, job_id, {JobState.SENDING}, JobState.SENT, **known)
            journal.note("job.sent", job_subject(job_id), **because(why))

    def proved(self, job_id: int, kind: ProofKind, at: datetime, verify_at: datetime | None = None) -> None:
        """``sent → proved``; with `ProofKind.NONE` it stays ``sent``, unconfirmed, and is never asked about again.

        ``verify_at``: when the peer is asked once more whether it still holds the instance.
        """
        with self._writing() as (connection, journal):
            if kind is ProofKind.NONE:
                if state_of(connection, job_id) is not JobState.SENT:
                    raise IllegalTransition(f"job {job_id} is not sent")
                connection.execute(update(schema.job).where(schema.job.c.id == job_id).values(proof=kind))
                journal.note("job.unconfirmed", job_subject(job_id))
                return
            known = {
                "proof": kind,
                "proved_at": at,
                "next_try_at": None,
                "verify_at": verify_at,
                **_last(Message("job.proved", {"kind": kind}), at),
            }
            move(connection, job_id, {JobState.SENT}, JobState.PROVED, **known)
            journal.note("job.proved", job_subject(job_id), kind=kind)

    def denied(self, job_id: int, why: Message, at: datetime) -> None:
        """The peer says that it does not hold the instance: ``sent → queued``."""
        with self._writing() as (connection, journal):
            known = {"sent_at": None, "next_try_at": None, "proof": None, **_last(why, at)}
            move(connection, job_id, {JobState.SENT}, JobState.QUEUED, **known)
            forget_transactions(connection, job_id)
            journal.note("job.denied", job_subject(job_id), **because(why))

    def to_verify(self, destination: str, now: datetime, besides: Collection[int] = ()) -> Parcel | None:
        """A proved job of the destination that is due to be asked about once more; its state does not change."""
        verify_at = schema.job.c.verify_at
        # A time beyond any that is set now comes from a clock that was put back since: nobody waits for it.
        due = or_(verify_at <= now, verify_at > now + LONGEST_UNTIL_VERIFIED)
        statement = select(schema.job.c.id).where(schema.job.c.destination == destination, due).limit(1)
        if besides:
            statement = statement.where(schema.job.c.id.not_in(besides))
        with self._database.reading() as connection:
            job_id = connection.scalar(statement)
            return None if job_id is None else _parcel(connection, job_id)

    def verify_later(self, job_id: int, at: datetime) -> None:
        """The question had no final answer: it is asked again ``at`` that time."""
        job = schema.job
        with self._database.writing() as connection:
            connection.execute(
                update(job).where(job.c.id == job_id, job.c.state == JobState.PROVED).values(verify_at=at)
            )

    def verified(self, job_id: int, why: Message, at: datetime) -> None:
        """The peer still holds the instance; it is not asked again by itself."""
        self._note_verification(job_id, "job.verified", why, at, gone_at=None)

    def gone(self, job_id: int, why: Message, at: datetime) -> None:
        """The peer denies to hold what it had proved to hold: it stays ``proved``, and needs a person."""
        self._note_verification(job_id, "job.gone", why, at, gone_at=at)

    def later(self, job_id: int, why: Message, at: datetime, wait: timedelta) -> None:
        """Nothing wrong with the job: ``sending → queued`` (a ``sent`` one stays), next try after ``wait``."""
        waiting = {"next_try_at": at + wait, **_last(why, at)}
        with self._writing() as (connection, journal):
            if state_of(connection, job_id) is JobState.SENT:
                connection.execute(update(schema.job).where(schema.job.c.id == job_id).values(waiting))
            else:
                move(connection, job_id, {JobState.SENDING}, JobState.QUEUED, **waiting)
            journal.note("job.waiting", job_subject(job_id), **because(why))

    def refused(self, job_id: int, why: Message, at: datetime) -> None:
        """The peer said no for good: it needs a person."""
        origins = {JobState.QUEUED, JobState.SENDING, JobState.SENT}
        with self._writing() as (connection, journal):
            move(connection, job_id, origins, JobState.REFUSED, next_try_at=None, **_last(why, at))
            journal.note("job.refused", job_subject(job_id), **because(why))

    def pause(self, paused: PausedDestination) -> None:
        """Pause a destination (or note its new reason and probe time)."""
        table = schema.destination_pause
        with self._writing() as (connection, journal):
            old = connection.scalar(select(table.c.reason).where(table.c.destination == paused.destination))
            values = values_of(paused)
            if old is None:
                connection.execute(insert(table), values)
            else:
                connection.execute(update(table).where(table.c.destination == paused.destination).values(values))
            if old != paused.reason:
                journal.note("destination.paused", destination_subject(paused.destination), **because(paused.reason))

    def resume(self, destination: str) -> None:
        """End a pause; does nothing if there is none."""
        table = schema.destination_pause
        with self._writing() as (connection, journal):
            if connection.execute(delete(table).where(table.c.destination == destination)).rowcount:
                journal.note("destination.resumed", destination_subject(destination))

    def showed(self, destination: str, certificates: Collection[Certificate]) -> None:
        """These are the certificates that the peers of a destination showed last."""
        table = schema.peer_certificate
        with self._writing() as (connection, _journal):
            connection.execute(delete(table).where(table.c.destination == destination))
            for certificate in certificates:
                connection.execute(
                    insert(table).values(destination=destination, name=certificate.name, ends=certificate.ends)
                )

    def wake(self, destination: str) -> None:
        """The link is back: waiting jobs of the destination are due now."""
        job = schema.job
        with self._writing() as (connection, journal):
            woken = connection.execute(
                update(job)
                .where(
                    job.c.destination == destination,
                    job.c.state.in_([JobState.QUEUED, JobState.SENT]),
                    job.c.next_try_at.is_not(None),
                    # What is due is left out, and whether it is held said, for the index on the time to find the rest.
                    job.c.held.in_([False, True]),
                    job.c.due_at > self._clock.now(),
                )
                .values(next_try_at=None)
            ).rowcount
            if woken:
                journal.note("destination.woken", destination_subject(destination), jobs=woken)

    def last_retry(self, destination: str) -> int:
        """The number of the last event by which a person had a job of the destination tried again; 0 without one."""
        event, job = schema.event, schema.job
        # Written out, so that SQLite sees that the index of just these events serves.
        retried: ColumnElement[str] = literal_column("'job.retried'")
        statement = (
            select(event.c.seq)
            .join(job, job.c.id == cast(func.substr(event.c.subject, len(job_subject("")) + 1), Integer))
            .where(event.c.what == retried, job.c.destination == destination)
            .order_by(event.c.seq.desc())
            .limit(1)
        )
        with self._database.reading() as connection:
            return int(connection.scalar(statement) or 0)

    def next_due(self, destination: str) -> datetime | None:
        """When the next unheld job, or question about a proved one, is due, a pause minded; None if there is none."""
        job = schema.job
        verification = select(func.min(job.c.verify_at)).where(
            job.c.destination == destination, job.c.verify_at.is_not(None)
        )
        with self._database.reading() as connection:
            until = _paused_until(connection, self._clock.now())
            dues = [
                connection.scalar(_soonest(destination, JobState.QUEUED, *([job.c.turn == 0] if until else []))),
                connection.scalar(_soonest(destination, JobState.SENT, _needs_proof())),
            ]
            if until is not None:
                later = connection.scalar(_soonest(destination, JobState.QUEUED, job.c.turn != 0))
                dues.append(later and max(later, until))
            dues.append(connection.scalar(verification))
        return min((due for due in dues if due is not None), default=None)

    def lost(self, outage: Outage) -> None:
        """The destination cannot be reached since then; does nothing while an outage of it lasts already."""
        with self._writing() as (connection, journal):
            begin_outage(connection, journal, outage)

    def reached(self, destination: str, at: datetime) -> None:
        """The destination answers: its outage, if one lasts, is over."""
        with self._writing() as (connection, journal):
            end_outage(connection, journal, destination, at)

    def carried(self, traffic: Traffic) -> None:
        """Add to what went to the destination in that minute; what is older than `KEPT` is forgotten."""
        with self._database.writing() as connection:
            add_traffic(connection, traffic)

    def owed(self) -> int:
        """Jobs that are neither proved nor held, refused or cancelled, nor sent to a destination without proof."""
        job = schema.job
        statement = select(func.count()).where(
            job.c.held.is_(False),
            job.c.state.in_([JobState.QUEUED, JobState.SENDING, JobState.SENT]),
            or_(job.c.state != JobState.SENT, _needs_proof()),
        )
        with self._database.reading() as connection:
            return int(connection.scalar(statement) or 0)

    def content(self, parcel: Parcel) -> bytes:
        """The frozen Part 10 bytes.

        Raises:
            Failed: ``file.missing``; ``file.damaged``: also where the bytes are not those that were frozen.
        """
        data = self._files.get(parcel.instance.file_id)
        if hashlib.sha256(data).hexdigest() != parcel.instance.sha256:
            raise Failed("file.damaged", file=parcel.instance.file_id)
        return data

    def _note_verification(
        self, job_id: int, what: str, why: Message, at: datetime, *, gone_at: datetime | None
    ) -> None:
        job = schema.job
        with self._writing() as (connection, journal):
            noted = connection.execute(
                update(job)
                .where(job.c.id == job_id, job.c.state == JobState.PROVED)
                .values(verify_at=None, gone_at=gone_at, **_last(why, at))
            )
            if noted.rowcount != 1:
                raise IllegalTransition(f"job {job_id} is not proved")
            forget_transactions(connection, job_id)
            journal.note(what, job_subject(job_id), **because(why))

    @contextmanager
    def _writing(self) -> Iterator[tuple[Connection, Journal]]:
        with self._database.writing() as connection:
            yield connection, Journal(connection, self._clock, "", self._process)


def _last(why: Message, at: datetime) -> dict[str, Any]:
    return {"last": why, "last_at": at}


def _paused_until(connection: Connection, now: datetime) -> datetime | None:
    """When the pause that a person asked for ends; None if none is in force."""
    pause = SqlQuestions(connection).sending_pause()
    return pause.until if pause is not None and pause.holds(now) else None


def _needs_proof() -> ColumnElement[bool]:
    return func.coalesce(schema.job.c.proof, "") != ProofKind.NONE.value


def _first_due(destination: str, state: JobState, now: datetime) -> Select[int]:
    job = schema.job
    # The plus keeps SQLite from the index on the time: it would sort all that are due to find the one whose turn it is.
    due_at = literal_column("+job.due_at", UtcDateTime())
    # A time that was set in what is the future now comes from a clock that was put back since: nobody waits for it.
    due = or_(due_at <= now, job.c.set_at > now)
    return (
        select(job.c.id)
        .where(job.c.destination == destination, job.c.state == state, job.c.held.is_(False), due)
        .order_by(job.c.turn, job.c.id)
        .limit(1)
    )


def _soonest(destination: str, state: JobState, *where: ColumnElement[bool]) -> Select[datetime]:
    job = schema.job
    return (
        select(job.c.due_at)
        .where(job.c.destination == destination, job.c.state == state, job.c.held.is_(False), *where)
        .order_by(job.c.due_at)
        .limit(1)
    )


def _parcel(connection: Connection, job_id: int) -> Parcel:
    questions = SqlQuestions(connection)
    job = questions.job(job_id)
    return Parcel(job=job, instance=questions.instance(job.sop_instance_uid), study=questions.study(job.study_uid))
