"""The built-in PACS and the failing link, as parts of their own."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, evt

from fieldstation.cr_reader.conformance.pushing import Links
from fieldstation.demo.link import Cut, Flow, Link, seeded_cuts
from fieldstation.demo.pacs import DemoPacs, Find, PacsSettings, is_uid
from fieldstation.upload.association import PacsAddress
from fieldstation.upload.dimse import DimseDestination, DimseSettings
from tests.support.parcels import frozen, parcel_of
from tests.support.peers import listens, wait_until

COMMITMENT = "1.2.840.10008.1.20.1"
COMMITMENT_INSTANCE = "1.2.840.10008.1.20.1.1"


def store(pacs: DemoPacs, number: int) -> None:
    address = PacsAddress(host=pacs.host, port=pacs.port, ae_title=pacs.ae_title)
    destination = DimseDestination(DimseSettings(name="office", pacs=address, calling_ae_title="VAN7"))
    instance, content = frozen(number)
    destination.store(parcel_of(instance), content, lambda _bytes: None)
    destination.rest()


def test_what_it_held_before_a_power_cut_it_holds_after(tmp_path: Path) -> None:
    with DemoPacs.start(tmp_path) as pacs:
        store(pacs, 1)
        pacs.kill()
    with DemoPacs.start(tmp_path) as pacs:
        assert set(pacs.instances()) == {frozen(1)[0].sop_instance_uid}
        store(pacs, 1)
        assert len(pacs.stores()) == 2
        assert len(pacs.instances()) == 1


def test_it_ends_when_told_however_often(tmp_path: Path) -> None:
    pacs = DemoPacs.start(tmp_path)
    pacs.stop()
    pacs.stop()
    assert not listens(pacs.port)


def test_settings_survive_the_way_to_the_process() -> None:
    settings = PacsSettings(
        calling_ae_titles=("A", "B"),
        statuses=(0xA700,),
        find=Find.ABORTS,
        filed_as=(("PatientID", "X"),),
        commitment_to=("VAN7", "127.0.0.1", 104),
    )
    assert PacsSettings.from_json(settings.to_json()) == settings


@pytest.mark.parametrize("text", ["", ".", "1..2", "01.2", "../1", "1.2/3", "1" * 65, "1.2.", "1.a"])
def test_no_uid_is_a_path(text: str) -> None:
    assert not is_uid(text)


@contextmanager
def committing(pacs: DemoPacs, reports: "Queue[tuple[int | None, Dataset]]") -> Iterator[Any]:
    ae = AE(ae_title="VAN7")
    ae.add_requested_context(COMMITMENT)
    with closing(Links()) as links:
        handlers = [*links.handlers, (evt.EVT_N_EVENT_REPORT, _note, [reports])]
        association = ae.associate(pacs.host, pacs.port, ae_title=pacs.ae_title, evt_handlers=handlers)
        assert association.is_established
        yield association
        association.release()


def _note(event: evt.Event, reports: "Queue[tuple[int | None, Dataset]]") -> tuple[int, None]:
    reports.put((event.event_type, event.event_information))
    return 0x0000, None


def ask(association: Any, *numbers: int) -> int:
    asked = Dataset()
    asked.TransactionUID = "2.25.4711"
    references = []
    for number in numbers:
        reference = Dataset()
        reference.ReferencedSOPClassUID = frozen(number)[0].sop_class_uid
        reference.ReferencedSOPInstanceUID = frozen(number)[0].sop_instance_uid
        references.append(reference)
    asked.ReferencedSOPSequence = references
    status, _ = association.send_n_action(asked, 1, COMMITMENT, COMMITMENT_INSTANCE)
    return int(status.Status)


def test_commitment_is_reported_on_the_same_association(tmp_path: Path) -> None:
    reports: Queue[tuple[int | None, Dataset]] = Queue()
    with DemoPacs.start(tmp_path) as pacs:
        store(pacs, 1)
        with committing(pacs, reports) as association:
            assert ask(association, 1) == 0x0000
            event_type, report = reports.get(timeout=30)
            assert (event_type, report.TransactionUID) == (1, "2.25.4711")
            assert ask(association, 1, 2) == 0x0000
            event_type, report = reports.get(timeout=30)
            assert event_type == 2
            failed = [reference.ReferencedSOPInstanceUID for reference in report.FailedSOPSequence]
            assert failed == [frozen(2)[0].sop_instance_uid]


def test_commitment_is_reported_where_it_is_told_to(tmp_path: Path) -> None:
    reports: Queue[tuple[int | None, Dataset]] = Queue()
    listener = AE(ae_title="VAN7")
    listener.add_supported_context(COMMITMENT)
    with closing(Links()) as links:
        handlers = [*links.handlers, (evt.EVT_N_EVENT_REPORT, _note, [reports])]
        server = listener.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
        assert server is not None
        port = server.server_address[1]
        with DemoPacs.start(tmp_path, PacsSettings(commitment_to=("VAN7", "127.0.0.1", port))) as pacs:
            with committing(pacs, reports) as association:
                assert ask(association, 2) == 0x0000
            assert reports.get(timeout=30)[0] == 2
        server.shutdown()


@contextmanager
def echo_server() -> Iterator[tuple[str, int]]:
    """A server that sends back what it gets, one connection after the other."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                end, _ = listener.accept()
            except OSError:
                return
            with end:
                try:
                    while data := end.recv(65536):
                        end.sendall(data)
                except OSError:
                    continue

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def exchange(link: Link, data: bytes) -> bytes:
    """Send it through and read it back; what came, if the link breaks."""
    with socket.create_connection((link.host, link.port), 60) as end:
        got = b""
        try:
            end.sendall(data)
            while len(got) < len(data) and (piece := end.recv(65536)):
                got += piece
        except OSError:
            pass
    return got


