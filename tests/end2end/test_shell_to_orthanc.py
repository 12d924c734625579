"""From the shell to Orthanc over a link that breaks, and with a sender that is killed on the way."""

from pathlib import Path
from random import Random

import pytest

from fieldstation.demo.link import Link, seeded_cuts
from fieldstation.dicom.encode import decode
from tests.support.commands import QuickShell
from tests.support.faults import Slow
from tests.support.orthanc import Orthanc, orthanc
from tests.support.peers import wait_until
from tests.support.shell import Shell

VIEWS = ("hand-pa:R", "knee-ap:L", "leg-ap:R", "chest-pa")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return QuickShell(tmp_path / "van")


def accepted_study(shell: Shell, views: int) -> tuple[str, list[str]]:
    study = shell.new_study(*VIEWS[:views])
    images = [shell.accepted(study, view, f"C-{number}") for number, view in enumerate(VIEWS[:views])]
    return study, images


def check_arrived(shell: Shell, pacs: Orthanc, study: str, images: list[str], folder: Path) -> None:
    shown = shell.json("study", "show", study)
    assert [image["image_uid"] for image in shown["images"]] == images
    assert [[upload["state"] for upload in image["uploads"]] for image in shown["images"]] == [["proved"]] * len(images)
    assert sorted(pacs.instances()) == sorted(images)
    shell.ok("study", "export", study, str(folder))
    for image in images:
        exported = (folder / f"{image}.dcm").read_bytes()
        assert (decode(pacs.file(image)) == decode(exported)).all()


def test_every_image_arrives_once_through_a_link_that_resets(shell: Shell, tmp_path: Path) -> None:
    cuts = seeded_cuts(5, 3, 50_000, 400_000)
    with orthanc(tmp_path / "orthanc") as pacs, Link((pacs.host, pacs.port), cuts=cuts) as link:
        shell.send_to(link.port, pacs.ae_title)
        study, images = accepted_study(shell, 2)
        shell.ok("study", "send", study)
        assert shell.ok("sender", "drain", "--timeout", "200") == "All safe.\n"
        assert link.cuts == len(cuts)
        check_arrived(shell, pacs, study, images, tmp_path / "export")


@pytest.mark.parametrize(("times", "views"), [(2, 2), pytest.param(10, 4, marks=pytest.mark.faults)])
def test_a_sender_that_is_killed_again_and_again_loses_and_doubles_nothing(
    shell: Shell, tmp_path: Path, times: int, views: int
) -> None:
    random = Random(5)
    slow = Slow(1e6)
    with orthanc(tmp_path / "orthanc") as pacs, Link((pacs.host, pacs.port), watch=slow) as link:
        shell.send_to(link.port, pacs.ae_title)
        study, images = accepted_study(shell, views)
        shell.ok("study", "send", study)
        for _ in range(times):
            far_enough = link.bytes_up + random.randint(100_000, 700_000)
            sender = shell.start("sender", "run")
            wait_until(lambda enough=far_enough: link.bytes_up >= enough, "the sender to be on its way", 60)  # type: ignore[misc]
            sender.kill()
            sender.communicate()
        assert shell.json("sender", "status")["running"] is False
        slow.rate = 20e6
        assert shell.ok("sender", "drain", "--timeout", "200") == "All safe.\n"
        check_arrived(shell, pacs, study, images, tmp_path / "export")
