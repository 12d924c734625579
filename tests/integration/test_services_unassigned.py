"""Scans that match no waiting view are never lost, and land on none by guess."""

from datetime import timedelta
from pathlib import Path

import pytest

from fieldstation.bootstrap.station import Station
from fieldstation.domain.errors import FieldstationError, Refused, WrongUse
from fieldstation.domain.exams import ScanState, StudyFile, StudyView, Technique
from fieldstation.domain.plates import GoingOn, PlateRefused, PlateState
from fieldstation.services.boards import ReadProgress, ViewState
from tests.support.children import Child
from tests.support.inboxes import push_plate, pushed_station, take
from tests.support.peers import wait_until
from tests.support.plate_children import assign_scan, assign_until_step, take_until_step, take_what_came
from tests.support.stations import begin, cassette, read, station_in

WORD = GoingOn("compared with the console")


def of(station: Station, study_uid: str) -> StudyFile:
    with station.store.reading() as questions:
        return questions.study_file(study_uid)


def views(station: Station, study_uid: str) -> tuple[StudyView, ...]:
    return of(station, study_uid).views


def expose(station: Station, study: str, position: int, plate_id: str) -> str:
    view = views(station, study)[position - 1].id
    station.plates.expose(view, plate_id, station.clock.now())
    return view


@pytest.mark.parametrize("labels", [{"plate_id": "C-1"}, {"accession": "A-1", "patient_id": "P-1"}])
def test_a_plate_that_comes_lands_on_the_one_view_that_its_labels_mean(tmp_path: Path, labels: dict[str, str]) -> None:
    with pushed_station(tmp_path) as station:
        study = begin(station, "hand-pa:R", "hand-pa:L")
        view = expose(station, study, 1, "C-1")
        push_plate(tmp_path, "one", 0, **labels)
        take(station)
        file = of(station, study)
        assert [(image.view_id, image.scan_id) for image in file.images] == [(view, file.scans[0].id)]
        assert [exposure.exposed_at for exposure in file.exposures] == [file.views[0].exposed_at]
        with station.store.reading() as questions:
            assert [scan.assigned_to for scan in questions.unassigned_scans()] == [view]
        assert station.desk.status().unassigned == 0
        assert station.desk.status().undecided == 1


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        ({"plate_id": "C-9"}, "unassigned.no_match"),
        ({"accession": "A-1"}, "unassigned.no_label"),
        ({"plate_id": "C-1", "patient_id": "P-9"}, "unassigned.no_match"),
        ({"accession": "A-1", "patient_id": "P-1"}, "unassigned.several"),
    ],
)
def test_any_other_goes_to_the_tray_and_is_not_safe(tmp_path: Path, labels: dict[str, str], why: str) -> None:
    with pushed_station(tmp_path) as station:
        study = begin(station, "hand-pa:R", "hand-pa:L")
        expose(station, study, 1, "C-1")
        expose(station, study, 2, "C-2")
        push_plate(tmp_path, "one", 0, **labels)
        take(station)
        (row,) = station.desk.unassigned().waiting
        assert (row.why.code, row.state, row.fraction) == (why, ScanState.DURABLE, 1.0)
        assert of(station, study).scans == ()
        status = station.desk.status()
        assert (status.unassigned, status.all_safe) == (1, False)
        assert station.desk.loose_picture(row.scan_id).pixels.any()


def test_what_comes_a_second_time_does_not_land_on_another_view(tmp_path: Path) -> None:
    with pushed_station(tmp_path) as station:
        study = begin(station, "hand-pa:R", "hand-pa:L")
        expose(station, study, 1, "C-1")
        push_plate(tmp_path, "one", accession="A-1", patient_id="P-1")
        take(station)
        expose(station, study, 2, "C-2")
        push_plate(tmp_path, "again", accession="A-1", patient_id="P-1")
        take(station)
        assert [view.state for view in station.desk.study(study).views] == [ViewState.UNDECIDED, ViewState.EXPOSED]
        assert [row.set_aside for row in station.desk.unassigned().set_aside] == ["the same image came before"]


