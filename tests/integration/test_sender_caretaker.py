"""What a sender sees to besides sending: a machine that stays awake, and room on a full disk."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from fieldstation.bootstrap.awake import LogindInhibitor, can_be_kept_awake
from fieldstation.bootstrap.caretaker import Caretaker
from fieldstation.domain.errors import Failed
from fieldstation.store.ballast import Ballast
from fieldstation.store.sql_store import SqlStore
from fieldstation.upload.courier import Courier
from fieldstation.upload.pace import Pace
from fieldstation.upload.standing import Standing
from tests.support.peers import wait_until
from tests.support.sending import ScriptedDestination, sending_store, states
from tests.support.stores import ToldClock

KIB = 1024


class Sleeper:
    """The system's part: remembers whether it may sleep."""

    def __init__(self) -> None:
        self.held = False

    def is_held(self) -> bool:
        return self.held

    def hold(self) -> bool:
        self.held = True
        return True

    def release(self) -> None:
        self.held = False


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "none", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("nothing may be mounted here")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def make_courier(store: SqlStore, clock: ToldClock) -> Courier:
    destination = ScriptedDestination()
    return Courier(destination, store.queue, clock, Standing("office", store.queue, clock, Random(1), Pace()))


def finish(courier: Courier, clock: ToldClock) -> None:
    while (wait := courier.step()) < float("inf"):
        clock.go(seconds=wait)


def there(disk: Path) -> bool:
    return (disk / "ballast").exists()


def fill_up(disk: Path, but: int = 0) -> None:
    """Leave ``but`` bytes free."""
    left = disk / "left"
    left.write_bytes(bytes(but))
    with (disk / "filler").open("wb", buffering=0) as file:
        for piece in (KIB * KIB, 4 * KIB):
            try:
                while file.write(bytes(piece)) == piece:
                    pass
            except OSError:
                continue
    left.unlink()


def test_the_machine_is_kept_awake_while_something_is_owed(tmp_path: Path) -> None:
    sleeper = Sleeper()
    with sending_store(tmp_path, 1) as store:
        caretaker = Caretaker(store.version, store.queue.owed, Ballast(tmp_path, 4 * KIB), sleeper)
        caretaker.look()
        assert sleeper.is_held()
        with store.writing() as deeds:
            deeds.hold(1)
        caretaker.look()
        assert not sleeper.is_held()
        with store.writing() as deeds:
            deeds.release(1)
        caretaker.look()
        assert sleeper.is_held()
        with caretaker:
            pass
        assert not sleeper.is_held()


def test_a_queue_that_cannot_be_counted_changes_nothing(tmp_path: Path) -> None:
    sleeper = Sleeper()
    sleeper.held = True

    def broken() -> int:
        raise Failed("store.busy")

    Caretaker(broken, broken, Ballast(tmp_path, 4 * KIB), sleeper).look()
    assert sleeper.is_held()


@pytest.mark.skipif(sys.platform == "win32", reason="cat")
def test_the_lock_against_sleep_ends_when_it_is_let_go(tmp_path: Path) -> None:
    noted = tmp_path / "held"
    command = ("sh", "-c", f'touch {noted}; "$@"; rm {noted}', "inhibit")
    inhibitor = LogindInhibitor(command)
    assert inhibitor.hold()
    assert inhibitor.hold()
    wait_until(noted.exists, "the lock is held")
    inhibitor.release()
    inhibitor.release()
    assert not noted.exists()


def test_a_system_that_says_no_is_asked_again_once_a_minute_and_nothing_fails() -> None:
    now = [0.0]
    inhibitor = LogindInhibitor(("false",), lambda: now[0])
    assert inhibitor.hold()
    wait_until(lambda: not inhibitor.hold(), "it has said no")
    now[0] = 59.0
    assert not inhibitor.hold()
    now[0] = 61.0
    assert inhibitor.hold()
    inhibitor.release()
    assert not LogindInhibitor(("no-such-program",)).hold()
    assert not can_be_kept_awake(("no-such-program",))
    assert not can_be_kept_awake(("false",))
    assert can_be_kept_awake(("env",))


def test_the_ballast_is_taken_on_where_there_is_room_and_given_up_where_there_is_none(small_disk: Path) -> None:
    ballast = Ballast(small_disk, 64 * KIB)
    ballast.mind()
    assert there(small_disk)
    fill_up(small_disk)
    ballast.mind()
    assert not there(small_disk)
    ballast.mind()
    assert not there(small_disk)
    (small_disk / "filler").unlink()
    ballast.mind()
    assert (small_disk / "ballast").stat().st_size == 64 * KIB
    assert ballast.give_up()
    assert not ballast.give_up()


def test_a_disk_that_will_not_have_it_keeps_none_of_it(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ballast = Ballast(small_disk, 2 * KIB * KIB)
    fill_up(small_disk, but=KIB * KIB)
    monkeypatch.setattr("fieldstation.store.ballast._ROOM_FOR_IT", 0)
    assert not ballast.take_on()
    assert sorted(path.name for path in small_disk.iterdir()) == ["filler"]


def test_on_a_full_disk_the_queue_drains_once_the_ballast_is_given_up(small_disk: Path) -> None:
    clock = ToldClock()
    with sending_store(small_disk, 2, rows=64, clock=clock) as store:
        ballast = Ballast(small_disk, 6 * KIB * KIB)
        assert ballast.take_on()
        fill_up(small_disk)
        courier = make_courier(store, clock)
        with pytest.raises(Failed) as full:
            finish(courier, clock)
        assert full.value.code == "disk.full"
        ballast.mind()
        finish(courier, clock)
        assert {state.value for state in states(store)} == {"proved"}
