"""Proof by storage commitment: on the association that asked, to a listener, and never on less."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import psutil
import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, build_role

from fieldstation.cr_reader.conformance.pushing import Links
from fieldstation.demo.link import Direction, Link
from fieldstation.demo.pacs import DemoPacs, PacsSettings
from fieldstation.domain.destination import Disposition
from fieldstation.domain.jobs import JobState, ProofKind
from fieldstation.domain.words import Message
from fieldstation.store.sql_store import SqlStore
from fieldstation.upload.association import COMMITMENT, BoundedAssociation, PacsAddress
from fieldstation.upload.commitment import COMMITMENT_CONTEXTS, note_report
from fieldstation.upload.credentials import Credentials
from fieldstation.upload.dimse import DimseDestination, DimseSettings
from fieldstation.upload.limits import Limits
from fieldstation.upload.listener import CommitmentListener, ListenerSettings
from fieldstation.upload.tls import client_context
from tests.support.faults import P_DATA, CutsAt
from tests.support.orthanc import Orthanc, orthanc
from tests.support.pacs import demo_pacs
from tests.support.peers import free_port, wait_until
from tests.support.running import running
from tests.support.sending import jobs, sending_store, states
from tests.support.storescp import Storescp, storescp
from tests.support.web import Authority

_INSTANCE = "1.2.840.10008.1.20.1.1"


def committing(
    store: SqlStore,
    pacs: "DemoPacs | Link | Orthanc | Storescp | OneByOne",
    ae_title: str = "OFFICE",
    *,
    listening: bool = False,
    answer_s: float = 5.0,
) -> DimseDestination:
    address = PacsAddress(host=pacs.host, port=pacs.port, ae_title=ae_title)
    settings = DimseSettings(
        name="office",
        pacs=address,
        calling_ae_title="VAN7",
        proof=ProofKind.COMMITMENT,
        listening=listening,
        limits=Limits(answer_s=answer_s),
    )
    return DimseDestination(settings, commitments=store.commitments)


@contextmanager
def listener(store: SqlStore, port: int = 0, *titles: str) -> Iterator[CommitmentListener]:
    settings = ListenerSettings(
        host="127.0.0.1", port=port, ae_title="VAN7", peers=("127.0.0.1",), calling_ae_titles=titles
    )
    with CommitmentListener(settings, store.commitments) as listening:
        assert listening.wait(30)
        yield listening


def all_proved(store: SqlStore) -> bool:
    return set(states(store)) == {JobState.PROVED}


def events(store: SqlStore, job_id: int) -> list[str]:
    with store.reading() as questions:
        return [event.what for event in questions.events(subject=f"job:{job_id}")]


def test_the_answer_comes_on_the_association_that_asked(tmp_path: Path) -> None:
    with sending_store(tmp_path / "data", 3) as store, demo_pacs(tmp_path / "pacs") as pacs:
        with running(store, committing(store, pacs), committing(store, pacs)):
            wait_until(lambda: all_proved(store), "all to be proved")
        assert {job.proof for job in jobs(store)} == {ProofKind.COMMITMENT}
        asked = ["job.sent", "job.commitment_asked", "job.commitment_held", "job.proved"]
        assert events(store, 1)[-4:] == asked
        assert store.commitments.take(1) is None
        assert len(pacs.instances()) == 3


class OneByOne:
    """A door to a PACS that lets in one connection at a time; all others wait before it."""

    host = "127.0.0.1"

    def __init__(self, pacs: DemoPacs) -> None:
        self._pacs = pacs
        self._door = socket.create_server((self.host, 0))
        self.port = self._door.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        # Not closed yet: that wakes nobody who accepts.
        self._door.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._door.close()

    def _serve(self) -> None:
        while True:
            try:
                guest, _ = self._door.accept()
            except OSError:
                return
            with guest, socket.create_connection((self._pacs.host, self._pacs.port)) as inside:
                ways = [threading.Thread(target=self._carry, args=ends) for ends in ((guest, inside), (inside, guest))]
                for way in ways:
                    way.start()
                for way in ways:
                    way.join()

    @staticmethod
    def _carry(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def test_a_pacs_that_lets_a_second_association_wait_is_asked_over_one_after_the_other(tmp_path: Path) -> None:
    """It is waited for once, not for each image."""
    count = 4
    with (
        sending_store(tmp_path / "data", count) as store,
        demo_pacs(tmp_path / "pacs") as pacs,
        OneByOne(pacs) as door,
    ):
        with running(store, committing(store, door, answer_s=1.5)):
            wait_until(lambda: all_proved(store), "all to be proved")
        waits = [what for job in jobs(store) for what in events(store, job.id) if what == "job.waiting"]
        assert len(waits) < count


def test_the_answer_comes_to_the_listener(tmp_path: Path) -> None:
    with sending_store(tmp_path / "data", 2) as store, listener(store, 0, "OFFICE") as heard:
        calls_back = PacsSettings(commitment_to=("VAN7", "127.0.0.1", heard.port))
        with (
            demo_pacs(tmp_path / "pacs", calls_back) as pacs,
            running(store, committing(store, pacs, listening=True)),
        ):
            wait_until(lambda: all_proved(store), "all to be proved")
    assert heard.pid is None


def test_orthanc_answers_to_the_listener_that_it_knows(tmp_path: Path) -> None:
    with sending_store(tmp_path / "data", 2) as store, listener(store, 0, Orthanc.ae_title) as heard:
        with orthanc(tmp_path / "orthanc", calls_at=heard.port) as archive:
            with running(store, committing(store, archive, Orthanc.ae_title, listening=True)):
                wait_until(lambda: all_proved(store), "all to be proved")
            assert len(archive.instances()) == 2
        assert {job.proof for job in jobs(store)} == {ProofKind.COMMITMENT}


def test_what_the_pacs_forgot_is_sent_again(tmp_path: Path) -> None:
    with (
        sending_store(tmp_path / "data", 1) as store,
        demo_pacs(tmp_path / "pacs", PacsSettings(forgets=1)) as pacs,
    ):
        with running(store, committing(store, pacs)):
            wait_until(lambda: all_proved(store), "it to be proved")
        assert len(pacs.stores()) == 2
        assert "job.commitment_denied" in events(store, 1)


def test_without_commitment_on_offer_the_destination_is_paused(tmp_path: Path) -> None:
    with sending_store(tmp_path / "data", 1) as store, storescp(tmp_path / "scp") as scp:
        with running(store, committing(store, scp, scp.ae_title)):
            wait_until(lambda: bool(paused(store)), "the pause")
        assert paused(store) == ["pacs.commitment_refused"]
        assert states(store) == [JobState.SENT]


def paused(store: SqlStore) -> list[str]:
    with store.reading() as questions:
        return [one.reason.code for one in questions.paused()]


@pytest.mark.parametrize("listening", [False, True])
def test_a_transaction_is_remembered_before_it_is_sent_and_each_try_has_its_own(
    tmp_path: Path, *, listening: bool
) -> None:
    watch = CutsAt(Direction.UP, P_DATA, 3)
    with (
        sending_store(tmp_path / "data", 1) as store,
        demo_pacs(tmp_path / "pacs") as pacs,
        Link((pacs.host, pacs.port), watch=watch) as link,
    ):
        parcel = store.queue.claim("office", store._clock.now())
        assert parcel is not None
        destination = committing(store, link, listening=listening)
        remembered = set()
        for _ in range(3):
            answer = destination.prove(parcel)
            assert (answer.disposition, answer.message.code) == (Disposition.LATER, "link.commitment_lost")
            last = store.commitments.take(1)
            assert last is not None
            assert last.held is None
            remembered.add(last.transaction_uid)
        assert len(remembered) == 3
        assert destination.prove(parcel).disposition is Disposition.DENIED
        destination.end()
        destination.rest()


def test_an_answer_counts_once_and_only_for_what_was_asked(tmp_path: Path) -> None:
    with sending_store(tmp_path / "data", 1) as store:
        uid = jobs(store)[0].sop_instance_uid
        store.commitments.ask("2.25.1", 1)
        store.commitments.ask("2.25.2", 1)
        assert not store.commitments.answer("2.25.99", {uid})
        assert store.commitments.answer("2.25.1", {uid})
        assert store.commitments.answer("2.25.1", set())
        assert events(store, 1)[-1] == "job.commitment_held"
        taken = store.commitments.take(1)
        assert taken is not None
        assert (taken.transaction_uid, taken.held) == ("2.25.1", True)
        assert store.commitments.take(1) is None
        store.commitments.ask("2.25.3", 1)
        assert store.commitments.answer("2.25.3", {"2.25.777"})
        denied = store.commitments.take(1)
        assert denied is not None
        assert denied.held is False


@pytest.mark.parametrize(
    ("held", "failed", "committed"),
    [
        (("ours", "2.25.9"), (), True),
        (("ours",), ("2.25.9",), True),
        (("2.25.9",), ("ours",), False),
        (("ours",), ("ours",), False),
        (("2.25.9",), (), False),
        ((), (), False),
    ],
    ids=["all", "another failed", "ours failed", "both", "another", "nothing"],
)
def test_a_report_commits_to_what_it_names_and_does_not_fail(
    tmp_path: Path, held: tuple[str, ...], failed: tuple[str, ...], *, committed: bool
) -> None:
    with sending_store(tmp_path, 1) as store:
        uid = jobs(store)[0].sop_instance_uid
        store.commitments.ask("2.25.1", 1)
        report = Dataset()
        report.TransactionUID = "2.25.1"
        report.ReferencedSOPSequence = [reference(uid if one == "ours" else one) for one in held]
        report.FailedSOPSequence = [reference(uid if one == "ours" else one) for one in failed]
        event: Any = SimpleNamespace(event_information=report)
        assert note_report(store.commitments, event) == 0x0000
        taken = store.commitments.take(1)
        assert taken is not None
        assert taken.held is committed


def reference(uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPInstanceUID = uid
    return item


def test_an_answer_from_before_the_image_was_sent_again_counts_for_nothing(tmp_path: Path) -> None:
    with sending_store(tmp_path, 1) as store:
        parcel = store.queue.claim("office", store._clock.now())
        assert parcel is not None
        store.commitments.ask("2.25.1", 1)
        store.queue.sent(1, Message("pacs.stored"), store._clock.now())
        store.queue.denied(1, Message("pacs.not_committed"), store._clock.now())
        store.commitments.ask("2.25.2", 1)
        assert not store.commitments.answer("2.25.1", {parcel.instance.sop_instance_uid})
        taken = store.commitments.take(1)
        assert taken is not None
        assert (taken.transaction_uid, taken.held) == ("2.25.2", None)


def report_to(heard: CommitmentListener, transaction_uid: str, office: Credentials | None = None) -> int:
    """The status that a report of the office is answered with."""
    caller = AE(ae_title="OFFICE")
    caller.add_requested_context(COMMITMENT)
    role = build_role(COMMITMENT, scp_role=True)
    tls = (client_context(office), "127.0.0.1") if office else None
    report = Dataset()
    report.TransactionUID = transaction_uid
    report.ReferencedSOPSequence = []
    with closing(Links()) as links:
        association = caller.associate(
            "127.0.0.1", heard.port, ae_title="VAN7", ext_neg=[role], tls_args=tls, evt_handlers=links.handlers
        )
        assert association.is_established
        status, _ = association.send_n_event_report(report, 1, COMMITMENT, _INSTANCE)
        association.release()
    return int(status.Status)


def test_the_listener_lets_in_whom_it_knows_and_says_yes_only_to_what_it_wrote_down(tmp_path: Path) -> None:
    with sending_store(tmp_path / "data", 1) as store, listener(store, 0, "OFFICE") as heard:
        store.commitments.ask("2.25.1", 1)
        at = PacsAddress(host="127.0.0.1", port=heard.port, ae_title="VAN7")
        let_in = BoundedAssociation(at, "STRANGER", Limits()).open(COMMITMENT_CONTEXTS)
        assert let_in is not None
        assert let_in.message.code == "pacs.calling_unknown"
        assert report_to(heard, "2.25.99") == 0x0115
        assert report_to(heard, "2.25.1") == 0x0000


def test_a_listener_that_dies_is_started_again(tmp_path: Path) -> None:
    with sending_store(tmp_path / "data", 1) as store, listener(store, free_port(), "OFFICE") as heard:
        store.commitments.ask("2.25.1", 1)
        assert heard.pid is not None
        psutil.Process(heard.pid).kill()
        wait_until(lambda: not heard.wait(0.0), "the death to be noticed")
        assert heard.wait(30)
        assert report_to(heard, "2.25.1") == 0x0000


def test_with_a_certificate_the_listener_hears_nothing_in_the_clear_and_nobody_unknown(tmp_path: Path) -> None:
    authority, stranger = Authority(tmp_path / "authority"), Authority(tmp_path / "stranger")
    certificate, key = authority.issue("van7")
    calling, calling_key = authority.issue("office")
    strange, strange_key = stranger.issue("office")
    office = Credentials(ca_file=authority.file, client_cert=calling, client_key=calling_key)
    settings = ListenerSettings(
        host="127.0.0.1",
        port=0,
        ae_title="VAN7",
        peers=("127.0.0.1",),
        certificate=str(certificate),
        key=str(key),
        authority=str(authority.file),
    )
    with sending_store(tmp_path / "data", 1) as store, CommitmentListener(settings, store.commitments) as heard:
        assert heard.wait(30)
        store.commitments.ask("2.25.1", 1)
        with socket.create_connection(("127.0.0.1", heard.port), 60):
            assert report_to(heard, "2.25.1", office) == 0x0000
        unknown = replace(office, client_cert=strange, client_key=strange_key)
        for credentials in (None, replace(office, client_cert=None, client_key=None), unknown):
            at = PacsAddress(host="127.0.0.1", port=heard.port, ae_title="VAN7", tls=credentials)
            assert BoundedAssociation(at, "OFFICE", Limits(answer_s=5.0)).open(COMMITMENT_CONTEXTS) is not None


def test_an_address_that_is_not_known_is_not_heard(tmp_path: Path) -> None:
    with sending_store(tmp_path / "data", 1) as store:
        settings = ListenerSettings(host="127.0.0.1", port=0, ae_title="VAN7", peers=("192.0.2.1",))
        with CommitmentListener(settings, store.commitments) as heard:
            assert heard.wait(30)
            with socket.create_connection(("127.0.0.1", heard.port), 60) as stranger:
                stranger.settimeout(60)
                assert stranger.recv(1) == b""
