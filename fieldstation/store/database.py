"""The connections to the database, and what to call it when it cannot be used."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import sqlcipher3.dbapi2  # type: ignore[import-untyped]
from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import DBAPIError

from fieldstation.domain.errors import Failed, FieldstationError, Refused

_BUSY_SECONDS = 30
_SHARED_MEMORY = 32 * 1024

# Primary result codes, https://www.sqlite.org/rescode.html
_IO_ERROR = 10
_ERRORS: dict[int, FieldstationError] = {
    5: Failed("store.busy"),
    6: Failed("store.busy"),
    8: Failed("disk.not_writable"),
    _IO_ERROR: Failed("disk.failed", errno=errno.EIO),
    11: Failed("store.damaged"),
    13: Failed("disk.full"),
    14: Failed("disk.not_writable"),
    26: Refused("store.wrong_key"),
}


@contextmanager
def database_errors(folder: Path) -> Iterator[None]:
    """Say what is wrong with the database in ``folder``; an error that only a bug of ours can cause goes through.

    Raises:
        Failed: ``store.busy``, ``store.damaged``, ``disk.…``.
        Refused: ``store.wrong_key``.
    """
    try:
        yield
    except DBAPIError as error:
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        if code == _IO_ERROR and _is_full(folder):
            raise Failed("disk.full") from None
        known = _ERRORS.get(code)
        if known is None:
            raise
        raise type(known)(known.code, **known.params) from None


def _is_full(folder: Path) -> bool:
    """Even to read, SQLite needs room for its shared memory; without any it only says that the disk failed."""
    try:
        return shutil.disk_usage(folder).free < _SHARED_MEMORY
    except OSError:
        return False


class Database:
    """One SQLCipher database. Each transaction has a connection of its own while it lasts, whatever thread it is in."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._folder = path.parent
        self._engine = create_engine(
            URL.create("sqlite", database=str(path)),
            module=sqlcipher3.dbapi2,
            connect_args={"timeout": _BUSY_SECONDS, "isolation_level": None},
            pool_size=16,
            max_overflow=-1,
            hide_parameters=True,
        )
        pragmas = (
            # It would write page numbers of a database it cannot open to standard error.
            "cipher_log_level = NONE",
            f"key = \"x'{key.hex()}'\"",
            "foreign_keys = ON",
            "synchronous = FULL",
        )

        @event.listens_for(self._engine, "connect")
        def prepare(connection: Any, _record: Any) -> None:
            cursor = connection.cursor()
            for pragma in pragmas:
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        @event.listens_for(self._engine, "begin")
        def begin(connection: Connection) -> None:
            connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('begin', 'DEFERRED')}")

        self._writing = self._engine.execution_options(begin="IMMEDIATE")
        self._watch_lock = Lock()
        self._watch: Any = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One read transaction: everything read in it is of the same moment."""
        with database_errors(self._folder), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One write transaction. It has the write lock from its beginning: what it read is still so when it writes."""
        with database_errors(self._folder), self._writing.begin() as connection:
            yield connection

    def raw(self) -> Any:
        """A connection as SQLCipher gives it, for what has to be outside of a transaction; the caller closes it."""
        with database_errors(self._folder):
            return self._engine.raw_connection()

    def version(self) -> int:
        """``PRAGMA data_version`` of a connection that never writes: any commit but its own changes it."""
        with self._watch_lock, database_errors(self._folder):
            if self._watch is None:
                self._watch = self._engine.raw_connection()
            cursor = self._watch.cursor()
            version: int = cursor.execute("PRAGMA data_version").fetchone()[0]
            cursor.close()
            return version

    def close(self) -> None:
        """Close every connection."""
        with self._watch_lock:
            if self._watch is not None:
                self._watch.close()
                self._watch = None
        self._engine.dispose()
