"""Deeds on an exam: scans, images, verdicts and frozen instances."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fieldstation.domain.annotations import Angle, Area, Arrow, Distance, FlipReason, Point, SideMarker, TextNote
from fieldstation.domain.errors import Failed
from fieldstation.domain.exams import Finding, Presentation, ScanState, Severity, Verdict
from fieldstation.domain.views import Side
from fieldstation.domain.words import Message
from fieldstation.store.sql_store import SqlStore
from tests.support.deeds import new_events, refusal
from tests.support.stores import (
    NOW,
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
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with store_in(tmp_path / "data") as store:
        yield store


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
        turned = Presentation(
            window_center=1.5,
            window_width=2.5,
            quarter_turns=3,
            inverted=True,
            flipped=FlipReason.LOADED_REVERSED,
            crop=Area(1, 2, 30, 40),
            shutter=Area(0, 3, 29, 41),
            markers=(SideMarker(side=Side.LEFT, at=Point(3.5, 4.25), initials="JD"),),
            annotations=(
                TextNote(at=Point(1, 2), text="Sitzend, 45° µ"),
                Arrow(tail=Point(1, 2), tip=Point(3, 4)),
                Distance(start=Point(5, 6), end=Point(7, 8)),
                Angle(start=Point(1, 1), vertex=Point(2, 2), end=Point(3, 0.5)),
            ),
            look="bone",
        )
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


def test_a_frozen_file_that_is_gone_is_noticed_before_its_row(store: SqlStore) -> None:
    exam = read_exam(store)
    instance = replace(an_instance(store, exam.images[0], b"x"), file_id="00000000-0000-4000-8000-000000000000")
    with pytest.raises(Failed) as raised, store.writing() as deeds:
        deeds.freeze(instance)
    assert raised.value.code == "file.missing"
