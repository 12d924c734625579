"""What a gateway, a link and whatever sits in between say, and what it means for the job and the destination."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from fieldstation.demo.link import Cut, Direction, Flow, Link
from fieldstation.demo.pacs import PacsSettings
from fieldstation.domain.destination import Answer, Disposition
from fieldstation.upload.limits import Limits
from tests.support.faults import BlackHole, CutsAtConnect, Slow, Watch
from tests.support.gateways import QUICK, SHORT, at, gateway, said, send, whole
from tests.support.pacs import demo_pacs
from tests.support.parcels import frozen, parcel_of
from tests.support.peers import free_port, wait_until

LARGE = 1000
"""Rows of an image of 1.6 MB."""
RATE = 2e6
"""Bytes a second: slow enough for the disk to keep up, so that what is lost was on the link."""


@contextmanager
def linked(folder: Path, watch: Watch, limits: Limits | None = None) -> Iterator[Any]:
    with gateway(folder) as office, Link((office.host, office.port), watch=watch) as link:
        destination = at(f"http://{link.host}:{link.port}", limits=limits or Limits())
        yield office, link, destination
        destination.rest()


class CutsEvery:
    """Breaks each connection after so many bytes upward, at a rate that the disk keeps up with."""

    def __init__(self, every: int) -> None:
        self._every = every
        self._slow = Slow(RATE)

    def __call__(self, flow: Flow, data: bytes) -> None:
        self._slow(flow, data)
        if flow.direction is Direction.UP and flow.passed + len(data) > self._every:
            raise Cut(self._every - flow.passed)


class CutsAnswer:
    """Breaks the first connection on which an answer with that status comes back, before it passes."""

    def __init__(self, status: bytes) -> None:
        self._status = status
        self.cut = False

    def __call__(self, flow: Flow, data: bytes) -> None:
        if flow.direction is Direction.DOWN and not self.cut and data.startswith(b"HTTP/1.1 " + self._status):
            self.cut = True
            raise Cut


@pytest.mark.parametrize("every", [30_000, 100_000, 500_000])
def test_a_link_that_breaks_again_and_again_costs_a_chunk_each_time(tmp_path: Path, every: int) -> None:
    told: list[int] = []
    with linked(tmp_path, CutsEvery(every)) as (office, link, destination):
        instance, content = frozen(1, LARGE)
        answer = destination.store(parcel_of(instance), content, told.append)
        assert said(answer) == (Disposition.SENT, "gateway.received")
        assert whole(office, 1, LARGE)
        assert link.cuts >= len(content) // every
        assert link.bytes_up - len(content) <= link.cuts * 64 * 1024
        assert told == sorted(set(told))
        assert told[-1] == len(content)


def test_a_lost_answer_is_asked_for(tmp_path: Path) -> None:
    watch = CutsAnswer(b"204")
    with linked(tmp_path, watch) as (office, link, destination):
        assert send(destination, 1, LARGE).disposition is Disposition.SENT
        assert watch.cut
        assert whole(office, 1, LARGE)
        assert link.bytes_up < 1.1 * frozen(1, LARGE)[0].size


def test_an_answer_that_stays_away_leaves_it_open_whether_the_image_is_there(tmp_path: Path) -> None:
    def watch(flow: Flow, data: bytes) -> None:
        if flow.direction is Direction.DOWN and data.startswith(b"HTTP/1.1 204"):
            link.down()
            raise Cut

    with gateway(tmp_path) as office, Link((office.host, office.port), watch=watch) as link:
        destination = at(f"http://{link.host}:{link.port}", persistence=replace(QUICK, give_up_s=2.0))
        assert said(send(destination, 1, LARGE))[0] is Disposition.LATER
        assert whole(office, 1, LARGE)
        destination.rest()


def test_a_black_hole_in_the_middle_is_noticed_and_gone_around(tmp_path: Path) -> None:
    hole = BlackHole(after=400_000)
    with gateway(tmp_path) as office, Link((office.host, office.port), watch=hole) as link:
        patient = replace(QUICK, give_up_s=30.0)
        destination = at(f"http://{link.host}:{link.port}", limits=SHORT, persistence=patient)
        try:
            answer = send(destination, 1, LARGE)
        finally:
            hole.open()
        assert said(answer) == (Disposition.SENT, "gateway.received")
        assert hole.entered.is_set()
        assert link.connections > 1
        assert whole(office, 1, LARGE)
        destination.rest()


def test_a_link_that_is_none_is_given_up(tmp_path: Path) -> None:
    with gateway(tmp_path) as office, Link((office.host, office.port), watch=Slow(20_000)) as link:
        impatient = replace(QUICK, give_up_s=0.2)
        destination = at(f"http://{link.host}:{link.port}", limits=SHORT, persistence=impatient)
        assert said(send(destination, 1, LARGE)) == (Disposition.LATER, "link.lost")
        assert not whole(office, 1, LARGE)
        destination.rest()


def test_a_slow_link_that_is_a_link_is_waited_for(tmp_path: Path) -> None:
    told: list[int] = []
    with linked(tmp_path, Slow(200_000)) as (_office, link, destination):
        instance, content = frozen(1, 500)
        assert destination.store(parcel_of(instance), content, told.append).disposition is Disposition.SENT
        assert len(told) > 2
        assert link.connections == 1


def test_a_stuck_transfer_can_be_ended_from_outside(tmp_path: Path) -> None:
    hole = BlackHole(after=200_000)
    with linked(tmp_path, hole) as (_office, _link, destination):
        answers: list[Answer] = []
        thread = threading.Thread(target=lambda: answers.append(send(destination, 1, 2000)))
        thread.start()
        assert hole.entered.wait(30)
        destination.end()
        thread.join(30)
        hole.open()
        assert [said(answer) for answer in answers] == [(Disposition.LATER, "sender.stopped")]


@pytest.mark.parametrize("times", [100, pytest.param(1000, marks=pytest.mark.faults)])
def test_resets_in_a_row_leave_no_thread_and_no_socket(tmp_path: Path, times: int) -> None:
    with linked(tmp_path, CutsAtConnect(times + 1)) as (office, link, destination):
        send(destination)
        threads, handles = threading.active_count(), psutil.Process().num_fds()
        for _ in range(times):
            assert send(destination).disposition is Disposition.LATER
        assert link.cuts == times + 1
        assert threading.active_count() <= threads + 2
        wait_until(lambda: psutil.Process().num_fds() <= handles + 4, "the sockets to be closed")
        assert send(destination).disposition is Disposition.SENT
        assert whole(office, 1, 320)


def test_what_arrives_changed_is_begun_again_and_never_passed_on(tmp_path: Path) -> None:
    with demo_pacs(tmp_path / "pacs") as pacs, gateway(tmp_path, pacs=pacs) as office:
        destination = office.destination()
        instance, content = frozen(1)
        changed = bytes([content[0] ^ 1]) + content[1:]
        answer = destination.store(parcel_of(instance), changed, lambda _bytes: None)
        assert said(answer) == (Disposition.FEW, "gateway.hash_mismatch")
        assert not office.spooled()
        assert destination.prove(parcel_of(instance)).disposition is Disposition.DENIED
        assert send(destination).disposition is Disposition.SENT
        wait_until(lambda: office.receipt(instance.sop_instance_uid)["state"] == "proved", "the proof")
        assert len(pacs.stores()) == 1
        destination.rest()


def test_a_vehicle_that_forgot_goes_on_where_it_was(tmp_path: Path) -> None:
    with linked(tmp_path, lambda _flow, _data: None) as (office, link, destination):
        instance, content = frozen(1, LARGE)

        def stop_half_way(sent: int) -> None:
            if sent > len(content) // 2:
                destination.end()

        first = destination.store(parcel_of(instance), content, stop_half_way)
        assert said(first) == (Disposition.LATER, "sender.stopped")
        fresh = at(f"http://{link.host}:{link.port}")
        assert send(fresh, 1, LARGE).disposition is Disposition.SENT
        assert link.bytes_up < 1.5 * len(content)
        assert whole(office, 1, LARGE)
        before = link.bytes_up
        again = replace(parcel_of(instance), job=replace(parcel_of(instance).job, attempts=2))
        assert fresh.store(again, content, lambda _bytes: None).disposition is Disposition.SENT
        assert link.bytes_up - before < 2000
        fresh.rest()


def test_what_the_pacs_refuses_is_said_and_can_be_tried_again(tmp_path: Path) -> None:
    with (
        demo_pacs(tmp_path / "pacs", PacsSettings(statuses=(0xC123,))) as pacs,
        gateway(tmp_path, pacs=pacs) as office,
    ):
        destination = office.destination()
        parcel = parcel_of(frozen(1)[0])
        assert send(destination).disposition is Disposition.SENT
        wait_until(lambda: destination.prove(parcel).disposition is not Disposition.PENDING, "the refusal")
        assert said(destination.prove(parcel)) == (Disposition.REFUSED, "pacs.not_understood")
        assert send(destination).disposition is Disposition.SENT
        wait_until(lambda: destination.prove(parcel).disposition is Disposition.PROVED, "the proof")
        destination.rest()


@pytest.mark.parametrize(
    ("keyword", "value", "what"), [("PatientID", "P-OTHER", "patient"), ("StudyInstanceUID", "2.25.9999", "study")]
)
def test_what_the_pacs_files_wrongly_is_said(tmp_path: Path, keyword: str, value: str, what: str) -> None:
    with (
        demo_pacs(tmp_path / "pacs", PacsSettings(filed_as=((keyword, value),))) as pacs,
        gateway(tmp_path, pacs=pacs) as office,
    ):
        destination = office.destination()
        parcel = parcel_of(frozen(1)[0])
        assert send(destination).disposition is Disposition.SENT
        wait_until(lambda: destination.prove(parcel).disposition is not Disposition.PENDING, "the query")
        assert said(destination.prove(parcel)) == (Disposition.FILED_WRONGLY, f"pacs.filed_wrong_{what}")
        destination.rest()


def test_a_pacs_that_is_down_is_the_gateways_to_wait_for(tmp_path: Path) -> None:
    port = free_port()
    with demo_pacs(tmp_path / "other", PacsSettings(port=port)) as pacs:
        pacs.stop()
        with gateway(tmp_path, pacs=pacs) as office:
            destination = office.destination()
            parcel = parcel_of(frozen(1)[0])
            assert send(destination).disposition is Disposition.SENT
            wait_until(
                lambda: said(destination.prove(parcel)) == (Disposition.PENDING, "gateway.waits_for_pacs"), "the wait"
            )
            with demo_pacs(tmp_path / "pacs", PacsSettings(port=port)) as back:
                wait_until(lambda: destination.prove(parcel).disposition is Disposition.PROVED, "the proof")
                assert len(back.instances()) == 1
            destination.rest()


def test_a_gateway_without_a_pacs_takes_images_but_promises_no_proof(tmp_path: Path) -> None:
    with gateway(tmp_path) as office:
        destination = office.destination()
        report = destination.echo()
        assert report.trouble is not None
        assert (report.verified, report.proof_possible, report.trouble.code) == (True, False, "gateway.no_pacs")
        destination.rest()
