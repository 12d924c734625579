"""What the technologist put on a picture, from the desk to what is frozen, sent and shown elsewhere."""

import subprocess
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from pydicom import dcmread

from fieldstation.bootstrap.station import Station
from fieldstation.dicom.encode import decode, transcode
from fieldstation.dicom.uids import PRESENTATION_STATE_STORAGE
from fieldstation.domain.annotations import Area, Arrow, Distance, FlipReason, Point, SideMarker, TextNote
from fieldstation.domain.errors import Refused, WrongUse
from fieldstation.domain.exams import Instance, Presentation
from fieldstation.domain.jobs import JobState, ProofKind
from fieldstation.domain.views import Side
from fieldstation.domain.words import Message
from fieldstation.services.boards import Stage
from fieldstation.upload.association import PacsAddress
from fieldstation.upload.dimse import DimseDestination, DimseSettings
from tests.support.orthanc import orthanc
from tests.support.parcels import parcel_of
from tests.support.peers import require_peer
from tests.support.stations import begin, read, station_in

NOTES = (
    TextNote(at=Point(20, 30), text="Sitzend"),
    Arrow(tail=Point(20, 40), tip=Point(60, 70)),
    Distance(start=Point(20, 50), end=Point(60, 90)),
)
MARKER = SideMarker(side=Side.RIGHT, at=Point(200, 200), initials="JD")


def put(station: Station, image: str, **changes: object) -> Presentation:
    shown = replace(station.desk.picture(image).detail.presentation, **changes)  # type: ignore[arg-type]
    station.desk.set_presentation(image, shown)
    return shown


def instances(station: Station, study: str) -> tuple[Instance, ...]:
    with station.store.reading() as questions:
        return questions.study_file(study).instances


