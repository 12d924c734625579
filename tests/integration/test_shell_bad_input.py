"""Bad input at the shell: one clear sentence, the right exit code, nothing lost, nothing half-written."""

from pathlib import Path

import pytest

from tests.support.commands import QuickShell
from tests.support.peers import free_port, wait_until
from tests.support.shell import ANNA, Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return QuickShell(tmp_path / "van")


def studies(shell: Shell) -> int:
    return len(shell.json("study", "list"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*ANNA, "--view", "chest-xx"), "There is no view"),
        ((*ANNA, "--view", "hand-pa"), "needs a side"),
        ((*ANNA, "--view", "hand-pa:X"), "is not a side"),
        ((*ANNA, "--view", "chest-pa:L"), "has no side"),
        ((*ANNA, "--view", "chest-pa", "--view", "chest-pa"), "named twice"),
        ((*ANNA, "--birth-date", "1942-13-01", "--view", "chest-pa"), "is not a date"),
        ((*ANNA, "--birth-date", "2942-01-01", "--view", "chest-pa"), "birth date cannot be right"),
        ((*ANNA, "--sex", "X", "--view", "chest-pa"), "'--sex'"),
        ((*ANNA, "--name", "A\\B", "--view", "chest-pa"), "does not allow"),
        ((*ANNA, "--name", "^", "--view", "chest-pa"), "name is empty"),
        ((*ANNA, "--patient-id", "1" * 65, "--view", "chest-pa"), "longer than 64"),
        ((*ANNA, "--accession", "1" * 17, "--view", "chest-pa"), "longer than 16"),
        (ANNA, "--view"),
    ],
)
def test_a_study_that_cannot_be_is_wrong_use_and_leaves_nothing(
    shell: Shell, words: tuple[str, ...], said: str
) -> None:
    assert said in shell.fails(2, "study", "new", *words)
    assert studies(shell) == 0


def test_what_does_not_exist_is_said(shell: Shell) -> None:
    assert "no such study" in shell.fails(1, "study", "show", "NOPE")
    assert "no such image" in shell.fails(1, "study", "accept", "1.2.3")
    assert "no such upload job" in shell.fails(1, "queue", "show", "7")
    assert "not a reject reason" in shell.fails(2, "study", "reject", "1.2.3", "--reason", "bad")
    assert shell.run("study", "fly").returncode == 2


def test_a_view_is_scanned_once_until_it_is_rejected(shell: Shell) -> None:
    study = shell.new_study("hand-pa:R", "chest-pa")
    assert "has no view" in shell.fails(1, "study", "scan", study, "--view", "hand-pa:L", "--cassette", "C-1")
    assert "not a plate ID" in shell.fails(2, "study", "scan", study, "--view", "hand-pa:R", "--cassette", "C\\1")
    first = shell.json("study", "scan", study, "--view", "hand-pa:R", "--cassette", "C-1")["image_uid"]
    assert "a picture already" in shell.fails(1, "study", "scan", study, "--view", "hand-pa:R", "--cassette", "C-1")
    assert "use one of: bone, chest" in shell.fails(2, "study", "process", first, "--look", "crisp")
    assert shell.json("study", "process", first, "--look", "bone") == {"image_uid": first, "look": "bone"}
    shell.ok("study", "reject", first, "--reason", "111210")
    assert shell.fails(1, "study", "accept", first)
    second = shell.json("study", "scan", study, "--view", "hand-pa:R", "--cassette", "C-1")["image_uid"]
    shown = {image["image_uid"]: image for image in shell.json("study", "show", study)["images"]}
    assert (shown[first]["verdict"], shown[first]["reject_reason"], shown[first]["file"]) == (
        "rejected",
        "111210",
        None,
    )
    assert (shown[second]["verdict"], shown[second]["retake_of"]) == ("undecided", first)


def test_a_jam_in_mid_read_keeps_what_came_and_the_view_can_be_read_again(shell: Shell) -> None:
    study = shell.new_study("hand-pa:R")
    whole = shell.settings.read_text("utf-8")
    shell.settings.write_text(whole + "jam_at_line = 400\n", "utf-8")
    assert "stuck" in shell.fails(1, "study", "scan", study, "--view", "hand-pa:R", "--cassette", "C-1")
    (part,) = shell.json("study", "show", study)["images"]
    assert (part["partial"], part["verdict"], part["findings"][0]["code"]) == (
        True,
        "undecided",
        "finding.read_in_part",
    )
    shell.settings.write_text(whole, "utf-8")
    image = shell.json("study", "scan", study, "--view", "hand-pa:R", "--cassette", "C-1")["image_uid"]
    kept, retake = shell.json("study", "show", study)["images"]
    assert (kept["image_uid"], kept["verdict"]) == (part["image_uid"], "rejected")
    assert (retake["image_uid"], retake["retake_of"], retake["partial"]) == (image, kept["image_uid"], False)


