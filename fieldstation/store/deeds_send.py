"""What a person can do to the queue: send, call back, try again, hold, release, cancel."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update

from fieldstation.domain.errors import Refused
from fieldstation.domain.jobs import IllegalTransition, Job, JobState, NewJob, stuck_at
from fieldstation.domain.link import SendingPause
from fieldstation.store import schema
from fieldstation.store.deeds_plan import Writer
from fieldstation.store.jobs import forget_transactions, move, state_of
from fieldstation.store.journal import job_subject
from fieldstation.store.rows import values_of

# Attempts are counted on: a job that was ever tried may have left something at the peer.
_AFRESH = {
    "next_try_at": None,
    "proof": None,
    "last": None,
    "last_at": None,
    "sent_at": None,
    "proved_at": None,
    "instead_of": None,
    "verify_at": None,
    "gone_at": None,
}


class SendDeeds(Writer):
    """The queue as people see it."""

    def send(self, study_uid: str, jobs: Sequence[NewJob], at: datetime) -> int:
        """Make the jobs that do not exist yet; how many were made. Cancelled ones of the same pair start again.

        Raises:
            Refused: ``study.unknown``, ``instance.unknown`` (or one of another study).
        """
        study = self.study(study_uid)
        made = sum(self._queue(study.uid, new, at) for new in jobs)
        if made:
            self._mark_sent(study.uid, at)
            self._journal.note("study.sent", study.uid, jobs=made)
        return made

    def undo_send(self, study_uid: str, now: datetime) -> int:
        """Cancel the study's jobs whose ``not_before`` has not come; how many. A study with none left is unsent.

        Raises:
            Refused: ``study.unknown``.
        """
        study = self.study(study_uid)
        job, instance = schema.job, schema.instance
        of_study = (
            select(job.c.id)
            .join(instance, instance.c.sop_instance_uid == job.c.sop_instance_uid)
            .where(instance.c.study_uid == study.uid)
        )
        called_back = self._connection.scalars(
            of_study.where(job.c.state == JobState.QUEUED, job.c.not_before > now).order_by(job.c.id)
        ).all()
        for job_id in called_back:
            move(self._connection, job_id, {JobState.QUEUED}, JobState.CANCELLED)
            self._journal.note("job.cancelled", job_subject(job_id))
        if not called_back:
            return 0
        left = self._connection.scalar(
            select(func.count()).select_from(of_study.where(job.c.state != JobState.CANCELLED).subquery())
        )
        if not left:
            table = schema.study
            self._connection.execute(update(table).where(table.c.uid == study.uid).values(sent_at=None))
        self._journal.note("study.send_undone", study.uid, jobs=len(called_back))
        return len(called_back)

    def retry(self, job_id: int) -> None:
        """A refused, cancelled or waiting job is due now; a destination that waits tries again at once as well.

        So is a proved one that the PACS has denied to hold since.

        Raises:
            Refused: ``job.unknown``; ``job.not_waiting``: it is under way, or done.
        """
        job = self.job(job_id)
        now = self._journal.now()
        # Now as well, should the clock be put back meanwhile.
        not_before = min(job.not_before, now)
        if job.gone_at is not None:
            unproved = _AFRESH | {"instead_of": job.instead_of, "held": False}
            move(self._connection, job_id, {JobState.PROVED}, JobState.QUEUED, not_before=not_before, **unproved)
            forget_transactions(self._connection, job_id)
        elif job.state in {JobState.REFUSED, JobState.CANCELLED}:
            move(self._connection, job_id, {job.state}, JobState.QUEUED, not_before=not_before, next_try_at=None)
            self._mark_sent(job.study_uid, now)
        elif job.state in {JobState.QUEUED, JobState.SENT}:
            table = schema.job
            self._connection.execute(
                update(table).where(table.c.id == job_id).values(next_try_at=None, not_before=not_before)
            )
        else:
            raise Refused("job.not_waiting", job=job_id)
        self._journal.note("job.retried", job_subject(job_id))

    def hold(self, job_id: int) -> None:
        """Hold a job until a person releases it.

        Raises:
            Refused: ``job.unknown``; ``job.not_waiting``: it is proved; ``job.is_cancelled``.
        """
        job = self._uncancelled(job_id)
        if job.state is JobState.PROVED:
            raise Refused("job.not_waiting", job=job_id)
        self._set_held(job, to=True)

    def release(self, job_id: int) -> None:
        """Release a held job, or one that is gone after it was proved: it is sent again.

        Raises:
            Refused: ``job.unknown``; ``job.is_cancelled``.
        """
        job = self._uncancelled(job_id)
        if job.gone_at is None:
            self._set_held(job, to=False)
        else:
            self.retry(job_id)

    def _uncancelled(self, job_id: int) -> Job:
        job = self.job(job_id)
        if job.state is JobState.CANCELLED:
            raise Refused("job.is_cancelled", job=job_id)
        return job

    def cancel(self, job_id: int) -> None:
        """Cancel a job that is not under way. Raises `Refused` ``job.unknown``, ``job.not_waiting``."""
        if state_of(self._connection, job_id) is JobState.CANCELLED:
            return
        try:
            move(self._connection, job_id, {JobState.QUEUED, JobState.REFUSED}, JobState.CANCELLED, next_try_at=None)
        except IllegalTransition:
            raise Refused("job.not_waiting", job=job_id) from None
        self._journal.note("job.cancelled", job_subject(job_id))

    def verify(self, job_id: int) -> None:
        """Have the peer asked again soon whether it holds a proved instance.

        Raises:
            Refused: ``job.unknown``; ``job.not_proved``.
        """
        if not self.job(job_id).is_held_there:
            raise Refused("job.not_proved", job=job_id)
        table = schema.job
        self._connection.execute(update(table).where(table.c.id == job_id).values(verify_at=self._journal.now()))
        self._journal.note("job.verify_asked", job_subject(job_id))

    def reroute(self, study_uid: str | None, primary: str, standby: str, at: datetime) -> int:
        """Have ``standby`` stand in for ``primary`` for what is not proved there; how many instances that concerns.

        All studies where ``study_uid`` is None. Held and cancelled jobs are left alone; the primary's jobs go on.

        Raises:
            Refused: ``study.unknown``.
        """
        wanted = None if study_uid is None else self.study(study_uid).uid
        stuck = [job for job in stuck_at(self.jobs(), primary) if wanted in {None, job.study_uid}]
        return sum(self._stand_in(job, standby, at) for job in stuck)

    def _stand_in(self, job: Job, standby: str, at: datetime) -> bool:
        """Whether the standby did not stand in for the job's destination before."""
        new = NewJob(sop_instance_uid=job.sop_instance_uid, destination=standby, priority=job.priority, not_before=at)
        self._queue(job.study_uid, new, at)
        table = schema.job
        rerouted = self._connection.execute(
            update(table)
            .where(
                table.c.sop_instance_uid == job.sop_instance_uid,
                table.c.destination == standby,
                table.c.instead_of.is_distinct_from(job.destination),
            )
            .values(instead_of=job.destination)
        )
        if rerouted.rowcount:
            self._journal.note("job.rerouted", job_subject(job.id), destination=standby)
        return bool(rerouted.rowcount)

    def pause_sending(self, pause: SendingPause) -> None:
        """Nothing but STAT begins to leave while the pause holds; what is under way is finished."""
        self._connection.execute(delete(schema.sending_pause))
        self._connection.execute(insert(schema.sending_pause), {"id": 1, **values_of(pause)})
        self._journal.note("sending.paused", "sending")

    def resume_sending(self) -> None:
        """End the pause. Does nothing if there is none."""
        if self._connection.execute(delete(schema.sending_pause)).rowcount:
            self._journal.note("sending.resumed", "sending")

    def _queue(self, study_uid: str, new: NewJob, at: datetime) -> bool:
        """Whether a job was made, or started again."""
        if self.instance(new.sop_instance_uid).study_uid != study_uid:
            raise Refused("instance.unknown")
        job = schema.job
        known = self._connection.execute(
            select(job.c.id, job.c.state).where(
                job.c.sop_instance_uid == new.sop_instance_uid, job.c.destination == new.destination
            )
        ).first()
        fresh = _AFRESH | {"priority": new.priority, "not_before": new.not_before, "created_at": at, "held": False}
        if known is None:
            pair = {"sop_instance_uid": new.sop_instance_uid, "destination": new.destination}
            made = self._connection.execute(insert(job), fresh | pair | {"state": JobState.QUEUED, "attempts": 0})
            job_id = made.lastrowid
        elif known.state is JobState.CANCELLED:
            job_id = known.id
            move(self._connection, job_id, {JobState.CANCELLED}, JobState.QUEUED, **fresh)
        else:
            return False
        self._journal.note("job.queued", job_subject(job_id), destination=new.destination)
        return True

    def _mark_sent(self, study_uid: str, at: datetime) -> None:
        table = schema.study
        self._connection.execute(
            update(table).where(table.c.uid == study_uid, table.c.sent_at.is_(None)).values(sent_at=at)
        )

    def _set_held(self, job: Job, *, to: bool) -> None:
        if job.held == to:
            return
        self._connection.execute(update(schema.job).where(schema.job.c.id == job.id).values(held=to))
        self._journal.note("job.held" if to else "job.released", job_subject(job.id))
