"""What DIMSE peers and links say, and what it means for the job and the destination."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import psutil
import pytest
from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGLSLossless

from fieldstation.demo.link import Cut, Direction, Flow, Link
from fieldstation.demo.pacs import Find, PacsSettings
from fieldstation.dicom.encode import decode
from fieldstation.dicom.encode import transcode as written_in
from fieldstation.domain.destination import Answer, Disposition
from fieldstation.domain.errors import WrongUse
from fieldstation.domain.jobs import ProofKind
from fieldstation.domain.words import Message
from fieldstation.upload.association import PacsAddress
from fieldstation.upload.dimse import DimseDestination, DimseSettings, Transcode, no_transcoding
from fieldstation.upload.limits import Limits
from fieldstation.upload.part10 import encoded_dataset
from tests.support.faults import (
    ASSOCIATE_RQ,
    P_DATA,
    RELEASE_RQ,
    BlackHole,
    CutsAt,
    CutsAtConnect,
    Slow,
    Watch,
)
from tests.support.orthanc import orthanc
from tests.support.pacs import demo_pacs
from tests.support.parcels import STUDY, frozen, frozen_state, parcel_of, transcode
from tests.support.storescp import IMPLICIT_ONLY, PLAIN_ONLY, storescp

LARGE = 2000
"""Rows of an image that no socket buffer holds: 6 MB."""
SHORT = Limits(connect_s=5.0, answer_s=5.0, stall_s=1.0, release_s=0.5, min_rate=1e6)


def settings_for(host: str, port: int, ae_title: str = "OFFICE", **changes: Any) -> DimseSettings:
    pacs = PacsAddress(host=host, port=port, ae_title=ae_title)
    return DimseSettings(**{"name": "office", "pacs": pacs, "calling_ae_title": "VAN7", **changes})


@contextmanager
def office(folder: Path, transcode_with: Transcode = no_transcoding, **behaviour: Any) -> Iterator[Any]:
    with demo_pacs(folder, PacsSettings(**behaviour)) as pacs:
        destination = DimseDestination(settings_for(pacs.host, pacs.port), transcode_with)
        yield pacs, destination
        destination.rest()


@contextmanager
def linked(folder: Path, watch: Watch, limits: Limits | None = None, **behaviour: Any) -> Iterator[Any]:
    with demo_pacs(folder, PacsSettings(**behaviour)) as pacs, Link((pacs.host, pacs.port), watch=watch) as link:
        destination = DimseDestination(settings_for(link.host, link.port, limits=limits or Limits()))
        yield pacs, link, destination
        destination.rest()


def send(destination: DimseDestination, number: int = 1, rows: int = 320) -> Answer:
    instance, content = frozen(number, rows)
    return destination.store(parcel_of(instance), content, lambda _bytes: None)


@pytest.mark.parametrize(
    ("status", "disposition", "code"),
    [
        (0xA700, Disposition.LATER, "pacs.full"),
        (0xA702, Disposition.LATER, "pacs.full"),
        (0xA900, Disposition.REFUSED, "pacs.unmatched"),
        (0xC123, Disposition.REFUSED, "pacs.not_understood"),
        (0xB000, Disposition.SENT, "pacs.stored_coerced"),
        (0xB006, Disposition.SENT, "pacs.stored_discarded"),
        (0xB007, Disposition.SENT, "pacs.stored_unmatched"),
        (0x0111, Disposition.DUPLICATE, "pacs.duplicate"),
        (0x0110, Disposition.FEW, "pacs.failed"),
        (0x0124, Disposition.PAUSE, "pacs.not_authorised"),
    ],
)
def test_each_status_means_what_the_table_says(
    tmp_path: Path, status: int, disposition: Disposition, code: str
) -> None:
    with office(tmp_path, statuses=(status,)) as (_pacs, destination):
        answer = send(destination)
        assert (answer.disposition, answer.message.code) == (disposition, code)
        assert answer.message.params == {"status": f"{status:04X}"}
        assert send(destination, 2).disposition is Disposition.SENT


def test_the_frozen_bytes_arrive_as_they_are(tmp_path: Path) -> None:
    with office(tmp_path) as (pacs, destination):
        instance, content = frozen(1)
        send(destination)
        kept = pacs.instances()[instance.sop_instance_uid].read_bytes()
        assert encoded_dataset(kept) == encoded_dataset(content)
        assert pacs.stores()[0].transfer_syntax_uid == JPEGLSLossless


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_a_pacs_that_takes_only_plain_images_gets_them_so(tmp_path: Path, syntax: str) -> None:
    with office(tmp_path, transcode, transfer_syntaxes=(syntax,)) as (pacs, destination):
        instance, content = frozen(1)
        assert send(destination).disposition is Disposition.SENT
        assert pacs.stores()[0].transfer_syntax_uid == syntax
        kept = pacs.instances()[instance.sop_instance_uid].read_bytes()
        assert (decode(kept) == decode(content)).all()


@pytest.mark.parametrize("options", [PLAIN_ONLY, IMPLICIT_ONLY])
def test_storescp_that_takes_only_plain_images_gets_them_so(tmp_path: Path, options: tuple[str, ...]) -> None:
    with storescp(tmp_path / "scp", options) as scp:
        settings = settings_for(scp.host, scp.port, scp.ae_title, proof=ProofKind.NONE)
        destination = DimseDestination(settings, transcode)
        instance, content = frozen(1)
        assert send(destination).disposition is Disposition.SENT
        destination.rest()
        assert (dcmread(scp.files()[instance.sop_instance_uid]).pixel_array == decode(content)).all()


def test_without_a_form_that_it_takes_the_image_is_refused(tmp_path: Path) -> None:
    with office(tmp_path, transfer_syntaxes=("1.2.840.10008.1.2.4.90",)) as (_pacs, destination):
        answer = send(destination)
        assert (answer.disposition, answer.message.code) == (Disposition.REFUSED, "pacs.class_refused")
    with office(tmp_path / "plain", transfer_syntaxes=(ExplicitVRLittleEndian,)) as (_pacs, destination):
        answer = send(destination)
        assert (answer.disposition, answer.message.code) == (Disposition.REFUSED, "pacs.syntax_refused")


def test_a_pacs_that_takes_no_annotations_says_so_and_has_the_image(tmp_path: Path) -> None:
    with office(tmp_path, takes_annotations=False) as (pacs, destination):
        assert send(destination).disposition is Disposition.SENT
        instance, content = frozen_state(1)
        answer = destination.store(parcel_of(instance), content, lambda _bytes: None)
        assert (answer.disposition, answer.message.code) == (Disposition.REFUSED, "pacs.annotations_refused")
        assert list(pacs.instances()) == [frozen(1)[0].sop_instance_uid]


@pytest.mark.parametrize("options", [PLAIN_ONLY, IMPLICIT_ONLY])
def test_annotations_are_written_as_the_peer_takes_them(tmp_path: Path, options: tuple[str, ...]) -> None:
    with storescp(tmp_path / "scp", options) as scp:
        settings = settings_for(scp.host, scp.port, scp.ae_title, proof=ProofKind.NONE)
        destination = DimseDestination(settings, written_in)
        instance, content = frozen_state(1)
        answer = destination.store(parcel_of(instance), content, lambda _bytes: None)
        destination.rest()
        assert answer.disposition is Disposition.SENT
        assert dcmread(scp.files()[instance.sop_instance_uid]) == dcmread(BytesIO(content))


def test_bytes_that_are_no_dicom_file_are_refused(tmp_path: Path) -> None:
    with office(tmp_path) as (pacs, destination):
        answer = destination.store(parcel_of(frozen(1)[0]), b"not a file", lambda _bytes: None)
        assert (answer.disposition, answer.message.code) == (Disposition.REFUSED, "instance.not_part10")
        assert not pacs.instances()


def test_a_busy_pacs_is_for_later_and_a_stranger_pauses(tmp_path: Path) -> None:
    with office(tmp_path, busy=1) as (_pacs, destination):
        assert send(destination) == Answer(Disposition.LATER, Message("pacs.busy"))
        assert send(destination).disposition is Disposition.SENT
    with office(tmp_path / "strict", calling_ae_titles=("OTHER",)) as (_pacs, destination):
        answer = send(destination)
        assert (answer.disposition, answer.message.code) == (Disposition.PAUSE, "pacs.calling_unknown")
        assert destination.probe().disposition is Disposition.PAUSE


@pytest.mark.parametrize(
    ("filed_as", "disposition", "code"),
    [
        ((("PatientID", "P-OTHER"),), Disposition.FILED_WRONGLY, "pacs.filed_wrong_patient"),
        ((("AccessionNumber", "A-OTHER"),), Disposition.FILED_WRONGLY, "pacs.filed_wrong_accession"),
        ((("StudyInstanceUID", "2.25.9999"),), Disposition.FILED_WRONGLY, "pacs.filed_wrong_study"),
        ((("StudyInstanceUID", "2.25.9999"), ("AccessionNumber", "A-OTHER")), Disposition.DENIED, "pacs.not_held"),
        ((("PatientID", ""),), Disposition.PROVED, "pacs.proved"),
        ((), Disposition.PROVED, "pacs.proved"),
    ],
)
def test_proof_compares_under_which_names_it_was_filed(
    tmp_path: Path, filed_as: tuple[tuple[str, str], ...], disposition: Disposition, code: str
) -> None:
    with office(tmp_path, filed_as=filed_as) as (_pacs, destination):
        assert send(destination).disposition is Disposition.SENT
        answer = destination.prove(parcel_of(frozen(1)[0], STUDY))
        assert (answer.disposition, answer.message.code) == (disposition, code)


def test_a_pacs_may_give_an_accession_number_to_a_study_without_one(tmp_path: Path) -> None:
    with office(tmp_path) as (_pacs, destination):
        assert send(destination).disposition is Disposition.SENT
        unscheduled = parcel_of(frozen(1)[0], replace(STUDY, accession=""))
        assert destination.prove(unscheduled).disposition is Disposition.PROVED


@pytest.mark.parametrize("find", [Find.UNSUPPORTED, Find.ABORTS])
def test_a_pacs_that_answers_no_questions_is_found_out(tmp_path: Path, find: Find) -> None:
    with office(tmp_path, find=find) as (_pacs, destination):
        assert send(destination).disposition is Disposition.SENT
        answer = destination.prove(parcel_of(frozen(1)[0]))
        assert (answer.disposition, answer.message.code) == (Disposition.PAUSE, "pacs.query_refused")
        report = destination.echo()
        assert report.trouble is not None
        assert (report.verified, report.proof_possible, report.trouble.code) == (True, False, "pacs.query_refused")


def test_orthanc_that_does_not_know_us_stores_but_proves_nothing(tmp_path: Path) -> None:
    with orthanc(tmp_path, known=()) as archive:
        destination = DimseDestination(settings_for(archive.host, archive.port, archive.ae_title))
        assert send(destination).disposition is Disposition.SENT
        assert destination.prove(parcel_of(frozen(1)[0])).message.code == "pacs.query_refused"
        assert not destination.echo().proof_possible
        assert set(archive.instances()) == {frozen(1)[0].sop_instance_uid}


def test_proof_is_asked_where_the_settings_say(tmp_path: Path) -> None:
    with office(tmp_path) as (pacs, _), demo_pacs(tmp_path / "other", PacsSettings(ae_title="OTHER")) as other:
        elsewhere = PacsAddress(host=other.host, port=other.port, ae_title=other.ae_title)
        destination = DimseDestination(settings_for(pacs.host, pacs.port, proof_at=elsewhere))
        assert send(destination).disposition is Disposition.SENT
        assert destination.prove(parcel_of(frozen(1)[0])).disposition is Disposition.DENIED
        destination.rest()


def test_a_kind_of_proof_that_cannot_be_had_is_said_at_once() -> None:
    with pytest.raises(WrongUse, match=r"pacs\.proof_unsupported"):
        DimseDestination(settings_for("127.0.0.1", 104, proof=ProofKind.RECEIPT))


@pytest.mark.parametrize(
    ("watch", "disposition", "code", "arrives"),
    [
        (CutsAtConnect(1), Disposition.LATER, "link.no_answer", False),
        (CutsAt(Direction.UP, ASSOCIATE_RQ, 1), Disposition.LATER, "link.no_answer", False),
        (CutsAt(Direction.UP, P_DATA, 1, nth=6), Disposition.LATER, "link.lost", False),
        (CutsAt(Direction.DOWN, P_DATA, 1), Disposition.UNKNOWN, "link.answer_lost", True),
    ],
)
def test_a_cut_says_whether_the_image_may_be_there(
    tmp_path: Path, watch: Watch, disposition: Disposition, code: str, *, arrives: bool
) -> None:
    with linked(tmp_path, watch) as (pacs, link, destination):
        instance, _ = frozen(1, LARGE)
        answer = send(destination, 1, LARGE)
        assert (answer.disposition, answer.message.code) == (disposition, code)
        assert (instance.sop_instance_uid in pacs.instances()) is arrives
        assert (destination.prove(parcel_of(instance)).disposition is Disposition.PROVED) is arrives
        assert send(destination).disposition is Disposition.SENT
        assert link.cuts == 1


def test_a_cut_before_the_release_changes_nothing(tmp_path: Path) -> None:
    with linked(tmp_path, CutsAt(Direction.UP, RELEASE_RQ, 1)) as (pacs, link, destination):
        assert send(destination).disposition is Disposition.SENT
        destination.rest()
        assert link.cuts == 1
        assert send(destination, 2).disposition is Disposition.SENT
        assert len(pacs.instances()) == 2


def test_a_black_hole_in_the_middle_of_an_image_is_noticed(tmp_path: Path) -> None:
    hole = BlackHole(after=200_000)
    with linked(tmp_path, hole, SHORT) as (pacs, _link, destination):
        before = set(threading.enumerate())
        answer = send(destination, 1, LARGE)
        assert hole.entered.is_set()
        assert answer.disposition is Disposition.LATER
        assert not pacs.instances()
        assert not {thread for thread in set(threading.enumerate()) - before if "link" not in thread.name}
        hole.open()
        assert send(destination, 1).disposition is Disposition.SENT


def test_a_pacs_that_never_answers_is_noticed_and_asked(tmp_path: Path) -> None:
    limits = Limits(answer_s=2.0, release_s=0.5, min_rate=1e6)
    with linked(tmp_path, lambda _flow, _data: None, limits, store_delay_s=600.0) as (_pacs, _link, destination):
        answer = send(destination)
        assert (answer.disposition, answer.message.code) == (Disposition.UNKNOWN, "link.answer_lost")


def test_a_link_that_stalls_is_given_up(tmp_path: Path) -> None:
    with linked(tmp_path, Slow(5_000), SHORT) as (pacs, _link, destination):
        assert send(destination, 1, LARGE).disposition is Disposition.LATER
        assert not pacs.instances()


def test_a_link_below_the_slowest_rate_is_given_up(tmp_path: Path) -> None:
    limits = Limits(answer_s=2.0, release_s=0.5, min_rate=6e6)
    with linked(tmp_path, Slow(50_000), limits) as (pacs, _link, destination):
        assert send(destination, 1, LARGE).disposition is Disposition.LATER
        assert not pacs.instances()


def test_a_slow_link_that_is_a_link_is_waited_for(tmp_path: Path) -> None:
    told: list[int] = []
    with linked(tmp_path, Slow(200_000)) as (_pacs, _link, destination):
        instance, content = frozen(1, 500)
        answer = destination.store(parcel_of(instance), content, told.append)
        assert answer.disposition is Disposition.SENT
        assert len(told) > 2
        assert told == sorted(told)


def test_a_stuck_transfer_can_be_ended_from_outside(tmp_path: Path) -> None:
    hole = BlackHole(after=200_000)
    with linked(tmp_path, hole) as (_pacs, _link, destination):
        answers: list[Answer] = []
        thread = threading.Thread(target=lambda: answers.append(send(destination, 1, LARGE)))
        thread.start()
        assert hole.entered.wait(30)
        destination.end()
        thread.join(30)
        hole.open()
        assert [(answer.disposition, answer.message.code) for answer in answers] == [
            (Disposition.LATER, "sender.stopped")
        ]


@pytest.mark.parametrize("times", [100, pytest.param(1000, marks=pytest.mark.faults)])
def test_resets_in_a_row_leave_no_thread_and_no_socket(tmp_path: Path, times: int) -> None:
    def reset(flow: Flow, data: bytes) -> None:
        if flow.direction is Direction.UP and flow.passed + len(data) > 30_000:
            raise Cut

    with linked(tmp_path, reset) as (pacs, link, destination):
        send(destination, 1, LARGE)
        threads, handles = threading.active_count(), open_handles()
        for _ in range(times):
            assert send(destination, 1, LARGE).disposition is Disposition.LATER
        assert link.cuts == times + 1
        assert threading.active_count() <= threads
        assert open_handles() <= handles
        assert not pacs.instances()


def open_handles() -> int:
    process = psutil.Process(os.getpid())
    if sys.platform == "win32":
        return process.num_handles()
    return process.num_fds()
