"""The desk: what screens show and do, over a real store."""

from datetime import timedelta
from pathlib import Path

import pytest

from fieldstation.demo.route import HERE, ROUTINE_ORDER, STAT_ORDER, lay_out
from fieldstation.dicom.encode import decode
from fieldstation.domain.errors import Refused, WrongUse
from fieldstation.domain.exams import Presentation
from fieldstation.domain.jobs import JobState, ProofKind
from fieldstation.domain.reader import ReaderState
from fieldstation.domain.words import Message
from fieldstation.services.boards import Stage, StopPlace, ViewState
from fieldstation.services.words import sentence
from tests.support.stations import SETTINGS, begin, read, station_in


def test_accepting_freezes_the_bytes_that_are_exported_and_their_pixels_are_the_picture(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        study = begin(station, "hand-pa:R")
        image = read(station, study)
        picture = station.desk.picture(image)
        station.desk.accept(image)
        with station.store.reading() as questions:
            instance = questions.instance(image)
        frozen = station.store.files.get(instance.file_id)
        assert (decode(frozen) == picture.pixels).all()
        assert instance.simulated
        with pytest.raises(Refused) as twice:
            station.desk.accept(image)
        assert twice.value.code == "image.decided"


def test_a_turned_picture_is_frozen_turned(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        image = read(station, begin(station, "hand-pa:R"))
        picture = station.desk.picture(image)
        shown = picture.detail.presentation
        turned = Presentation(window_center=shown.window_center, window_width=shown.window_width, quarter_turns=1)
        station.desk.set_presentation(image, turned)
        station.desk.accept(image)
        with station.store.reading() as questions:
            frozen = station.store.files.get(questions.instance(image).file_id)
        assert decode(frozen).shape == picture.pixels.shape[::-1]


def test_a_verdict_can_be_taken_back_until_it_is_sent_or_retaken(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        study = begin(station, "hand-pa:R")
        image = read(station, study)
        station.desk.accept(image)
        station.desk.take_back(image)
        assert station.desk.study(study).views[0].state is ViewState.UNDECIDED
        station.desk.reject(image, "111210")
        retake = read(station, study)
        with pytest.raises(Refused) as late:
            station.desk.take_back(image)
        assert late.value.code == "image.retaken"
        station.desk.accept(retake)
        station.desk.send(study)
        with pytest.raises(Refused) as sent:
            station.desk.take_back(retake)
        assert sent.value.code == "image.sent"


def test_a_reason_that_is_none_is_wrong_use(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        image = read(station, begin(station, "hand-pa:R"))
        with pytest.raises(WrongUse):
            station.desk.reject(image, "motion")


def test_a_whole_stop_is_sent_and_called_back_in_one(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        desk = station.desk
        with station.store.writing("") as deeds:
            lay_out(deeds, station.clock.now())
        desk.arrive(HERE)
        studies = [desk.open_order(STAT_ORDER), desk.open_order(ROUTINE_ORDER)]
        with pytest.raises(Refused) as nothing:
            desk.send_stop(HERE)
        assert nothing.value.code == "send.nothing_accepted"
        for plate, study in enumerate(studies):
            desk.accept(read(station, study, plate_id=f"C-{plate}"))
        assert desk.stack().send.to_send == 2
        assert not desk.stack().leave.green
        assert desk.send_stop(HERE) == 2
        assert desk.stack().send.to_send == 0
        assert desk.undo_stop(HERE) == 2
        assert desk.stack().send.to_send == 2


def test_send_makes_each_job_once_and_undo_calls_it_back(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        study = begin(station, "hand-pa:R", "hand-pa:L")
        station.desk.accept(read(station, study))
        with pytest.raises(Refused) as early:
            station.desk.send(study)
        assert (early.value.code, early.value.params) == ("send.incomplete", {"accepted": 1, "needed": 2})
        assert station.desk.send_accepted(study) == 1
        assert station.desk.send_accepted(study) == 0
        board = station.desk.study(study).send
        assert board.undo_until is not None
        assert timedelta() < board.undo_until - station.clock.now() <= timedelta(seconds=5)
        assert station.desk.undo_send(study) == 1
        assert station.desk.sending().owed == 0
        assert station.desk.send_accepted(study) == 1
        assert station.desk.sending().owed == 1


def test_simulated_images_go_to_test_destinations_only(tmp_path: Path) -> None:
    with station_in(tmp_path, SETTINGS.replace("test = true", "test = false")) as station:
        study = begin(station, "hand-pa:R")
        station.desk.accept(read(station, study))
        with pytest.raises(Refused) as refused:
            station.desk.send(study)
        assert refused.value.code == "send.simulated"
        assert station.desk.sending().owed == 0


def test_the_leave_light_is_green_only_when_the_whole_stop_is_done(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        with station.store.writing() as deeds:
            lay_out(deeds, station.clock.now())
        desk = station.desk
        assert [stop.place for stop in desk.today().stops] == [StopPlace.AHEAD, StopPlace.AHEAD]
        desk.arrive(HERE)
        assert [stop.place for stop in desk.today().stops] == [StopPlace.HERE, StopPlace.AHEAD]
        anna, jean = desk.open_order(STAT_ORDER), desk.open_order(ROUTINE_ORDER)
        assert desk.open_order(STAT_ORDER) == anna
        missing = [sentence(message) for message in desk.study(anna).leave.missing]
        assert missing == [
            "Chest PA not exposed",
            "Lower leg AP, right not exposed",
            "Knee AP, right not exposed",
            "Baptiste: 2 missing",
        ]
        for study in (anna, jean):
            for position in range(1, len(desk.study(study).views) + 1):
                desk.accept(read(station, study, position))
        assert desk.study(anna).leave.green
        assert [row.stage for row in desk.today().stops[0].orders] == [Stage.ACCEPTED, Stage.ACCEPTED]


def test_an_order_is_safe_when_every_image_is_proved_at_the_primary(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        study = begin(station, "hand-pa:R")
        station.desk.accept(read(station, study))
        station.desk.send(study)
        queue = station.store.queue
        later = station.clock.now() + timedelta(seconds=6)
        parcel = queue.claim("office", later)
        assert parcel is not None
        assert station.desk.today().unplanned[0].stage is Stage.SENDING
        queue.sent(parcel.job.id, Message("pacs.stored"), later + timedelta(seconds=2))
        board = station.desk.sending()
        assert (board.owed, board.awaiting_proof) == (1, 1)
        assert [cell.state for cell in board.studies[0].cells] == [JobState.SENT]
        queue.proved(parcel.job.id, ProofKind.QUERY, later + timedelta(seconds=3))
        assert station.desk.today().unplanned[0].stage is Stage.SAFE
        assert station.desk.sending().owed == 0
        status = station.desk.status()
        assert status.all_safe
        assert (status.owed, status.undecided, status.plates_unread, status.link.up) == (0, 0, 0, None)


def test_a_refusal_is_counted_as_needing_a_person(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        study = begin(station, "hand-pa:R")
        station.desk.accept(read(station, study))
        station.desk.send(study)
        later = station.clock.now() + timedelta(seconds=6)
        parcel = station.store.queue.claim("office", later)
        assert parcel is not None
        station.store.queue.refused(parcel.job.id, Message("pacs.class_refused"), later)
        assert station.desk.sending().needs_you == 1
        assert station.desk.today().unplanned[0].stage is Stage.NEEDS_YOU
        station.desk.retry(parcel.job.id)
        assert station.desk.sending().to_send == 1


def test_what_is_accepted_and_not_sent_is_not_safe(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        study = begin(station, "hand-pa:R")
        station.desk.accept(read(station, study))
        assert (station.desk.status().unsent, station.desk.status().all_safe) == (1, False)
        station.desk.send(study)
        assert (station.desk.status().unsent, station.desk.status().all_safe) == (0, False)
        station.desk.undo_send(study)
        assert (station.desk.status().unsent, station.desk.status().all_safe) == (1, False)


def test_the_reader_is_ready_once_it_was_connected(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        assert station.desk.status().reader is ReaderState.OFF
        station.desk.connect_reader()
        assert station.desk.status().reader is ReaderState.READY
