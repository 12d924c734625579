"""Deeds on the plan of the day and on studies; the history; what a transaction sees."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from fieldstation.domain.errors import Refused
from fieldstation.domain.patients import Order, Patient, Priority, Sex, Stop
from fieldstation.domain.views import OrderedView, Side
from fieldstation.store.sql_store import SqlStore
from tests.support.deeds import new_events, refusal
from tests.support.stores import (
    NOW,
    ToldClock,
    a_study,
    a_view,
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
