"""What processes of their own do to a store in tests. Each ends by telling what came of it."""

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from fieldstation.domain.errors import FieldstationError
from fieldstation.domain.exams import Verdict
from fieldstation.domain.jobs import ProofKind
from fieldstation.domain.words import Message
from fieldstation.store.locks import FolderLock, LockName
from tests.support.disks import Disk
from tests.support.stores import (
    GEOMETRY,
    NOW,
    a_scan,
    a_series,
    a_study,
    a_view,
    an_exposure,
    an_image,
    an_instance,
    new_jobs_of,
    store_in,
)

Tell = Callable[[Any], None]

LINES = [bytes([number]) * GEOMETRY.line_bytes for number in range(GEOMETRY.rows)]
PART_10 = b"a frozen picture" * 100
IMAGE_UID = "2.25.1.0"


def count_cycles(folder: Path, times: int, tell: Tell) -> None:
    """Read a number, add one, write it: what is lost where two do so at once."""
    with store_in(folder) as store:
        for _ in range(times):
            with store._database.writing() as connection:
                cycles = connection.exec_driver_sql("SELECT cycles FROM cassette").scalar_one()
                connection.exec_driver_sql("UPDATE cassette SET cycles = ?", (cycles + 1,))
    tell("done")


def claim_all(folder: Path, tell: Tell) -> None:
    """Claim until nothing is left."""
    with store_in(folder) as store:
        while (parcel := store.queue.claim("office", NOW)) is not None:
            tell(parcel.job.id)


def send_all(folder: Path, tell: Tell) -> None:
    """Send the one study; tells how many jobs that made."""
    with store_in(folder) as store, store.writing() as deeds:
        (file,) = deeds.study_files()
        tell(deeds.send(file.study.uid, new_jobs_of(file.instances, "office", "copy"), NOW))


def hold_lock(folder: Path, name: LockName, process: str, tell: Tell) -> None:
    """Take a lock and keep it until killed."""
    with FolderLock(folder, name, process):
        tell("held")
        threading.Event().wait()


def try_as_nobody(folder: Path, deed: str, tell: Tell) -> None:
    """Do something without any rights of root; tells the code of the error."""
    if os.getuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    try:
        with store_in(folder) as store:
            if deed == "put":
                store.files.put(b"x")
            elif deed == "write":
                with store.writing() as deeds:
                    deeds.add_study(a_study(9), [])
    except FieldstationError as error:
        tell(error.code)
    else:
        tell("done")


def open_only(folder: Path, tell: Tell) -> None:
    """Open the store, be it new."""
    with store_in(folder) as store, store.reading() as questions:
        tell(len(questions.studies()))


def fill_disk(folder: Path, limit: int, tell: Tell) -> None:
    """Grow a file where no file may become larger than ``limit`` bytes; tells the lines that are durable."""
    import resource  # noqa: PLC0415

    with store_in(folder) as store:
        growing = store.files.begin()
        tell(growing.id)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        for number in range(1000):
            try:
                growing.append(bytes([number % 256]) * 100)
            except FieldstationError as error:
                tell((number, error.code))
                break
        try:
            growing.append(b"more")
        except FieldstationError as error:
            tell(error.code)
        try:
            store.files.put(bytes(limit + 1))
        except FieldstationError as error:
            tell(error.code)


def fill_database(folder: Path, room: int, tell: Tell) -> None:
    """Begin studies where the database may grow by ``room`` bytes only; tells their number, and the error."""
    import resource  # noqa: PLC0415

    with store_in(folder) as store:
        with store.writing() as deeds:
            deeds.add_study(a_study(0), [])
        limit = (folder / "fieldstation.db-wal").stat().st_size + room
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        for number in range(1, 1000):
            try:
                with store.writing() as deeds:
                    deeds.add_study(a_study(number), [])
            except FieldstationError as error:
                tell((number, error.code))
                break
        with store.reading() as questions:
            tell(len(questions.studies()))


def live_until_step(folder: Path, step: int, tell: Tell) -> None:
    """Capture, accept, freeze, send and prove one image, and be killed before the disk step of that number.

    Steps are what makes things durable: syncs, renames and commits. Tells what a person would have been shown, and at
    last, if it was not killed, the number of steps.
    """
    steps = die_before(step)
    with store_in(folder) as store:
        study = a_study()
        view = a_view(study)
        exposure = an_exposure(view)
        with store.writing() as deeds:
            deeds.add_study(study, [view])
        tell("study")
        growing = store.files.begin()
        scan = a_scan(exposure, growing.id)
        with store.writing() as deeds:
            deeds.begin_scan(exposure, scan)
        tell("scan")
        for line in LINES:
            growing.append(line)
            tell("line")
        stored = growing.finish()
        with store.writing() as deeds:
            deeds.finish_scan(scan.id, stored.sha256, len(LINES), NOW)
        tell("durable")
        with store.writing() as deeds:
            series = deeds.series_for(a_series(study, "2.25.2001"))
            image = an_image(study, series, view, scan, IMAGE_UID)
            deeds.add_image(image)
        tell("image")
        instance = an_instance(store, image, PART_10)
        with store.writing() as deeds:
            deeds.decide(IMAGE_UID, Verdict.ACCEPTED, None, NOW)
            deeds.freeze(instance)
        tell("accepted")
        with store.writing() as deeds:
            deeds.send(study.uid, new_jobs_of([instance], "office"), NOW)
        tell("queued")
        parcel = store.queue.claim("office", NOW)
        assert parcel is not None
        tell("sending")
        store.queue.sent(parcel.job.id, Message("pacs.stored"), NOW)
        tell("sent")
        store.queue.proved(parcel.job.id, ProofKind.QUERY, NOW)
        tell("proved")
    tell(steps())


def live_with_power_cuts(disk: Disk, folder: Path, kept: Path, tell: Tell) -> None:
    """The same to its end, on a disk of which what a power cut leaves is kept whenever something is shown.

    Tells the number of what was kept and what had been shown by then.
    """
    shown: list[object] = []

    def cut(what: object) -> None:
        shown.append(what)
        disk.cut_power(kept / str(len(shown)))
        tell((len(shown), tuple(shown)))

    live_until_step(folder, 0, cut)


def die_before(step: int) -> Callable[[], int]:
    """Have this process killed before its disk step of that number (0: never); asks how many it has taken."""
    taken = 0

    def count() -> None:
        nonlocal taken
        taken += 1
        if taken == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(deed: Callable[..., Any]) -> Callable[..., Any]:
        def first_count(*arguments: Any, **named: Any) -> Any:
            count()
            return deed(*arguments, **named)

        return first_count

    for name in ("fsync", "replace", "link"):
        setattr(os, name, counted(getattr(os, name)))
    event.listen(Engine, "commit", lambda _connection: count())
    return lambda: taken
