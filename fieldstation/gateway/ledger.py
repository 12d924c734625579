"""What the gateway knows of each upload, durably: how much it has, and what the PACS said.

SQLite with one connection in one process (WAL, ``synchronous=FULL``): what a call has returned from survives a power
cut. The offset is written after the bytes are on the disk, so it never says more than there is.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fieldstation.domain.errors import Failed, Refused
from fieldstation.domain.jobs import JobState, ProofKind
from fieldstation.domain.words import Message
from fieldstation.gateway.wire import Declared

_FIRST = """
CREATE TABLE upload (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    station TEXT NOT NULL,
    sop_instance_uid TEXT NOT NULL,
    sop_class_uid TEXT NOT NULL,
    transfer_syntax_uid TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL CHECK (size > 0),
    metadata TEXT NOT NULL,
    held INTEGER NOT NULL DEFAULT 0 CHECK (held BETWEEN 0 AND size),
    created_at TEXT NOT NULL,
    touched_at TEXT NOT NULL,
    received_at TEXT,
    state TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_try_at TEXT,
    why TEXT,
    stored TEXT,
    sent_at TEXT,
    proof TEXT,
    proved_at TEXT,
    UNIQUE (station, sop_instance_uid, sha256)
) STRICT;
CREATE INDEX upload_due ON upload (state, next_try_at, id) WHERE state IN ('queued', 'sending', 'sent');
CREATE TABLE commitment (
    id INTEGER PRIMARY KEY,
    transaction_uid TEXT NOT NULL UNIQUE,
    upload_id INTEGER NOT NULL REFERENCES upload (id),
    asked_at TEXT NOT NULL,
    held INTEGER
) STRICT;
CREATE INDEX commitment_of ON commitment (upload_id);
"""
_ASKED_ONCE_MORE = """
ALTER TABLE upload ADD COLUMN study_uid TEXT;
ALTER TABLE upload ADD COLUMN series_uid TEXT;
ALTER TABLE upload ADD COLUMN verify_at TEXT;
ALTER TABLE upload ADD COLUMN gone_at TEXT;
CREATE INDEX upload_verify ON upload (verify_at) WHERE verify_at IS NOT NULL;
"""
_STEPS = (_FIRST, _ASKED_ONCE_MORE)
"""Each makes the next version of the tables out of the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One upload. ``offset``: how many bytes are durable. ``state`` is None until the whole object was checked.

    ``why`` is the last thing that happened on the way to the PACS, ``stored`` what the PACS answered to the object.
    ``study_uid`` and ``series_uid`` are known once it is proved; ``gone_at`` is when the PACS then denied to hold it.
    """

    id: int
    name: str
    declared: Declared
    offset: int
    touched_at: datetime
    received_at: datetime | None
    state: JobState | None
    attempts: int
    why: Message | None
    stored: Message | None
    proof: ProofKind | None
    proved_at: datetime | None
    study_uid: str | None
    series_uid: str | None
    gone_at: datetime | None

    @property
    def complete(self) -> bool:
        """Whether every byte is here."""
        return self.offset == self.declared.size


class Ledger:
    """The table of uploads; its calls may come from any thread."""

    def __init__(self, path: Path) -> None:
        """Open it, and make it where there is none.

        Raises:
            Failed: ``gateway.ledger_damaged``.
            Refused: ``store.newer``: it was written by a later version.
        """
        self._lock = threading.RLock()
        self._version = 0
        self._stirred: Callable[[], None] | None = None
        self.retries = 0
        try:
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._connection.row_factory = sqlite3.Row
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            for step in _STEPS[version:]:
                version += 1
                self._connection.executescript(f"BEGIN;{step}PRAGMA user_version={version};COMMIT;")
        except sqlite3.DatabaseError as error:
            raise Failed("gateway.ledger_damaged", file=str(path)) from error
        if version > len(_STEPS):
            raise Refused("store.newer")

    def close(self) -> None:
        """Close it."""
        with self._lock:
            self._connection.close()

    @property
    def version(self) -> int:
        """Changes whenever there may be something new to pass on."""
        return self._version

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One write transaction, durable when the block ends, undone if it raises.

        Raises:
            Failed: ``disk.full`` or ``disk.failed``.
        """
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
                    raise
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
                    raise Failed("disk.full") from error
                raise Failed("disk.failed", errno=error.sqlite_errorcode) from error

    def select(self, where: str, *values: object) -> Sequence[Upload]:
        """The uploads for which ``where`` holds (SQL of ours, values apart), oldest first unless it says otherwise."""
        order = "" if "ORDER BY" in where else " ORDER BY id"
        with self._lock:
            rows = self._connection.execute(f"SELECT * FROM upload WHERE {where}{order}", values).fetchall()  # noqa: S608
        return [_upload(row) for row in rows]

    def by_name(self, station: str, name: str) -> Upload | None:
        """A station's upload; another station's is unknown to it."""
        return _first(self.select("station = ? AND name = ?", station, name))

    def find(self, declared: Declared) -> Upload | None:
        """The upload of the same instance with the same bytes by the same station."""
        return _first(
            self.select(
                "station = ? AND sop_instance_uid = ? AND sha256 = ?",
                declared.station,
                declared.sop_instance_uid,
                declared.sha256,
            )
        )

    def latest_of(self, station: str, sop_instance_uid: str) -> Upload | None:
        """What became of an instance: its received upload, else the one that was touched last."""
        return _first(
            self.select(
                "station = ? AND sop_instance_uid = ? ORDER BY received_at IS NULL, touched_at DESC",
                station,
                sop_instance_uid,
            )
        )

    def unfinished(self, station: str) -> int:
        """How many uploads of a station still lack bytes."""
        with self._lock:
            return int(
                self._connection.execute(
                    "SELECT count(*) FROM upload WHERE station = ? AND received_at IS NULL", (station,)
                ).fetchone()[0]
            )

    def create(self, name: str, declared: Declared, at: datetime) -> None:
        """Note a new upload, before its first byte. One that was noted meanwhile stays."""
        with self.writing() as connection:
            connection.execute(
                "INSERT INTO upload (name, station, sop_instance_uid, sop_class_uid, transfer_syntax_uid, sha256, size,"
                " metadata, created_at, touched_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (station, sop_instance_uid, sha256) DO NOTHING",
                (
                    name,
                    declared.station,
                    declared.sop_instance_uid,
                    declared.sop_class_uid,
                    declared.transfer_syntax_uid,
                    declared.sha256,
                    declared.size,
                    declared.metadata,
                    stamp(at),
                    stamp(at),
                ),
            )

    def hold(self, upload_id: int, offset: int, at: datetime) -> None:
        """The first ``offset`` bytes are on the disk."""
        with self.writing() as connection:
            connection.execute(
                "UPDATE upload SET held = ?, touched_at = ? WHERE id = ?", (offset, stamp(at), upload_id)
            )

    def receive(self, upload_id: int, at: datetime) -> None:
        """The whole object is here and right: it is to be passed on."""
        with self.writing() as connection:
            connection.execute(
                "UPDATE upload SET state = ?, received_at = ?, touched_at = ? WHERE id = ? AND state IS NULL",
                (JobState.QUEUED, stamp(at), stamp(at), upload_id),
            )
        self.stir()

    def refuse(self, upload_id: int, why: Message, at: datetime) -> None:
        """The whole object is here and is not what was declared: it is never passed on."""
        with self.writing() as connection:
            connection.execute(
                "UPDATE upload SET state = ?, received_at = ?, why = ? WHERE id = ?",
                (JobState.REFUSED, stamp(at), told(why), upload_id),
            )

    def send_again(self, upload_id: int) -> None:
        """A person at the station wants an object passed on again that the PACS refused."""
        with self.writing() as connection:
            again = connection.execute(
                "UPDATE upload SET state = ?, next_try_at = NULL WHERE id = ? AND state = ? AND attempts > 0",
                (JobState.QUEUED, upload_id, JobState.REFUSED),
            )
        if again.rowcount:
            self.retries += 1
            self.stir()

    def begin_again(self, upload_id: int) -> None:
        """A station sends an object once more that the PACS no longer holds: its bytes are not here any more."""
        with self.writing() as connection:
            connection.execute(
                "UPDATE upload SET held = 0, received_at = NULL, state = NULL, sent_at = NULL, stored = NULL,"
                " why = NULL, proof = NULL, proved_at = NULL, gone_at = NULL WHERE id = ? AND gone_at IS NOT NULL",
                (upload_id,),
            )

    def forget(self, upload_id: int) -> None:
        """Drop an upload that was not received."""
        with self.writing() as connection:
            connection.execute("DELETE FROM upload WHERE id = ? AND received_at IS NULL", (upload_id,))

    def tell(self, stirred: Callable[[], None]) -> None:
        """Call ``stirred`` whenever `version` changes, from whichever thread changes it; it must not wait."""
        self._stirred = stirred

    def stir(self) -> None:
        """Say that there may be something new to pass on."""
        self._version += 1
        if self._stirred is not None:
            self._stirred()


