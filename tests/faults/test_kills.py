"""kill -9 at every numbered step of the sending path, on the vehicle and in the office."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from fieldstation.demo.link import Link
from fieldstation.upload.association import PacsAddress
from tests.support.children import Child
from tests.support.orthanc import Orthanc
from tests.support.peers import free_port
from tests.support.sites import Site, Way, site
from tests.support.steps import GATEWAY_STEPS, SENDER_STEPS, Step, send_until_step, serve_until_step
from tests.support.trials import IMAGES, Trial, trial

pytestmark = [pytest.mark.faults]


def numbered(steps: Sequence[Step]) -> list[str]:
    return [f"{number} {step.name}" for number, step in enumerate(steps, 1)]


def surely(step: Step, times: int) -> int:
    """So often a step is taken whatever the machine does: once an image, or half of what hangs on waits as well.

    How many connections there are hangs on who is quicker: an image finds that of the one before it, or makes its own.
    """
    if step.place == "socket.connect":
        return 1
    return times if times <= IMAGES else max(IMAGES, times // 2)


def send_and_die(run: Trial, step: str, nth: int) -> int:
    """Kill a sender there, let a fresh one end it; the bytes that left beyond those of the images."""
    with Link((run.site.way.host, run.site.way.port)) as link:
        way = run.site.way.over(link)
        assert Child(send_until_step, run.folder, way, step, nth).dies(), f"{step} was not taken {nth} times"
        Child(send_until_step, run.folder, way, "", 0).end()
        return link.bytes_up - run.size


@pytest.fixture(scope="module")
def taken(archive_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Counter[str]:
    """How often each step is taken where nothing goes wrong."""
    with (
        trial(archive_site, tmp_path_factory.mktemp("steps")) as run,
        Link((archive_site.way.host, archive_site.way.port)) as link,
    ):
        (steps,) = Child(send_until_step, run.folder, archive_site.way.over(link), "", 0).end()
        run.check("none", link.bytes_up - run.size)
    return Counter(steps)


@pytest.mark.parametrize("step", SENDER_STEPS, ids=numbered(SENDER_STEPS))
def test_a_sender_is_killed(archive_site: Site, taken: Counter[str], step: Step, seed: int, tmp_path: Path) -> None:
    random = Random(f"{seed} {archive_site.way.kind} {step.name}")
    most = surely(step, taken[step.name])
    turns = [1] + ([random.randint(2, most)] if most > 1 else [])
    assert (taken[step.name] > 0) == (archive_site.way.kind not in step.besides)
    if archive_site.way.kind in step.besides:
        return
    for nth in turns:
        with trial(archive_site, tmp_path / str(nth)) as run:
            resent = send_and_die(run, step.name, nth)
            run.check(f"sender killed: {step.name} ({nth} of {taken[step.name]})", resent)


class Office:
    """The gateway of one trial, in front of Orthanc: killed at a step, and started again where it was."""

    def __init__(self, data: Path, archive: Orthanc) -> None:
        self._data = data
        self._pacs = PacsAddress(host=archive.host, port=archive.port, ae_title=archive.ae_title)
        data.mkdir(parents=True)
        self.way = Way("gateway to Orthanc", "127.0.0.1", free_port())
        self.spool = data / "uploads"

    def start(self, step: str = "", nth: int = 0) -> Child:
        return Child(serve_until_step, self._data, self.way.port, self._pacs, (step, nth))


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site of all gateways of this module: one Orthanc."""
    with site("dimse to Orthanc", tmp_path_factory.mktemp("behind")) as running_site:
        yield running_site


@pytest.mark.parametrize("step", GATEWAY_STEPS, ids=numbered(GATEWAY_STEPS))
def test_a_gateway_is_killed(behind: Site, step: Step, seed: int, tmp_path: Path) -> None:
    for nth in (1, Random(f"{seed} gateway {step.name}").choice((2, 3))):
        assert isinstance(behind.archive, Orthanc)
        office = Office(tmp_path / str(nth) / "gateway", behind.archive)
        there = replace(behind, way=office.way, spool=office.spool)
        with trial(there, tmp_path / str(nth) / "data") as run, Link((office.way.host, office.way.port)) as link:
            dying = office.start(step.name, nth)
            with run.sending(link, lanes=1):
                assert dying.dies(), f"{step.name} was not taken {nth} times"
                again = office.start()
                run.wait()
            run.check(f"gateway killed: {step.name} ({nth})", link.bytes_up - run.size)
            again.stop()
