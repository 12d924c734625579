"""Plates that are erased unread."""

import shutil
from pathlib import Path

import pytest

from fieldstation.domain.errors import Failed, Refused
from fieldstation.domain.plates import GoingOn, PlateRefused, PlateState
from fieldstation.services.boards import ViewState
from tests.support.children import Child
from tests.support.inboxes import pushed_station
from tests.support.plate_children import erase_until_step
from tests.support.stations import SETTINGS, begin, station_in


def test_a_plate_is_erased_unread_and_no_longer_due(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        with pytest.raises(Refused) as unknown:
            station.desk.erase("C-1")
        assert unknown.value.code == "plate.unknown"
        station.plates.register("C-1", "35CMX43CM", station.clock.now())
        station.desk.erase("C-1")
        board = station.desk.tray()
        assert [(row.state, row.cycles) for row in board.rows] == [(PlateState.ERASED, 0)]
        assert board.prompt is None


def test_an_exposed_plate_is_erased_only_with_a_reason_and_its_view_waits_again(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        study = begin(station, "hand-pa:R")
        view = station.desk.study(study).views[0].view_id
        station.desk.expose(view, "C-1", station.clock.now())
        with pytest.raises(PlateRefused) as refused:
            station.desk.erase("C-1")
        assert refused.value.code == "plate.exposed_unread"
        assert station.desk.study(study).views[0].state is ViewState.EXPOSED
        station.desk.erase("C-1", GoingOn("the wrong patient's arm"))
        assert station.desk.study(study).views[0].state is ViewState.TO_EXPOSE
        assert station.desk.status().plates_unread == 0


def test_a_reader_that_cannot_erase_says_so_and_nothing_is_noted(tmp_path: Path) -> None:
    with pushed_station(tmp_path) as station:
        station.plates.register("C-1", "35CMX43CM", station.clock.now())
        with pytest.raises(Refused) as cannot:
            station.erasing.erase("C-1")
        assert cannot.value.code == "reader.cannot_erase"
        assert [row.last_erased_at for row in station.tray().rows] == [None]


def test_where_the_lamp_fails_the_plate_counts_as_not_erased_and_can_be_tried_again(tmp_path: Path) -> None:
    dark = SETTINGS.replace("seconds_per_plate = 0.0", "seconds_per_plate = 0.0\nlamp_at_erase = 1")
    with station_in(tmp_path, dark) as station:
        station.plates.register("C-1", "35CMX43CM", station.clock.now())
        with pytest.raises(Failed) as failed:
            station.desk.erase("C-1")
        assert failed.value.code == "reader.lamp"
        assert [row.last_erased_at for row in station.desk.tray().rows] == [None]
        station.desk.erase("C-1")
        assert [row.state for row in station.desk.tray().rows] == [PlateState.ERASED]


@pytest.mark.parametrize("part", [0, 1, pytest.param(None, marks=pytest.mark.faults)])
def test_killed_while_it_erases_the_register_says_erased_only_what_is(tmp_path: Path, part: int | None) -> None:
    (tmp_path / "begun").mkdir()
    with station_in(tmp_path / "begun") as station:
        study = begin(station, "hand-pa:R")
        exposed_at = station.clock.now()
        station.desk.expose(station.desk.study(study).views[0].view_id, "C-1", exposed_at)

    def one_run(step: int) -> object:
        folder = tmp_path / str(step)
        shutil.copytree(tmp_path / "begun", folder)
        told = Child(erase_until_step, folder, step).end()
        with station_in(folder) as station:
            (row,) = station.desk.tray().rows
            (view,) = station.desk.study(study).views
            marked = row.last_erased_at is not None
            assert marked <= ("erased" in told)
            assert marked >= ("marked" in told)
            assert (row.state, view.state, view.exposed_at) == (
                (PlateState.ERASED, ViewState.TO_EXPOSE, None)
                if marked
                else (PlateState.EXPOSED, ViewState.EXPOSED, exposed_at)
            )
            station.desk.erase("C-1", GoingOn("again"))
        return told[-1] if told else None

    steps = one_run(0)
    assert isinstance(steps, int)
    for step in range(1, steps + 1) if part is None else [steps - part]:
        one_run(step)
