"""Made-up studies for tests of the DICOM objects."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from fieldstation.dicom.facts import CRImageFacts, RequestedProcedure, StateFacts, StationFacts
from fieldstation.domain.exams import (
    Exposure,
    Image,
    Presentation,
    ReaderIdentity,
    Scan,
    Series,
    Study,
    StudyView,
    Technique,
)
from fieldstation.domain.patients import Sex
from fieldstation.domain.signal import PlateGeometry
from fieldstation.domain.views import Side, View
from tests.support.plates import LOG_RESPONSE

BEGUN = datetime(2026, 3, 4, 22, 50, tzinfo=UTC)
STATION = StationFacts(name="VAN7", ae_title="VAN7", institution="Example Mobile Imaging")
READER = ReaderIdentity(manufacturer="Example", model="Reader 1", serial="R-1", software="2.0", simulated=False)
STUDY = Study(
    uid="2.25.1",
    number=12,
    accession="A-1001",
    patient_id="P-0001",
    issuer="EXAMPLE",
    patient_name="TESTCASE^ÄNNE",
    birth_date=date(1943, 2, 1),
    sex=Sex.FEMALE,
    description="Chest and hand",
    referring_physician="REFERRER^SAM",
    created_at=BEGUN,
)


def series_uid(view: View, side: Side | None) -> str:
    """One UID for each body part, view position and side."""
    key = f"{view.body_part} {view.view_position} {side or ''}"
    return f"2.25.2{int.from_bytes(key.encode(), 'big')}"[:64]


def facts_of(
    view: View,
    side: Side | None,
    geometry: PlateGeometry,
    *,
    number: int = 1,
    series_number: int = 1,
    uid: str = "2.25.3000",
    simulated: bool = False,
    technique: Technique | None = None,
    presentation: Presentation | None = None,
) -> CRImageFacts:
    """Facts of one accepted image of a view; the images of a study differ in ``uid`` and ``number``."""
    exposed = BEGUN + timedelta(minutes=number)
    uid_of_series = series_uid(view, side)
    return CRImageFacts(
        study=STUDY,
        series=Series(
            uid=uid_of_series,
            study_uid=STUDY.uid,
            number=series_number,
            body_part=view.body_part,
            view_position=view.view_position,
            side=side,
        ),
        study_view=StudyView(id="v1", study_uid=STUDY.uid, view=view.id, side=side, position=1),
        view=view,
        exposure=Exposure(
            id="e1",
            view_id="v1",
            plate_id="C-0142",
            technique=technique or Technique(kvp=view.kvp, mas=view.mas, sid_mm=view.sid_mm, grid=view.grid),
            exposed_at=exposed,
            utc_offset_minutes=60,
        ),
        scan=Scan(
            id="s1",
            exposure_id="e1",
            reader=replace(READER, simulated=simulated),
            geometry=geometry,
            plate_size=view.plate,
            response=LOG_RESPONSE,
            file_id="f1",
            started_at=exposed,
        ),
        image=Image(
            uid=uid,
            study_uid=STUDY.uid,
            series_uid=uid_of_series,
            view_id="v1",
            scan_id="s1",
            number=number,
            presentation=presentation or Presentation(window_center=2048.0, window_width=3000.0),
            exposure_index=274.3,
            target_index=view.target_ei,
            deviation_index=0.4,
            created_at=exposed + timedelta(minutes=1),
        ),
        station=STATION,
        utc_offset_minutes=60,
        operator="TECHNOLOGIST^T",
        room="Room 214",
        requested_procedures=(RequestedProcedure(id="RP-1", description="Chest and hand"),),
    )


def sides(view: View) -> Sequence[Side | None]:
    """The sides that the view can have."""
    return tuple(Side) if view.paired else (None,)


def state_of(facts: CRImageFacts, *, uid: str = "2.25.4000", number: int = 1) -> StateFacts:
    """A presentation state of an image, in the study's own series of such."""
    series = Series(
        uid="2.25.4001",
        study_uid=facts.study.uid,
        number=90,
        body_part="",
        view_position="",
        side=None,
        modality="PR",
    )
    return StateFacts(uid=uid, series=series, number=number, created_at=facts.image.created_at + timedelta(minutes=2))
