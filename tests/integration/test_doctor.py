"""Doctor: what each check says when its part is well, and when it is not; one that is ill hides no other."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from fieldstation.bootstrap.health import examine
from fieldstation.bootstrap.station import find_places
from fieldstation.services.doctor import Health, clock_check
from fieldstation.store.locks import FolderLock
from tests.support.commands import QuickShell
from tests.support.pacs import demo_pacs
from tests.support.peers import free_port
from tests.support.sending import sending_store
from tests.support.stores import ToldClock


@pytest.fixture
def shell(tmp_path: Path) -> QuickShell:
    return QuickShell(tmp_path)


def found(shell: QuickShell) -> dict[str, tuple[Health, str]]:
    """What each check says, by name."""
    diagnoses = examine(find_places(shell.data, shell.settings, {}))
    return {one.check: (one.health, one.message.code) for one in diagnoses}


def test_a_station_that_is_fit(shell: QuickShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fieldstation.bootstrap.health.can_be_kept_awake", lambda: True)
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: SimpleNamespace(free=5_000_000_000))
    with demo_pacs(tmp_path / "pacs") as pacs:
        shell.send_to(pacs.port, pacs.ae_title)
        shell.json("queue", "list")
        (shell.data / "ballast").touch()
        with FolderLock(shell.data, "sender", "sender"):
            said = found(shell)
        assert said == {
            "settings": (Health.WELL, "doctor.settings_well"),
            "store": (Health.WELL, "doctor.store_well"),
            "disk": (Health.WELL, "doctor.disk_well"),
            "ballast": (Health.WELL, "doctor.ballast_well"),
            "proof": (Health.WELL, "doctor.none_gone"),
            "clock": (Health.WELL, "doctor.clock_well"),
            "reader": (Health.WELL, "doctor.reader_simulated"),
            "cassettes": (Health.WELL, "doctor.cassettes_well"),
            "sender": (Health.WELL, "doctor.sender_runs"),
            "awake": (Health.WELL, "doctor.awake_well"),
            "pacs office": (Health.WELL, "pacs.well"),
        }
        assert shell.run("doctor").returncode == 0


def test_a_station_with_everything_missing(shell: QuickShell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fieldstation.bootstrap.health.can_be_kept_awake", lambda: False)
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: SimpleNamespace(free=4_900_000_000))
    said = found(shell)
    assert {check: said[check] for check in ("disk", "ballast", "sender", "awake", "pacs")} == {
        "disk": (Health.CAUTION, "doctor.disk_low"),
        "ballast": (Health.CAUTION, "doctor.ballast_missing"),
        "sender": (Health.CAUTION, "doctor.sender_off"),
        "awake": (Health.CAUTION, "doctor.awake_impossible"),
        "pacs": (Health.CAUTION, "doctor.no_destination"),
    }
    assert shell.run("doctor").returncode == 0


def test_a_machine_that_may_sleep_is_not_tried(shell: QuickShell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fieldstation.bootstrap.health.can_be_kept_awake", lambda: pytest.fail("it was tried"))
    shell.settings.write_text(shell.settings.read_text("utf-8") + "\n[sender]\nkeep_awake = false\n", "utf-8")
    assert found(shell)["awake"] == (Health.WELL, "doctor.awake_off")


def test_a_pacs_that_is_not_there_is_bad_and_hides_nothing(shell: QuickShell) -> None:
    shell.send_to(free_port(), "OFFICE")
    said = found(shell)
    assert said["pacs office"] == (Health.BAD, "link.down")
    assert said["store"][0] is Health.WELL
    assert shell.run("doctor").returncode == 1


def test_settings_that_are_wrong_are_bad_and_said_first(shell: QuickShell) -> None:
    shell.settings.write_text("[station\n", "utf-8")
    said = found(shell)
    assert next(iter(said)) == "settings"
    assert {health for health, _ in said.values()} == {Health.BAD}


def test_a_frozen_image_that_is_not_whole_is_bad(tmp_path: Path) -> None:
    shell = QuickShell(tmp_path)
    with sending_store(shell.data, 1):
        pass
    (image,) = (path for path in (shell.data / "files").rglob("*") if path.is_file())
    with image.open("r+b") as file:
        file.seek(-100, os.SEEK_END)
        file.write(b"flipped")
    said = found(shell)
    assert said["store"][0] is Health.BAD
    assert said["disk"][0] is not Health.BAD


def test_a_clock_before_what_is_written_already_is_bad(tmp_path: Path) -> None:
    clock = ToldClock()
    with sending_store(tmp_path, 1, clock=clock) as store:
        now = clock.now()
        assert clock_check(store, now)[0] is Health.WELL
        clock.go(seconds=-600.0)
        assert clock_check(store, clock.now())[0] is Health.BAD
        assert clock_check(store, now.replace(year=2020))[0] is Health.BAD
