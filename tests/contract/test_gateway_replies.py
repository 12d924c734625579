"""What a gateway's statuses and receipts mean, and what is made of answers that are no gateway's."""

import json
from dataclasses import replace

import pytest

from fieldstation.domain.destination import Disposition
from tests.support.gateways import QUICK, at, said, send
from tests.support.parcels import frozen, parcel_of
from tests.support.web import TUS, Say, web


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


@pytest.mark.parametrize("say", [Say(429, {**TUS, "Retry-After": "40"}), Say(503, {"Retry-After": "40"})])
def test_a_gateway_or_what_is_before_it_asks_to_be_left_alone(say: Say) -> None:
    with web({"*": say}) as office:
        destination = at(office.url)
        assert send(destination).wait_s == 40.0
        assert destination.prove(parcel_of(frozen(1)[0])).wait_s == 40.0
        destination.rest()


def test_a_web_server_that_is_no_gateway_pauses() -> None:
    for answer in (Say(200, {"Content-Type": "application/json"}, b"{}"), Say(404), Say(204)):
        with web({"*": answer}) as other:
            destination = at(other.url)
            assert said(send(destination)) == (Disposition.PAUSE, "gateway.not_a_gateway")
            assert said(destination.probe()) == (Disposition.PAUSE, "gateway.not_a_gateway")
            destination.rest()


@pytest.mark.parametrize("place", ["http://[::1", "files/\x7f", "files/" + "a" * 70_000])
def test_an_upload_that_is_begun_nowhere_is_no_gateways(place: str) -> None:
    with web({"*": Say(201, {**TUS, "Location": place})}) as other:
        destination = at(other.url)
        assert said(send(destination)) == (Disposition.PAUSE, "gateway.not_a_gateway")
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
        (receipt(state="gone", proof=None), Disposition.DENIED, "gateway.gone"),
        (refusal("pacs.filed_wrong_patient"), Disposition.FILED_WRONGLY, "pacs.filed_wrong_patient"),
        (refusal("pacs.filed_wrong_accession"), Disposition.FILED_WRONGLY, "pacs.filed_wrong_accession"),
        (refusal("pacs.filed_wrong_study"), Disposition.FILED_WRONGLY, "pacs.filed_wrong_study"),
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
