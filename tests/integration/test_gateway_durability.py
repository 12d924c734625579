"""What the office end says it has is on its disk, however its process ends."""

import re
import sqlite3
from dataclasses import replace
from pathlib import Path
from random import Random

import httpx
import pytest

from fieldstation.demo.link import Cut, Direction, Flow, Link
from fieldstation.demo.pacs import PacsSettings
from fieldstation.domain.destination import Disposition
from tests.support.gateways import QUICK, Gateway, gateway
from tests.support.pacs import demo_pacs
from tests.support.parcels import frozen, parcel_of
from tests.support.peers import wait_until
from tests.support.tus_wire import HEADERS, begin, half_open

ROWS = 1000
CHUNK = 64 * 1024
KILLS = 2
PATCH = re.compile(rb"PATCH .*?\r\nupload-offset: (\d+)\r\n", re.IGNORECASE | re.DOTALL)


def held(office: Gateway) -> int:
    """How much the ledger of a gateway that does not run says it has of its one upload."""
    connection = sqlite3.connect(office.data / "gateway.sqlite3")
    try:
        (count,) = connection.execute("SELECT max(held) FROM upload").fetchone()
    finally:
        connection.close()
    return int(count)


class Kills:
    """Kills the gateway as the byte with that number passes, looks at what is left, and starts it again.

    It lets no more through than the gateway has promised to have, and a chunk: what is lost at a kill was in the
    gateway's hands, and not in the system's buffers. A gateway that commits more rarely is waited for in vain.
    """

    def __init__(self, office: Gateway, content: bytes, at: list[int]) -> None:
        self._office = office
        self._content = content
        self._at = at
        self._start: dict[int, int] = {}
        self.lost: list[int] = []
        self.failed: list[BaseException] = []

    def __call__(self, flow: Flow, data: bytes) -> None:
        if flow.direction is not Direction.UP:
            return
        if patch := PATCH.match(data):
            self._start[flow.connection] = int(patch[1]) - flow.passed - data.index(b"\r\n\r\n") - 4
        if flow.connection not in self._start or not self._at:
            return
        sent = self._start[flow.connection] + flow.passed
        try:
            wait_until(lambda: held(self._office) >= sent - CHUNK, "the gateway to have what it got")
            if sent < self._at[0]:
                return
            self._at.pop(0)
            self._kill(sent)
        except BaseException as problem:
            self.failed.append(problem)
            raise Cut from problem
        # A dead gateway's socket would take one piece more, which nobody ever gets.
        raise Cut

    def _kill(self, sent: int) -> None:
        self._office.kill()
        kept = held(self._office)
        (file,) = self._office.spooled()
        assert file.read_bytes()[:kept] == self._content[:kept]
        self.lost.append(sent - kept)
        self._office.start()


@pytest.mark.parametrize(
    "seed", [1, 2, pytest.param(3, marks=pytest.mark.faults), pytest.param(4, marks=pytest.mark.faults)]
)
def test_a_kill_costs_a_chunk_at_most_and_harms_nothing(tmp_path: Path, seed: int) -> None:
    instance, content = frozen(seed, ROWS)
    at = sorted(Random(seed).sample(range(CHUNK, len(content) - 4 * CHUNK), KILLS))
    with gateway(tmp_path) as office:
        kills = Kills(office, content, at)
        with Link((office.host, office.port), watch=kills) as link:
            patient = replace(QUICK, give_up_s=60.0)
            destination = office.destination(f"http://{link.host}:{link.port}", persistence=patient)
            told: list[int] = []
            answer = destination.store(parcel_of(instance), content, told.append)
            assert answer.disposition is Disposition.SENT
            destination.rest()
        assert not kills.failed
        assert len(kills.lost) == KILLS
        assert min(kills.lost) >= 0
        assert max(kills.lost) <= CHUNK
        assert [path.read_bytes() for path in office.spooled()] == [content]


