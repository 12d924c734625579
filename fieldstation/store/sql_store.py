"""The store of one data folder: where database, files and keys come together."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select, union_all

from fieldstation.domain.ports import Clock, MasterKey
from fieldstation.domain.store import Deeds, Questions
from fieldstation.store import schema
from fieldstation.store.database import Database
from fieldstation.store.deeds_exam import ExamDeeds
from fieldstation.store.deeds_plan import PlanDeeds
from fieldstation.store.deeds_send import SendDeeds
from fieldstation.store.disk import make_private_folder
from fieldstation.store.files import EncryptedFiles
from fieldstation.store.journal import Journal
from fieldstation.store.keys import DATABASE_NAME, database_key
from fieldstation.store.migrating import ensure_schema
from fieldstation.store.questions import SqlQuestions
from fieldstation.store.queue import SqlQueue


class SqlDeeds(PlanDeeds, ExamDeeds, SendDeeds):
    """Everything that can be done in one write transaction."""


class SqlStore:
    """The database and the files of one data folder; may be used from any thread."""

    def __init__(self, database: Database, files: EncryptedFiles, clock: Clock, process: str) -> None:
        self._database = database
        self._files = files
        self._clock = clock
        self._process = process
        self._queue = SqlQueue(database, files, clock, process)

    @property
    def files(self) -> EncryptedFiles:
        """The files."""
        return self._files

    @property
    def queue(self) -> SqlQueue:
        """The sender's side."""
        return self._queue

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

    def version(self) -> int:
        """Changes whenever any process commits; costs microseconds."""
        return self._database.version()

    def unknown_files(self) -> Iterator[str]:
        """Files that no row knows: moved to quarantine, never deleted. Called under the capture lock."""
        known = union_all(select(schema.scan.c.file_id), select(schema.instance.c.file_id))
        # The write lock: a row that is being added for a new file is either seen here or finds its file in quarantine.
        with self._database.writing() as connection:
            moved = self._files.quarantine(connection.scalars(known))
        return iter(moved)

    def close(self) -> None:
        """Let go of the database. Idempotent."""
        self._database.close()


def open_store(folder: Path, key: MasterKey, clock: Clock, process: str) -> SqlStore:
    """The store in ``folder``, made there if there is none. ``process`` is how the history names this process.

    Raises:
        Failed: ``key.…``, ``disk.…``, ``store.damaged``, ``store.busy``.
        Refused: ``store.newer``, ``store.wrong_key``; ``lock.held``: the store is older and a sender runs.
    """
    make_private_folder(folder)
    master = key.unwrap()
    database = Database(folder / DATABASE_NAME, database_key(master))
    try:
        ensure_schema(database, folder, clock, process)
    except BaseException:
        database.close()
        raise
    return SqlStore(database, EncryptedFiles(folder, master), clock, process)