def test_a_picture_is_processed_again_by_other_parameters_until_it_is_frozen(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        study = begin(station, "hand-pa:R")
        image = read(station, study)
        put(station, image, annotations=NOTES)
        before = station.desk.picture(image)
        station.judging.process(image, "chest")
        after = station.desk.picture(image)
        presentation = after.detail.presentation
        assert not np.array_equal(before.pixels, after.pixels)
        assert presentation.window_center == after.automatic.window_center
        assert (presentation.annotations, presentation.look, after.automatic.look) == (NOTES, "chest", "chest")
        station.desk.accept(image)
        frozen = station.store.files.get(instances(station, study)[0].file_id)
        assert "chest (hand-pa)" in dcmread(BytesIO(frozen)).AcquisitionDeviceProcessingDescription
        assert np.array_equal(decode(frozen), after.pixels)
        with pytest.raises(Refused, match=r"image\.decided"):
            station.judging.process(image, "bone")


def test_a_processing_that_there_is_not_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        image = read(station, begin(station, "hand-pa:R"))
        with pytest.raises(WrongUse, match=r"view\.look_unknown") as refused:
            station.judging.process(image, "crisp")
        assert "bone, chest" in str(refused.value.params["known"])


def test_annotations_are_frozen_with_their_image_and_go_the_same_way(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        study = begin(station, "hand-pa:R")
        image = read(station, study)
        put(station, image, annotations=NOTES)
        station.desk.accept(image)
        picture, state = instances(station, study)
        assert (picture.is_image, state.is_image) == (True, False)
        assert (state.sop_class_uid, state.image_uid) == (PRESENTATION_STATE_STORAGE, image)
        assert state.simulated
        header = dcmread(BytesIO(station.store.files.get(state.file_id)))
        assert header.SOPInstanceUID == state.sop_instance_uid
        assert header.SeriesInstanceUID == state.series_uid != picture.series_uid
        assert station.desk.study(study).send.to_send == 1
        assert station.desk.status().unsent == 1
        assert station.desk.send(study) == 2
        names = [cell.view_name for cell in station.desk.sending().studies[0].cells]
        assert names == ["Hand PA, right", "Hand PA, right, annotations"]
        with pytest.raises(Refused, match=r"image\.sent"):
            station.desk.take_back(image)


def test_a_study_is_safe_when_its_annotations_are_too(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        study = begin(station, "hand-pa:R")
        image = read(station, study)
        put(station, image, annotations=NOTES)
        station.desk.accept(image)
        station.desk.send(study)
        later = station.clock.now().replace(year=9000)
        for safe in (Stage.SENDING, Stage.SAFE):
            parcel = station.store.queue.claim("office", later)
            assert parcel
            station.store.queue.sent(parcel.job.id, Message("pacs.stored"), later)
            station.store.queue.proved(parcel.job.id, ProofKind.QUERY, later)
            (row,) = station.desk.today().unplanned
            assert row.stage is safe
            assert (row.done, row.total) == (1, 1)
        with station.store.reading() as questions:
            assert {job.state for job in questions.jobs()} == {JobState.PROVED}


def test_taking_the_verdict_back_forgets_both_and_accepting_again_freezes_anew(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        study = begin(station, "hand-pa:R")
        image = read(station, study)
        put(station, image, annotations=NOTES)
        station.desk.accept(image)
        first = instances(station, study)
        station.desk.take_back(image)
        assert instances(station, study) == ()
        put(station, image, annotations=NOTES[:1])
        station.desk.accept(image)
        picture, state = instances(station, study)
        assert picture.sop_instance_uid == image
        assert state.sop_instance_uid != first[1].sop_instance_uid
        assert state.series_uid == first[1].series_uid
        station.desk.take_back(image)
        put(station, image, annotations=())
        station.desk.accept(image)
        assert [instance.is_image for instance in instances(station, study)] == [True]


def test_a_flipped_picture_is_not_accepted_without_a_marker_placed_since(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        study = begin(station, "hand-pa:R")
        image = read(station, study, enlarged=5)
        marked = put(station, image, markers=(MARKER,))
        station.desk.set_presentation(image, marked.flip(FlipReason.FROM_BEHIND))
        with pytest.raises(Refused, match=r"image\.flip_unmarked"):
            station.desk.accept(image)
        put(station, image, markers=(MARKER,))
        station.desk.accept(image)
        (instance,) = instances(station, study)
        header = dcmread(BytesIO(station.store.files.get(instance.file_id)))
        assert "FLIPPED: Cassette exposed from behind" in header.ImageComments
        assert "Digital side marker, placed by hand: R (JD)" in header.ImageComments


def test_what_cannot_be_is_said_when_it_is_put_there(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        image = read(station, begin(station, "hand-pa:R"))
        with pytest.raises(WrongUse, match=r"presentation\.outside"):
            put(station, image, crop=Area(0, 0, 81, 90))


def windowed(frozen: bytes) -> npt.NDArray[np.float64]:
    """PS3.3 C.11.2.1.2.1, linear."""
    header = dcmread(BytesIO(frozen))
    value, center, width = decode(frozen).astype(float), float(header.WindowCenter), float(header.WindowWidth)
    return np.asarray(np.clip((value - (center - 0.5)) / (width - 1) + 0.5, 0, 1) * 255)


def test_another_program_shows_what_orthanc_gives_back_as_we_do(tmp_path: Path) -> None:
    with station_in(tmp_path) as station, orthanc(tmp_path / "orthanc") as archive:
        study = begin(station, "hand-pa:R")
        image = read(station, study, enlarged=5)
        put(
            station,
            image,
            annotations=NOTES,
            markers=(MARKER,),
            shutter=Area(20, 30, 380, 450),
            quarter_turns=1,
            inverted=True,
        )
        station.desk.accept(image)
        pacs = PacsAddress(host=archive.host, port=archive.port, ae_title=archive.ae_title)
        destination = DimseDestination(DimseSettings(name="o", pacs=pacs, calling_ae_title="VAN7", test=True))
        with station.store.reading() as questions:
            whose = questions.study(study)
        for instance in instances(station, study):
            content = station.store.files.get(instance.file_id)
            destination.store(parcel_of(instance, whose), content, lambda _bytes: None)
        destination.rest()
        picture, state = instances(station, study)
        back = tmp_path / "image.dcm", tmp_path / "state.dcm"
        back[0].write_bytes(transcode(archive.file(picture.sop_instance_uid), "1.2.840.10008.1.2.1"))
        back[1].write_bytes(archive.file(state.sop_instance_uid))
        rendered = tmp_path / "rendered.pgm"
        subprocess.run([require_peer("dcmp2pgm"), "-p", back[1], back[0], rendered], check=True, capture_output=True)
        kind, size, grey = rendered.read_bytes().split(b"\n", 2)
        ours = windowed(station.store.files.get(picture.file_id))
        assert (kind, size) == (b"P5", b"480 400 255")
        theirs = np.frombuffer(grey, np.uint8)
        assert np.abs(theirs.reshape(ours.shape) - ours).max() <= 1
        # The program draws neither shutters nor annotations.
        header = dcmread(back[1])
        edges = ("LeftVertical", "RightVertical", "UpperHorizontal", "LowerHorizontal")
        assert [header[f"Shutter{edge}Edge"].value for edge in edges] == [31, 450, 21, 380]


def test_a_digital_marker_answers_for_a_missing_one_and_contradicts_like_one_of_lead(tmp_path: Path) -> None:
    def said() -> set[str]:
        return {finding.message.code for finding in station.desk.picture(image).detail.findings}

    with station_in(tmp_path) as station:
        image = read(station, begin(station, "hand-pa:R"), enlarged=5)
        assert "finding.marker_missing" in said()
        put(station, image, markers=(MARKER,))
        assert said().isdisjoint({"finding.marker_missing", "finding.marker_contradicts"})
        put(station, image, markers=(MARKER, replace(MARKER, side=Side.LEFT)))
        assert "finding.marker_contradicts" in said()
        put(station, image, markers=())
        assert "finding.marker_missing" in said()