def test_the_app_takes_what_comes_without_being_asked(tmp_path: Path) -> None:
    with pushed_station(tmp_path) as station:
        desk = station.desk
        push_plate(tmp_path, "one", plate_id="C-1")
        wait_until(lambda: len(desk.unassigned().waiting) == 1, "the plate to be taken")
        wait_until(lambda: desk.unassigned().waiting[0].why.code == "unassigned.no_match", "it to be looked at")


def test_a_scan_is_assigned_and_developed_as_the_views_image(tmp_path: Path) -> None:
    with pushed_station(tmp_path) as station:
        study = begin(station, "hand-pa:R", "hand-pa:L")
        push_plate(tmp_path, "one", plate_id="C-9")
        take(station)
        (row,) = station.desk.unassigned().waiting
        assert [candidate.view_name for candidate in row.candidates] == ["Hand PA, right", "Hand PA, left"]
        view = row.candidates[1].view_id
        image = station.desk.assign(row.scan_id, view)
        file = of(station, study)
        assert [(one.uid, one.view_id, one.scan_id) for one in file.images] == [(image, view, row.scan_id)]
        station.desk.accept(image)
        assert station.desk.unassigned().waiting == ()
        with pytest.raises(Refused) as twice:
            station.desk.assign(row.scan_id, row.candidates[0].view_id)
        assert twice.value.code == "unassigned.decided"
        with pytest.raises(Refused) as aside:
            station.desk.set_aside(row.scan_id, "mistake")
        assert aside.value.code == "unassigned.decided"


def test_labels_that_contradict_the_view_are_said_and_going_on_is_kept(tmp_path: Path) -> None:
    with pushed_station(tmp_path) as station:
        study = begin(station, "hand-pa:R", "hand-pa:L")
        right = expose(station, study, 1, "C-1")
        push_plate(tmp_path, "one", plate_id="C-9", accession="A-9", patient_id="P-9")
        take(station)
        (row,) = station.desk.unassigned().waiting
        with pytest.raises(PlateRefused) as refused:
            station.desk.assign(row.scan_id, right)
        assert [one.code for one in refused.value.concerns] == [
            "unassigned.other_plate",
            "unassigned.other_accession",
            "unassigned.other_patient",
        ]
        assert [one.code for one in row.candidates[-1].against] == [one.code for one in refused.value.concerns]
        assert of(station, study).images == ()
        station.desk.assign(row.scan_id, right, going_on=WORD)
        with station.store.reading() as questions:
            events = [one for one in questions.events(subject="plate:C-9") if one.what == "plate.used_anyway"]
        assert [event.params["reason"] for event in events] == [WORD.reason]


def test_a_scan_that_names_no_cassette_takes_the_views_or_asks_for_it(tmp_path: Path) -> None:
    with pushed_station(tmp_path) as station:
        study = begin(station, "hand-pa:R", "hand-pa:L")
        right = expose(station, study, 1, "C-1")
        for name in ("one", "two"):
            push_plate(tmp_path, name, brighter=len(name) + ord(name[0]))
        take(station, 2)
        first, second = station.desk.unassigned().waiting
        station.desk.assign(first.scan_id, right)
        left = views(station, study)[1].id
        with pytest.raises(WrongUse) as nameless:
            station.desk.assign(second.scan_id, left)
        assert nameless.value.code == "plate.no_id"
        station.desk.assign(second.scan_id, left, "C-2")
        assert [exposure.plate_id for exposure in of(station, study).exposures] == ["C-1", "C-2"]


def test_a_view_that_has_a_picture_takes_no_other(tmp_path: Path) -> None:
    with pushed_station(tmp_path) as station:
        study = begin(station, "hand-pa:R")
        view = expose(station, study, 1, "C-1")
        for name in ("one", "two"):
            push_plate(tmp_path, name, brighter=ord(name[0]), plate_id="C-9")
        take(station, 2)
        first, second = station.desk.unassigned().waiting
        assert first.candidates
        station.desk.assign(first.scan_id, view, going_on=WORD)
        with pytest.raises(Refused) as full:
            station.desk.assign(second.scan_id, view, going_on=WORD)
        assert full.value.code == "scan.view_has_image"


