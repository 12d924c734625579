"""What a gateway, a link and whatever sits in between say, and what it means for the job and the destination."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from fieldstation.demo.link import Cut, Direction, Flow, Link
from fieldstation.demo.pacs import DemoPacs, PacsSettings
from fieldstation.domain.destination import Answer, Disposition
from fieldstation.upload.association import Limits
from fieldstation.upload.credentials import Credentials
from fieldstation.upload.gateway import GatewayAddress, GatewayDestination
from tests.support.faults import BlackHole, CutsAtConnect, Slow, Watch
from tests.support.gateways import QUICK, SHORT, Gateway, gateway
from tests.support.parcels import frozen, parcel_of
from tests.support.peers import free_port, wait_until
from tests.support.web import TUS, Authority, Say, web

LARGE = 1000
"""Rows of an image of 1.6 MB."""
RATE = 8e6
"""Bytes a second: slow enough for the disk to keep up, so that what is lost was on the link."""


def send(destination: GatewayDestination, number: int = 1, rows: int = 320) -> Answer:
    instance, content = frozen(number, rows)
    return destination.store(parcel_of(instance), content, lambda _bytes: None)


def said(answer: Answer) -> tuple[Disposition, str]:
    return answer.disposition, answer.message.code


def at(url: str, **changes: Any) -> GatewayDestination:
    return GatewayDestination(GatewayAddress(**{"name": "office", "url": url, "persistence": QUICK, **changes}))


def whole(office: Gateway, number: int, rows: int) -> bool:
    """Whether the gateway has exactly the bytes of the image; for gateways without a PACS."""
    return frozen(number, rows)[1] in [path.read_bytes() for path in office.spooled()]


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
        destination = at(f"http://{link.host}:{link.port}", persistence=replace(QUICK, give_up_s=0.2))
        assert said(send(destination, 1, LARGE))[0] is Disposition.LATER
        assert whole(office, 1, LARGE)
        destination.rest()


def test_a_black_hole_in_the_middle_is_noticed_and_gone_around(tmp_path: Path) -> None:
    hole = BlackHole(after=400_000)
    with linked(tmp_path, hole, SHORT) as (office, link, destination):
        assert send(destination, 1, LARGE).disposition is Disposition.SENT
        assert hole.entered.is_set()
        assert link.connections == 2
        assert whole(office, 1, LARGE)
        hole.open()


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


@pytest.mark.parametrize(
    "portal",
    [
        Say(200, {"Content-Type": "text/html; charset=utf-8"}, b"<html>Welcome to our lounge</html>"),
        Say(302, {"Location": "http://portal.invalid/login"}),
        Say(511, {"Content-Type": "text/html"}, b"<html>Log in</html>"),
    ],
    ids=["page", "redirection", "511"],
)
def test_a_network_that_wants_a_login_gets_nothing(portal: Say) -> None:
    with web({"*": portal}) as cafe:
        destination = at(cafe.url)
        wants_login = (Disposition.PAUSE, "link.login_wanted")
        assert said(send(destination)) == wants_login
        assert said(destination.prove(parcel_of(frozen(1)[0]))) == wants_login
        assert said(destination.probe()) == wants_login
        assert not destination.echo().verified
        assert cafe.bytes_taken == 0
        destination.rest()


def test_a_portal_in_the_middle_of_an_image_is_not_taken_for_success() -> None:
    begun = Say(201, {**TUS, "Location": "files/1", "Upload-Offset": "0"})
    with web({"POST": begun, "*": Say(204, {"Upload-Offset": str(frozen(1)[0].size)})}) as fake:
        destination = at(fake.url)
        assert said(send(destination)) == (Disposition.PAUSE, "gateway.not_a_gateway")
        destination.rest()


@pytest.mark.parametrize(
    ("status", "disposition", "code"),
    [
        (400, Disposition.REFUSED, "gateway.not_understood"),
        (401, Disposition.PAUSE, "gateway.not_authorised"),
        (403, Disposition.PAUSE, "gateway.not_authorised"),
        (404, Disposition.PAUSE, "gateway.not_a_gateway"),
        (409, Disposition.REFUSED, "gateway.other_content"),
        (412, Disposition.PAUSE, "gateway.not_a_gateway"),
        (413, Disposition.REFUSED, "gateway.too_large"),
        (429, Disposition.LATER, "gateway.too_many"),
        (500, Disposition.LATER, "gateway.failed"),
        (503, Disposition.LATER, "gateway.failed"),
        (507, Disposition.LATER, "gateway.full"),
    ],
)
def test_each_status_means_what_the_table_says(status: int, disposition: Disposition, code: str) -> None:
    with web({"*": Say(status, TUS)}) as office:
        destination = at(office.url)
        assert said(send(destination)) == (disposition, code)
        assert office.bytes_taken == 0
        destination.rest()


def test_a_web_server_that_is_no_gateway_pauses() -> None:
    for answer in (Say(200, {"Content-Type": "application/json"}, b"{}"), Say(404), Say(204)):
        with web({"*": answer}) as other:
            destination = at(other.url)
            assert said(send(destination)) == (Disposition.PAUSE, "gateway.not_a_gateway")
            assert said(destination.probe()) == (Disposition.PAUSE, "gateway.not_a_gateway")
            destination.rest()


def test_an_upload_that_stays_in_use_is_for_later() -> None:
    begun = Say(201, {**TUS, "Location": "files/1", "Upload-Offset": "0"})
    with web({"POST": begun, "*": Say(423, TUS)}) as office:
        destination = at(office.url, persistence=replace(QUICK, give_up_s=0.1))
        assert said(send(destination)) == (Disposition.LATER, "gateway.in_use")
        destination.rest()


def receipt(**changes: object) -> Say:
    instance = frozen(1)[0]
    told = {
        "sop_instance_uid": instance.sop_instance_uid,
        "sha256": instance.sha256,
        "state": "proved",
        "pacs": {"code": "pacs.stored", "params": {"status": "0000"}},
        "last": None,
        "proof": {"kind": "query", "at": "2031-01-01T00:00:00+00:00"},
    }
    return Say(200, {**TUS, "Content-Type": "application/json"}, json.dumps(told | changes).encode())


def refusal(code: str, **params: str) -> Say:
    return receipt(state="refused", proof=None, last={"code": code, "params": params})


@pytest.mark.parametrize(
    ("told", "disposition", "code"),
    [
        (receipt(), Disposition.PROVED, "gateway.proved"),
        (receipt(proof={"kind": "commitment"}), Disposition.PROVED, "gateway.proved"),
        (receipt(proof=None), Disposition.PENDING, "gateway.forwarding"),
        (receipt(proof={"kind": "none"}), Disposition.PENDING, "gateway.forwarding"),
        (receipt(state="sent"), Disposition.PENDING, "gateway.forwarding"),
        (receipt(state="queued", pacs=None), Disposition.PENDING, "gateway.forwarding"),
        (
            receipt(state="queued", pacs=None, last={"code": "link.down", "params": {}}),
            Disposition.PENDING,
            "gateway.waits_for_pacs",
        ),
        (receipt(sha256="0" * 64), Disposition.REFUSED, "gateway.other_content"),
        (receipt(state="receiving", sha256=None), Disposition.DENIED, "gateway.not_held"),
        (Say(404, TUS), Disposition.DENIED, "gateway.not_held"),
        (Say(404), Disposition.PAUSE, "gateway.not_a_gateway"),
        (receipt(sop_instance_uid="2.25.1"), Disposition.LATER, "gateway.failed"),
        (Say(200, TUS, b"no json"), Disposition.LATER, "gateway.failed"),
        (refusal("pacs.filed_wrongly"), Disposition.FILED_WRONGLY, "pacs.filed_wrongly"),
        (refusal("pacs.not_understood", status="C123"), Disposition.REFUSED, "pacs.not_understood"),
        (refusal("pacs.not_understood", status="<script>"), Disposition.REFUSED, "gateway.pacs_refused"),
        (refusal("pacs.invented"), Disposition.REFUSED, "gateway.pacs_refused"),
    ],
)
def test_a_receipt_proves_only_what_it_says(told: Say, disposition: Disposition, code: str) -> None:
    with web({"*": told}) as office:
        destination = at(office.url)
        assert said(destination.prove(parcel_of(frozen(1)[0]))) == (disposition, code)
        destination.rest()


def test_what_arrives_changed_is_begun_again_and_never_passed_on(tmp_path: Path) -> None:
    with DemoPacs.start(tmp_path / "pacs") as pacs, gateway(tmp_path, pacs=pacs) as office:
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
        DemoPacs.start(tmp_path / "pacs", PacsSettings(statuses=(0xC123,))) as pacs,
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


@pytest.mark.parametrize("filed_as", [(("PatientID", "P-OTHER"),), (("StudyInstanceUID", "2.25.9999"),)])
def test_what_the_pacs_files_wrongly_is_said(tmp_path: Path, filed_as: tuple[tuple[str, str], ...]) -> None:
    with (
        DemoPacs.start(tmp_path / "pacs", PacsSettings(filed_as=filed_as)) as pacs,
        gateway(tmp_path, pacs=pacs) as office,
    ):
        destination = office.destination()
        parcel = parcel_of(frozen(1)[0])
        assert send(destination).disposition is Disposition.SENT
        wait_until(lambda: destination.prove(parcel).disposition is not Disposition.PENDING, "the query")
        assert said(destination.prove(parcel)) == (Disposition.FILED_WRONGLY, "pacs.filed_wrongly")
        destination.rest()


def test_a_pacs_that_is_down_is_the_gateways_to_wait_for(tmp_path: Path) -> None:
    port = free_port()
    with DemoPacs.start(tmp_path / "other", PacsSettings(port=port)) as pacs:
        pacs.stop()
        with gateway(tmp_path, pacs=pacs) as office:
            destination = office.destination()
            parcel = parcel_of(frozen(1)[0])
            assert send(destination).disposition is Disposition.SENT
            wait_until(
                lambda: said(destination.prove(parcel)) == (Disposition.PENDING, "gateway.waits_for_pacs"), "the wait"
            )
            with DemoPacs.start(tmp_path / "pacs", PacsSettings(port=port)) as back:
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


def test_a_station_needs_its_token(tmp_path: Path) -> None:
    tokens, mine, wrong = tmp_path / "tokens.toml", tmp_path / "token", tmp_path / "wrong"
    tokens.write_text('VAN7 = "correct-horse-battery"\nVAN8 = "another-token-of-theirs"\n')
    mine.write_text("correct-horse-battery\n")
    wrong.write_text("correct-horse-batterie\n")
    with gateway(tmp_path, "--tokens", str(tokens)) as office:
        not_let_in = (Disposition.PAUSE, "gateway.not_authorised")
        for destination in (at(office.url), at(office.url, credentials=Credentials(token_file=wrong))):
            assert said(send(destination)) == not_let_in
            assert said(destination.probe()) == not_let_in
            assert said(destination.prove(parcel_of(frozen(1)[0]))) == not_let_in
            destination.rest()
        known = at(office.url, credentials=Credentials(token_file=mine))
        assert send(known).disposition is Disposition.SENT
        known.rest()
        mine.write_text("another-token-of-theirs")
        other = at(office.url, credentials=Credentials(token_file=mine))
        assert other.prove(parcel_of(frozen(1)[0])).disposition is Disposition.DENIED
        other.rest()
        lost = at(office.url, credentials=Credentials(token_file=tmp_path / "nowhere"))
        assert said(send(lost)) == (Disposition.PAUSE, "gateway.credentials_unreadable")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def secured(folder: Path, authority: Authority, *options: str, **certificate: Any) -> Any:
    tokens = folder / "tokens.toml"
    tokens.write_text('VAN7 = "correct-horse-battery"\n')
    (folder / "token").write_text("correct-horse-battery")
    cert, key = authority.issue(f"gateway-{len(certificate)}", **certificate)
    files = ("--tls-cert", str(cert), "--tls-key", str(key), "--tokens", str(tokens))
    return gateway(folder, *files, *options, scheme="https")


def test_a_connection_is_secured_and_the_certificate_checked(tmp_path: Path, authority: Authority) -> None:
    trusting = Credentials(token_file=tmp_path / "token", ca_file=authority.file)
    with secured(tmp_path, authority) as office:
        destination = at(office.url, credentials=trusting)
        assert send(destination, 1, LARGE).disposition is Disposition.SENT
        assert whole(office, 1, LARGE)
        destination.rest()
        doubting = at(office.url, credentials=replace(trusting, ca_file=None))
        assert said(send(doubting)) == (Disposition.PAUSE, "gateway.certificate_refused")
        plain = at(office.url.replace("https", "http"))
        assert send(plain).disposition is Disposition.LATER
        astray = at(office.url, credentials=replace(trusting, ca_file=tmp_path / "nowhere.pem"))
        assert said(send(astray)) == (Disposition.PAUSE, "gateway.credentials_unreadable")


@pytest.mark.parametrize("flaw", [{"host": "other.example"}, {"lasts": timedelta(days=-1)}], ids=["name", "expired"])
def test_a_certificate_that_is_not_right_gets_nothing(
    tmp_path: Path, authority: Authority, flaw: dict[str, Any]
) -> None:
    with secured(tmp_path, authority, **flaw) as office:
        credentials = Credentials(token_file=tmp_path / "token", ca_file=authority.file)
        destination = at(office.url, credentials=credentials)
        refused = (Disposition.PAUSE, "gateway.certificate_refused")
        assert said(send(destination)) == said(destination.probe()) == refused
        assert not office.spooled()


def test_a_gateway_may_want_a_certificate_as_well(tmp_path: Path, authority: Authority) -> None:
    with secured(tmp_path, authority, "--client-ca", str(authority.file)) as office:
        without = Credentials(token_file=tmp_path / "token", ca_file=authority.file)
        assert said(send(at(office.url, credentials=without))) == (Disposition.PAUSE, "gateway.not_authorised")
        cert, key = authority.issue("VAN7")
        destination = at(office.url, credentials=replace(without, client_cert=cert, client_key=key))
        assert send(destination).disposition is Disposition.SENT
        destination.rest()
        tokenless = at(office.url, credentials=Credentials(ca_file=authority.file, client_cert=cert, client_key=key))
        assert said(send(tokenless)) == (Disposition.PAUSE, "gateway.not_authorised")


def test_a_certificate_alone_can_say_who_a_station_is(tmp_path: Path, authority: Authority) -> None:
    cert, key = authority.issue("gateway")
    options = ("--tls-cert", str(cert), "--tls-key", str(key), "--client-ca", str(authority.file))
    with gateway(tmp_path, *options, scheme="https") as office:
        stations = []
        for name in ("VAN7", "VAN8"):
            cert, key = authority.issue(name)
            credentials = Credentials(ca_file=authority.file, client_cert=cert, client_key=key)
            stations.append(at(office.url, credentials=credentials))
        assert send(stations[0]).disposition is Disposition.SENT
        stations[0].rest()
        parcel = parcel_of(frozen(1)[0])
        assert [station.prove(parcel).disposition for station in stations] == [Disposition.PENDING, Disposition.DENIED]
        stranger = Authority(tmp_path / "stranger")
        cert, key = stranger.issue("VAN7")
        credentials = Credentials(ca_file=authority.file, client_cert=cert, client_key=key)
        assert send(at(office.url, credentials=credentials)).disposition in {Disposition.PAUSE, Disposition.LATER}
        for station in stations:
            station.rest()