def test_bytes_that_were_never_noted_are_cut_off(tmp_path: Path) -> None:
    instance, content = frozen(1, ROWS)
    with gateway(tmp_path) as office:
        place = begin(office.url, instance)
        with half_open(place, 0, content[: 3 * CHUNK], len(content)):
            wait_until(lambda: sum(path.stat().st_size for path in office.spooled()) >= 2 * CHUNK, "the first chunks")
        office.kill()
        (file,) = office.spooled()
        with file.open("ab") as torn:
            torn.write(b"\0" * 5000)
        office.start()
        offset = int(httpx.head(place, headers=HEADERS, trust_env=False).headers["Upload-Offset"])
        assert offset == held(office)
        destination = office.destination()
        assert destination.store(parcel_of(instance), content, lambda _bytes: None).disposition is Disposition.SENT
        destination.rest()
        assert file.read_bytes() == content


def test_a_whole_object_that_was_not_checked_yet_is_checked_later(tmp_path: Path) -> None:
    """As after a kill between the last byte and the check."""
    instance, content = frozen(1)
    with gateway(tmp_path) as office:
        begin(office.url, instance)
        office.kill()
        connection = sqlite3.connect(office.data / "gateway.sqlite3")
        (name,) = connection.execute("SELECT name FROM upload").fetchone()
        connection.execute("UPDATE upload SET held = size")
        connection.commit()
        connection.close()
        (office.data / "uploads" / name).write_bytes(content)
        office.start()
        assert office.receipt(instance.sop_instance_uid)["state"] == "receiving"
        destination = office.destination()
        assert destination.store(parcel_of(instance), content, lambda _bytes: None).disposition is Disposition.SENT
        destination.rest()
        assert office.receipt(instance.sop_instance_uid)["sha256"] == instance.sha256


def test_a_newer_request_takes_over_from_one_that_hangs(tmp_path: Path) -> None:
    instance, content = frozen(1, ROWS)
    with gateway(tmp_path) as office:
        place = begin(office.url, instance)
        with half_open(place, 0, content[:100_000], len(content)) as hanging:
            wait_until(lambda: bool(office.spooled()) and office.spooled()[0].stat().st_size > 0, "the first chunk")
            offset = int(httpx.head(place, headers=HEADERS, trust_env=False).headers["Upload-Offset"])
            assert offset == 100_000
            assert hanging.recv(1000).startswith(b"HTTP/1.1 423")
            destination = office.destination()
            assert destination.store(parcel_of(instance), content, lambda _bytes: None).disposition is Disposition.SENT
            destination.rest()
        assert office.spooled()[0].read_bytes() == content


def test_a_gateway_that_dies_while_passing_on_leaves_one_at_the_pacs(tmp_path: Path) -> None:
    instance, content = frozen(1)
    settings = PacsSettings(store_delay_s=0.5)
    with demo_pacs(tmp_path / "pacs", settings) as pacs, gateway(tmp_path, pacs=pacs) as office:
        destination = office.destination()
        assert destination.store(parcel_of(instance), content, lambda _bytes: None).disposition is Disposition.SENT
        wait_until(lambda: office.receipt(instance.sop_instance_uid)["state"] == "sending", "the sending")
        office.kill()
        office.start()
        wait_until(lambda: office.receipt(instance.sop_instance_uid)["state"] == "proved", "the proof")
        assert set(pacs.instances()) == {instance.sop_instance_uid}
        assert not office.spooled()
        destination.rest()


def test_nothing_of_a_patient_is_in_its_words(tmp_path: Path) -> None:
    instance, content = frozen(1)
    with demo_pacs(tmp_path / "pacs", PacsSettings(statuses=(0xA700, 0xC123))) as pacs:
        with gateway(tmp_path, pacs=pacs) as office:
            destination = office.destination(persistence=QUICK)
            destination.store(parcel_of(instance), b"changed" + content[7:], lambda _bytes: None)
            destination.store(parcel_of(instance), content, lambda _bytes: None)
            wait_until(lambda: office.receipt(instance.sop_instance_uid)["state"] == "refused", "the refusal")
            destination.rest()
        said = office.log()
        assert "SHA-256" in said
        words = ("TESTCASE", "P-0007", "A-7001", instance.sop_instance_uid)
        assert [word for word in words if word in said] == []
        ledger = b"".join(path.read_bytes() for path in office.data.glob("gateway.sqlite3*"))
        assert [word for word in words[:3] if word.encode() in ledger] == []