def test_what_is_set_aside_is_kept_with_its_reason(tmp_path: Path) -> None:
    with pushed_station(tmp_path) as station:
        push_plate(tmp_path, "one", plate_id="C-9")
        take(station)
        (row,) = station.desk.unassigned().waiting
        with pytest.raises(WrongUse):
            station.desk.set_aside(row.scan_id, "")
        station.desk.set_aside(row.scan_id, "test exposure")
        assert [one.set_aside for one in station.desk.unassigned().set_aside] == ["test exposure"]
        assert station.desk.status().all_safe
        assert station.store.quarantine_unknown() == []
        with station.store.reading() as questions:
            assert station.store.files.get(questions.unassigned_scan(row.scan_id).file_id)


def test_a_cassette_that_is_noted_for_nothing_can_be_read_from_the_stack(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        study = begin(station, "hand-pa:R")
        told: list[ReadProgress] = []
        assert station.desk.scan_plate("C-1", Technique(), told.append) is None
        assert told
        assert [(row.plate_id, row.why.code) for row in station.desk.unassigned().waiting] == [
            ("C-1", "unassigned.read_unbound")
        ]
        assert [row.state for row in station.desk.tray().rows] == [PlateState.ERASED]
        view = expose(station, study, 1, "C-2")
        image = station.desk.scan_plate("C-2", Technique(), told.append)
        assert [(one.uid, one.view_id) for one in of(station, study).images] == [(image, view)]


def test_a_read_belongs_to_its_own_view_whoever_is_on_screen_when_it_ends(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        anna, ben = begin(station, "hand-pa:R"), begin(station, "hand-pa:L", accession="A-2")
        image = station.capture.read(cassette(station, anna), lambda _progress: station.desk.opened(ben))
        assert [one.uid for one in of(station, anna).images] == [image]
        assert of(station, ben).images == ()


def test_a_plate_that_is_read_for_the_wrong_view_is_refused_with_what_is_known(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        anna = begin(station, "hand-pa:R", "hand-pa:L")
        expose(station, anna, 1, "C-1")
        station.plates.pack(views(station, anna)[1].id, "C-2")

        def refused(position: int, plate_id: str) -> list[str]:
            with pytest.raises(PlateRefused) as raised:
                read(station, anna, position, plate_id)
            return [concern.code for concern in raised.value.concerns]

        assert refused(2, "C-1") == ["plate.exposed_for_other_view"]
        assert refused(1, "C-3") == ["plate.view_on_other"]
        assert refused(2, "C-2") == ["plate.never_exposed"]
        assert of(station, anna).scans == ()
        plate = cassette(station, anna, 2, "C-2")
        station.desk.scan(anna, plate.view_id, "C-2", Technique(), lambda _progress: None, WORD)
        read(station, anna)


def test_a_plate_that_was_read_and_not_erased_is_not_read_for_another_view(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        study = begin(station, "hand-pa:R", "hand-pa:L")
        read(station, study)
        with station.store.writing() as deeds:
            deeds.mark_erased("C-1", station.clock.now() - timedelta(hours=1))
        with pytest.raises(PlateRefused) as raised:
            read(station, study, 2)
        assert raised.value.code == "plate.not_erased"
        assert [row.state for row in station.desk.tray().rows] == [PlateState.READ]


def test_two_processes_assign_a_scan_once(tmp_path: Path) -> None:
    with pushed_station(tmp_path) as station:
        study = begin(station, "hand-pa:R", "hand-pa:L")
        push_plate(tmp_path, "one", plate_id="C-9")
        take(station)
        (row,) = station.desk.unassigned().waiting
        children = [Child(assign_scan, tmp_path, row.scan_id, view.id) for view in views(station, study)]
        told = sorted(child.hear() for child in children)
        for child in children:
            child.end()
        assert told == ["assigned", "unassigned.decided"]
        assert len(of(station, study).scans) == 1


def test_two_processes_take_what_came_once(tmp_path: Path) -> None:
    with pushed_station(tmp_path) as station:
        study = begin(station, "hand-pa:R", "hand-pa:L")
        expose(station, study, 1, "C-1")
        push_plate(tmp_path, "one", plate_id="C-1")
        push_plate(tmp_path, "two", 1, plate_id="C-9")
        children = [Child(take_what_came, tmp_path) for _ in range(2)]
        # Neither begins before both have seen them: what the quicker one took, the other would wait for in vain.
        assert [child.hear() for child in children] == ["ready", "ready"]
        (tmp_path / "go").touch()
        (first,), (second,) = (child.end() for child in children)
        assert {first, second} <= {0, 1, 2, "lock.held"}
        station.unassigned.take_arrivals()
        assert len(of(station, study).images) == 1
        assert [row.plate_id for row in station.desk.unassigned().waiting] == ["C-9"]
        assert station.desk.unassigned().set_aside == ()
        assert station.store.quarantine_unknown() == []


def test_while_another_process_has_the_reader_nothing_is_taken(tmp_path: Path) -> None:
    with pushed_station(tmp_path) as station:
        push_plate(tmp_path, "one", plate_id="C-9")
        (tmp_path / "go").touch()
        with station.bench.lock():
            assert Child(take_what_came, tmp_path).end() == ["ready", "lock.held"]
        take(station)
        assert [row.plate_id for row in station.desk.unassigned().waiting] == ["C-9"]


@pytest.mark.parametrize("part", [1, pytest.param(None, marks=pytest.mark.faults)])
def test_killed_while_a_plate_is_taken_it_is_there_once(tmp_path: Path, part: int | None) -> None:
    def one_run(name: str, step: int) -> object:
        folder = tmp_path / name
        folder.mkdir()
        with pushed_station(folder) as station:
            study = begin(station, "hand-pa:R")
            expose(station, study, 1, "C-1")
        push_plate(folder, "one", plate_id="C-1")
        told = Child(take_until_step, folder, step).end()
        with pushed_station(folder) as station:
            station.capture.recover()
            station.bench.reader.connect()
            station.unassigned.take_arrivals()
            station.capture.settle(study)
            file = of(station, study)
            assert [view.state for view in station.desk.study(study).views] == [ViewState.UNDECIDED]
            assert len(file.images) == 1
            assert station.desk.unassigned().waiting == ()
            assert station.store.quarantine_unknown() == []
        return told[-1] if told else None

    steps = one_run("whole", 0)
    assert isinstance(steps, int)
    for step in range(1, steps + 1) if part is None else [steps * (2 * part + 1) // 6]:
        one_run(str(step), step)


@pytest.mark.parametrize("step", [1, 2, pytest.param(3, marks=pytest.mark.faults)])
def test_killed_while_it_is_assigned_a_scan_is_either_or(tmp_path: Path, step: int) -> None:
    with pushed_station(tmp_path) as station:
        study = begin(station, "hand-pa:R")
        push_plate(tmp_path, "one", plate_id="C-9")
        take(station)
        (row,) = station.desk.unassigned().waiting
    Child(assign_until_step, tmp_path, row.scan_id, row.candidates[0].view_id, step).end()
    with pushed_station(tmp_path) as station:
        station.capture.settle(study)
        waits = bool(station.desk.unassigned().waiting)
        assert len(of(station, study).images) == (0 if waits else 1)
        if waits:
            station.desk.assign(row.scan_id, row.candidates[0].view_id)


def test_a_file_that_breaks_is_not_tried_again_and_again(tmp_path: Path) -> None:
    with pushed_station(tmp_path) as station:
        push_plate(tmp_path, "one", plate_id="C-1")
        station.bench.reader.connect()
        arrivals = station.bench.arrivals
        assert arrivals is not None
        wait_until(lambda: bool(arrivals.arrivals()), "the plate to arrive")
        (tmp_path / "inbox" / "one.raw").write_bytes(b"cut")
        try:
            assert station.unassigned.take_arrivals() == 0
        except FieldstationError:
            pytest.fail("one bad file must not keep the others from being taken")
        assert station.desk.status().unassigned == 0
