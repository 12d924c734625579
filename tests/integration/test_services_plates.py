"""Cassettes and the views that they are bound to: what is noted, what is refused and what the screens show."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from fieldstation.bootstrap.station import Station
from fieldstation.demo.route import HERE, ROUTINE_ORDER, STAT_ORDER, lay_out
from fieldstation.domain.errors import Refused, WrongUse
from fieldstation.domain.exams import StudyView
from fieldstation.domain.patients import Sex
from fieldstation.domain.plates import GoingOn, PlateRefused, PlateState
from fieldstation.services.begin import NewStudy
from fieldstation.services.boards import Stage, ViewState
from tests.support.stations import begin, read, station_in

WORD = GoingOn("looked at the cassette")


def views(station: Station, study_uid: str) -> tuple[StudyView, ...]:
    with station.store.reading() as questions:
        return questions.study_file(study_uid).views


def begin_for(station: Station, patient_id: str, *wanted: str) -> str:
    return station.beginning.by_hand(
        NewStudy(
            patient_id=patient_id,
            name="TEST^BEN",
            birth_date=date(1950, 1, 2),
            sex=Sex.MALE,
            views=[station.catalogue.parse(view) for view in wanted],
            accession=f"A-{patient_id}",
        )
    )


def codes(refused: pytest.ExceptionInfo[PlateRefused]) -> list[str]:
    return [concern.code for concern in refused.value.concerns]


def test_a_packed_plate_is_not_exposed_and_an_exposed_one_is_unread_until_it_is_read(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        study = begin(station, "hand-pa:R")
        view = views(station, study)[0].id
        desk = station.desk
        desk.pack(view, "C-1")
        assert desk.study(study).views[0].state is ViewState.TO_EXPOSE
        assert [row.state for row in desk.tray().rows] == [PlateState.PACKED]
        exposed_at = station.clock.now() - timedelta(minutes=30)
        desk.expose(view, "C-1", exposed_at)
        assert desk.study(study).views[0].state is ViewState.EXPOSED
        assert (desk.status().plates_unread, desk.status().all_safe) == (1, False)
        (row,) = desk.tray().rows
        assert (row.state, row.since, row.patient_name) == (PlateState.EXPOSED, exposed_at, "TEST^ANNA")
        assert row.fading is not None
        assert row.fading.params["waited"] == "30 min"
        image = read(station, study)
        assert station.desk.picture(image).detail.exposed_at == exposed_at
        assert [row.state for row in desk.tray().rows] == [PlateState.ERASED]
        assert (desk.tray().rows[0].cycles, desk.status().plates_unread) == (1, 0)


def test_a_retake_waits_again_once_its_plate_is_noted(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        study = begin(station, "hand-pa:R")
        view = views(station, study)[0].id
        station.desk.reject(read(station, study), "111210")
        assert station.desk.study(study).views[0].state is ViewState.REJECTED
        station.desk.expose(view, "C-1", station.clock.now())
        assert station.desk.study(study).views[0].state is ViewState.EXPOSED


def test_a_plate_exposed_for_another_patient_is_refused_with_what_is_known_and_going_on_is_kept(
    tmp_path: Path,
) -> None:
    with station_in(tmp_path) as station:
        anna, ben = begin(station, "hand-pa:R"), begin_for(station, "P-2", "hand-pa:L")
        at = station.clock.now()
        station.plates.expose(views(station, anna)[0].id, "C-1", at)
        wanted = views(station, ben)[0].id
        with pytest.raises(PlateRefused) as refused:
            station.plates.expose(wanted, "C-1", at)
        assert codes(refused) == ["plate.exposed_for_other_patient"]
        assert refused.value.params == {"plate": "C-1", "at": at.astimezone().strftime("%H:%M")}
        assert [one.code for one in station.plates.concerns(wanted, "C-1")] == codes(refused)
        assert views(station, ben)[0].plate_id is None
        station.plates.expose(wanted, "C-1", at, WORD)
        with station.store.reading() as questions:
            (event,) = (one for one in questions.events(subject="plate:C-1") if one.what == "plate.used_anyway")
        assert event.params == {"reason": WORD.reason, "concerns": "plate.exposed_for_other_patient"}
        assert [notice.code for notice in station.desk.tray().rows[0].notices] == ["plate.exposed_twice"]


def test_another_patient_opened_since_takes_a_confirmation(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        anna, ben = begin(station, "hand-pa:R"), begin_for(station, "P-2", "hand-pa:L")
        view = views(station, anna)[0].id
        station.desk.opened(anna)
        station.desk.pack(view, "C-1")
        station.desk.opened(ben)
        with pytest.raises(PlateRefused) as refused:
            station.desk.expose(view, "C-1", station.clock.now())
        assert codes(refused) == ["plate.other_patient_opened"]
        station.desk.opened(anna)
        station.desk.expose(view, "C-1", station.clock.now())


def test_opening_the_same_study_again_changes_nothing(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        study = begin(station, "hand-pa:R")
        station.desk.opened(study)
        with station.store.reading() as questions:
            before = len(questions.events())
        station.desk.opened(study)
        with station.store.reading() as questions:
            assert len(questions.events()) == before


def test_a_view_that_is_on_another_plate_says_so(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        view = views(station, begin(station, "hand-pa:R"))[0].id
        station.plates.expose(view, "C-1", station.clock.now())
        with pytest.raises(PlateRefused) as refused:
            station.plates.expose(view, "C-2", station.clock.now())
        assert codes(refused) == ["plate.view_on_other"]
        # The same plate again corrects its time.
        station.plates.expose(view, "C-1", station.clock.now())


def test_a_binding_ends_with_a_reason(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        anna, ben = begin(station, "hand-pa:R"), begin_for(station, "P-2", "hand-pa:L")
        view = views(station, anna)[0].id
        station.plates.expose(view, "C-1", station.clock.now())
        with pytest.raises(WrongUse):
            station.plates.unbind(view, " ")
        station.plates.unbind(view, "view dropped")
        assert views(station, anna)[0].plate_id is None
        station.plates.expose(views(station, ben)[0].id, "C-1", station.clock.now())


def test_an_exposure_is_not_in_the_future(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        view = views(station, begin(station, "hand-pa:R"))[0].id
        with pytest.raises(WrongUse) as raised:
            station.plates.expose(view, "C-1", station.clock.now() + timedelta(minutes=1))
        assert raised.value.code == "plate.exposed_later"


def test_what_is_read_elsewhere_is_not_missing(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        study = begin(station, "hand-pa:R", "hand-pa:L")
        left = views(station, study)[1]
        station.desk.accept(read(station, study))
        with pytest.raises(Refused) as none:
            station.desk.read_elsewhere(left.id, "VAN3")
        assert none.value.code == "view.not_exposed"
        station.desk.expose(left.id, "C-2", station.clock.now())
        station.desk.read_elsewhere(left.id, "VAN3")
        board = station.desk.study(study)
        assert [(view.state, view.read_elsewhere) for view in board.views] == [
            (ViewState.ACCEPTED, None),
            (ViewState.READ_ELSEWHERE, "VAN3"),
        ]
        assert board.leave.green
        assert (board.send.accepted, board.send.needed) == (1, 1)
        assert station.desk.status().plates_unread == 0
        assert station.desk.send(study) == 1
        with pytest.raises(PlateRefused) as refused:
            station.desk.expose(left.id, "C-3", station.clock.now())
        assert codes(refused) == ["plate.view_read_elsewhere"]


def test_a_study_that_is_read_elsewhere_as_a_whole_is_off_our_hands(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        study = begin(station, "hand-pa:R")
        view = views(station, study)[0].id
        station.desk.expose(view, "C-2", station.clock.now())
        station.desk.read_elsewhere(view, "VAN3")
        assert station.desk.today().unplanned[0].stage is Stage.ELSEWHERE
        assert station.desk.status().all_safe


def test_plates_that_nobody_erased_are_asked_for_once_a_day(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        station.plates.register("C-1", "35CMX43CM", station.clock.now() - timedelta(days=700))
        board = station.desk.tray()
        assert [row.state for row in board.rows] == [PlateState.ERASE_DUE]
        assert board.prompt is not None
        assert board.prompt.params == {"count": 1, "hours": 24}
        station.desk.prompted()
        assert station.desk.tray().prompt is None


def test_cleaning_is_noted_of_a_plate_that_is_known(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        with pytest.raises(Refused) as unknown:
            station.desk.mark_cleaned("C-1")
        assert unknown.value.code == "plate.unknown"
        station.plates.register("C-1", "35CMX43CM", station.clock.now())
        station.desk.mark_cleaned("C-1")
        assert station.desk.tray().rows[0].last_cleaned_at is not None


def test_the_stack_has_every_plate_of_the_stop_whoevers_it_is(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        with station.store.writing() as deeds:
            lay_out(deeds, station.clock.now())
        desk = station.desk
        desk.arrive(HERE)
        anna, jean = desk.open_order(STAT_ORDER), desk.open_order(ROUTINE_ORDER)
        walk_in = begin(station, "hand-pa:R")
        now = station.clock.now()
        desk.expose(views(station, walk_in)[0].id, "C-1", now - timedelta(hours=2))
        desk.expose(views(station, jean)[0].id, "C-2", now - timedelta(minutes=5))
        desk.expose(views(station, anna)[0].id, "C-3", now - timedelta(minutes=20))
        board = desk.stack()
        assert board.stop_id == HERE
        assert [row.plate_id for row in board.rows] == ["C-3", "C-2", "C-1"]
        assert len({row.patient for row in board.rows}) == 3
        assert (board.send.accepted, board.send.needed) == (0, 5)
        image = read(station, anna, plate_id="C-3")
        read_row = next(row for row in desk.stack().rows if row.plate_id == "C-3")
        assert (read_row.state, read_row.image_uid) == (ViewState.UNDECIDED, image)
