"""What is to be passed on to the PACS: the queue port over the ledger, so that the vehicle's sender works here, too."""

import sqlite3
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from pydicom import dcmread
from pydicom.dataset import Dataset

from fieldstation.domain.certificates import Certificate
from fieldstation.domain.errors import Failed
from fieldstation.domain.exams import Instance, Study
from fieldstation.domain.jobs import (
    LONGEST_UNTIL_VERIFIED,
    IllegalTransition,
    Job,
    JobState,
    PausedDestination,
    ProofKind,
)
from fieldstation.domain.link import Outage, Traffic
from fieldstation.domain.patients import Priority, Sex
from fieldstation.domain.store import Parcel
from fieldstation.domain.words import Message
from fieldstation.gateway.ledger import Ledger, Upload, stamp, told
from fieldstation.gateway.spool import Spool

_HEADER = ["StudyInstanceUID", "SeriesInstanceUID", "PatientID", "AccessionNumber", "QualityControlImage"]
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_LONGEST_WAIT = timedelta(minutes=10)
"""No try is ever set further ahead than this; a later one was set before the clock was put back."""
_DUE = "(next_try_at IS NULL OR next_try_at <= ? OR next_try_at > ?)"


class Outbox:
    """Satisfies `fieldstation.domain.store.Queue` for the one destination that a gateway has."""

    def __init__(self, ledger: Ledger, spool: Spool) -> None:
        self._ledger = ledger
        self._spool = spool
        self.paused: PausedDestination | None = None

    def recover(self) -> int:
        """Put what a gateway that died was sending back into the queue."""
        with self._ledger.writing() as connection:
            return connection.execute("UPDATE upload SET state = 'queued' WHERE state = 'sending'").rowcount

    def claim(self, destination: str, now: datetime) -> Parcel | None:
        """The first due object goes to ``sending``."""
        with self._ledger.writing() as connection:
            row = connection.execute(
                f"SELECT id FROM upload WHERE state = 'queued' AND {_DUE} ORDER BY id LIMIT 1",  # noqa: S608
                (stamp(now), stamp(now + _LONGEST_WAIT)),
            ).fetchone()
            if row is None:
                return None
            connection.execute(
                "UPDATE upload SET state = 'sending', attempts = attempts + 1 WHERE id = ?", (row["id"],)
            )
        return self._parcel(self._ledger.select("id = ?", row["id"])[0], destination)

    def urgent(self, destination: str, now: datetime) -> bool:  # noqa: ARG002 - the port's
        """Stations do not say what is STAT, and no image goes on inside at a PACS."""
        return False

    def awaiting_proof(self, destination: str, now: datetime, besides: Collection[int] = ()) -> Parcel | None:
        """The first object that the PACS took and that is due to be asked about."""
        marks = ", ".join("?" * len(besides))
        due = self._ledger.select(
            f"state = 'sent' AND {_DUE} AND id NOT IN ({marks}) ORDER BY id LIMIT 1",
            stamp(now),
            stamp(now + _LONGEST_WAIT),
            *besides,
        )
        return self._parcel(due[0], destination) if due else None

    def progress(self, job_id: int, bytes_sent: int) -> None:
        """Nobody watches bytes on the office's own network."""

    def sent(self, job_id: int, why: Message, at: datetime) -> None:
        """The PACS took it."""
        with self._ledger.writing() as connection:
            _move(connection, job_id, {JobState.SENDING}, JobState.SENT)
            connection.execute(
                "UPDATE upload SET sent_at = ?, next_try_at = NULL, why = ?, stored = ? WHERE id = ?",
                (stamp(at), told(why), told(why), job_id),
            )

    def proved(self, job_id: int, kind: ProofKind, at: datetime, verify_at: datetime | None = None) -> None:
        """The PACS holds it: its bytes are not needed here any more. Without a way of proof it stays ``sent``."""
        with self._ledger.writing() as connection:
            if kind is ProofKind.NONE:
                connection.execute("UPDATE upload SET proof = ? WHERE id = ?", (kind, job_id))
                return
            upload = self._ledger.select("id = ?", job_id)[0]
            instance = self._parcel(upload, "").instance
            _move(connection, job_id, {JobState.SENT}, JobState.PROVED)
            connection.execute(
                "UPDATE upload SET proof = ?, proved_at = ?, next_try_at = NULL, verify_at = ?, study_uid = ?,"
                " series_uid = ? WHERE id = ?",
                (
                    kind,
                    stamp(at),
                    stamp(verify_at) if verify_at else None,
                    instance.study_uid,
                    instance.series_uid,
                    job_id,
                ),
            )
        self._spool.remove(upload.name)

    def denied(self, job_id: int, why: Message, at: datetime) -> None:
        """The PACS does not hold it: it is passed on again."""
        with self._ledger.writing() as connection:
            _move(connection, job_id, {JobState.SENT}, JobState.QUEUED)
            connection.execute(
                "UPDATE upload SET sent_at = NULL, stored = NULL, next_try_at = NULL, why = ?, touched_at = ?"
                " WHERE id = ?",
                (told(why), stamp(at), job_id),
            )
            connection.execute("DELETE FROM commitment WHERE upload_id = ?", (job_id,))

    def to_verify(self, destination: str, now: datetime, besides: Collection[int] = ()) -> Parcel | None:
        """An object that the PACS had proved to hold and that is due to be asked about once more."""
        marks = ", ".join("?" * len(besides))
        # Beyond what is ever set now: the clock was put back since.
        too_far = now + LONGEST_UNTIL_VERIFIED
        due = self._ledger.select(
            f"(verify_at <= ? OR verify_at > ?) AND id NOT IN ({marks}) ORDER BY verify_at LIMIT 1",
            stamp(now),
            stamp(too_far),
            *besides,
        )
        return _known_parcel(due[0], destination) if due else None

    def verify_later(self, job_id: int, at: datetime) -> None:
        """No final answer yet."""
        with self._ledger.writing() as connection:
            connection.execute("UPDATE upload SET verify_at = ? WHERE id = ?", (stamp(at), job_id))

    def verified(self, job_id: int, why: Message, at: datetime) -> None:  # noqa: ARG002 - the port's
        """The PACS still holds it."""
        with self._ledger.writing() as connection:
            connection.execute("UPDATE upload SET verify_at = NULL WHERE id = ?", (job_id,))

    def gone(self, job_id: int, why: Message, at: datetime) -> None:
        """The PACS no longer holds it; its receipt says so, and a station may send it once more."""
        with self._ledger.writing() as connection:
            _move(connection, job_id, {JobState.PROVED}, JobState.PROVED)
            connection.execute(
                "UPDATE upload SET verify_at = NULL, gone_at = ?, why = ? WHERE id = ?",
                (stamp(at), told(why), job_id),
            )

    def later(self, job_id: int, why: Message, at: datetime, wait: timedelta) -> None:
        """Not now."""
        with self._ledger.writing() as connection:
            connection.execute(
                "UPDATE upload SET next_try_at = ?, why = ?, state = CASE state WHEN 'sending' THEN 'queued'"
                " ELSE state END WHERE id = ?",
                (stamp(at + wait), told(why), job_id),
            )

    def refused(self, job_id: int, why: Message, at: datetime) -> None:
        """The PACS said no for good; the bytes stay for whoever looks into it."""
        with self._ledger.writing() as connection:
            _move(connection, job_id, {JobState.QUEUED, JobState.SENDING, JobState.SENT}, JobState.REFUSED)
            connection.execute(
                "UPDATE upload SET next_try_at = NULL, why = ?, touched_at = ? WHERE id = ?",
                (told(why), stamp(at), job_id),
            )

    def pause(self, paused: PausedDestination) -> None:
        """The PACS is in trouble that needs a person."""
        self.paused = paused

    def resume(self, destination: str) -> None:  # noqa: ARG002 - the port's
        """The trouble is over."""
        self.paused = None

    def showed(self, destination: str, certificates: Collection[Certificate]) -> None:
        """The gateway asks its destination itself when it looks which certificates end."""

    def wake(self, destination: str) -> None:  # noqa: ARG002 - the port's
        """Everything that waits is due now."""
        with self._ledger.writing() as connection:
            connection.execute("UPDATE upload SET next_try_at = NULL WHERE state IN ('queued', 'sent')")

    def last_retry(self, destination: str) -> int:  # noqa: ARG002 - the port's
        """Changes when a station wants something passed on again that was refused."""
        return self._ledger.retries

    def next_due(self, destination: str) -> datetime | None:  # noqa: ARG002 - the port's
        """When the next one is due."""
        with self._ledger.writing() as connection:
            (count, due) = connection.execute(
                "SELECT count(*), min(coalesce(next_try_at, '')) FROM upload"
                " WHERE state = 'queued' OR (state = 'sent' AND proof IS NULL)"
            ).fetchone()
            (verify,) = connection.execute("SELECT min(verify_at) FROM upload WHERE verify_at IS NOT NULL").fetchone()
        if count and not due:
            return _LONG_AGO
        return min((datetime.fromisoformat(one) for one in (due, verify) if one), default=None)

    def lost(self, outage: Outage) -> None:
        """Nobody at the office looks at the link to the PACS beside it: it is not kept."""

    def reached(self, destination: str, at: datetime) -> None:
        """As `lost`."""

    def carried(self, traffic: Traffic) -> None:
        """As `lost`."""

    def owed(self) -> int:
        """How many are still to be passed on or proved."""
        return len(self._ledger.select("state IN ('queued', 'sending') OR (state = 'sent' AND proof IS NULL)"))

    def content(self, parcel: Parcel) -> bytes:
        """The bytes as they came.

        Raises:
            Failed: ``file.missing``.
        """
        (upload,) = self._ledger.select("id = ?", parcel.job.id)
        try:
            return self._spool.path(upload.name).read_bytes()
        except FileNotFoundError:
            raise Failed("file.missing", file=upload.name) from None

    def _parcel(self, upload: Upload, destination: str) -> Parcel:
        """What the sender needs; patient ID and accession are read from the object, and kept nowhere else."""
        try:
            header = dcmread(self._spool.path(upload.name), specific_tags=_HEADER, stop_before_pixels=True)
        except FileNotFoundError:
            raise Failed("file.missing", file=upload.name) from None
        return _parcel(upload, header, destination)


