"""What was proved is asked about once more, and may be gone: the vehicle's queue and the gateway's outbox alike."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from fieldstation.domain.jobs import IllegalTransition, ProofKind
from fieldstation.domain.store import Queue
from fieldstation.domain.words import Message
from fieldstation.gateway.intake import Intake
from fieldstation.gateway.ledger import _STEPS, Ledger
from fieldstation.gateway.outbox import Outbox
from fieldstation.gateway.receipts import receipt
from fieldstation.gateway.settings import Limits
from fieldstation.gateway.spool import Spool
from fieldstation.gateway.wire import Declared
from fieldstation.store.keys import FileMasterKey
from fieldstation.store.sql_store import open_store
from tests.support.parcels import frozen
from tests.support.sending import fill
from tests.support.stores import NOW, ToldClock

GONE = Message("job.gone")
DAY = timedelta(days=1)


@dataclass
class Rig:
    """A queue with one job, and whether it is known to be gone."""

    queue: Queue
    is_gone: Callable[[], bool]

    def prove(self, verify_at: datetime | None) -> int:
        parcel = self.queue.claim("office", NOW)
        assert parcel is not None
        self.queue.sent(parcel.job.id, Message("pacs.stored"), NOW)
        self.queue.proved(parcel.job.id, ProofKind.QUERY, NOW, verify_at)
        return parcel.job.id


def vehicle(folder: Path, stack: ExitStack) -> Rig:
    store = open_store(folder, FileMasterKey(folder), ToldClock(), "test")
    stack.callback(store.close)
    fill(store, 1)

    def is_gone() -> bool:
        with store.reading() as questions:
            return questions.job(1).gone_at is not None

    return Rig(store.queue, is_gone)


def gateway(folder: Path, stack: ExitStack) -> Rig:
    ledger, spool = Ledger(folder / "gateway.sqlite3"), Spool(folder / "uploads")
    stack.callback(ledger.close)
    intake = Intake(ledger, spool, ToldClock(), Limits())
    upload = intake.begin(declared())
    with intake.writing(upload) as growth:
        growth.add(frozen(1)[1])
    intake.finish(ledger.select("id = 1")[0])
    return Rig(Outbox(ledger, spool), lambda: receipt(ledger.select("id = 1")[0])["state"] == "gone")


def declared() -> Declared:
    instance, _ = frozen(1)
    return Declared(
        station="VAN7",
        sop_instance_uid=instance.sop_instance_uid,
        sop_class_uid=instance.sop_class_uid,
        transfer_syntax_uid=instance.transfer_syntax_uid,
        sha256=instance.sha256,
        size=instance.size,
        metadata="",
    )


@pytest.fixture(params=[vehicle, gateway], ids=["vehicle", "gateway"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    with ExitStack() as stack:
        yield request.param(tmp_path, stack)


def test_it_is_asked_about_when_it_is_due_under_its_own_uids(rig: Rig) -> None:
    job_id = rig.prove(NOW + DAY)
    assert rig.queue.next_due("office") == NOW + DAY
    assert rig.queue.to_verify("office", NOW + DAY - timedelta(seconds=1)) is None
    parcel = rig.queue.to_verify("office", NOW + DAY)
    assert parcel is not None
    instance = frozen(1)[0]
    assert parcel.job.id == job_id
    assert (parcel.instance.study_uid, parcel.instance.series_uid) == (instance.study_uid, instance.series_uid)
    assert rig.queue.to_verify("office", NOW + DAY, besides={job_id}) is None
    assert rig.queue.owed() == 0


def test_once_verified_it_is_left_alone(rig: Rig) -> None:
    job_id = rig.prove(NOW + DAY)
    rig.queue.verify_later(job_id, NOW + DAY + timedelta(hours=1))
    assert rig.queue.to_verify("office", NOW + DAY) is None
    rig.queue.verified(job_id, Message("job.verified"), NOW + DAY)
    assert rig.queue.to_verify("office", NOW + 9 * DAY) is None
    assert rig.queue.next_due("office") is None
    assert not rig.is_gone()


def test_without_a_time_it_is_never_asked_about(rig: Rig) -> None:
    rig.prove(None)
    assert rig.queue.to_verify("office", NOW + 9 * DAY) is None
    assert rig.queue.next_due("office") is None


def test_what_is_gone_is_neither_claimed_nor_asked_about_again(rig: Rig) -> None:
    job_id = rig.prove(NOW)
    rig.queue.gone(job_id, GONE, NOW)
    assert rig.is_gone()
    assert rig.queue.claim("office", NOW + 9 * DAY) is None
    assert rig.queue.awaiting_proof("office", NOW + 9 * DAY) is None
    assert rig.queue.to_verify("office", NOW + 9 * DAY) is None
    assert rig.queue.owed() == 0


def test_a_clock_that_was_put_back_ten_years_holds_no_question_up(rig: Rig) -> None:
    rig.prove(NOW + DAY)
    assert rig.queue.to_verify("office", NOW - timedelta(days=3650)) is not None


def test_a_clock_that_was_put_back_holds_neither_a_try_nor_a_question_up(rig: Rig) -> None:
    back = NOW - timedelta(days=3650)
    parcel = rig.queue.claim("office", NOW)
    assert parcel is not None
    rig.queue.later(parcel.job.id, Message("link.lost"), NOW, timedelta(minutes=5))
    assert rig.queue.claim("office", NOW) is None
    assert rig.queue.claim("office", back) is not None
    rig.queue.sent(parcel.job.id, Message("pacs.stored"), NOW)
    rig.queue.later(parcel.job.id, Message("pacs.not_held"), NOW, timedelta(minutes=5))
    assert rig.queue.awaiting_proof("office", NOW) is None
    assert rig.queue.awaiting_proof("office", back) is not None


def test_only_what_is_proved_can_be_gone(rig: Rig) -> None:
    parcel = rig.queue.claim("office", NOW)
    assert parcel is not None
    with pytest.raises(IllegalTransition):
        rig.queue.gone(parcel.job.id, GONE, NOW)
    assert not rig.is_gone()


def test_a_station_may_send_once_more_what_the_gateways_pacs_lost(tmp_path: Path) -> None:
    with ExitStack() as stack:
        rig = gateway(tmp_path, stack)
        ledger = Ledger(tmp_path / "gateway.sqlite3")
        stack.callback(ledger.close)
        intake = Intake(ledger, Spool(tmp_path / "uploads"), ToldClock(), Limits())
        job_id = rig.prove(NOW)
        assert intake.begin(declared()).complete
        rig.queue.gone(job_id, GONE, NOW)
        again = intake.begin(declared())
        assert (again.id, again.offset, again.state) == (job_id, 0, None)
        assert receipt(again)["state"] == "receiving"
        with intake.writing(again) as growth:
            growth.add(frozen(1)[1])
        intake.finish(ledger.select("id = 1")[0])
        parcel = rig.queue.claim("office", NOW)
        assert parcel is not None
        assert parcel.job.attempts == 2


def test_a_ledger_of_the_version_before_is_brought_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as before:
        before.setattr("fieldstation.gateway.ledger._STEPS", _STEPS[:1])
        Ledger(tmp_path / "gateway.sqlite3").close()
    with ExitStack() as stack:
        gateway(tmp_path, stack).prove(NOW)