def test_settings_that_are_wrong_say_file_key_and_what_is_expected(shell: Shell, tmp_path: Path) -> None:
    missing = str(tmp_path / "none.toml")
    assert missing in shell.fails(1, "--config", missing, "study", "list")
    shell.settings.write_text("[station]\nnmae = 3\n", "utf-8")
    said = shell.fails(1, "study", "list")
    assert str(shell.settings) in said
    assert "station.nmae" in said
    shell.settings.write_text('[station]\nname = "A"\nae_title = 3\n', "utf-8")
    said = shell.fails(1, "study", "list")
    assert "station.ae_title" in said
    assert "a valid string" in said
    shell.settings.write_text("[reader.simulated]\nspeed = 3\n", "utf-8")
    said = shell.fails(1, "reader", "test")
    assert "speed" in said
    assert str(shell.settings) in said
    shell.settings.write_text("[station", "utf-8")
    assert "not valid TOML" in shell.fails(1, "study", "list")
    assert "already" in shell.fails(1, "config", "init")
    assert not shell.data.exists() or studies_after_repair(shell) == 0


def studies_after_repair(shell: Shell) -> int:
    shell.settings.write_text("", "utf-8")
    return studies(shell)


def test_a_data_folder_that_cannot_be_is_said(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", "utf-8")
    assert shell.fails(1, "--data", str(tmp_path / "file"), "study", "list")
    assert shell.fails(1, "study", "list", "--data", str(tmp_path / "file" / "below"))


def test_exports_say_what_cannot_be_and_never_mix_media(shell: Shell, tmp_path: Path) -> None:
    study = shell.new_study("hand-pa:R")
    image = shell.accepted(study, "hand-pa:R", "C-1")
    stick = tmp_path / "stick"
    assert "Only pictures have a banner" in shell.fails(2, "study", "export", study, str(stick), "--banner")
    files = shell.json("study", "export", study, str(stick), "--as", "png", "--banner", "--image", image)["files"]
    assert files == [str(stick / f"{image}-named.png")]
    assert "safe to take it out" in shell.ok("study", "export", study, str(stick), "--as", "dicomdir")
    assert "DICOM in" in shell.fails(1, "study", "export", study, str(stick), "--as", "dicomdir")


def test_send_without_a_destination_or_to_one_that_is_no_test_is_refused(shell: Shell) -> None:
    study = shell.new_study("hand-pa:R")
    assert "Nothing is accepted" in shell.fails(1, "study", "send", study, "--partial")
    shell.accepted(study, "hand-pa:R", "C-1")
    assert "no destination" in shell.fails(1, "study", "send", study)
    shell.send_to(free_port(), "OFFICE")
    shell.settings.write_text(shell.settings.read_text("utf-8").replace("test = true", "test = false"), "utf-8")
    assert "Simulated images are never sent" in shell.fails(1, "study", "send", study)
    assert shell.json("queue", "list") == []


def test_a_pacs_that_cannot_be_reached_leaves_the_job_waiting(shell: Shell) -> None:
    shell.send_to(free_port(), "OFFICE")
    assert "no connection" in shell.fails(1, "pacs", "echo")
    assert "no destination" in shell.fails(2, "pacs", "echo", "elsewhere")
    study = shell.new_study("hand-pa:R")
    shell.accepted(study, "hand-pa:R", "C-1")
    shell.ok("study", "send", study)
    assert "still on their way" in shell.fails(1, "sender", "drain", "--timeout", "7")
    (job,) = shell.json("queue", "list")
    assert job["state"] == "queued"
    assert job["next_try_at"]


def test_a_second_sender_is_told_who_is_the_first(shell: Shell) -> None:
    first = shell.start("sender", "run")
    try:
        wait_until(lambda: shell.json("sender", "status")["running"] is True, "the sender to run")
        assert str(first.pid) in shell.fails(1, "sender", "run")
        assert shell.json("sender", "status")["pid"] == first.pid
    finally:
        first.terminate()
        first.communicate()
    assert first.returncode == 0
    assert shell.json("sender", "status")["running"] is False
