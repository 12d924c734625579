"""The faults of sending, briefly, for every kind of destination; tests/faults has them at length.

What is in this module runs over ``KINDS``: C-STORE to Orthanc and to storescp, STOW-RS to Orthanc, the gateway in front
of Orthanc. docs/sending.md says which test there is for which fault.
"""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from threading import Event

import pytest
from pydicom import dcmread

from fieldstation.demo.link import Cut, Direction, Flow, Link
from fieldstation.domain.jobs import JobState
from fieldstation.domain.patients import Patient
from tests.support.children import Child
from tests.support.faults import BlackHole
from tests.support.parcels import STUDY
from tests.support.sender_process import send_until_told
from tests.support.sites import KINDS, Site, site
from tests.support.steps import send_until_step
from tests.support.strangers import (
    BUSY,
    ENDLESS_ACCEPT,
    PORTAL,
    SSH,
    Front,
    Stranger,
    drips,
    resets,
    says,
    silent,
)
from tests.support.trials import trial

KILLS = ("claimed", "chunk", "last byte", "answer", "marked sent", "mark proved")
"""Steps of the sending path (tests/support/steps.py), one after the other in one run."""

PATIENT = Patient(
    id="patient-1",
    patient_id=STUDY.patient_id,
    issuer=STUDY.issuer,
    name=STUDY.patient_name,
    birth_date=STUDY.birth_date,
    sex=STUDY.sex,
)


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
    "stranger",
    [
        silent,
        resets,
        says(SSH),
        says(BUSY),
        says(PORTAL),
        drips(ENDLESS_ACCEPT),
    ],
    ids=["silent", "resets", "ssh", "busy", "portal", "endless"],
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


def test_a_machine_that_sleeps_in_the_image_goes_on_when_it_wakes(there: Site, tmp_path: Path) -> None:
    started, asleep = Event(), Event()
    cuts = CutsOnce(Direction.UP, 100_000)

    def sleep(flow: Flow, data: bytes) -> None:
        try:
            cuts(flow, data)
        except Cut:
            # Nothing of the break reaches the sender before it wakes.
            started.wait()
            os.kill(sender.pid, signal.SIGSTOP)
            asleep.set()
            raise

    with trial(there, tmp_path) as run, Link((there.way.host, there.way.port), watch=sleep) as link:
        sender = Child(send_until_step, tmp_path, there.way.over(link), "", 0)
        started.set()
        assert asleep.wait(60)
        os.kill(sender.pid, signal.SIGCONT)
        sender.end()
        run.check("asleep in the image", link.bytes_up - run.size)


def test_a_sender_that_is_told_to_end_ends_although_its_peer_is_stuck(there: Site, tmp_path: Path) -> None:
    hole = BlackHole(100_000)
    with trial(there, tmp_path, images=1) as run, Link((there.way.host, there.way.port), watch=hole) as link:
        way = there.way.over(link)
        sender = Child(send_until_told, tmp_path, way.patient())
        assert hole.entered.wait(60)
        sender.stop()
        assert sender.exit_code == 0
        assert run.states() == [JobState.QUEUED]
        hole.open()
        Child(send_until_step, tmp_path, way, "", 0).end()
        run.check("ended in the image", link.bytes_up - run.size)


def test_a_patient_who_is_edited_while_an_image_leaves_is_sent_as_it_was_frozen(there: Site, tmp_path: Path) -> None:
    edited = Event()

    def watch(flow: Flow, _data: bytes) -> None:
        if flow.direction is Direction.UP and flow.passed > 50_000 and not edited.is_set():
            with run.store.writing() as deeds:
                deeds.add_patient(replace(PATIENT, name="ANOTHER^NAME", birth_date=date(1999, 9, 9)))
            edited.set()

    with trial(there, tmp_path, images=2) as run, Link((there.way.host, there.way.port), watch=watch) as link:
        with run.store.writing() as deeds:
            deeds.add_patient(PATIENT)
        with run.sending(link):
            run.wait()
        assert edited.is_set()
        run.check("patient edited", link.bytes_up - run.size)
        for uid in run.expected:
            (kept,) = there.archive.files(uid)
            assert str(dcmread(BytesIO(kept), stop_before_pixels=True).PatientName) == STUDY.patient_name
