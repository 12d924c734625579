"""Bringing the database to the schema of this program."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection, inspect, text

from fieldstation.domain.errors import Refused
from fieldstation.domain.ports import Clock
from fieldstation.store import schema
from fieldstation.store.database import Database
from fieldstation.store.disk import disk_errors, make_private_folder, move_durably, sync_file
from fieldstation.store.locks import FolderLock, holder

_OPENING_SECONDS = 60
_ENDING_SECONDS = 45
"""A sender that was asked to end has ended by then, whatever its peers do."""
_one_at_a_time = Lock()


@dataclass(frozen=True, slots=True)
class Schema:
    """The steps that lead to a version of the schema: the folder of Alembic's scripts, and the last one's name."""

    scripts: Path
    head: str


CURRENT = Schema(Path(__file__).parent / "migrations", schema.HEAD)


def ensure_schema(database: Database, folder: Path, clock: Clock, process: str, wanted: Schema = CURRENT) -> None:
    """Make the tables of a new database, or migrate an older one; costs one query where there is nothing to do.

    An older one is copied to ``backups`` first, and is migrated under the sender's lock: a sender of the older program
    must not meet the newer schema in the middle of a job; one that runs is asked to end. A migration is one
    transaction: cut off, it never was.

    Raises:
        Refused: ``store.newer``, ``store.wrong_key``; ``store.older_sender``: a sender runs, and does not end.
        Failed: ``store.…``, ``disk.…``.
    """
    if _check(database, wanted) == wanted.head:
        return
    with FolderLock(folder, "opening", process, patience=_OPENING_SECONDS):
        version = _check(database, wanted)
        if version is None:
            _switch_to_wal(database)
            _upgrade(database, wanted)
        elif version != wanted.head:
            with _senders_place(folder, process):
                _back_up(database, folder / "backups", f"before-{wanted.head}-{clock.now():%Y%m%dT%H%M%SZ}.db")
                _upgrade(database, wanted)


@contextmanager
def _senders_place(folder: Path, process: str) -> Iterator[None]:
    """Hold the sender's lock; whoever has it is asked to end, as by whoever shuts the machine down."""
    before = holder(folder, "sender")
    if before is not None and before.pid != os.getpid():
        with suppress(OSError):
            os.kill(before.pid, signal.SIGTERM)
    with ExitStack() as stack:
        try:
            stack.enter_context(FolderLock(folder, "sender", process, patience=_ENDING_SECONDS))
        except Refused as held:
            raise Refused("store.older_sender", pid=held.params.get("pid", 0)) from None
        yield


def _check(database: Database, wanted: Schema) -> str | None:
    with database.reading() as connection:
        version = _version(connection)
    if version is not None and version > wanted.head:
        raise Refused("store.newer")
    return version


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def _switch_to_wal(database: Database) -> None:
    raw = database.raw()
    try:
        raw.cursor().execute("PRAGMA journal_mode = WAL")
    finally:
        raw.close()


def _upgrade(database: Database, wanted: Schema) -> None:
    # Alembic takes long to import and is needed once in the life of a version.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(wanted.scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    # Alembic keeps what it works on in its modules: two at once in one process take each other's connection.
    with _one_at_a_time, database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, wanted.head)


def _back_up(database: Database, folder: Path, name: str) -> None:
    make_private_folder(folder)
    unfinished = folder / f"{name}.part"
    unfinished.unlink(missing_ok=True)
    raw = database.raw()
    try:
        raw.cursor().execute("VACUUM INTO ?", (str(unfinished),))
    finally:
        raw.close()
    with disk_errors():
        sync_file(unfinished)
        move_durably(unfinished, folder / name)
