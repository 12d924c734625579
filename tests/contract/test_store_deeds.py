"""Every deed: what it does, what it refuses, and that its event comes and goes with it."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from fieldstation.domain.errors import Failed, FieldstationError, Refused
from fieldstation.domain.exams import Finding, Presentation, ScanState, Severity, Verdict
from fieldstation.domain.jobs import JobState
from fieldstation.domain.patients import Order, Patient, Priority, Sex, Stop
from fieldstation.domain.store import Deeds
from fieldstation.domain.views import OrderedView, Side
from fieldstation.domain.words import Message
from fieldstation.store.sql_store import SqlStore
from tests.support.stores import (
    NOW,
    ToldClock,
    a_scan,
    a_series,
    a_study,
    a_view,
    an_exposure,
    an_image,
    an_instance,
    frozen_exam,
    new_jobs,
    read_exam,
    store_in,
)


@pytest.fixture
def clock() -> ToldClock:
    return ToldClock()


@pytest.fixture
def store(tmp_path: Path, clock: ToldClock) -> Iterator[SqlStore]:
    with store_in(tmp_path / "data", clock) as store:
        yield store


def new_events(store: SqlStore, deed: Callable[[Deeds], object]) -> list[str]:
    with store.reading() as questions:
        before = max((event.seq for event in questions.events()), default=0)
    with store.writing("Tess") as deeds:
        deed(deeds)
    with store.reading() as questions:
        return [event.what for event in questions.events(before)]


def refusal(store: SqlStore, deed: Callable[[Deeds], object]) -> str:
    """The code of the refusal; nothing of the deed is left."""
    with store.reading() as questions:
        before = questions.events()
    with pytest.raises(FieldstationError) as raised, store.writing("Tess") as deeds:
        deed(deeds)
    with store.reading() as questions:
        assert questions.events() == before
    return raised.value.code


def a_patient(name: str = "EXAMPLE^ONE", **fields: str) -> Patient:
    values = {"id": "p1", "patient_id": "PID1", "issuer": "TEST"} | fields
    return Patient(**values, name=name, birth_date=None, sex=Sex.FEMALE, alerts=("latex",))


def an_order(patient: Patient, order_id: str = "o1", stop_id: str | None = None) -> Order:
    return Order(
        id=order_id,
        accession="ACC1",
        patient=patient,
        stop_id=stop_id,
        priority=Priority.STAT,
        procedure="Hands",
        views=(OrderedView("hand-pa", Side.RIGHT), OrderedView("hand-pa", Side.LEFT), OrderedView("chest-ap")),
        due_at=NOW,
        as_of=NOW,
    )


class TestPlan:
    def test_an_order_comes_back_as_it_was(self, store: SqlStore) -> None:
        stop = Stop(id="s1", position=1, facility="Example House")
        order = an_order(a_patient(), stop_id="s1")
        assert new_events(store, lambda deeds: (deeds.add_stop(stop), deeds.add_order(order))) == [
            "stop.added",
            "patient.added",
            "order.added",
        ]
        with store.reading() as questions:
            assert questions.stops() == [stop]
            assert questions.orders() == [order]
            assert questions.order("o1") == order

    def test_a_patient_is_known_by_issuer_and_patient_id(self, store: SqlStore) -> None:
        known = a_patient()
        with store.writing() as deeds:
            deeds.add_patient(known)
            deeds.add_order(an_order(replace(known, id="another")))
        with store.reading() as questions:
            assert questions.order("o1").patient == known
        assert refusal(store, lambda deeds: deeds.add_patient(replace(known, id="another"))) == "patient.taken"

    def test_adding_a_patient_again_corrects_it(self, store: SqlStore) -> None:
        with store.writing() as deeds:
            deeds.add_order(an_order(a_patient()))
        corrected = a_patient("EXAMPLE^CORRECTED")
        assert new_events(store, lambda deeds: deeds.add_patient(corrected)) == ["patient.changed"]
        with store.reading() as questions:
            assert questions.order("o1").patient == corrected

    def test_arrival_is_noted_once(self, store: SqlStore) -> None:
        with store.writing() as deeds:
            deeds.add_stop(Stop(id="s1", position=1, facility="Example House"))
        assert new_events(store, lambda deeds: deeds.arrive("s1", NOW)) == ["stop.arrived"]
        assert new_events(store, lambda deeds: deeds.arrive("s1", NOW + timedelta(hours=1))) == []
        with store.reading() as questions:
            assert questions.stops()[0].arrived_at == NOW

    def test_unknown_and_taken(self, store: SqlStore) -> None:
        with store.writing() as deeds:
            deeds.add_order(an_order(a_patient()))
        assert refusal(store, lambda deeds: deeds.add_order(an_order(a_patient()))) == "order.taken"
        assert refusal(store, lambda deeds: deeds.arrive("nowhere", NOW)) == "stop.unknown"
        assert refusal(store, lambda deeds: deeds.order("none")) == "order.unknown"


class TestStudy:
    def test_numbers_count_and_accessions_are_unique(self, store: SqlStore) -> None:
        with store.writing() as deeds:
            deeds.add_order(an_order(a_patient()))
        first, second = a_study(1, order_ids=("o1",)), a_study(2)
        assert new_events(store, lambda deeds: deeds.add_study(first, [a_view(first), a_view(first, 2)])) == [
            "study.begun",
            "view.added",
            "view.added",
        ]
        with store.writing() as deeds:
            deeds.add_study(second, [])
        with store.reading() as questions:
            assert [study.number for study in questions.studies()] == [1, 2]
            assert questions.study("ACC1") == questions.study(first.uid) == replace(first, number=1)
            assert questions.study_of_order("o1") == replace(first, number=1)
            assert questions.study_of_order("o2") is None
            assert [view.position for view in questions.study_file(first.uid).views] == [1, 2]
        taken = replace(a_study(3), accession="ACC1")
        assert refusal(store, lambda deeds: deeds.add_study(taken, [])) == "study.accession_taken"
        assert refusal(store, lambda deeds: deeds.add_study(replace(first, accession="X"), [])) == "study.taken"
        assert refusal(store, lambda deeds: deeds.study("")) == "study.unknown"

    def test_studies_without_an_accession_do_not_collide(self, store: SqlStore) -> None:
        with store.writing() as deeds:
            deeds.add_study(a_study(1, accession=""), [])
            deeds.add_study(a_study(2, accession=""), [])
        with store.reading() as questions:
            assert len(questions.studies()) == 2

    def test_a_file_is_the_whole_study_and_only_that(self, store: SqlStore) -> None:
        exams = [frozen_exam(store, 1, images=2), frozen_exam(store, 2)]
        with store.writing() as deeds:
            deeds.send(exams[0].study.uid, new_jobs(exams[0], "office", "copy"), NOW)
        with store.reading() as questions:
            files = questions.study_files()
            assert files == [questions.study_file(exam.study.uid) for exam in exams]
        assert [len(file.images) for file in files] == [2, 1]
        assert [len(file.instances) for file in files] == [2, 1]
        assert [len(file.jobs) for file in files] == [4, 0]
        assert all(len(file.exposures) == len(file.scans) == len(file.series) == 1 for file in files)


class TestScan:
    def test_the_row_comes_first_and_ends_durable(self, store: SqlStore) -> None:
        study = a_study()
        view = a_view(study)
        with store.writing() as deeds:
            deeds.add_study(study, [view])
        growing = store.files.begin()
        scan = a_scan(an_exposure(view), growing.id)
        assert new_events(store, lambda deeds: deeds.begin_scan(an_exposure(view), scan)) == [
            "plate.registered",
            "scan.begun",
        ]
        with store.reading() as questions:
            assert questions.unfinished_scans() == [scan]
            assert questions.scan(scan.id) == scan
            assert questions.exposure(scan.exposure_id) == an_exposure(view)
        assert refusal(store, lambda deeds: deeds.mark_erased("P1", NOW)) == "plate.not_durable"
        growing.append(bytes(scan.geometry.total_bytes))
        stored = growing.finish()
        assert new_events(store, lambda deeds: deeds.finish_scan(scan.id, stored.sha256, 8, NOW)) == ["scan.durable"]
        assert new_events(store, lambda deeds: deeds.mark_erased("P1", NOW)) == ["plate.erased"]
        with store.reading() as questions:
            cassette = questions.cassette("P1")
            assert cassette is not None
            assert (cassette.cycles, cassette.last_erased_at) == (1, NOW)
            assert questions.unfinished_scans() == []
            assert questions.scan(scan.id).state is ScanState.DURABLE
        why = Message("reader.jam", {"line": 3, "lines": 8})
        assert refusal(store, lambda deeds: deeds.end_scan_partial(scan.id, 3, why, NOW)) == "scan.ended"
        assert refusal(store, lambda deeds: deeds.finish_scan("none", "", 0, NOW)) == "scan.unknown"
        assert refusal(store, lambda deeds: deeds.mark_erased("P9", NOW)) == "plate.unknown"

    def test_a_broken_read_stays_partial_and_says_why(self, store: SqlStore) -> None:
        study = a_study()
        view = a_view(study)
        growing = store.files.begin()
        growing.close()
        scan = a_scan(an_exposure(view), growing.id)
        with store.writing() as deeds:
            deeds.add_study(study, [view])
            deeds.begin_scan(an_exposure(view), scan)
        why = Message("reader.jam", {"line": 3, "lines": 8})
        assert new_events(store, lambda deeds: deeds.end_scan_partial(scan.id, 3, why, NOW)) == ["scan.partial"]
        with store.reading() as questions:
            assert questions.events(subject=scan.id)[-1].params == {"why": "reader.jam", "line": 3, "lines": 8}
            ended = questions.scan(scan.id)
        assert (ended.state, ended.lines, ended.sha256) == (ScanState.PARTIAL, 3, None)
        assert refusal(store, lambda deeds: deeds.mark_erased("P1", NOW)) == "plate.not_durable"

    def test_durable_means_that_the_disk_gives_it_back(self, store: SqlStore) -> None:
        study = a_study()
        view = a_view(study)
        lines = [b"ab" * 16] * 8
        growing = store.files.begin()
        scan = a_scan(an_exposure(view), growing.id)
        with store.writing() as deeds:
            deeds.add_study(study, [view])
            deeds.begin_scan(an_exposure(view), scan)
        for line in lines:
            growing.append(line)
        growing.close()
        read = hashlib.sha256(b"".join(lines)).hexdigest()
        whole = store.files.path(growing.id).read_bytes()
        store.files.path(growing.id).write_bytes(whole[:-1])
        assert refusal(store, lambda deeds: deeds.finish_scan(scan.id, read, 8, NOW)) == "file.damaged"
        store.files.path(growing.id).write_bytes(whole)
        with store.writing() as deeds:
            deeds.finish_scan(scan.id, read, 8, NOW)
        assert store.files.get(growing.id) == b"".join(lines)

    def test_a_row_without_a_file_is_refused(self, store: SqlStore) -> None:
        study = a_study()
        view = a_view(study)
        with store.writing() as deeds:
            deeds.add_study(study, [view])
        scan = a_scan(an_exposure(view), "00000000-0000-4000-8000-000000000000")
        assert refusal(store, lambda deeds: deeds.begin_scan(an_exposure(view), scan)) == "file.missing"

    def test_a_plate_is_bound_to_its_view(self, store: SqlStore) -> None:
        study = a_study()
        view = a_view(study)
        with store.writing() as deeds:
            deeds.add_study(study, [view])
        assert new_events(store, lambda deeds: deeds.bind_plate(view.id, "P7", "35CMX43CM", NOW)) == [
            "plate.registered",
            "view.exposed",
        ]
        with store.reading() as questions:
            assert questions.study_file(study.uid).views == (replace(view, plate_id="P7", exposed_at=NOW),)
        assert refusal(store, lambda deeds: deeds.bind_plate("none", "P8", "35CMX43CM", NOW)) == "view.gone"


class TestImage:
    def test_numbers_are_given_by_the_store(self, store: SqlStore) -> None:
        exam = read_exam(store, images=3)
        with store.writing() as deeds:
            same = deeds.series_for(a_series(exam.study, "2.25.9999"))
            other = deeds.series_for(a_series(exam.study, "2.25.9998", "WRIST"))
        assert same == exam.series
        assert (exam.series.number, other.number, other.uid) == (1, 2, "2.25.9998")
        with store.reading() as questions:
            assert [image.number for image in questions.study_file(exam.study.uid).images] == [1, 2, 3]

    def test_findings_and_presentation_come_back(self, store: SqlStore) -> None:
        exam = read_exam(store)
        finding = Finding(message=Message("finding.under", {"ei": 91, "di": -4.4}), severity=Severity.CAUTION)
        image = an_image(
            exam.study, exam.series, exam.view, exam.scan, "2.25.77", findings=(finding,), retake_of="2.25.1.0"
        )
        turned = Presentation(window_center=1.5, window_width=2.5, quarter_turns=3, inverted=True)
        with store.writing() as deeds:
            deeds.add_image(image)
        assert new_events(store, lambda deeds: deeds.set_presentation(image.uid, turned)) == ["image.adjusted"]
        with store.reading() as questions:
            assert questions.image(image.uid) == replace(image, number=2, presentation=turned)

    def test_a_verdict_is_given_once_and_can_be_taken_back(self, store: SqlStore) -> None:
        exam = read_exam(store)
        uid = exam.images[0].uid
        later = NOW + timedelta(minutes=1)
        assert new_events(store, lambda deeds: deeds.decide(uid, Verdict.REJECTED, "111207", NOW)) == ["image.rejected"]
        assert refusal(store, lambda deeds: deeds.decide(uid, Verdict.ACCEPTED, None, later)) == "image.decided"
        assert refusal(store, lambda deeds: deeds.set_presentation(uid, exam.images[0].presentation)) == "image.decided"
        assert new_events(store, lambda deeds: deeds.decide(uid, Verdict.UNDECIDED, None, later)) == [
            "image.taken_back"
        ]
        assert new_events(store, lambda deeds: deeds.decide(uid, Verdict.UNDECIDED, None, later)) == []
        assert new_events(store, lambda deeds: deeds.decide(uid, Verdict.ACCEPTED, None, later)) == ["image.accepted"]
        with store.reading() as questions:
            decided = questions.image(uid)
            assert questions.events(subject=uid)[1].params == {"reason": "111207"}
        assert (decided.verdict, decided.reject_reason, decided.decided_at) == (Verdict.ACCEPTED, None, later)
        assert refusal(store, lambda deeds: deeds.decide("none", Verdict.ACCEPTED, None, NOW)) == "image.unknown"

    def test_a_frozen_instance_is_one(self, store: SqlStore) -> None:
        exam = read_exam(store)
        instance = an_instance(store, exam.images[0], b"part 10")
        assert new_events(store, lambda deeds: deeds.freeze(instance)) == ["instance.frozen"]
        with store.reading() as questions:
            assert questions.instance(instance.sop_instance_uid) == instance
        assert refusal(store, lambda deeds: deeds.freeze(instance)) == "instance.frozen"
        assert new_events(store, lambda deeds: deeds.drop_instance(instance.sop_instance_uid)) == ["instance.dropped"]
        assert refusal(store, lambda deeds: deeds.drop_instance(instance.sop_instance_uid)) == "instance.unknown"

    def test_what_is_on_its_way_stands(self, store: SqlStore) -> None:
        exam = frozen_exam(store)
        uid = exam.images[0].uid
        with store.writing() as deeds:
            deeds.send(exam.study.uid, new_jobs(exam, "office"), NOW)
        assert refusal(store, lambda deeds: deeds.decide(uid, Verdict.UNDECIDED, None, NOW)) == "image.sent"
        assert refusal(store, lambda deeds: deeds.drop_instance(uid)) == "image.sent"

    def test_what_was_called_back_untried_can_be_taken_back(self, store: SqlStore) -> None:
        exam = frozen_exam(store)
        uid = exam.images[0].uid
        with store.writing() as deeds:
            deeds.send(exam.study.uid, new_jobs(exam, "office", not_before=NOW + timedelta(seconds=5)), NOW)
            deeds.undo_send(exam.study.uid, NOW)
        assert new_events(
            store, lambda deeds: (deeds.decide(uid, Verdict.UNDECIDED, None, NOW), deeds.drop_instance(uid))
        ) == ["image.taken_back", "job.forgotten", "instance.dropped"]

    def test_what_was_tried_once_stands_even_when_cancelled(self, store: SqlStore) -> None:
        exam = frozen_exam(store)
        uid = exam.images[0].uid
        with store.writing() as deeds:
            deeds.send(exam.study.uid, new_jobs(exam, "office"), NOW)
        assert store.queue.claim("office", NOW) is not None
        store.queue.later(1, Message("link.lost"), NOW, timedelta(seconds=2))
        with store.writing() as deeds:
            deeds.cancel(1)
            deeds.send(exam.study.uid, new_jobs(exam, "office"), NOW)
            deeds.cancel(1)
        assert refusal(store, lambda deeds: deeds.drop_instance(uid)) == "image.sent"


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
        assert refusal(store, lambda deeds: deeds.hold(job_id)) == "job.not_waiting"
        clock.go(days=1)
        assert new_events(store, lambda deeds: deeds.retry(job_id)) == ["job.retried"]
        assert new_events(store, lambda deeds: deeds.retry(job_id)) == []
        assert store.queue.claim("office", NOW) is None
        assert store.queue.claim("office", clock.now()) is not None
        assert refusal(store, lambda deeds: deeds.cancel(job_id)) == "job.not_waiting"
        assert refusal(store, lambda deeds: deeds.retry(job_id)) == "job.not_waiting"

    def test_retry_ends_a_wait(self, store: SqlStore, job_id: int) -> None:
        store.queue.claim("office", NOW)
        store.queue.later(job_id, Message("link.lost"), NOW, timedelta(minutes=5))
        assert store.queue.claim("office", NOW) is None
        assert new_events(store, lambda deeds: deeds.retry(job_id)) == ["job.retried"]
        assert store.queue.claim("office", NOW) is not None

    def test_retry_of_a_refused_one(self, store: SqlStore, job_id: int) -> None:
        store.queue.claim("office", NOW)
        store.queue.refused(job_id, Message("pacs.unmatched", {"status": "A900"}), NOW)
        assert new_events(store, lambda deeds: deeds.retry(job_id)) == ["job.retried"]
        with store.reading() as questions:
            job = questions.job(job_id)
        assert (job.state, job.attempts) == (JobState.QUEUED, 1)

    @pytest.mark.parametrize("name", ["retry", "hold", "release", "cancel"])
    def test_an_unknown_job(self, store: SqlStore, name: str) -> None:
        assert refusal(store, lambda deeds: getattr(deeds, name)(99)) == "job.unknown"


class TestHistory:
    def test_who_when_where(self, store: SqlStore, clock: ToldClock) -> None:
        clock.go(hours=1)
        with store.writing("Tess") as deeds:
            deeds.add_study(a_study(), [])
        with store.reading() as questions:
            (event,) = questions.events()
        assert (event.person, event.process, event.at) == ("Tess", "test", clock.now())
        assert (event.what, event.subject, event.seq) == ("study.begun", a_study().uid, 1)

    @pytest.mark.parametrize("statement", ["UPDATE event SET person = 'x'", "DELETE FROM event"])
    def test_history_cannot_be_changed(self, store: SqlStore, statement: str) -> None:
        with store.writing() as deeds:
            deeds.add_study(a_study(), [])
        with pytest.raises(Exception, match="append-only"), store._database.writing() as connection:
            connection.exec_driver_sql(statement)
        with store.reading() as questions:
            assert [event.person for event in questions.events()] == [""]

    def test_an_event_goes_with_its_deed(self, store: SqlStore) -> None:
        class Interrupted(Exception):
            pass

        def half() -> None:
            with store.writing() as deeds:
                deeds.add_study(a_study(), [])
                raise Interrupted

        with pytest.raises(Interrupted):
            half()
        with store.reading() as questions:
            assert questions.events() == []
            assert questions.studies() == []

    def test_a_naive_time_is_refused(self, store: SqlStore) -> None:
        naive = datetime(2031, 1, 1)  # noqa: DTZ001
        with pytest.raises(Exception, match="time zone"), store.writing() as deeds:
            deeds.add_study(a_study(created_at=naive), [])
        with store.reading() as questions:
            assert questions.studies() == []


def test_one_moment_for_all_answers(store: SqlStore) -> None:
    with store.reading() as questions:
        assert questions.studies() == []
        with store.writing() as deeds:
            deeds.add_study(a_study(), [])
        assert questions.studies() == []
        assert questions.events() == []


def test_the_version_changes_with_every_commit_of_any_process(tmp_path: Path) -> None:
    with store_in(tmp_path / "data") as one, store_in(tmp_path / "data") as other:
        before = one.version()
        assert one.version() == before
        with other.writing() as deeds:
            deeds.add_study(a_study(1), [])
        after_other = one.version()
        with one.writing() as deeds:
            deeds.add_study(a_study(2), [])
        after_own = one.version()
    assert len({before, after_other, after_own}) == 3


def test_unknown_kinds(store: SqlStore) -> None:
    with store.reading() as questions:
        for ask, code in [
            (questions.image, "image.unknown"),
            (questions.scan, "scan.unknown"),
            (questions.exposure, "exposure.unknown"),
            (questions.instance, "instance.unknown"),
            (questions.study_file, "study.unknown"),
        ]:
            with pytest.raises(Refused) as raised:
                ask("none")
            assert raised.value.code == code
        assert questions.cassette("none") is None


def test_a_frozen_file_that_is_gone_is_noticed_before_its_row(store: SqlStore) -> None:
    exam = read_exam(store)
    instance = replace(an_instance(store, exam.images[0], b"x"), file_id="00000000-0000-4000-8000-000000000000")
    with pytest.raises(Failed) as raised, store.writing() as deeds:
        deeds.freeze(instance)
    assert raised.value.code == "file.missing"
