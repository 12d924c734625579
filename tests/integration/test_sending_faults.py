"""The faults of sending, briefly, for every kind of destination; tests/faults has them at length.

What is in this module runs over ``KINDS``: C-STORE to Orthanc and to storescp, STOW-RS to Orthanc, the gateway in front
of Orthanc. docs/sending.md says which test there is for which fault.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fieldstation.demo.link import Cut, Direction, Flow, Link
from tests.support.children import Child
from tests.support.sites import KINDS, Site, site
from tests.support.steps import send_until_step
from tests.support.strangers import BUSY, PORTAL, SSH, Front, Stranger, resets, says, silent
from tests.support.trials import trial

KILLS = ("claimed", "chunk", "last byte", "answer", "marked sent", "mark proved")
"""Steps of the sending path (tests/support/steps.py), one after the other in one run."""


@pytest.fixture(scope="module", params=KINDS)
def there(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(request.param, tmp_path_factory.mktemp("site")) as running_site:
        yield running_site


def test_a_sender_killed_again_and_again_leaves_each_image_there_once(there: Site, tmp_path: Path) -> None:
    with trial(there, tmp_path, images=len(KILLS)) as run, Link((there.way.host, there.way.port)) as link:
        way = there.way.over(link)
        for step in KILLS:
            assert Child(send_until_step, tmp_path, way, step, 1).dies(), f"{step} was not taken"
        Child(send_until_step, tmp_path, way, "", 0).end()
        run.check("killed again and again", link.bytes_up - run.size)


@pytest.mark.parametrize(
    "stranger", [silent, resets, says(SSH), says(BUSY), says(PORTAL)], ids=["silent", "resets", "ssh", "busy", "portal"]
)
def test_whoever_answers_instead_nothing_is_marked_sent(there: Site, stranger: Stranger, tmp_path: Path) -> None:
    with trial(there, tmp_path, images=1) as run, Front((there.way.host, there.way.port), stranger) as link:
        with run.sending(link, lanes=1):
            run.wait()
        assert link.connections > 1
        run.check("somebody else answers")


class CutsOnce:
    """Breaks the connection once, in that direction, when so many bytes of it have passed."""

    def __init__(self, direction: Direction, after: int) -> None:
        self._at = (direction, after)
        self.done = False

    def __call__(self, flow: Flow, data: bytes) -> None:
        direction, after = self._at
        if not self.done and flow.direction is direction and flow.passed + len(data) > after:
            self.done = True
            raise Cut


@pytest.mark.parametrize(
    ("direction", "after"), [(Direction.UP, 100_000), (Direction.DOWN, 0)], ids=["in the image", "before an answer"]
)
def test_a_break_costs_an_image_at_most(there: Site, direction: Direction, after: int, tmp_path: Path) -> None:
    cuts = CutsOnce(direction, after)
    patient = replace(there, way=there.way.patient())
    with trial(patient, tmp_path) as run, Link((there.way.host, there.way.port), watch=cuts) as link:
        with run.sending(link):
            run.wait()
        assert cuts.done
        run.check("a break", link.bytes_up - run.size)
        assert link.bytes_up < run.size * (1 + 2 / run.count)