def _known_parcel(upload: Upload, destination: str) -> Parcel:
    """The same of an object whose bytes are the PACS's now: under which UIDs to ask for it, and no names to compare."""
    header = Dataset()
    header.StudyInstanceUID = upload.study_uid
    header.SeriesInstanceUID = upload.series_uid
    return _parcel(upload, header, destination)


def _parcel(upload: Upload, header: Dataset, destination: str) -> Parcel:
    declared = upload.declared
    received = upload.received_at or upload.touched_at
    study = Study(
        uid=str(header.get("StudyInstanceUID", "")),
        number=0,
        accession=str(header.get("AccessionNumber") or ""),
        patient_id=str(header.get("PatientID") or ""),
        issuer="",
        patient_name="",
        birth_date=None,
        sex=Sex.OTHER,
        created_at=received,
    )
    instance = Instance(
        sop_instance_uid=declared.sop_instance_uid,
        sop_class_uid=declared.sop_class_uid,
        transfer_syntax_uid=declared.transfer_syntax_uid,
        study_uid=study.uid,
        series_uid=str(header.get("SeriesInstanceUID", "")),
        image_uid=None,
        file_id="",
        size=declared.size,
        sha256=declared.sha256,
        simulated=header.get("QualityControlImage") == "YES",
        frozen_at=received,
    )
    job = Job(
        id=upload.id,
        sop_instance_uid=declared.sop_instance_uid,
        study_uid=study.uid,
        destination=destination,
        state=upload.state or JobState.QUEUED,
        priority=Priority.ROUTINE,
        held=False,
        attempts=upload.attempts,
        not_before=received,
        next_try_at=None,
        bytes_total=declared.size,
        bytes_sent=0,
        proof=upload.proof,
        last=upload.why,
        last_at=None,
        created_at=received,
        sent_at=None,
        proved_at=upload.proved_at,
    )
    return Parcel(job=job, instance=instance, study=study)


def _move(connection: sqlite3.Connection, job_id: int, origins: Collection[JobState], target: JobState) -> None:
    marks = ", ".join("?" * len(origins))
    moved = connection.execute(
        f"UPDATE upload SET state = ? WHERE id = ? AND state IN ({marks})",  # noqa: S608 - question marks only
        (target, job_id, *origins),
    )
    if moved.rowcount != 1:
        raise IllegalTransition(f"upload {job_id} -> {target}")
