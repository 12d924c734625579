"""Primary, standby and copy: what is safe, how a standby stands in, and what is gone after proof, on every screen."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldstation.bootstrap.station import Station
from fieldstation.domain.destination import Disposition
from fieldstation.domain.jobs import JobState, ProofKind
from fieldstation.domain.words import Message
from fieldstation.services.boards import StatusBoard
from tests.support.commands import Commands
from tests.support.peers import wait_until
from tests.support.running import running
from tests.support.sending import ScriptedDestination, say
from tests.support.stations import begin, read, station_in

_SETTINGS = """\
[station]
name = "VAN7"
ae_title = "VAN7"

[reader.simulated]
seconds_per_plate = 0.0
"""
_DESTINATION = """
[[destination]]
name = "{name}"
host = "127.0.0.1"
port = 1
ae_title = "OFFICE"
role = "{role}"
send = {send}
test = {test}
"""
_ROLES = (
    ("office", "primary", "true", "true"),
    ("archive", "copy", "true", "true"),
    ("night", "standby", "false", "true"),
    ("far", "standby", "false", "false"),
)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Station]:
    """A station with one image on its way to all that Send sends to."""
    settings = _SETTINGS + "".join(
        _DESTINATION.format(name=name, role=role, send=send, test=test) for name, role, send, test in _ROLES
    )
    with station_in(tmp_path, settings) as station:
        study = begin(station, "chest-pa")
        station.judging.accept(read(station, study))
        station.sending.send(study)
        for job in jobs(station):
            station.sending.retry(job)
        yield station


@pytest.fixture
def commands(opened: Station, tmp_path: Path) -> Commands:
    return Commands(opened.folder, tmp_path / "fieldstation.toml")


def jobs(station: Station) -> dict[int, JobState]:
    with station.store.reading() as questions:
        return {job.id: job.state for job in questions.jobs()}


def pill(station: Station) -> StatusBoard:
    return station.desk.status()


def safety(commands: Commands) -> tuple[str, bool, dict[str, tuple[str, bool]]]:
    """The study's state, whether its image is safe, and the state and safety of each of its uploads."""
    study = commands.json("study", "show", "A-1")
    (image,) = study["images"]
    uploads = {upload["destination"]: (upload["state"], upload["safe"]) for upload in image["uploads"]}
    return study["state"], image["safe"], uploads


def works(name: str, **changes: Any) -> ScriptedDestination:
    """A destination that takes and proves everything, in words that there are."""
    stores, proofs = [say(Disposition.SENT, "pacs.stored")], [say(Disposition.PROVED, "pacs.proved")]
    return ScriptedDestination(**{"name": name, "stores": stores, "proofs": proofs, **changes})


def send_until(station: Station, done: Callable[[], bool], **broken: ScriptedDestination) -> None:
    """Send to scripted destinations, which all work but those that are given."""
    names = [name for name, *_ in _ROLES]
    with running(station.store, *(broken.get(name) or works(name) for name in names)):
        wait_until(done, "the sender to have come so far")


def test_a_copy_is_never_safe_and_a_standby_is_once_it_stands_in(opened: Station, commands: Commands) -> None:
    lost = [say(Disposition.LATER, "link.lost")]
    down = {"office": works("office", stores=lost, proofs=lost, reaches=[False])}
    send_until(opened, lambda: jobs(opened)[2] is JobState.PROVED, **down)
    assert safety(commands) == ("sending", False, {"office": ("queued", False), "archive": ("proved", False)})
    assert (pill(opened).owed, pill(opened).all_safe) == (1, False)

    assert "'fieldstation queue reroute all night' sends to night as well" in commands.ok("queue", "list")
    assert opened.desk.sending().stand_in == "night"
    assert "is no standby" in commands.fails(1, "queue", "reroute", "all", "archive")
    assert "is no standby" in commands.fails(1, "queue", "reroute", "A-1", "nowhere")
    assert "Simulated" in commands.fails(1, "queue", "reroute", "A-1", "far")
    assert "no such study" in commands.fails(1, "queue", "reroute", "A-2", "night")
    assert "STANDBY" in commands.run("queue", "reroute", "A-1")[2]
    assert commands.json("queue", "reroute", "A-1", "night") == {"rerouted": 1}
    assert commands.ok("queue", "reroute", "all", "night") == "Nothing was to be rerouted.\n"
    assert "reroute" not in commands.ok("queue", "list")
    assert opened.desk.sending().stand_in is None

    send_until(opened, lambda: jobs(opened)[3] is JobState.PROVED, **down)
    uploads = {"office": ("queued", False), "archive": ("proved", False), "night": ("proved", True)}
    assert safety(commands) == ("safe", True, uploads)
    assert (pill(opened).owed, pill(opened).all_safe) == (0, True)
    assert opened.desk.today().unplanned[0].done == 1
    (stands_in,) = [job for job in commands.json("queue", "list") if job["destination"] == "night"]
    assert (stands_in["instead_of"], stands_in["safe"]) == ("office", True)
    assert "Rerouted to night." in commands.ok("queue", "show", "1")

    send_until(opened, lambda: set(jobs(opened).values()) == {JobState.PROVED})
    assert safety(commands)[2]["office"] == ("proved", True)


def test_what_is_gone_after_proof_is_an_alarm_everywhere_until_a_person_sends_it_again(
    opened: Station, commands: Commands
) -> None:
    send_until(opened, lambda: set(jobs(opened).values()) == {JobState.PROVED})
    assert commands.ok("sender", "drain") == "All safe.\n"
    assert "under way or done" in commands.fails(1, "queue", "retry", "1")
    assert commands.json("queue", "verify") == {"asked": 2}
    assert pill(opened).all_safe
    opened.store.queue.gone(1, Message("job.gone"), opened.clock.now())

    assert safety(commands)[:2] == ("needs-you", False)
    assert (pill(opened).owed, pill(opened).needs_you, pill(opened).all_safe) == (1, 1, False)
    board = opened.desk.sending()
    assert (board.owed, board.needs_you) == (1, 1)
    assert next((cell.gone, cell.needs_you, cell.done) for cell in board.studies[0].cells) == (True, True, False)
    assert "gone" in commands.ok("queue", "list")
    assert "no longer holds this image" in commands.ok("queue", "show", "1")
    assert "held, refused" in commands.fails(1, "sender", "drain")
    doctor = {part["check"]: part["health"] for part in json.loads(commands.run("doctor", "--json")[1])}
    assert doctor["proof"] == "bad"
    assert "is not proved" in commands.fails(1, "queue", "verify", "1")
    assert "no such upload job" in commands.fails(1, "queue", "verify", "9")

    assert commands.json("queue", "release", "1") == {"released": 1}
    assert (pill(opened).owed, pill(opened).needs_you) == (1, 0)
    send_until(opened, lambda: jobs(opened)[1] is JobState.PROVED)
    assert safety(commands)[:2] == ("safe", True)


def test_without_proof_nothing_is_called_safe(opened: Station, commands: Commands) -> None:
    for number in jobs(opened):
        parcel = opened.store.queue.claim("office" if number == 1 else "archive", opened.clock.now())
        assert parcel is not None
        opened.store.queue.sent(number, Message("pacs.stored"), opened.clock.now())
        opened.store.queue.proved(number, ProofKind.QUERY if number == 2 else ProofKind.NONE, opened.clock.now())
    assert safety(commands) == ("sending", False, {"office": ("sent", False), "archive": ("proved", False)})
    assert not pill(opened).all_safe
