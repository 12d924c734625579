"""The machine's own network changes under the sender: real addresses, added and taken away."""

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fieldstation.demo.link import Link
from fieldstation.domain.destination import Answer, Disposition
from fieldstation.upload.association import PacsAddress
from fieldstation.upload.dimse import DimseDestination, DimseSettings
from fieldstation.upload.network import NetworkWatch, own_addresses
from tests.support.faults import BlackHole
from tests.support.pacs import demo_pacs
from tests.support.parcels import frozen, parcel_of
from tests.support.peers import require_peer, wait_until

ANOTHER = "127.0.77.1"


def change_address(verb: str) -> bool:
    command = [str(require_peer("ip")), "address", verb, f"{ANOTHER}/32", "dev", "lo"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture
def another_address() -> Iterator[str]:
    if not change_address("add"):
        pytest.skip("the right to change this machine's addresses is not given")
    yield ANOTHER
    change_address("delete")


def test_nothing_happens_nothing_is_said() -> None:
    with NetworkWatch() as watch:
        assert watch.take() is None


def test_addresses_that_come_and_go_are_noticed(another_address: str) -> None:
    with NetworkWatch() as watch:
        change_address("delete")
        addresses = None

        def told() -> bool:
            nonlocal addresses
            addresses = watch.take()
            return addresses is not None

        wait_until(told, "the change to be told")
        assert addresses is not None
        assert another_address not in addresses
        assert watch.take() is None
        assert "127.0.0.1" in own_addresses()


def test_after_sleep_nothing_is_left_of_what_was_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    slept = 0.0
    monkeypatch.setattr("fieldstation.upload.network._asleep_s", lambda: slept)
    with NetworkWatch() as watch:
        assert watch.take() is None
        slept = 3600.0
        assert watch.take() == frozenset()
        assert watch.take() is None


def test_a_sleep_that_the_monotonic_clock_counts_is_noticed_as_well() -> None:
    at = 100.0
    with NetworkWatch(lambda: at) as watch:
        at += 1.0
        assert watch.take() is None
        at += 4 * 3600.0
        assert watch.take() == frozenset()
        assert watch.take() is None


def test_a_transfer_whose_address_is_gone_ends_at_once(tmp_path: Path) -> None:
    hole = BlackHole(after=200_000)
    with demo_pacs(tmp_path) as pacs, Link((pacs.host, pacs.port), watch=hole) as link:
        address = PacsAddress(host=link.host, port=link.port, ae_title="OFFICE")
        destination = DimseDestination(DimseSettings(name="office", pacs=address, calling_ae_title="VAN7"))
        answers: list[Answer] = []
        instance, content = frozen(1, 2000)
        thread = threading.Thread(
            target=lambda: answers.append(destination.store(parcel_of(instance), content, lambda _bytes: None))
        )
        thread.start()
        assert hole.entered.wait(30)
        destination.keep_only({"127.0.0.1"})
        assert thread.is_alive()
        destination.keep_only({"192.0.2.7"})
        thread.join(30)
        assert not thread.is_alive()
        hole.open()
        assert [answer.disposition for answer in answers] == [Disposition.LATER]
        assert destination.store(parcel_of(instance), content, lambda _bytes: None).disposition is Disposition.SENT
        destination.rest()
