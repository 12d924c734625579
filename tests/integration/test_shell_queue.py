"""``fieldstation queue``: what support staff do to jobs, and how they follow them."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console

from fieldstation.cli.queue_watch import LiveTable, Look
from fieldstation.demo.pacs import DemoPacs
from fieldstation.domain.jobs import JobState
from fieldstation.domain.patients import Priority
from fieldstation.domain.words import Message
from tests.support.commands import Commands
from tests.support.parcels import BEGUN, frozen, parcel_of
from tests.support.shell import Shell
from tests.support.stations import begin, read, station_in


@pytest.fixture
def pacs(tmp_path: Path) -> Iterator[DemoPacs]:
    with DemoPacs.start(tmp_path / "pacs") as pacs:
        yield pacs


@pytest.fixture
def shell(tmp_path: Path, pacs: DemoPacs) -> Shell:
    """A station with one image on its way."""
    shell = Shell(tmp_path)
    shell.send_to(pacs.port, "OFFICE")
    with station_in(tmp_path, shell.settings.read_text("utf-8")) as station:
        study = begin(station, "chest-pa")
        station.judging.accept(read(station, study))
        station.sending.send(study)
    return shell


@pytest.fixture
def commands(shell: Shell) -> Commands:
    return Commands(shell.data, shell.settings)


def test_hold_release_cancel_retry_and_watch(shell: Shell, commands: Commands, pacs: DemoPacs) -> None:
    assert commands.json("queue", "hold", "1") == {"held": 1}
    (job,) = commands.json("queue", "list")
    assert job["held"] is True
    commands.ok("queue", "watch")
    assert "1 held, refused or cancelled" in commands.ok("sender", "status")
    assert commands.ok("queue", "release", "1") == "Upload job 1 released.\n"
    assert commands.json("queue", "cancel", "1") == {"cancelled": 1}
    assert commands.json("queue", "list")[0]["state"] == "cancelled"
    for deed in ("hold", "release"):
        assert "is cancelled; 'fieldstation queue retry 1'" in commands.fails(1, "queue", deed, "1")
    commands.ok("queue", "retry", "1")
    watching = shell.start("queue", "watch", "--json")
    assert watching.stdout is not None
    before = watching.stdout.readline()
    shell.ok("sender", "drain", "--timeout", "60")
    told, _ = watching.communicate(timeout=60)
    lines = [json.loads(line) for line in [before, *told.splitlines()]]
    assert watching.returncode == 0
    assert (lines[0]["state"], lines[-1]["state"]) == ("queued", "proved")
    assert len(pacs.instances()) == 1
    assert commands.json("queue", "list")[0]["seconds_left"] is None
    link = commands.json("sender", "status")["link"]
    assert (link["up"], link["seconds_left"], link["outages"]) == (True, None, [])
    assert link["rate"] == link["destinations"]["office"]["rate"] > 0
    assert "The link carries" in commands.ok("sender", "status")
    plain = commands.ok("queue", "watch").splitlines()
    assert len(plain) == 1
    assert "job 1  office  proved  100 %" in plain[0]
    assert "under way or done" in commands.fails(1, "queue", "cancel", "1")
    assert "no such upload job" in commands.fails(1, "queue", "hold", "9")


def test_the_live_table_says_what_is_urgent_first_and_why_something_waits() -> None:
    job = parcel_of(frozen(1)[0]).job
    stat = replace(job, id=7, priority=Priority.STAT, bytes_sent=job.bytes_total // 2)
    waits = replace(
        job, id=2, state=JobState.QUEUED, next_try_at=BEGUN + timedelta(seconds=42), last=Message("link.lost")
    )
    proved = replace(job, id=1, state=JobState.PROVED)
    shown = io.StringIO()
    with LiveTable(Console(file=shown, force_terminal=True, width=160)) as table:
        paused = {"office": Message("pacs.query_refused")}
        table.show(Look(at=BEGUN, jobs=(proved, waits, stat), paused=paused, owed=2, link="No link since 10:02:07."))
    text = shown.getvalue()
    assert text.index("STAT") < text.index("in 42 s") < text.index("proved")
    assert "office is paused" in text
    assert "2 owed." in text
    assert "No link since 10:02:07." in text
