"""Claiming and finishing a job must not cost more when a hundred thousand wait than when a thousand do."""

import statistics
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert

from fieldstation.domain.jobs import JobState, ProofKind
from fieldstation.domain.patients import Priority
from fieldstation.domain.words import Message
from fieldstation.store import schema
from fieldstation.store.keys import FileMasterKey
from fieldstation.store.sql_store import SqlStore, open_store

FEW, MANY = 1_000, 100_000
ROUNDS = 200
LIMIT = 1.5
NOW = datetime(2031, 1, 1, tzinfo=UTC)
STORED = Message("pacs.stored")


class _StoppedClock:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


def filled(folder: Path, count: int, state: JobState = JobState.QUEUED) -> SqlStore:
    """A store with ``count`` jobs in that state, one in fifty of them urgent."""
    store = open_store(folder, FileMasterKey(folder), _StoppedClock(), "benchmark")
    with store._database.writing() as connection:  # noqa: SLF001  # a hundred thousand accepted images would take hours
        connection.exec_driver_sql(
            "INSERT INTO study (uid, accession, patient_id, issuer, patient_name, sex, description,"
            " referring_physician, priority, created_at)"
            " VALUES ('1', '', 'x', '', 'x', 'O', '', '', 'routine', '2031-01-01T00:00:00.000000Z')"
        )
        connection.exec_driver_sql(
            "INSERT INTO series (uid, study_uid, number, body_part, view_position, side)"
            " VALUES ('1', '1', 1, '', '', '')"
        )
        connection.execute(
            insert(schema.instance),
            [
                {
                    "sop_instance_uid": str(number),
                    "sop_class_uid": "1",
                    "transfer_syntax_uid": "1",
                    "study_uid": "1",
                    "series_uid": "1",
                    "file_id": str(number),
                    "size": 1,
                    "sha256": "",
                    "simulated": True,
                    "frozen_at": NOW,
                }
                for number in range(count)
            ],
        )
        connection.execute(
            insert(schema.job),
            [
                {
                    "sop_instance_uid": str(number),
                    "destination": "office",
                    "state": state,
                    "priority": Priority.ROUTINE if number % 50 else Priority.STAT,
                    "held": False,
                    "attempts": 0,
                    "not_before": NOW,
                    "created_at": NOW,
                }
                for number in range(count)
            ],
        )
    return store


def _seconds_a_job(count: int) -> float:
    """The median time to claim one of ``count`` jobs, note it sent, take it up for proof, and note the proof."""
    with tempfile.TemporaryDirectory() as folder, closing(filled(Path(folder), count)) as store:
        times = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            parcel = store.queue.claim("office", NOW)
            assert parcel is not None
            store.queue.sent(parcel.job.id, STORED, NOW)
            assert store.queue.awaiting_proof("office", NOW) is not None
            store.queue.proved(parcel.job.id, ProofKind.QUERY, NOW)
            store.queue.next_due("office")
            times.append(time.perf_counter() - started)
        return statistics.median(times)


def main() -> None:
    """Print the cost of a job with few and with many in the queue, and their ratio."""
    few, many = _seconds_a_job(FEW), _seconds_a_job(MANY)
    print(f"queue: {few * 1e3:.2f} ms a job with {FEW:,} queued, {many * 1e3:.2f} ms with {MANY:,}")
    print(f"queue: ratio {many / few:.2f} (limit {LIMIT})")


if __name__ == "__main__":
    main()
