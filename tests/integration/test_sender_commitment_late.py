"""A PACS whose report of commitment comes late, when the request has long been answered."""

import queue
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.association import Association

from fieldstation.cr_reader.conformance.pushing import Links
from fieldstation.domain.destination import Disposition
from fieldstation.domain.jobs import ProofKind
from fieldstation.domain.store import Parcel
from fieldstation.store.sql_store import SqlStore
from fieldstation.upload.association import COMMITMENT, PacsAddress
from fieldstation.upload.commitment import CommitmentAsking
from fieldstation.upload.dimse import DimseDestination, DimseSettings
from tests.support.sending import sending_store

_INSTANCE = "1.2.840.10008.1.20.1.1"


class LatePacs:
    """Answers each N-ACTION with success, and reports when it is told to, over the association that asked."""

    def __init__(self) -> None:
        self.port = 0
        self._asked: queue.Queue[tuple[Association, Dataset]] = queue.Queue()

    def on_action(self, event: evt.Event) -> tuple[int, None]:
        self._asked.put((event.assoc, event.action_information))
        return 0x0000, None

    def report(self) -> int | None:
        """Commit to what was asked for first; the status that the report is answered with, None without one."""
        association, request = self._asked.get(timeout=30)
        report = Dataset()
        report.TransactionUID = request.TransactionUID
        report.ReferencedSOPSequence = request.ReferencedSOPSequence
        try:
            status, _ = association.send_n_event_report(report, 1, COMMITMENT, _INSTANCE)
        except RuntimeError:
            return None  # the association is gone
        code: int | None = status.get("Status")
        return code


@contextmanager
def late_pacs() -> Iterator[LatePacs]:
    pacs, ae = LatePacs(), AE(ae_title="OFFICE")
    ae.add_supported_context(COMMITMENT)
    with closing(Links()) as links:
        handlers = [*links.handlers, (evt.EVT_N_ACTION, pacs.on_action)]
        server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
        assert server is not None
        try:
            pacs.port = server.server_address[1]
            yield pacs
        finally:
            server.shutdown()
            server.server_close()


@contextmanager
def asking(
    store: SqlStore, pacs: LatePacs, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[DimseDestination, Parcel]]:
    """A destination that does not wait for the report, and what it asks about."""
    monkeypatch.setattr(CommitmentAsking.__init__, "__kwdefaults__", {"answer_wait_s": 0.0})
    address = PacsAddress(host="127.0.0.1", port=pacs.port, ae_title="OFFICE")
    settings = DimseSettings(name="office", pacs=address, calling_ae_title="VAN7", proof=ProofKind.COMMITMENT)
    destination = DimseDestination(settings, commitments=store.commitments)
    parcel = store.queue.claim("office", store._clock.now())
    assert parcel is not None
    try:
        yield destination, parcel
    finally:
        destination.end()
        destination.rest()


def test_a_report_that_comes_late_is_heard_on_the_association_that_is_kept_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        sending_store(tmp_path, 1) as store,
        late_pacs() as pacs,
        asking(store, pacs, monkeypatch) as (destination, parcel),
    ):
        answer = destination.prove(parcel)
        assert (answer.disposition, answer.message.code) == (Disposition.PENDING, "pacs.commitment_not_yet")
        destination.rest()
        assert pacs.report() == 0x0000
        assert destination.prove(parcel).disposition is Disposition.PROVED


def test_what_asks_again_meanwhile_does_not_lose_the_first_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        sending_store(tmp_path, 1) as store,
        late_pacs() as pacs,
        asking(store, pacs, monkeypatch) as (destination, parcel),
    ):
        for _ in range(2):
            assert destination.prove(parcel).disposition is Disposition.PENDING
        assert pacs.report() == 0x0000
        assert destination.prove(parcel).disposition is Disposition.PROVED


def test_once_it_is_too_late_the_association_is_let_go_and_asked_again_on_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fieldstation.upload.commitment._HOLD_OPEN_S", 0.0)
    with (
        sending_store(tmp_path, 1) as store,
        late_pacs() as pacs,
        asking(store, pacs, monkeypatch) as (destination, parcel),
    ):
        assert destination.prove(parcel).disposition is Disposition.PENDING
        destination.rest()
        assert pacs.report() is None
        assert destination.prove(parcel).disposition is Disposition.PENDING
        assert pacs.report() == 0x0000
        assert destination.prove(parcel).disposition is Disposition.PROVED
