"""What every destination promises, whatever is at its other end."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread

from fieldstation.demo.pacs import PacsSettings
from fieldstation.dicom.encode import decode
from fieldstation.domain.destination import Destination, Disposition
from fieldstation.domain.jobs import ProofKind
from fieldstation.upload.association import PacsAddress
from fieldstation.upload.dimse import DimseDestination, DimseSettings
from tests.support.gateways import gateway
from tests.support.orthanc import orthanc
from tests.support.pacs import demo_pacs
from tests.support.parcels import frozen, frozen_state, parcel_of
from tests.support.peers import free_port, wait_until
from tests.support.storescp import storescp


@dataclass(frozen=True)
class Peer:
    """A running peer, how to look inside the archive at the end of the way, and how to make a destination of it.

    ``taken`` is the code of what it says to an image that it took.
    """

    address: PacsAddress
    proof: ProofKind
    taken: str
    kept: Callable[[], dict[str, bytes]]
    at: Callable[..., Destination]

    def destination(self, **changes: object) -> Destination:
        return self.at(self.address, **changes)


def dimse_peer(address: PacsAddress, proof: ProofKind, kept: Callable[[], dict[str, bytes]]) -> Peer:
    def at(pacs: PacsAddress, **changes: object) -> Destination:
        settings = {"name": "office", "pacs": pacs, "calling_ae_title": "VAN7", "proof": proof, **changes}
        return DimseDestination(DimseSettings(**settings))  # type: ignore[arg-type]

    return Peer(address, proof, "pacs.stored", kept, at)


def gateway_peer(folder: Path, stack: ExitStack) -> Peer:
    """A gateway, and behind it the built-in PACS."""
    demo = stack.enter_context(demo_pacs(folder / "pacs", PacsSettings(ae_title="OFFICE")))
    office = stack.enter_context(gateway(folder, pacs=demo))

    def kept() -> dict[str, bytes]:
        wait_until(lambda: not office.spooled(), "the gateway to have passed everything on")
        return {uid: path.read_bytes() for uid, path in demo.instances().items()}

    def at(address: PacsAddress, **changes: object) -> Destination:
        return office.destination(f"http://{address.host}:{address.port}", **changes)

    address = PacsAddress(host=office.host, port=office.port, ae_title="")
    return Peer(address, ProofKind.RECEIPT, "gateway.received", kept, at)


def start(kind: str, folder: Path, stack: ExitStack) -> Peer:
    if kind == "gateway":
        return gateway_peer(folder, stack)
    if kind == "demo":
        demo = stack.enter_context(demo_pacs(folder, PacsSettings(ae_title="OFFICE")))
        return dimse_peer(
            PacsAddress(host=demo.host, port=demo.port, ae_title="OFFICE"),
            ProofKind.QUERY,
            lambda: {uid: path.read_bytes() for uid, path in demo.instances().items()},
        )
    if kind == "orthanc":
        archive = stack.enter_context(orthanc(folder, DicomCheckCalledAet=True))
        return dimse_peer(
            PacsAddress(host=archive.host, port=archive.port, ae_title=archive.ae_title),
            ProofKind.QUERY,
            lambda: {uid: archive.file(uid) for uid in archive.instances()},
        )
    scp = stack.enter_context(storescp(folder))
    return dimse_peer(
        PacsAddress(host=scp.host, port=scp.port, ae_title=scp.ae_title),
        ProofKind.NONE,
        lambda: {uid: path.read_bytes() for uid, path in scp.files().items()},
    )


@pytest.fixture(scope="module", params=["demo", "orthanc", "storescp", "gateway"])
def peer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    with ExitStack() as stack:
        yield start(request.param, tmp_path_factory.mktemp(request.param), stack)


@pytest.fixture
def destination(peer: Peer) -> Iterator[Destination]:
    made = peer.destination()
    yield made
    made.rest()


def store(destination: Destination, number: int) -> Disposition:
    instance, content = frozen(number)
    return destination.store(parcel_of(instance), content, lambda _bytes: None).disposition


def test_what_was_taken_is_there_with_every_pixel(peer: Peer, destination: Destination) -> None:
    instance, content = frozen(1)
    told: list[int] = []
    answer = destination.store(parcel_of(instance), content, told.append)
    assert (answer.disposition, answer.message.code) == (Disposition.SENT, peer.taken)
    assert (decode(peer.kept()[instance.sop_instance_uid]) == decode(content)).all()
    assert told == sorted(told)
    assert 0.99 * len(content) < told[-1] <= len(content)


@pytest.mark.parametrize("peer", ["demo", "orthanc", "gateway"], indirect=True)
def test_proof_is_had_for_what_is_there_and_only_for_that(destination: Destination) -> None:
    assert store(destination, 2) is Disposition.SENT
    parcel = parcel_of(frozen(2)[0])
    wait_until(lambda: destination.prove(parcel).disposition is not Disposition.PENDING, "the proof to come")
    assert destination.prove(parcel).disposition is Disposition.PROVED
    assert destination.prove(parcel_of(frozen(99)[0])).disposition is Disposition.DENIED


def test_sending_twice_leaves_one(peer: Peer, destination: Destination) -> None:
    assert store(destination, 3) is Disposition.SENT
    before = set(peer.kept())
    assert store(destination, 3) is Disposition.SENT
    assert set(peer.kept()) == before
    assert frozen(3)[0].sop_instance_uid in before


def test_images_that_follow_each_other_share_an_association(destination: Destination) -> None:
    before = set(threading.enumerate())
    assert store(destination, 4) is Disposition.SENT
    during = set(threading.enumerate()) - before
    assert store(destination, 5) is Disposition.SENT
    assert set(threading.enumerate()) - before == during
    destination.rest()
    assert set(threading.enumerate()) <= before


def test_annotations_go_the_same_way_as_their_image(peer: Peer, destination: Destination) -> None:
    assert store(destination, 10) is Disposition.SENT
    before = set(threading.enumerate())
    instance, content = frozen_state(10)
    answer = destination.store(parcel_of(instance), content, lambda _bytes: None)
    assert (answer.disposition, answer.message.code) == (Disposition.SENT, peer.taken)
    assert set(threading.enumerate()) == before
    arrived, sent = (dcmread(BytesIO(part10)) for part10 in (peer.kept()[instance.sop_instance_uid], content))
    assert arrived == sent
    if destination.proof is not ProofKind.NONE:
        parcel = parcel_of(instance)
        wait_until(lambda: destination.prove(parcel).disposition is not Disposition.PENDING, "the proof to come")
        assert destination.prove(parcel).disposition is Disposition.PROVED


@pytest.mark.parametrize("peer", ["storescp"], indirect=True)
def test_a_peer_that_cannot_be_asked_proves_nothing(destination: Destination) -> None:
    assert store(destination, 2) is Disposition.SENT
    assert destination.prove(parcel_of(frozen(2)[0])).disposition is Disposition.PAUSE


@pytest.mark.parametrize("peer", ["demo", "orthanc"], indirect=True)
def test_a_wrong_title_pauses_and_says_which(peer: Peer) -> None:
    wrong = PacsAddress(host=peer.address.host, port=peer.address.port, ae_title="WRONG")
    answer = send_with(peer.at(wrong), 6)
    assert answer == (Disposition.PAUSE, "pacs.called_unknown")


def test_simulated_images_go_to_test_destinations_only(peer: Peer) -> None:
    instance, content = frozen(7, simulated=True)
    refused = peer.destination().store(parcel_of(instance), content, lambda _bytes: None)
    assert (refused.disposition, refused.message.code) == (Disposition.REFUSED, "pacs.simulated_refused")
    assert instance.sop_instance_uid not in peer.kept()
    allowed = peer.destination(test=True)
    assert allowed.store(parcel_of(instance), content, lambda _bytes: None).disposition is Disposition.SENT
    allowed.rest()


def test_nobody_there_is_for_later(peer: Peer) -> None:
    nowhere = peer.at(PacsAddress(host="127.0.0.1", port=free_port(), ae_title="NOBODY"))
    assert not nowhere.reachable()
    assert send_with(nowhere, 8) == (Disposition.LATER, "link.down")
    report = nowhere.echo()
    assert report.trouble is not None
    assert (report.verified, report.trouble.code) == (False, "link.down")


def test_a_name_that_cannot_be_looked_up_is_for_later(peer: Peer) -> None:
    unnamed = peer.at(PacsAddress(host="no.such.host.invalid", port=104, ae_title="NOBODY"))
    assert send_with(unnamed, 8) == (Disposition.LATER, "link.name_unknown")


def test_after_the_end_nothing_is_begun(peer: Peer, destination: Destination) -> None:
    destination.end()
    assert send_with(destination, 9) == (Disposition.LATER, "sender.stopped")
    assert frozen(9)[0].sop_instance_uid not in peer.kept()


def test_echo_says_what_can_be_had(peer: Peer, destination: Destination) -> None:
    report = destination.echo()
    assert (report.verified, report.lossless, report.plain, report.trouble) == (True, True, True, None)
    assert report.proof_possible
    assert destination.reachable()
    assert destination.probe().disposition is Disposition.FINE


def send_with(destination: Destination, number: int) -> tuple[Disposition, str]:
    instance, content = frozen(number)
    answer = destination.store(parcel_of(instance), content, lambda _bytes: None)
    return answer.disposition, answer.message.code
