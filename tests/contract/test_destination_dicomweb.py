"""What DICOMweb servers and networks say: Orthanc where it can play the part, else a scripted server."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fieldstation.demo.link import Cut, Direction, Flow, Link
from fieldstation.dicom.encode import decode
from fieldstation.domain.destination import Answer, Disposition
from fieldstation.domain.errors import WrongUse
from fieldstation.domain.jobs import JobState, ProofKind
from fieldstation.upload.dicomweb import WebDestination, WebSettings
from fieldstation.upload.dicomweb_replies import found_answer
from fieldstation.upload.web import WebReply
from tests.support.orthanc import PLUGIN, Orthanc, orthanc
from tests.support.parcels import STUDY, frozen, frozen_state, parcel_of, transcode
from tests.support.peers import free_port, require_file, wait_until
from tests.support.running import running
from tests.support.sending import sending_store, states
from tests.support.web import Say, web

JSON = {"Content-Type": "application/dicom+json"}
UID = frozen(1)[0].sop_instance_uid


def at(url: str, **changes: Any) -> WebDestination:
    return WebDestination(WebSettings(**{"name": "office", "url": url, **changes}))


def send(destination: WebDestination, number: int = 1, rows: int = 320, *, simulated: bool = False) -> Answer:
    instance, content = frozen(number, rows, simulated=simulated)
    return destination.store(parcel_of(instance), content, lambda _bytes: None)


def code_of(answer: Answer) -> tuple[Disposition, str]:
    return answer.disposition, answer.message.code


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    require_file("orthanc-dicomweb", PLUGIN)
    with orthanc(tmp_path_factory.mktemp("orthanc"), Plugins=[str(PLUGIN)]) as running_archive:
        yield running_archive


class TestOrthanc:
    def test_what_was_taken_is_there_with_every_byte_and_proved(self, archive: Orthanc) -> None:
        destination = at(archive.web_url)
        instance, content = frozen(1)
        told: list[int] = []
        assert destination.prove(parcel_of(instance)).disposition is Disposition.DENIED
        answer = destination.store(parcel_of(instance), content, told.append)
        assert code_of(answer) == (Disposition.SENT, "pacs.stored")
        assert (decode(archive.file(instance.sop_instance_uid)) == decode(content)).all()
        assert told == sorted(told)
        assert told[-1] == len(content)
        assert code_of(destination.prove(parcel_of(instance))) == (Disposition.PROVED, "pacs.proved")
        assert send(destination).disposition is Disposition.SENT
        assert destination.echo().trouble is None
        destination.rest()

    def test_annotations_are_taken_and_proved(self, archive: Orthanc) -> None:
        destination = at(archive.web_url)
        instance, content = frozen_state(30)
        assert send(destination, 30).disposition is Disposition.SENT
        assert code_of(destination.store(parcel_of(instance), content, lambda _bytes: None)) == (
            Disposition.SENT,
            "pacs.stored",
        )
        assert archive.file(instance.sop_instance_uid) == content
        assert code_of(destination.prove(parcel_of(instance))) == (Disposition.PROVED, "pacs.proved")
        destination.rest()

    def test_under_other_names_it_is_filed_wrongly(self, archive: Orthanc) -> None:
        destination = at(archive.web_url)
        assert send(destination, 2).disposition is Disposition.SENT
        instance = frozen(2)[0]
        moved = replace(instance, study_uid="2.25.999")
        for parcel, what in (
            (parcel_of(instance, replace(STUDY, patient_id="P-OTHER")), "patient"),
            (parcel_of(instance, replace(STUDY, accession="A-OTHER")), "accession"),
            (parcel_of(moved), "study"),
        ):
            assert code_of(destination.prove(parcel)) == (Disposition.FILED_WRONGLY, f"pacs.filed_wrong_{what}")
        unscheduled = parcel_of(instance, replace(STUDY, accession=""))
        assert destination.prove(unscheduled).disposition is Disposition.PROVED
        destination.rest()

    def test_the_whole_sender_over_a_link_that_resets(self, archive: Orthanc, tmp_path: Path) -> None:
        port = int(archive.web_url.split(":")[2].split("/")[0])
        count, rows = 4, 1000
        with (
            sending_store(tmp_path, count, rows) as store,
            Link(("127.0.0.1", port), cuts=(400_000, 900_000, 1_300_000)) as link,
        ):
            url = f"http://127.0.0.1:{link.port}/dicom-web"
            with running(store, at(url), at(url)):
                wait_until(lambda: set(states(store)) == {JobState.PROVED}, "all to be proved")
            assert link.cuts == 3
        for number in range(1, count + 1):
            instance, content = frozen(number, rows)
            if number > 2:  # the first two are there from the tests before, and Orthanc keeps what it had first
                assert (decode(archive.file(instance.sop_instance_uid)) == decode(content)).all()

    def test_an_answer_that_is_lost_is_asked_about(self, archive: Orthanc) -> None:
        def cut_the_answer(flow: Flow, _data: bytes) -> None:
            if flow.direction is Direction.DOWN and flow.connection == 1:
                raise Cut

        port = int(archive.web_url.split(":")[2].split("/")[0])
        with Link(("127.0.0.1", port), watch=cut_the_answer) as link:
            destination = at(f"http://127.0.0.1:{link.port}/dicom-web")
            assert code_of(send(destination, 7)) == (Disposition.UNKNOWN, "link.answer_lost")
            assert destination.prove(parcel_of(frozen(7)[0])).disposition is Disposition.PROVED
            destination.rest()


def stored(failure: int | None = None, uid: str = UID) -> bytes:
    item: dict[str, Any] = {"00081155": {"vr": "UI", "Value": [uid]}}
    if failure is None:
        return json.dumps({"00081199": {"vr": "SQ", "Value": [item]}}).encode()
    item["00081197"] = {"vr": "US", "Value": [failure]}
    return json.dumps({"00081198": {"vr": "SQ", "Value": [item]}}).encode()


def warned(warning: int) -> bytes:
    item = {"00081155": {"vr": "UI", "Value": [UID]}, "00081196": {"vr": "US", "Value": [warning]}}
    return json.dumps({"00081199": {"vr": "SQ", "Value": [item]}}).encode()


@pytest.mark.parametrize(
    ("say", "disposition", "code"),
    [
        (Say(200, JSON, stored()), Disposition.SENT, "pacs.stored"),
        (Say(202, JSON, stored(0xA700)), Disposition.LATER, "pacs.full"),
        (Say(200, JSON, stored(0x0110)), Disposition.FEW, "pacs.failed"),
        (Say(409, JSON, stored(0xC000)), Disposition.REFUSED, "pacs.not_understood"),
        (Say(409, JSON, stored(0xA900)), Disposition.REFUSED, "pacs.unmatched"),
        (Say(409, JSON, stored(0x0122)), Disposition.REFUSED, "pacs.class_refused"),
        (Say(409, JSON, stored(0xC122)), Disposition.REFUSED, "pacs.syntax_refused"),
        (Say(409, JSON, stored(0x0124)), Disposition.PAUSE, "pacs.not_authorised"),
        (Say(200, JSON, warned(0xB000)), Disposition.SENT, "pacs.stored_coerced"),
        (Say(202, JSON, warned(0xB006)), Disposition.SENT, "pacs.stored_discarded"),
        (Say(202, JSON, warned(0xB007)), Disposition.SENT, "pacs.stored_unmatched"),
        (Say(202), Disposition.UNKNOWN, "web.unclear"),
        (Say(409, JSON, stored(0x0111)), Disposition.DUPLICATE, "pacs.duplicate"),
        (Say(409, JSON, stored(0x0000)), Disposition.FEW, "pacs.failed"),
        (Say(409), Disposition.REFUSED, "web.refused"),
        (Say(200, JSON, stored(uid="2.25.5")), Disposition.UNKNOWN, "web.unclear"),
        (Say(200, JSON, b""), Disposition.UNKNOWN, "web.unclear"),
        (Say(200, {"Content-Type": "text/html"}, b"<html>log in</html>"), Disposition.PAUSE, "link.login_wanted"),
        (Say(302, {"Location": "http://login.invalid/"}), Disposition.PAUSE, "link.login_wanted"),
        (Say(511), Disposition.PAUSE, "link.login_wanted"),
        (Say(401), Disposition.PAUSE, "web.not_authorised"),
        (Say(403), Disposition.PAUSE, "web.not_authorised"),
        (Say(429), Disposition.LATER, "web.busy"),
        (Say(500), Disposition.LATER, "web.busy"),
        (Say(400), Disposition.FEW, "web.failed"),
        (Say(404), Disposition.PAUSE, "web.not_dicomweb"),
        (Say(413), Disposition.REFUSED, "web.too_large"),
        (Say(415), Disposition.REFUSED, "pacs.syntax_refused"),
        (Say(503), Disposition.LATER, "web.busy"),
        (Say(507), Disposition.LATER, "web.full"),
    ],
)
def test_each_reply_means_what_the_table_says(say: Say, disposition: Disposition, code: str) -> None:
    with web({"*": say}) as server:
        destination = at(server.url)
        assert code_of(send(destination)) == (disposition, code)
        destination.rest()


@pytest.mark.parametrize(
    "location",
    [
        "",
        "mailto:desk",
        "javascript:login()",
        "http://[::1",
        "http://xn--/",
        "http://a:b/",
        "/a\x7fb",
        "http://a/" * 9000,
    ],
)
def test_a_login_page_is_known_wherever_it_says_that_it_is(location: str) -> None:
    with web({"*": Say(302, {"Location": location})}) as portal:
        destination = at(portal.url)
        wants_login = (Disposition.PAUSE, "link.login_wanted")
        assert code_of(send(destination)) == wants_login
        assert code_of(destination.prove(parcel_of(frozen(1)[0]))) == wants_login
        destination.rest()


@pytest.mark.parametrize("nonsense", [b"[" * 30_000, b'{"a":' * 10_000, b"\xff\xfe", b"[" + b"9" * 5000 + b"]"])
def test_what_cannot_be_read_is_an_answer_that_says_nothing(nonsense: bytes) -> None:
    with web({"*": Say(200, JSON, nonsense)}) as server:
        destination = at(server.url)
        assert code_of(send(destination)) == (Disposition.UNKNOWN, "web.unclear")
        assert code_of(destination.prove(parcel_of(frozen(1)[0]))) == (Disposition.PAUSE, "web.not_dicomweb")
        destination.rest()


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_asks_to_be_left_alone_is_heard(status: int) -> None:
    with web({"*": Say(status, {"Retry-After": "40"})}) as server:
        destination = at(server.url)
        assert send(destination).wait_s == 40.0
        assert destination.prove(parcel_of(frozen(1)[0])).wait_s == 40.0
        destination.rest()


@pytest.mark.parametrize(
    ("say", "disposition", "code"),
    [
        (Say(204), Disposition.DENIED, "pacs.not_held"),
        (Say(200, JSON, b"[]"), Disposition.DENIED, "pacs.not_held"),
        (Say(200, JSON, b"{}"), Disposition.PAUSE, "web.not_dicomweb"),
        (Say(200, {"Content-Type": "text/html"}, b"<html>"), Disposition.PAUSE, "link.login_wanted"),
        (Say(501), Disposition.LATER, "web.busy"),
        (Say(400), Disposition.PAUSE, "web.query_refused"),
    ],
)
def test_nothing_but_a_match_proves(say: Say, disposition: Disposition, code: str) -> None:
    with web({"*": say}) as server:
        destination = at(server.url)
        assert code_of(destination.prove(parcel_of(frozen(1)[0]))) == (disposition, code)
        destination.rest()


@pytest.mark.parametrize(
    ("study_uid", "patient_id", "what"),
    [
        (STUDY.uid, STUDY.patient_id, Disposition.PROVED),
        (STUDY.uid, "P-OTHER", Disposition.FILED_WRONGLY),
        ("2.25.999", "P-OTHER", None),
    ],
)
def test_only_our_own_study_says_under_which_names_it_was_filed(
    study_uid: str, patient_id: str, what: Disposition | None
) -> None:
    told = {"0020000D": study_uid, "00100020": patient_id, "00080050": STUDY.accession}
    match = {tag: {"vr": "LO", "Value": [value]} for tag, value in told.items()}
    answer = found_answer(WebReply(status=200, headers={}, content=json.dumps([match]).encode()), None, STUDY)
    assert (answer and answer.disposition) == what


def test_a_server_that_takes_plain_images_only_gets_them_so() -> None:
    with web({"*": Say(415)}) as server:
        destination = WebDestination(WebSettings(name="office", url=server.url), transcode)
        assert send(destination).message.code == "pacs.syntax_refused"
        destination.rest()
        assert len(server.asked) == 2
        assert server.bytes_taken > frozen(1)[0].size + 320 * 320 * 2


class InTurn(Mapping[str, Say]):
    """Answers one after the other, whatever is asked; the last again and again."""

    def __init__(self, *says: Say) -> None:
        self._says = list(says)

    def __getitem__(self, method: str) -> Say:
        if method != "*":
            raise KeyError(method)
        return self._says.pop(0) if len(self._says) > 1 else self._says[0]

    def __iter__(self) -> Iterator[str]:
        return iter("*")

    def __len__(self) -> int:
        return 1


def test_what_a_server_does_not_take_is_not_sent_again_after_a_break() -> None:
    with web(InTurn(Say(415), Say(503))) as server:
        destination = WebDestination(WebSettings(name="office", url=server.url), transcode)
        assert [code_of(send(destination))[1] for _ in range(2)] == ["web.busy", "web.busy"]
        destination.rest()
        compressed, plain, again = (int(headers["Content-Length"]) for _, _, headers in server.asked)
        assert again == plain > compressed


def test_simulated_images_go_to_test_destinations_only() -> None:
    with web({"*": Say(200, JSON, stored())}) as server:
        assert code_of(send(at(server.url), simulated=True)) == (Disposition.REFUSED, "pacs.simulated_refused")
        assert not server.asked
        allowed = at(server.url, test=True)
        assert send(allowed, simulated=True).disposition is Disposition.SENT
        allowed.rest()


def test_nobody_there_is_for_later() -> None:
    nowhere = at(f"http://127.0.0.1:{free_port()}")
    assert not nowhere.reachable()
    assert code_of(send(nowhere)) == (Disposition.LATER, "link.down")
    assert code_of(send(at("http://no.such.host.invalid/"))) == (Disposition.LATER, "link.name_unknown")
    nowhere.end()
    assert code_of(send(nowhere)) == (Disposition.LATER, "sender.stopped")
    nowhere.rest()


def test_a_kind_of_proof_that_cannot_be_had_is_said_at_once() -> None:
    with pytest.raises(WrongUse, match=r"pacs\.proof_unsupported"):
        at("http://127.0.0.1", proof=ProofKind.COMMITMENT)
