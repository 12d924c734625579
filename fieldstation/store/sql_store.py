"""The store of one data folder: where database, files and keys come together."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select, union_all

from fieldstation.domain.ports import Clock, MasterKey
from fieldstation.domain.store import Deeds, Questions
from fieldstation.store import schema
from fieldstation.store.commitments import SqlCommitments
from fieldstation.store.database import Database
from fieldstation.store.deeds_exam import ExamDeeds
from fieldstation.store.deeds_plan import PlanDeeds
from fieldstation.store.deeds_send import SendDeeds
from fieldstation.store.disk import make_private_folder
from fieldstation.store.files import EncryptedFiles
from fieldstation.store.journal import Journal
from fieldstation.store.keys import DATABASE_NAME, database_key
from fieldstation.store.locks import FolderLock
from fieldstation.store.migrating import ensure_schema
from fieldstation.store.questions import SqlQuestions
from fieldstation.store.queue import SqlQueue

_ADOPTING_SECONDS = 10.0
"""Longer than anybody takes from a file's first byte to its row."""


class SqlDeeds(PlanDeeds, ExamDeeds, SendDeeds):
    """Everything that can be done in one write transaction."""


class SqlStore:
    """The database and the files of one data folder; may be used from any thread."""

    def __init__(self, folder: Path, database: Database, files: EncryptedFiles, clock: Clock, process: str) -> None:
        self._folder = folder
        self._database = database
        self._files = files
        self._clock = clock
        self._process = process
        self._queue = SqlQueue(database, files, clock, process)
        self._commitments = SqlCommitments(database, clock, process)

    @property
    def files(self) -> EncryptedFiles:
        """The files."""
        return self._files

    @property
    def queue(self) -> SqlQueue:
        """The sender's side."""
        return self._queue

    @property
    def commitments(self) -> SqlCommitments:
        """Transactions of storage commitment."""
        return self._commitments

    @contextmanager
    def reading(self) -> Iterator[Questions]:
        """One read transaction.

        Raises:
            Failed: ``store.busy``, ``store.damaged``, ``disk.…``.
        """
        with self._database.reading() as connection:
            yield SqlQuestions(connection)

    @contextmanager
    def writing(self, person: str = "") -> Iterator[Deeds]:
        """One write transaction (BEGIN IMMEDIATE), committed at the end, rolled back if anything raises.

        Raises:
            Failed: ``store.busy``, ``store.damaged``, ``disk.…``.
        """
        with self._database.writing() as connection:
            yield SqlDeeds(connection, Journal(connection, self._clock, person, self._process), self._files)

    @contextmanager
    def adopting(self) -> Iterator[None]:
        """Held from a new file's first byte until a row knows it.

        Raises:
            Refused: ``lock.held``: another process holds it much too long.
        """
        with FolderLock(self._folder, "capture", self._process, patience=_ADOPTING_SECONDS):
            yield

    def version(self) -> int:
        """Changes whenever any process commits; costs microseconds."""
        return self._database.version()

    def quarantine_unknown(self) -> list[str]:
        """Move files that no row knows to quarantine; their names. Nothing is ever deleted."""
        known = union_all(
            select(schema.scan.c.file_id),
            select(schema.unassigned_scan.c.file_id),
            select(schema.instance.c.file_id),
        )
        with self.adopting(), self._database.writing() as connection:
            return list(self._files.quarantine(connection.scalars(known)))

    def close(self) -> None:
        """Let go of the database. Idempotent."""
        self._database.close()


def open_store(folder: Path, key: MasterKey, clock: Clock, process: str) -> SqlStore:
    """The store in ``folder``, made there if there is none. ``process`` is how the history names this process.

    Raises:
        Failed: ``key.…``, ``disk.…``, ``store.damaged``, ``store.busy``.
        Refused: ``store.newer``, ``store.wrong_key``; ``store.older_sender``: the store is older, and a
            sender runs that does not end.
    """
    make_private_folder(folder)
    master = key.unwrap()
    database = Database(folder / DATABASE_NAME, database_key(master))
    try:
        ensure_schema(database, folder, clock, process)
    except BaseException:
        database.close()
        raise
    return SqlStore(folder, database, EncryptedFiles(folder, master), clock, process)