def test_the_link_carries_and_counts_both_ways() -> None:
    with echo_server() as target, Link(target) as link:
        data = bytes(range(256)) * 1000
        assert exchange(link, data) == data
        link.close()  # a piece is counted once it has passed, which the other end may notice first
        assert (link.bytes_up, link.bytes_down, link.cuts, link.connections) == (len(data), len(data), 0, 1)


def test_the_link_breaks_where_its_script_says() -> None:
    with echo_server() as target, Link(target, cuts=(50_000, 10_000)) as link:
        assert exchange(link, b"x" * 100_000) != b"x" * 100_000
        assert link.bytes_up == 50_000
        assert exchange(link, b"x" * 100_000) != b"x" * 100_000
        assert link.bytes_up == 60_000
        assert exchange(link, b"x" * 100_000) == b"x" * 100_000
        assert link.cuts == 2


def test_the_link_goes_down_and_comes_back_on_the_same_port() -> None:
    with echo_server() as target, Link(target) as link:
        port = link.port
        link.down()
        assert not listens(port)
        link.up()
        assert link.port == port
        assert exchange(link, b"again") == b"again"


def test_a_connection_is_cut_from_outside() -> None:
    with echo_server() as target, Link(target) as link:
        with socket.create_connection((link.host, link.port), 60) as end:
            end.sendall(b"one")
            assert end.recv(3) == b"one"
            link.cut_now()
            with pytest.raises(ConnectionResetError):
                end.recv(1)
        wait_until(lambda: link.cuts == 1, "the cut to be counted")
        assert exchange(link, b"two") == b"two"


def test_an_outage_of_the_script_ends_by_itself() -> None:
    with echo_server() as target, Link(target, cuts=(1,), outage_s=0.05) as link:
        assert exchange(link, b"x") != b"xx"
        wait_until(lambda: listens(link.port), "the link to come back")


def test_what_watches_sees_every_byte() -> None:
    seen: list[bytes] = []

    def watch(flow: Flow, data: bytes) -> None:
        seen.append(data)
        if flow.connection == 2:
            raise Cut

    with echo_server() as target, Link(target, watch=watch) as link:
        exchange(link, b"abc")
        assert b"".join(seen) == b"abcabc"
        assert exchange(link, b"def") == b""


def test_cuts_are_the_same_for_the_same_seed() -> None:
    assert seeded_cuts(1, 20, 10, 99) == seeded_cuts(1, 20, 10, 99)
    assert seeded_cuts(1, 20, 10, 99) != seeded_cuts(2, 20, 10, 99)
    assert all(10 <= cut <= 99 for cut in seeded_cuts(1, 20, 10, 99))
