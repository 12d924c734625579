"""A data folder and what can be wrong with it: keys, schema, damage, rights, room, and who may read it."""

import os
import resource
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlcipher3.dbapi2  # type: ignore[import-untyped]
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from fieldstation.domain.errors import FieldstationError
from fieldstation.store import migrating, schema
from fieldstation.store.database import Database
from fieldstation.store.keys import FileMasterKey, database_key
from fieldstation.store.locks import FolderLock
from fieldstation.store.migrating import CURRENT, Schema, ensure_schema
from tests.support.children import Child
from tests.support.store_children import fill_database, fill_disk, hold_lock, try_as_nobody
from tests.support.stores import CANARY, ToldClock, a_study, a_view, frozen_exam, store_in

DATABASE = "fieldstation.db"

ANOTHER_STEP = """
from alembic import op

revision = "9999"
down_revision = "{head}"


def upgrade() -> None:
    op.execute("ALTER TABLE stop ADD COLUMN phone TEXT")
    {then}
"""


def code_of_opening(folder: Path) -> str:
    with pytest.raises(FieldstationError) as raised, store_in(folder):
        pass
    return raised.value.code


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with a study in it."""
    folder = tmp_path / "data"
    with store_in(folder) as store, store.writing() as deeds:
        deeds.add_study(a_study(), [])
    return folder


@pytest.fixture
def database(folder: Path) -> Iterator[Database]:
    database = Database(folder / DATABASE, database_key(FileMasterKey(folder).unwrap()))
    yield database
    database.close()


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "a ?#%20&=é" / "data"
    with store_in(folder) as store, store.writing() as deeds:
        deeds.add_study(a_study(), [])
    assert (folder / DATABASE).is_file()
    with store_in(folder) as store, store.reading() as questions:
        assert len(questions.studies()) == 1


class TestKey:
    def test_it_is_made_once_for_its_owner_only(self, folder: Path) -> None:
        key = folder / "master.key"
        assert key.stat().st_mode & 0o777 == 0o600
        assert folder.stat().st_mode & 0o777 == 0o700
        assert FileMasterKey(folder).unwrap() == FileMasterKey(folder).unwrap() == key.read_bytes()
        assert [path.name for path in folder.glob("master*")] == ["master.key"]

    def test_it_is_not_made_anew_for_a_database(self, folder: Path) -> None:
        (folder / "master.key").unlink()
        assert code_of_opening(folder) == "key.missing"
        assert not (folder / "master.key").exists()

    @pytest.mark.parametrize("damage", [b"", b"short", bytes(33)])
    def test_half_a_key_is_none(self, folder: Path, damage: bytes) -> None:
        (folder / "master.key").write_bytes(damage)
        assert code_of_opening(folder) == "key.unreadable"

    def test_another_key_does_not_open_it_and_says_so_in_silence(
        self, folder: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        (folder / "master.key").write_bytes(bytes(32))
        assert code_of_opening(folder) == "store.wrong_key"
        assert capfd.readouterr() == ("", "")


class TestSchema:
    def test_migrations_make_what_the_program_uses(self, database: Database) -> None:
        with database.reading() as connection:
            assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []

    def test_the_last_step_is_the_head(self) -> None:
        config = Config()
        config.set_main_option("script_location", str(CURRENT.scripts))
        config.set_main_option("path_separator", "os")
        assert ScriptDirectory.from_config(config).get_heads() == [schema.HEAD]

    def test_every_connection_is_safe(self, database: Database) -> None:
        with database.reading() as connection:
            told = {
                pragma: connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one()
                for pragma in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
        assert told == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}

    def test_a_newer_one_is_refused_untouched(self, folder: Path, database: Database) -> None:
        with database.writing() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        assert code_of_opening(folder) == "store.newer"
        with database.reading() as connection:
            assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one() == "9999"


def a_newer_program(tmp_path: Path, then: str = "pass") -> Schema:
    scripts = tmp_path / "migrations"
    shutil.copytree(CURRENT.scripts, scripts)
    step = ANOTHER_STEP.format(head=CURRENT.head, then=then)
    (scripts / "versions" / "9999_another.py").write_text(step, "utf-8")
    return Schema(scripts, "9999")


class TestMigrating:
    def test_an_older_store_is_copied_and_migrated(self, folder: Path, database: Database, tmp_path: Path) -> None:
        ensure_schema(database, folder, ToldClock(), "test", a_newer_program(tmp_path))
        assert code_of_opening(folder) == "store.newer"
        (backup,) = (folder / "backups").iterdir()
        assert CANARY.encode() not in backup.read_bytes()
        shutil.copy(backup, folder / DATABASE)
        for rest in ("-wal", "-shm"):
            (folder / f"{DATABASE}{rest}").unlink(missing_ok=True)
        with store_in(folder) as store, store.reading() as questions:
            assert [study.uid for study in questions.studies()] == [a_study().uid]

    def test_a_sender_that_runs_is_asked_to_end(self, folder: Path, database: Database, tmp_path: Path) -> None:
        sender = Child(hold_lock, folder, "sender", "the sender")
        assert sender.hear() == "held"
        ensure_schema(database, folder, ToldClock(), "test", a_newer_program(tmp_path))
        assert sender.end() == []
        assert code_of_opening(folder) == "store.newer"

    def test_not_while_a_sender_runs_that_does_not_end(
        self, folder: Path, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(migrating, "_ENDING_SECONDS", 0.05)
        newer = a_newer_program(tmp_path)
        with FolderLock(folder, "sender", "the sender"), pytest.raises(FieldstationError) as raised:
            ensure_schema(database, folder, ToldClock(), "test", newer)
        assert (raised.value.code, raised.value.params["pid"]) == ("store.older_sender", os.getpid())
        with store_in(folder) as store, store.reading() as questions:
            assert len(questions.studies()) == 1

    def test_one_that_breaks_off_never_was(self, folder: Path, database: Database, tmp_path: Path) -> None:
        newer = a_newer_program(tmp_path, then="raise InterruptedError")
        with pytest.raises(InterruptedError):
            ensure_schema(database, folder, ToldClock(), "test", newer)
        with store_in(folder) as store, store.reading() as questions:
            assert len(questions.studies()) == 1
        with database.reading() as connection:
            columns = connection.exec_driver_sql("SELECT name FROM pragma_table_info('stop')").scalars().all()
        assert "phone" not in columns


class TestDamage:
    def test_a_flipped_page_is_noticed(self, folder: Path) -> None:
        path = folder / DATABASE
        damaged = bytearray(path.read_bytes())
        for page in range(1, len(damaged) // 4096):
            damaged[page * 4096 + 100] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(FieldstationError) as raised, store_in(folder) as store, store.reading() as questions:
            questions.studies()
        assert raised.value.code in {"store.damaged", "store.wrong_key"}

    def test_no_error_carries_what_is_in_the_rows(self, folder: Path) -> None:
        with (
            store_in(folder) as store,
            pytest.raises(Exception, match="constraint") as raised,
            store.writing() as deeds,
        ):
            deeds.add_view(replace(a_view(a_study(7)), view=CANARY))
        assert CANARY not in f"{raised.value} {raised.value!r}"


class TestDisk:
    @pytest.fixture
    def public(self) -> Iterator[Path]:
        """A data folder that anyone may read and nobody may write."""
        folder = Path(tempfile.mkdtemp())
        with store_in(folder) as store:
            store.files.put(b"x")
        yield folder
        shutil.rmtree(folder)

    @pytest.mark.skipif(os.name == "nt", reason="rights are another matter on Windows")
    @pytest.mark.parametrize("deed", ["put", "write"])
    def test_a_folder_that_cannot_be_written(self, public: Path, deed: str) -> None:
        for path in (public, *public.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        assert Child(try_as_nobody, public, deed).end() == ["disk.not_writable"]
        for path in (public, *public.rglob("*")):
            path.chmod(0o700)

    @pytest.mark.skipif(os.name == "nt", reason="rights are another matter on Windows")
    def test_a_folder_that_cannot_be_made(self, public: Path) -> None:
        public.chmod(0o555)
        assert Child(try_as_nobody, public / "below" / "data", "open").end() == ["disk.not_writable"]
        public.chmod(0o700)

    def test_a_file_in_the_way(self, tmp_path: Path) -> None:
        (tmp_path / "data").write_text("not a folder", "utf-8")
        assert code_of_opening(tmp_path / "data") == "disk.not_writable"

    @pytest.mark.skipif(os.name == "nt", reason="needs a limit on the size of files")
    def test_a_full_disk_keeps_what_was_durable(self, folder: Path) -> None:
        # A limit on the size of files is a full disk that a test can have; the WAL stays far below it.
        limit = 5000
        file_id, (lines, code), *codes = Child(fill_disk, folder, limit).end()
        assert code == "disk.full"
        assert codes == ["disk.failed", "disk.full"]
        with store_in(folder) as store:
            partial = store.files.get_partial(file_id)
            assert len(partial) == lines * 100
            assert lines == (limit - 34) // 121
            assert store.files.seal(file_id).size == len(partial)

    @pytest.mark.skipif(os.name == "nt", reason="needs a limit on the size of files")
    @pytest.mark.parametrize(("free", "code"), [(0, "disk.full"), (1 << 30, "disk.failed")])
    def test_a_disk_without_room_even_to_read_is_called_full(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, free: int, code: str
    ) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=1 << 40, used=0, free=free))
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
        try:
            assert code_of_opening(folder) == code
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    @pytest.mark.skipif(os.name == "nt", reason="needs a limit on the size of files")
    def test_a_full_disk_keeps_what_was_committed(self, tmp_path: Path) -> None:
        (number, code), left = Child(fill_database, tmp_path, 100_000).end()
        assert code in {"disk.full", "disk.failed"}
        assert number == left > 1
        with store_in(tmp_path) as store, store.reading() as questions:
            assert [study.number for study in questions.studies()] == list(range(1, left + 1))
            assert len([event for event in questions.events() if event.what == "study.begun"]) == left


def test_a_canary_is_nowhere_in_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with store_in(folder) as store:
        frozen_exam(store)
        store.files.put(CANARY.encode() * 1000)
        places = [path for path in folder.rglob("*") if path.is_file()]
        assert {path.name for path in places} >= {DATABASE, f"{DATABASE}-wal", "master.key"}
        with store.reading() as questions:
            assert questions.studies()[0].patient_name == CANARY
        for name in (CANARY, *CANARY.split("^")):
            for form in (name.encode(), name.encode("utf-16-le"), name.lower().encode()):
                assert not [
                    path.name for path in places if form in path.read_bytes() or form.decode("latin-1") in path.name
                ]


def test_plain_sqlite_reads_nothing(folder: Path) -> None:
    connection = sqlcipher3.dbapi2.connect(folder / DATABASE)
    with pytest.raises(sqlcipher3.dbapi2.DatabaseError, match="not a database"):
        connection.execute("SELECT * FROM study")
    connection.close()
