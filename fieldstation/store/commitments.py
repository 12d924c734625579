"""Transactions of storage commitment, remembered until their answer was used."""

from collections.abc import Collection

from sqlalchemy import delete, insert, select, update

from fieldstation.domain.commitment import Commitment
from fieldstation.domain.jobs import JobState
from fieldstation.domain.ports import Clock
from fieldstation.store import schema
from fieldstation.store.database import Database
from fieldstation.store.journal import Journal, job_subject


class SqlCommitments:
    """Satisfies `fieldstation.domain.commitment.Commitments`; may be used from any thread."""

    def __init__(self, database: Database, clock: Clock, process: str) -> None:
        self._database = database
        self._clock = clock
        self._process = process

    def ask(self, transaction_uid: str, job_id: int) -> None:
        """Remember a fresh transaction; called before it is sent (PS3.4 J.3.2)."""
        with self._database.writing() as connection:
            connection.execute(
                insert(schema.commitment),
                {"transaction_uid": transaction_uid, "job_id": job_id, "asked_at": self._clock.now()},
            )
            journal = Journal(connection, self._clock, "", self._process)
            journal.note("job.commitment_asked", job_subject(job_id), transaction=transaction_uid)

    def answer(self, transaction_uid: str, held: Collection[str]) -> bool:
        """Note the answer: ``held`` are the SOP Instance UIDs committed to. False if the transaction is not known.

        The job is due to be asked about at once.
        """
        table, job = schema.commitment, schema.job
        with self._database.writing() as connection:
            known = connection.execute(
                select(job.c.id, job.c.sop_instance_uid)
                .join(table, table.c.job_id == job.c.id)
                .where(table.c.transaction_uid == transaction_uid)
            ).first()
            if known is None:
                return False
            is_held = known.sop_instance_uid in held
            noted = connection.execute(
                update(table)
                .where(table.c.transaction_uid == transaction_uid, table.c.held.is_(None))
                .values(held=is_held, answered_at=self._clock.now())
            )
            if not noted.rowcount:
                return True  # the first answer counts
            connection.execute(
                update(job).where(job.c.id == known.id, job.c.state == JobState.SENT).values(next_try_at=None)
            )
            connection.execute(
                update(job)
                .where(job.c.id == known.id, job.c.state == JobState.PROVED, job.c.verify_at.is_not(None))
                .values(verify_at=self._clock.now())
            )
            journal = Journal(connection, self._clock, "", self._process)
            what = "job.commitment_held" if is_held else "job.commitment_denied"
            journal.note(what, job_subject(known.id), transaction=transaction_uid)
            return True

    def take(self, job_id: int) -> Commitment | None:
        """The job's last transaction. Once answered, it is forgotten with all before it: the next is asked afresh."""
        table = schema.commitment
        with self._database.writing() as connection:
            rows = connection.execute(
                select(table.c.transaction_uid, table.c.job_id, table.c.asked_at, table.c.held)
                .where(table.c.job_id == job_id)
                .order_by(table.c.seq)
            ).all()
            if not rows:
                return None
            # An earlier transaction may be the one that is answered, after a later one was asked.
            row = next((row for row in reversed(rows) if row.held is not None), rows[-1])
            if row.held is not None:
                connection.execute(delete(table).where(table.c.job_id == job_id))
            return Commitment(
                transaction_uid=row.transaction_uid,
                job_id=row.job_id,
                waited=self._clock.now() - row.asked_at,
                held=row.held,
            )