def stamp(at: datetime) -> str:
    """A time as it is kept: UTC, sortable as text."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def told(message: Message) -> str:
    """A message as it is kept."""
    return json.dumps([message.code, dict(message.params)])


def _upload(row: sqlite3.Row) -> Upload:
    return Upload(
        id=row["id"],
        name=row["name"],
        declared=Declared(
            station=row["station"],
            sop_instance_uid=row["sop_instance_uid"],
            sop_class_uid=row["sop_class_uid"],
            transfer_syntax_uid=row["transfer_syntax_uid"],
            sha256=row["sha256"],
            size=row["size"],
            metadata=row["metadata"],
        ),
        offset=row["held"],
        touched_at=datetime.fromisoformat(row["touched_at"]),
        received_at=_time(row["received_at"]),
        state=JobState(row["state"]) if row["state"] else None,
        attempts=row["attempts"],
        why=_message(row["why"]),
        stored=_message(row["stored"]),
        proof=ProofKind(row["proof"]) if row["proof"] else None,
        proved_at=_time(row["proved_at"]),
        study_uid=row["study_uid"],
        series_uid=row["series_uid"],
        gone_at=_time(row["gone_at"]),
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _message(text: str | None) -> Message | None:
    return Message(*json.loads(text)) if text else None


def _first(uploads: Sequence[Upload]) -> Upload | None:
    return uploads[0] if uploads else None
