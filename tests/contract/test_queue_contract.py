"""The sender's side of the store: what is claimed when, what may follow what, and what is owed."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from fieldstation.domain.certificates import Certificate, Whose
from fieldstation.domain.errors import Failed, Refused
from fieldstation.domain.jobs import (
    TRANSITIONS,
    IllegalTransition,
    JobState,
    PausedDestination,
    ProofKind,
    safe_instances,
)
from fieldstation.domain.patients import Priority
from fieldstation.domain.store import Parcel
from fieldstation.domain.words import Message
from fieldstation.store.sql_store import SqlStore
from tests.support.deeds import new_events, refusal
from tests.support.stores import NOW, Exam, frozen_exam, new_jobs, store_in

WHY = Message("link.lost")
WAIT = timedelta(seconds=30)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with store_in(tmp_path / "data") as store:
        yield store


@pytest.fixture
def exam(store: SqlStore) -> Exam:
    exam = frozen_exam(store, images=3)
    with store.writing() as deeds:
        deeds.send(exam.study.uid, new_jobs(exam, "office"), NOW)
    return exam


def claimed(store: SqlStore, now: datetime = NOW) -> Parcel:
    parcel = store.queue.claim("office", now)
    assert parcel is not None
    return parcel


def state(store: SqlStore, job_id: int = 1) -> JobState:
    with store.reading() as questions:
        return questions.job(job_id).state


def history(store: SqlStore, subject: str) -> list[str]:
    with store.reading() as questions:
        return [event.what for event in questions.events(subject=subject)]


def test_a_parcel_has_all_that_sending_needs(store: SqlStore, exam: Exam) -> None:
    parcel = claimed(store)
    assert (parcel.job.id, parcel.job.state, parcel.job.attempts) == (1, JobState.SENDING, 1)
    assert parcel.instance == exam.instances[0]
    assert parcel.study.uid == exam.study.uid
    assert store.queue.content(parcel) == b"part 10 of 2.25.1.0"


def test_arrival_order_and_stat_first(store: SqlStore, exam: Exam) -> None:
    urgent = frozen_exam(store, 2, images=2)
    with store.writing() as deeds:
        deeds.send(urgent.study.uid, new_jobs(urgent, "office", "copy", priority=Priority.STAT), NOW)
    with store.reading() as questions:
        assert [job.id for job in questions.jobs()] == [4, 5, 6, 7, 1, 2, 3]
    assert [claimed(store).job.id for _ in range(5)] == [4, 6, 1, 2, 3]
    assert store.queue.claim("office", NOW) is None
    assert store.queue.claim("elsewhere", NOW) is None


def test_what_is_stat_and_due_is_urgent(store: SqlStore, exam: Exam) -> None:
    assert not store.queue.urgent("office", NOW)
    due = NOW + timedelta(seconds=5)
    urgent = frozen_exam(store, 2)
    with store.writing() as deeds:
        deeds.send(urgent.study.uid, new_jobs(urgent, "office", priority=Priority.STAT, not_before=due), NOW)
    assert not store.queue.urgent("office", NOW)
    assert store.queue.urgent("office", due)
    assert not store.queue.urgent("elsewhere", due)
    while store.queue.urgent("office", due):
        claimed(store, due)
    assert claimed(store, due).job.priority is Priority.ROUTINE


def test_nothing_is_claimed_before_its_time(store: SqlStore) -> None:
    exam = frozen_exam(store)
    due = NOW + timedelta(seconds=5)
    with store.writing() as deeds:
        deeds.send(exam.study.uid, new_jobs(exam, "office", not_before=due), NOW)
    assert store.queue.claim("office", due - timedelta(microseconds=1)) is None
    assert store.queue.next_due("office") == due
    assert claimed(store, due).job.id == 1
    assert store.queue.next_due("office") is None


def test_the_way_to_proof(store: SqlStore, exam: Exam) -> None:
    claimed(store)
    store.queue.progress(1, 7)
    with store.reading() as questions:
        assert questions.job(1).bytes_sent == 7
    store.queue.sent(1, Message("pacs.stored"), NOW)
    parcel = store.queue.awaiting_proof("office", NOW)
    assert parcel is not None
    assert (parcel.job.id, parcel.job.state, parcel.job.bytes_sent) == (1, JobState.SENT, exam.instances[0].size)
    store.queue.proved(1, ProofKind.QUERY, NOW)
    assert store.queue.awaiting_proof("office", NOW) is None
    with store.reading() as questions:
        job = questions.job(1)
    assert (job.state, job.proof, job.sent_at, job.proved_at) == (JobState.PROVED, ProofKind.QUERY, NOW, NOW)
    assert history(store, "job:1") == ["job.queued", "job.sending", "job.sent", "job.proved"]


def test_what_another_is_asking_about_is_passed_over(store: SqlStore, exam: Exam) -> None:
    for _ in range(2):
        store.queue.sent(claimed(store).job.id, Message("pacs.stored"), NOW)
    parcel = store.queue.awaiting_proof("office", NOW, besides={1})
    assert parcel is not None
    assert parcel.job.id == 2
    assert store.queue.awaiting_proof("office", NOW, besides={1, 2}) is None


def test_without_proof_it_stays_sent_and_is_not_owed(store: SqlStore, exam: Exam) -> None:
    claimed(store)
    store.queue.sent(1, Message("pacs.stored"), NOW)
    assert store.queue.owed() == 3
    store.queue.proved(1, ProofKind.NONE, NOW)
    assert state(store) is JobState.SENT
    assert store.queue.owed() == 2
    assert store.queue.awaiting_proof("office", NOW + timedelta(days=9)) is None
    with store.writing() as deeds:
        deeds.hold(2)
        deeds.hold(3)
    assert store.queue.owed() == 0
    assert store.queue.next_due("office") is None


def test_a_try_that_failed_waits_and_a_link_that_is_back_wakes_it(store: SqlStore, exam: Exam) -> None:
    claimed(store)
    store.queue.progress(1, 7)
    store.queue.later(1, WHY, NOW, WAIT)
    with store.reading() as questions:
        job = questions.job(1)
    assert (job.state, job.next_try_at, job.last, job.last_at) == (JobState.QUEUED, NOW + WAIT, WHY, NOW)
    assert (job.attempts, job.bytes_sent) == (1, 0)
    assert [claimed(store).job.id for _ in range(2)] == [2, 3]
    assert store.queue.claim("office", NOW) is None
    assert store.queue.next_due("office") == NOW + WAIT
    store.queue.wake("office")
    store.queue.wake("office")
    assert claimed(store).job.attempts == 2
    assert history(store, "destination:office") == ["destination.woken"]


def test_a_clock_that_is_put_back_holds_nothing_up(store: SqlStore) -> None:
    exam = frozen_exam(store)
    back = NOW - timedelta(days=3650)
    with store.writing() as deeds:
        deeds.send(exam.study.uid, new_jobs(exam, "office", not_before=NOW + timedelta(seconds=5)), NOW)
    assert store.queue.claim("office", NOW) is None
    assert claimed(store, back).job.not_before == back
    store.queue.later(1, WHY, NOW, WAIT)
    claimed(store, back)
    store.queue.later(1, WHY, back, WAIT)
    assert store.queue.claim("office", back) is None
    store.queue.sent(claimed(store, back + WAIT).job.id, Message("pacs.stored"), NOW)
    store.queue.later(1, Message("pacs.not_held"), NOW, WAIT)
    assert store.queue.awaiting_proof("office", back) is not None


def test_asking_for_proof_can_wait_too(store: SqlStore, exam: Exam) -> None:
    claimed(store)
    store.queue.sent(1, Message("pacs.stored"), NOW)
    store.queue.later(1, Message("pacs.not_held"), NOW, WAIT)
    assert state(store) is JobState.SENT
    assert store.queue.awaiting_proof("office", NOW) is None
    assert store.queue.awaiting_proof("office", NOW + WAIT) is not None


def test_what_the_peer_denies_is_sent_again(store: SqlStore, exam: Exam) -> None:
    claimed(store)
    store.queue.sent(1, Message("pacs.stored"), NOW)
    store.queue.denied(1, Message("pacs.not_held"), NOW)
    again = claimed(store).job
    assert (again.id, again.sent_at, again.attempts) == (1, None, 2)


def gone(store: SqlStore) -> None:
    claimed(store)
    store.queue.sent(1, Message("pacs.stored"), NOW)
    store.queue.proved(1, ProofKind.QUERY, NOW, NOW)
    store.queue.gone(1, Message("job.gone"), NOW)


def test_what_is_gone_after_proof_waits_for_a_person(store: SqlStore, exam: Exam) -> None:
    gone(store)
    with store.reading() as questions:
        job = questions.job(1)
    assert (job.state, job.gone_at, job.needs_person, job.is_held_there) == (JobState.PROVED, NOW, True, False)
    assert safe_instances([job], "office") == frozenset()
    assert history(store, "job:1")[-2:] == ["job.proved", "job.gone"]
    assert store.queue.recover() == 0
    assert [claimed(store).job.id for _ in range(2)] == [2, 3]


@pytest.mark.parametrize("deed", ["retry", "release"])
def test_a_person_has_it_sent_again(store: SqlStore, exam: Exam, deed: str) -> None:
    gone(store)
    store.commitments.ask("2.25.5", 1)
    with store.writing("Tess") as deeds:
        getattr(deeds, deed)(1)
    job = claimed(store).job
    assert (job.id, job.gone_at, job.proved_at, job.proof, job.attempts) == (1, None, None, None, 2)
    assert not store.commitments.answer("2.25.5", {job.sop_instance_uid})


def test_what_is_proved_and_not_gone_is_never_sent_again(store: SqlStore, exam: Exam) -> None:
    claimed(store)
    store.queue.sent(1, Message("pacs.stored"), NOW)
    store.queue.proved(1, ProofKind.QUERY, NOW)
    assert refusal(store, lambda deeds: deeds.retry(1)) == "job.not_waiting"
    assert new_events(store, lambda deeds: deeds.verify(1)) == ["job.verify_asked"]
    assert store.queue.to_verify("office", NOW) is not None
    assert refusal(store, lambda deeds: deeds.verify(2)) == "job.not_proved"
    store.queue.gone(1, WHY, NOW)
    assert refusal(store, lambda deeds: deeds.verify(1)) == "job.not_proved"


def test_a_fresh_sender_takes_back_what_was_under_way(store: SqlStore, exam: Exam) -> None:
    claimed(store)
    store.queue.progress(1, 7)
    claimed(store)
    assert store.queue.recover() == 2
    assert store.queue.recover() == 0
    with store.reading() as questions:
        assert [(job.state, job.bytes_sent) for job in questions.jobs()] == [(JobState.QUEUED, 0)] * 3
    assert history(store, "job:1")[-1] == "job.recovered"


def test_refused_needs_a_person(store: SqlStore, exam: Exam) -> None:
    claimed(store)
    store.queue.refused(1, Message("pacs.unmatched", {"status": "A900"}), NOW)
    with store.reading() as questions:
        assert questions.events(subject="job:1")[-1].params == {"why": "pacs.unmatched", "status": "A900"}
    assert store.queue.owed() == 2
    assert claimed(store).job.id == 2


def test_late_news_of_an_attempt_changes_nothing(store: SqlStore, exam: Exam) -> None:
    claimed(store)
    store.queue.later(1, WHY, NOW, WAIT)
    store.queue.progress(1, 9)
    with store.reading() as questions:
        assert questions.job(1).bytes_sent == 0


def test_a_pause_is_told_once_a_reason(store: SqlStore) -> None:
    first = PausedDestination(destination="office", reason=Message("pacs.rejected"), since=NOW, probe_at=NOW + WAIT)
    later = PausedDestination(destination="office", reason=first.reason, since=NOW, probe_at=NOW + 2 * WAIT)
    store.queue.pause(first)
    store.queue.pause(later)
    with store.reading() as questions:
        assert questions.paused() == [later]
    store.queue.resume("office")
    store.queue.resume("office")
    with store.reading() as questions:
        assert questions.paused() == []
    assert history(store, "destination:office") == ["destination.paused", "destination.resumed"]


def test_what_a_peer_showed_last_is_what_is_known(store: SqlStore) -> None:
    before, after = (Certificate(whose=Whose.PEER, name="pacs.example", ends=NOW + days * WAIT) for days in (1, 2))
    proof = Certificate(whose=Whose.PEER, name="proof.example", ends=NOW)
    store.queue.showed("office", [before, proof])
    store.queue.showed("web", [before])
    store.queue.showed("office", [after])
    with store.reading() as questions:
        assert questions.peer_certificates() == {"office": [after], "web": [before]}


def test_bytes_that_are_not_the_frozen_ones_are_not_sent(store: SqlStore, exam: Exam) -> None:
    with store._database.writing() as connection:
        connection.exec_driver_sql("UPDATE instance SET sha256 = 'other' WHERE seq = 1")
    with pytest.raises(Failed) as raised:
        store.queue.content(claimed(store))
    assert raised.value.code == "file.damaged"


def test_an_unknown_job(store: SqlStore) -> None:
    with pytest.raises(Refused) as raised:
        store.queue.sent(99, WHY, NOW)
    assert raised.value.code == "job.unknown"


def test_no_search_of_the_sender_grows_with_the_queue(store: SqlStore, exam: Exam) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        claimed(store)
        store.queue.sent(1, WHY, NOW)
        store.queue.awaiting_proof("office", NOW)
        store.queue.proved(1, ProofKind.QUERY, NOW, NOW)
        store.queue.to_verify("office", NOW)
        store.queue.gone(1, WHY, NOW)
        store.queue.next_due("office")
        store.queue.wake("office")
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    searches = [(statement, given) for statement, given in asked if statement.startswith(("SELECT", "UPDATE"))]
    assert len(searches) > 10
    with store._database.reading() as connection:
        for statement, given in searches:
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)]
            assert not [step for step in plan if step.startswith("SCAN")], statement
            assert "next_try_at IS NOT NULL" not in statement or [step for step in plan if "due_at>" in step], statement
            assert "job.turn" not in statement or not [step for step in plan if "TEMP B-TREE" in step], statement


MOVES = {
    "claim": ({JobState.QUEUED}, JobState.SENDING),
    "sent": ({JobState.SENDING}, JobState.SENT),
    "proved": ({JobState.SENT}, JobState.PROVED),
    "denied": ({JobState.SENT}, JobState.QUEUED),
    "refused": ({JobState.QUEUED, JobState.SENDING, JobState.SENT}, JobState.REFUSED),
    "recover": ({JobState.SENDING}, JobState.QUEUED),
    "cancel": ({JobState.QUEUED, JobState.REFUSED}, JobState.CANCELLED),
    "retry": ({JobState.REFUSED, JobState.CANCELLED}, JobState.QUEUED),
}


def make_move(store: SqlStore, name: str) -> None:
    queue = store.queue
    match name:
        case "claim":
            queue.claim("office", NOW)
        case "sent":
            queue.sent(1, WHY, NOW)
        case "proved":
            queue.proved(1, ProofKind.QUERY, NOW)
        case "denied":
            queue.denied(1, WHY, NOW)
        case "refused":
            queue.refused(1, WHY, NOW)
        case "recover":
            queue.recover()
        case _:
            with store.writing() as deeds:
                getattr(deeds, name)(1)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.sampled_from(sorted(MOVES)), max_size=12))
def test_a_job_goes_only_where_the_table_lets_it(tmp_path_factory: pytest.TempPathFactory, moves: list[str]) -> None:
    with store_in(tmp_path_factory.mktemp("data")) as store:
        exam = frozen_exam(store)
        with store.writing() as deeds:
            deeds.send(exam.study.uid, new_jobs(exam, "office"), NOW)
        expected = JobState.QUEUED
        for name in moves:
            origins, to = MOVES[name]
            if expected in origins:
                assert to in TRANSITIONS[expected]
                expected = to
                make_move(store, name)
            elif name in {"claim", "recover"}:
                make_move(store, name)
            elif name in {"cancel", "retry"}:
                if not (name == "cancel" and expected is JobState.CANCELLED) and not (
                    name == "retry" and expected in {JobState.QUEUED, JobState.SENT}
                ):
                    with pytest.raises(Refused, match=r"job\.not_waiting"):
                        make_move(store, name)
            else:
                with pytest.raises(IllegalTransition):
                    make_move(store, name)
            assert state(store) is expected
