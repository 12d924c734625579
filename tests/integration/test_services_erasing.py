"""Plates that are erased unread."""

from pathlib import Path

import pytest

from fieldstation.domain.errors import Refused
from fieldstation.domain.plates import GoingOn, PlateRefused, PlateState
from fieldstation.services.boards import ViewState
from tests.support.inboxes import pushed_station
from tests.support.stations import begin, station_in


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
