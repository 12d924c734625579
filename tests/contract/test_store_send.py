"""What people do to the queue: send, call back, hold, release, cancel, try again."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from fieldstation.domain.jobs import JobState, ProofKind, safe_instances, unsafe_instances
from fieldstation.domain.words import Message
from fieldstation.store.sql_store import SqlStore
from tests.support.deeds import new_events, refusal
from tests.support.stores import (
    NOW,
    ToldClock,
    frozen_exam,
    new_jobs,
    store_in,
)


@pytest.fixture
def clock() -> ToldClock:
    return ToldClock()


@pytest.fixture
def store(tmp_path: Path, clock: ToldClock) -> Iterator[SqlStore]:
    with store_in(tmp_path / "data", clock) as store:
        yield store


class TestSend:
    def test_sending_twice_makes_one_job_a_destination(self, store: SqlStore) -> None:
        exam = frozen_exam(store, images=2)
        jobs = new_jobs(exam, "office", "copy")
        made: list[int] = []
        what = new_events(store, lambda deeds: made.append(deeds.send(exam.study.uid, jobs, NOW)))
        assert what == ["job.queued"] * 4 + ["study.sent"]
        assert new_events(store, lambda deeds: made.append(deeds.send(exam.study.uid, jobs, NOW))) == []
        assert made == [4, 0]
        with store.reading() as questions:
            assert len(questions.jobs()) == 4
            assert questions.study(exam.study.uid).sent_at == NOW
            job = questions.job(1)
        assert (job.state, job.attempts, job.bytes_total, job.bytes_sent) == (
            JobState.QUEUED,
            0,
            exam.instances[0].size,
            0,
        )

    def test_instances_of_another_study_are_refused(self, store: SqlStore) -> None:
        exam, other = frozen_exam(store, 1), frozen_exam(store, 2)
        assert refusal(store, lambda deeds: deeds.send(exam.study.uid, new_jobs(other, "a"), NOW)) == "instance.unknown"
        assert refusal(store, lambda deeds: deeds.send("none", [], NOW)) == "study.unknown"

    def test_undo_calls_back_what_has_not_begun(self, store: SqlStore) -> None:
        exam = frozen_exam(store, images=2)
        with store.writing() as deeds:
            deeds.send(exam.study.uid, new_jobs(exam, "office", not_before=NOW + timedelta(seconds=5)), NOW)
        assert new_events(store, lambda deeds: deeds.undo_send(exam.study.uid, NOW + timedelta(seconds=5))) == []
        assert new_events(store, lambda deeds: deeds.undo_send(exam.study.uid, NOW)) == [
            "job.cancelled",
            "job.cancelled",
            "study.send_undone",
        ]
        with store.reading() as questions:
            assert questions.study(exam.study.uid).sent_at is None
        again = NOW + timedelta(minutes=1)
        with store.writing() as deeds:
            assert deeds.send(exam.study.uid, new_jobs(exam, "office", not_before=again), again) == 2
        with store.reading() as questions:
            assert [(job.id, job.state, job.not_before) for job in questions.jobs()] == [
                (1, JobState.QUEUED, again),
                (2, JobState.QUEUED, again),
            ]
            assert questions.study(exam.study.uid).sent_at == again

    def test_undo_leaves_a_study_sent_that_has_jobs_left(self, store: SqlStore) -> None:
        exam = frozen_exam(store)
        with store.writing() as deeds:
            deeds.send(exam.study.uid, new_jobs(exam, "office"), NOW)
            deeds.send(exam.study.uid, new_jobs(exam, "copy", not_before=NOW + timedelta(seconds=5)), NOW)
            assert deeds.undo_send(exam.study.uid, NOW) == 1
        with store.reading() as questions:
            assert questions.study(exam.study.uid).sent_at == NOW
            assert [job.state for job in questions.jobs()] == [JobState.QUEUED, JobState.CANCELLED]


class TestReroute:
    """A standby stands in for the primary destination."""

    def reroute(self, store: SqlStore, study_uid: str | None = None) -> int:
        with store.writing("Tess") as deeds:
            return deeds.reroute(study_uid, "office", "backup", NOW)

    def test_only_what_is_not_proved_and_not_held_back_goes_there(self, store: SqlStore) -> None:
        exam = frozen_exam(store, images=4)
        with store.writing() as deeds:
            deeds.send(exam.study.uid, new_jobs(exam, "office"), NOW)
            deeds.hold(3)
            deeds.cancel(4)
        store.queue.claim("office", NOW)
        store.queue.sent(1, Message("pacs.stored"), NOW)
        store.queue.proved(1, ProofKind.QUERY, NOW)
        assert new_events(store, lambda deeds: deeds.reroute(None, "office", "backup", NOW)) == [
            "job.queued",
            "job.rerouted",
        ]
        assert self.reroute(store) == 0
        with store.reading() as questions:
            jobs = questions.jobs()
        assert [(job.destination, job.instead_of, job.state) for job in jobs if job.destination == "backup"] == [
            ("backup", "office", JobState.QUEUED)
        ]
        assert jobs[-1].sop_instance_uid == jobs[1].sop_instance_uid
        assert jobs[1].state is JobState.QUEUED

    def test_proof_that_a_standby_had_already_counts_from_then_on(self, store: SqlStore) -> None:
        exam = frozen_exam(store)
        with store.writing() as deeds:
            deeds.send(exam.study.uid, new_jobs(exam, "office", "backup"), NOW)
        store.queue.claim("backup", NOW)
        store.queue.sent(2, Message("pacs.stored"), NOW)
        store.queue.proved(2, ProofKind.QUERY, NOW)
        uid = exam.instances[0].sop_instance_uid
        with store.reading() as questions:
            assert unsafe_instances(questions.jobs(), "office") == {uid}
        assert self.reroute(store, exam.study.uid) == 1
        with store.reading() as questions:
            jobs = questions.jobs()
        assert safe_instances(jobs, "office") == {uid}
        assert safe_instances(jobs, "elsewhere") == safe_instances(jobs, None) == frozenset()
        assert unsafe_instances(jobs, "office") == frozenset()

    def test_one_study_leaves_the_others_alone(self, store: SqlStore) -> None:
        exams = [frozen_exam(store, nth) for nth in (1, 2)]
        with store.writing() as deeds:
            for exam in exams:
                deeds.send(exam.study.uid, new_jobs(exam, "office"), NOW)
        assert self.reroute(store, exams[1].study.accession) == 1
        assert refusal(store, lambda deeds: deeds.reroute("none", "office", "backup", NOW)) == "study.unknown"
        with store.reading() as questions:
            assert [job.study_uid for job in questions.jobs() if job.instead_of] == [exams[1].study.uid]

    def test_what_is_gone_from_the_primary_may_be_rerouted(self, store: SqlStore) -> None:
        exam = frozen_exam(store)
        with store.writing() as deeds:
            deeds.send(exam.study.uid, new_jobs(exam, "office"), NOW)
        store.queue.claim("office", NOW)
        store.queue.sent(1, Message("pacs.stored"), NOW)
        store.queue.proved(1, ProofKind.QUERY, NOW)
        store.queue.gone(1, Message("job.gone"), NOW)
        assert self.reroute(store) == 1


class TestQueueDeeds:
    @pytest.fixture
    def job_id(self, store: SqlStore) -> int:
        exam = frozen_exam(store)
        with store.writing() as deeds:
            deeds.send(exam.study.uid, new_jobs(exam, "office"), NOW)
        return 1

    def test_hold_and_release(self, store: SqlStore, job_id: int) -> None:
        assert new_events(store, lambda deeds: deeds.hold(job_id)) == ["job.held"]
        assert new_events(store, lambda deeds: deeds.hold(job_id)) == []
        assert store.queue.claim("office", NOW) is None
        assert new_events(store, lambda deeds: deeds.release(job_id)) == ["job.released"]
        assert store.queue.claim("office", NOW) is not None

    def test_cancel_and_retry(self, store: SqlStore, job_id: int, clock: ToldClock) -> None:
        assert new_events(store, lambda deeds: deeds.cancel(job_id)) == ["job.cancelled"]
        assert new_events(store, lambda deeds: deeds.cancel(job_id)) == []
        assert refusal(store, lambda deeds: deeds.hold(job_id)) == "job.is_cancelled"
        assert refusal(store, lambda deeds: deeds.release(job_id)) == "job.is_cancelled"
        clock.go(days=1)
        assert new_events(store, lambda deeds: deeds.retry(job_id)) == ["job.retried"]
        assert new_events(store, lambda deeds: deeds.retry(job_id)) == ["job.retried"]
        assert store.queue.claim("office", clock.now()) is not None
        assert refusal(store, lambda deeds: deeds.cancel(job_id)) == "job.not_waiting"
        assert refusal(store, lambda deeds: deeds.retry(job_id)) == "job.not_waiting"

    def test_retry_ends_a_wait(self, store: SqlStore, job_id: int) -> None:
        store.queue.claim("office", NOW)
        store.queue.later(job_id, Message("link.lost"), NOW, timedelta(minutes=5))
        assert store.queue.claim("office", NOW) is None
        assert new_events(store, lambda deeds: deeds.retry(job_id)) == ["job.retried"]
        assert store.queue.claim("office", NOW) is not None

    def test_a_retry_is_told_to_the_sender_of_its_destination(self, store: SqlStore, job_id: int) -> None:
        assert store.queue.last_retry("office") == 0
        for _ in range(2):
            with store.writing() as deeds:
                deeds.retry(job_id)
            with store.reading() as questions:
                assert store.queue.last_retry("office") == questions.events()[-1].seq
        assert store.queue.last_retry("elsewhere") == 0

    def test_retry_of_a_refused_one(self, store: SqlStore, job_id: int) -> None:
        store.queue.claim("office", NOW)
        store.queue.refused(job_id, Message("pacs.unmatched", {"status": "A900"}), NOW)
        assert new_events(store, lambda deeds: deeds.retry(job_id)) == ["job.retried"]
        with store.reading() as questions:
            job = questions.job(job_id)
        assert (job.state, job.attempts) == (JobState.QUEUED, 1)

    @pytest.mark.parametrize("ended", ["refused", "cancelled", "gone"])
    def test_what_is_tried_again_does_not_wait_for_a_clock_that_is_put_back(
        self, store: SqlStore, job_id: int, clock: ToldClock, ended: str
    ) -> None:
        if ended == "cancelled":
            with store.writing() as deeds:
                deeds.cancel(job_id)
        else:
            store.queue.claim("office", NOW)
        if ended == "refused":
            store.queue.refused(job_id, Message("pacs.not_understood"), NOW)
        if ended == "gone":
            store.queue.sent(job_id, Message("pacs.stored"), NOW)
            store.queue.proved(job_id, ProofKind.QUERY, NOW, NOW)
            store.queue.gone(job_id, Message("job.gone"), NOW)
        clock.go(days=4)
        with store.writing() as deeds:
            deeds.retry(job_id)
        assert store.queue.claim("office", clock.go(days=-1)) is not None

    @pytest.mark.parametrize("name", ["retry", "hold", "release", "cancel", "verify"])
    def test_an_unknown_job(self, store: SqlStore, name: str) -> None:
        assert refusal(store, lambda deeds: getattr(deeds, name)(99)) == "job.unknown"
