"""A name lookup that hangs holds up neither a destination beyond its limits, nor its end, nor that of the process."""

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldstation.domain.destination import Answer, Destination, Disposition
from fieldstation.domain.jobs import JobState
from fieldstation.upload.association import PacsAddress
from fieldstation.upload.dicomweb import WebDestination, WebSettings
from fieldstation.upload.dimse import DimseDestination, DimseSettings
from fieldstation.upload.gateway import GatewayAddress, GatewayDestination
from fieldstation.upload.limits import Limits
from fieldstation.upload.reach import addresses_of
from tests.support.gateways import QUICK
from tests.support.parcels import frozen, parcel_of
from tests.support.peers import wait_until
from tests.support.sending import sending_store, states

HOST = "office.example"
IMPATIENT = Limits(connect_s=0.1)
PATIENT = Limits(connect_s=3600.0)


def dimse(limits: Limits, host: str = HOST, port: int = 104) -> Destination:
    pacs = PacsAddress(host=host, port=port, ae_title="OFFICE")
    return DimseDestination(DimseSettings(name="office", pacs=pacs, calling_ae_title="VAN7", limits=limits))


def dicomweb(limits: Limits, host: str = HOST, port: int = 443) -> Destination:
    return WebDestination(WebSettings(name="office", url=f"http://{host}:{port}", limits=limits))


def by_gateway(limits: Limits, host: str = HOST, port: int = 8043) -> Destination:
    url = f"http://{host}:{port}"
    return GatewayDestination(GatewayAddress(name="office", url=url, limits=limits, persistence=QUICK))


class Resolver:
    """A resolver that answers nobody before it is told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers = threading.Event()

    def __call__(self, host: str, *_arguments: Any, **_options: Any) -> Any:
        self.asked.append(host)
        assert self.answers.wait(60)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    deaf = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", deaf)
    yield deaf
    deaf.answers.set()
    wait_until(lambda: not [one for one in threading.enumerate() if one.name == "lookup"], "the lookups to end")


def send(destination: Destination) -> Answer:
    instance, content = frozen(1)
    return destination.store(parcel_of(instance), content, lambda _bytes: None)


@pytest.mark.parametrize("make", [dimse, dicomweb, by_gateway])
def test_a_lookup_that_hangs_is_waited_for_no_longer_than_a_connection(
    resolver: Resolver, make: Callable[[Limits], Destination]
) -> None:
    destination = make(IMPATIENT)
    for _ in range(3):
        answer = send(destination)
        assert (answer.disposition, answer.message.code) == (Disposition.LATER, "link.name_unknown")
    assert resolver.asked == [HOST]
    destination.rest()


@pytest.mark.parametrize("make", [dimse, dicomweb, by_gateway])
def test_the_end_interrupts_a_lookup(resolver: Resolver, make: Callable[[Limits], Destination]) -> None:
    destination = make(PATIENT)
    answers: list[Answer] = []
    thread = threading.Thread(target=lambda: answers.append(send(destination)))
    thread.start()
    wait_until(lambda: bool(resolver.asked), "the lookup")
    destination.end()
    thread.join(30)
    assert [(answer.disposition, answer.message.code) for answer in answers] == [(Disposition.LATER, "sender.stopped")]
    assert not destination.reachable()
    destination.rest()


def test_a_late_answer_is_not_kept_and_the_next_lookup_is_a_new_one(resolver: Resolver) -> None:
    destination = dimse(IMPATIENT)
    assert send(destination).message.code == "link.name_unknown"
    resolver.answers.set()
    wait_until(lambda: not [one for one in threading.enumerate() if one.name == "lookup"], "the lookup to end")
    assert addresses_of(HOST, 60, lambda: False) == ("127.0.0.1",)
    assert resolver.asked == [HOST, HOST]
    assert addresses_of("::1", 60, lambda: False) == ("::1",)
    assert resolver.asked == [HOST, HOST]


def test_a_process_ends_however_long_a_lookup_takes(tmp_path: Path) -> None:
    with sending_store(tmp_path, 1) as store:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.unresolved_sender", str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        with process.stdout:
            assert process.stdout.readline() == "asked\n"
            process.terminate()
            assert process.wait(30) == 0
        assert states(store) == [JobState.QUEUED]
