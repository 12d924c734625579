"""After proof an image is asked about once more; one that is gone raises an alarm and is never sent again by itself."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from fieldstation.bootstrap.station import SystemClock
from fieldstation.demo.pacs import PacsSettings
from fieldstation.domain.destination import Answer, Destination, Disposition
from fieldstation.domain.errors import Failed
from fieldstation.domain.jobs import Job, JobState, ProofKind
from fieldstation.store.sql_store import SqlStore
from fieldstation.upload.association import PacsAddress
from fieldstation.upload.courier import Courier
from fieldstation.upload.dicomweb import WebDestination, WebSettings
from fieldstation.upload.dimse import DimseDestination, DimseSettings
from fieldstation.upload.pace import Pace
from fieldstation.upload.standing import WHEN_WOKEN, Standing
from tests.support.gateways import gateway
from tests.support.orthanc import PLUGIN, Orthanc, orthanc
from tests.support.pacs import demo_pacs
from tests.support.peers import require_file, wait_until
from tests.support.running import running
from tests.support.sending import DENIED, LATER, PROVED, ScriptedDestination, jobs, say, sending_store
from tests.support.stores import ToldClock

PACE = Pace()
DAY_S = 86_400.0
PENDING = say(Disposition.PENDING)


@dataclass
class Bench:
    """One image that was proved by a scripted destination, and a courier that is stepped."""

    store: SqlStore
    clock: ToldClock
    destination: ScriptedDestination
    courier: Courier

    def rest(self) -> float:
        """Step until there is nothing to do at once; how long that is."""
        while not (wait := self.courier.step()):
            pass
        return wait

    def a_day_later(self, *proofs: Answer) -> list[float]:
        """Let a day pass, and answer so; the waits between the answers, the last one with what came after them."""
        self.destination.asked.clear()
        self.destination.proofs = [*proofs]
        self.clock.go(seconds=DAY_S)
        waits = []
        for _ in proofs:
            waits.append(self.rest())
            if waits[-1] < WHEN_WOKEN:
                self.clock.go(seconds=waits[-1] + 1e-6)
        return waits

    @property
    def job(self) -> Job:
        (job,) = jobs(self.store)
        return job

    @property
    def said(self) -> str | None:
        return self.job.last.code if self.job.last else None


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    clock = ToldClock()
    with sending_store(tmp_path, 1, clock=clock) as store:
        destination = ScriptedDestination()
        standing = Standing("office", store.queue, clock, Random(1), PACE)
        bench = Bench(store, clock, destination, Courier(destination, store.queue, clock, standing))
        assert bench.rest() == DAY_S
        assert bench.job.state is JobState.PROVED
        yield bench


def test_it_is_asked_about_once_a_day_later(bench: Bench) -> None:
    assert bench.a_day_later(PROVED) == [WHEN_WOKEN]
    assert bench.destination.asked == ["prove 1"]
    assert (bench.job.state, bench.said) == (JobState.PROVED, "job.verified")


def test_denied_again_and_again_it_is_an_alarm_and_not_sent_again(bench: Bench) -> None:
    waits = bench.a_day_later(DENIED, DENIED, DENIED, DENIED)
    assert waits == [pytest.approx(2.0), pytest.approx(4.0), pytest.approx(8.0), WHEN_WOKEN]
    assert set(bench.destination.asked) == {"prove 1"}
    assert bench.job.gone_at is not None
    assert (bench.job.state, bench.said) == (JobState.PROVED, "job.gone")


def test_one_denial_is_no_alarm(bench: Bench) -> None:
    bench.a_day_later(DENIED, PROVED)
    assert (bench.job.gone_at, bench.said) == (None, "job.verified")


def test_a_link_or_a_pacs_in_trouble_is_no_alarm_and_asked_ever_more_rarely(bench: Bench) -> None:
    trouble = [LATER, say(Disposition.PAUSE), PENDING] * 5
    waits = bench.a_day_later(*trouble, PROVED)
    assert waits[:4] == [pytest.approx(2.0 * 2**n) for n in range(4)]
    assert waits[-2] == pytest.approx(3_600.0)
    assert "probe" not in bench.destination.asked
    with bench.store.reading() as questions:
        assert not questions.paused()
    assert (bench.job.gone_at, bench.said) == (None, "job.verified")


def test_one_that_the_office_has_refiled_is_held_and_said(bench: Bench) -> None:
    bench.a_day_later(say(Disposition.FILED_WRONGLY, "pacs.filed_wrongly"))
    assert (bench.job.gone_at, bench.said) == (None, "job.refiled")


def test_a_gateway_with_other_bytes_does_not_hold_ours(bench: Bench) -> None:
    bench.a_day_later(say(Disposition.REFUSED, "gateway.other_content"))
    assert bench.job.gone_at is not None
    assert bench.said == "gateway.other_content"


def test_a_person_has_it_sent_again_and_it_is_asked_about_before(bench: Bench) -> None:
    bench.a_day_later(*[DENIED] * 4)
    bench.destination.asked.clear()
    bench.destination.proofs = [DENIED, PROVED]
    with bench.store.writing() as deeds:
        deeds.retry(1)
    bench.rest()
    assert bench.destination.asked == ["prove 1", "store 1", "prove 1"]
    assert (bench.job.state, bench.job.gone_at) == (JobState.PROVED, None)


def test_what_is_to_be_sent_goes_before_any_question(tmp_path: Path) -> None:
    clock, destination = ToldClock(), ScriptedDestination()
    with sending_store(tmp_path, 2, clock=clock) as store:
        standing = Standing("office", store.queue, clock, Random(1), PACE)
        bench = Bench(store, clock, destination, Courier(destination, store.queue, clock, standing))
        with store.writing() as deeds:
            deeds.hold(2)
        bench.rest()
        with store.writing() as deeds:
            deeds.release(2)
            deeds.verify(1)
        destination.asked.clear()
        bench.rest()
        assert destination.asked == ["store 2", "prove 2", "prove 1"]


def test_a_store_that_fails_while_it_asks_loses_nothing(bench: Bench) -> None:
    queue = bench.store.queue

    class Full:
        def verified(self, *_given: object) -> None:
            raise Failed("disk.full")

        def __getattr__(self, name: str) -> object:
            return getattr(queue, name)

    with bench.store.writing() as deeds:
        deeds.verify(1)
    standing = Standing("office", Full(), bench.clock, Random(1), PACE)  # type: ignore[arg-type]
    courier = Courier(bench.destination, Full(), bench.clock, standing)  # type: ignore[arg-type]
    for _ in range(2):
        with pytest.raises(Failed):
            courier.step()
    bench.rest()
    assert bench.said == "job.verified"


@dataclass
class Office:
    """A way to an archive, and how somebody there deletes an instance."""

    destination: Callable[[SqlStore], Destination]
    holds: Callable[[str], bool]
    forget: Callable[[str], None]


def by_query(folder: Path, stack: ExitStack) -> Office:
    archive = stack.enter_context(orthanc(folder))
    address = PacsAddress(host=archive.host, port=archive.port, ae_title=archive.ae_title)
    settings = DimseSettings(name="office", pacs=address, calling_ae_title="VAN7")
    return at_orthanc(archive, lambda _store: DimseDestination(settings))


def by_qido(folder: Path, stack: ExitStack) -> Office:
    require_file("orthanc-dicomweb", PLUGIN)
    archive = stack.enter_context(orthanc(folder, Plugins=[str(PLUGIN)]))
    return at_orthanc(archive, lambda _store: WebDestination(WebSettings(name="office", url=archive.web_url)))


def at_orthanc(archive: Orthanc, destination: Callable[[SqlStore], Destination]) -> Office:
    return Office(destination, lambda uid: uid in archive.instances(), archive.forget)


def by_commitment(folder: Path, stack: ExitStack) -> Office:
    pacs = demo_pacs(folder)
    stack.callback(pacs.stop)
    address = PacsAddress(host=pacs.host, port=pacs.port, ae_title=pacs.ae_title)
    settings = DimseSettings(name="office", pacs=address, calling_ae_title="VAN7", proof=ProofKind.COMMITMENT)

    def forget(uid: str) -> None:
        pacs.stop()
        pacs.instances()[uid].unlink()
        stack.enter_context(demo_pacs(folder, PacsSettings(port=pacs.port)))

    return Office(
        lambda store: DimseDestination(settings, commitments=store.commitments),
        lambda uid: uid in pacs.instances(),
        forget,
    )


@pytest.mark.parametrize("start", [by_query, by_qido, by_commitment])
def test_what_somebody_deletes_at_the_office_is_noticed_and_sent_again_only_when_told(
    tmp_path: Path, start: Callable[[Path, ExitStack], Office]
) -> None:
    with ExitStack() as stack, sending_store(tmp_path / "data", 1, clock=SystemClock()) as store:
        office = start(tmp_path / "office", stack)
        lose_and_send_again(store, office)


def lose_and_send_again(store: SqlStore, office: Office) -> None:
    uid = jobs(store)[0].sop_instance_uid

    def job() -> Job:
        return jobs(store)[0]

    with running(store, office.destination(store)):
        wait_until(lambda: job().state is JobState.PROVED, "the proof")
        with store.writing() as deeds:
            deeds.verify(1)
        wait_until(lambda: job().verify_at is None, "the second proof")
        assert job().gone_at is None
        office.forget(uid)
        with store.writing() as deeds:
            deeds.verify(1)
        wait_until(lambda: job().gone_at is not None, "the alarm", 60)
        assert (job().state, office.holds(uid)) == (JobState.PROVED, False)
        with store.writing() as deeds:
            deeds.retry(1)
        wait_until(lambda: job().is_held_there, "it to be proved anew", 60)
    assert office.holds(uid)


@pytest.mark.faults
def test_what_is_lost_behind_a_gateway_is_noticed_too(tmp_path: Path) -> None:
    with (
        orthanc(tmp_path / "orthanc", known=("FIELDSTATION_GW",)) as archive,
        gateway(tmp_path, pacs=archive) as office,
        sending_store(tmp_path / "data", 1, clock=SystemClock()) as store,
    ):

        def ask_now() -> None:
            office.stop()
            with sqlite3.connect(office.data / "gateway.sqlite3") as ledger:
                ledger.execute("UPDATE upload SET verify_at = '2000-01-01T00:00:00.000000+00:00'")
            ledger.close()
            office.start()

        def forget(uid: str) -> None:
            archive.forget(uid)
            ask_now()
            wait_until(lambda: office.receipt(uid)["state"] == "gone", "the gateway to notice", 60)

        at_office = Office(lambda _store: office.destination(), lambda uid: uid in archive.instances(), forget)
        lose_and_send_again(store, at_office)
