"""A receipt says no more than the PACS did: one that is full, that forgets, that restarts, by either door."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fieldstation.bootstrap.station import SystemClock
from fieldstation.demo.pacs import PacsSettings
from fieldstation.domain.destination import Destination
from fieldstation.domain.exams import Instance
from fieldstation.gateway.intake import Intake
from fieldstation.gateway.ledger import Ledger
from fieldstation.gateway.outbox import Outbox
from fieldstation.gateway.receipts import receipt
from fieldstation.gateway.settings import Limits
from fieldstation.gateway.spool import Spool
from fieldstation.gateway.wire import Declared
from fieldstation.upload.dicomweb import WebDestination, WebSettings
from fieldstation.upload.gateway_replies import proof_answer
from fieldstation.upload.tus import Reply
from tests.support.pacs import demo_pacs
from tests.support.parcels import STUDY, frozen
from tests.support.peers import free_port, wait_until
from tests.support.running import office_at, sending
from tests.support.web import Say, web

JSON = {"Content-Type": "application/dicom+json"}
Receipt = Callable[[], Mapping[str, Any]]


@contextmanager
def passing_on(folder: Path, destination: Destination) -> Iterator[Receipt]:
    """One whole object in a gateway that passes it on; its receipt, whenever it is asked for."""
    instance, content = frozen(1)
    spool, ledger = Spool(folder / "uploads"), Ledger(folder / "gateway.sqlite3")
    try:
        intake = Intake(ledger, spool, SystemClock(), Limits())
        upload = intake.begin(_declared(instance))
        with intake.writing(upload) as growth:
            growth.add(content)
        intake.finish(upload)

        def told() -> Mapping[str, Any]:
            known = ledger.latest_of("VAN7", instance.sop_instance_uid)
            assert known is not None
            return receipt(known)

        with sending(Outbox(ledger, spool), destination, version=lambda: ledger.version):
            yield told
    finally:
        ledger.close()


def _declared(instance: Instance) -> Declared:
    return Declared(
        station="VAN7",
        sop_instance_uid=instance.sop_instance_uid,
        sop_class_uid=instance.sop_class_uid,
        transfer_syntax_uid=instance.transfer_syntax_uid,
        sha256=instance.sha256,
        size=instance.size,
        metadata="",
    )


def vehicle_hears(told: Mapping[str, Any]) -> str:
    """What the vehicle makes of a receipt."""
    reply = Reply(status=200, headers={}, content=json.dumps(told).encode(), speaks_tus=True)
    return proof_answer(reply, frozen(1)[0]).message.code


def test_a_full_pacs_is_waited_for(tmp_path: Path) -> None:
    full = PacsSettings(ae_title="OFFICE", statuses=(0xA700,) * 3)
    with demo_pacs(tmp_path / "pacs", full) as pacs, passing_on(tmp_path, office_at(pacs)) as told:
        heard = until_proved(told, lambda: bool(pacs.instances()))
    assert heard[-1] == "gateway.proved"
    assert len(pacs.stores()) == 4


def test_whoever_passes_on_hears_at_once_of_an_object_that_is_whole(tmp_path: Path) -> None:
    spool, ledger = Spool(tmp_path / "uploads"), Ledger(tmp_path / "gateway.sqlite3")
    instance, content = frozen(1)
    heard: list[int] = []
    ledger.tell(lambda: heard.append(ledger.version))
    intake = Intake(ledger, spool, SystemClock(), Limits())
    upload = intake.begin(_declared(instance))
    with intake.writing(upload) as growth:
        growth.add(content)
    assert not heard
    intake.finish(upload)
    ledger.close()
    assert heard == [ledger.version]


def test_a_pacs_that_forgets_is_sent_it_again_before_anything_is_proved(tmp_path: Path) -> None:
    with demo_pacs(tmp_path / "pacs", PacsSettings(ae_title="OFFICE", forgets=1)) as pacs:
        with passing_on(tmp_path, office_at(pacs)) as told:
            until_proved(told, lambda: bool(pacs.instances()))
        assert len(pacs.stores()) == 2


def test_a_pacs_that_restarts_is_waited_for(tmp_path: Path) -> None:
    settings = PacsSettings(ae_title="OFFICE", port=free_port())
    with demo_pacs(tmp_path / "before", settings) as pacs:
        pacs.stop()
        with passing_on(tmp_path, office_at(pacs)) as told:
            wait_until(lambda: vehicle_hears(told()) == "gateway.waits_for_pacs", "the wait for the PACS")
            assert told()["state"] in {"queued", "sending"}
            assert (told()["pacs"], told()["proof"]) == (None, None)
            with demo_pacs(tmp_path / "after", settings) as back:
                until_proved(told, lambda: bool(back.instances()))


def test_a_web_server_that_is_full_and_then_forgets_proves_nothing_until_it_holds_it(tmp_path: Path) -> None:
    instance = frozen(1)[0]
    taken = {"00081199": {"vr": "SQ", "Value": [{"00081155": {"vr": "UI", "Value": [instance.sop_instance_uid]}}]}}
    held = {
        "00080018": {"vr": "UI", "Value": [instance.sop_instance_uid]},
        "0020000D": {"vr": "UI", "Value": [instance.study_uid]},
        "00100020": {"vr": "LO", "Value": [STUDY.patient_id]},
        "00080050": {"vr": "SH", "Value": [STUDY.accession]},
    }
    nothing, full = Say(200, JSON, b"[]"), Say(507)
    stored, found = Say(200, JSON, json.dumps(taken).encode()), Say(200, JSON, json.dumps([held]).encode())
    with web({"POST": full, "*": nothing}) as server:
        destination = WebDestination(WebSettings(name="pacs", url=server.url))
        with passing_on(tmp_path, destination) as told:
            wait_until(lambda: vehicle_hears(told()) == "gateway.waits_for_pacs", "the wait for a full server")
            server.answers = {"POST": stored, "*": nothing}
            wait_until(lambda: posts(server.asked) > 3 and told()["state"] == "sent", "it to be sent again")
            assert vehicle_hears(told()) == "gateway.forwarding"
            assert told()["proof"] is None
            server.answers = {"POST": stored, "*": found}
            wait_until(lambda: vehicle_hears(told()) == "gateway.proved", "the proof")
            assert told()["proof"]["kind"] == "query"


def posts(asked: list[tuple[str, str, Mapping[str, str]]]) -> int:
    return sum(method == "POST" for method, _, _ in asked)


def until_proved(told: Receipt, there: Callable[[], bool]) -> list[str]:
    """Ask for the receipt until it says proved; what it said, each time that it was something else."""
    heard: list[str] = []

    def asked() -> bool:
        now = told()
        assert now["proof"] is None or there()
        if not heard or heard[-1] != vehicle_hears(now):
            heard.append(vehicle_hears(now))
        return now["state"] == "proved"

    wait_until(asked, "the proof", 60.0)
    return heard
