"""What every object of a study says the same: patient, study, and when."""

from datetime import datetime, timedelta, timezone

from pydicom.dataset import Dataset

from fieldstation.dicom import text
from fieldstation.dicom.facts import CRImageFacts, RequestedProcedure
from fieldstation.domain.annotations import Area, Placement

BITS_STORED = 12
SIMULATED = "SIMULATED IMAGE, NOT OF A PATIENT, NOT FOR DIAGNOSIS"


def begin(facts: CRImageFacts) -> Dataset:
    """A dataset with character set, offset, and the Patient and General Study modules (PS3.3 C.7.1.1, C.7.2.1).

    Raises:
        Refused: ``instance.too_long`` or ``instance.bad_text``.
    """
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.TimezoneOffsetFromUTC = _offset(facts.utc_offset_minutes)
    _add_patient(dataset, facts)
    _add_study(dataset, facts)
    return dataset


def local_zone(facts: CRImageFacts) -> timezone:
    """The zone of all dates and times of the study."""
    return timezone(timedelta(minutes=facts.utc_offset_minutes))


def placement_of(facts: CRImageFacts) -> Placement:
    """Where a place of the plate is in the frozen picture."""
    geometry = facts.scan.geometry
    return facts.image.presentation.placement(geometry.rows, geometry.columns)


def shown_shutter(facts: CRImageFacts) -> Area | None:
    """What the shutter leaves of the frozen picture; None without a shutter."""
    shutter = facts.image.presentation.shutter
    if shutter is None:
        return None
    placement = placement_of(facts)
    whole = Area(0, 0, placement.shown_columns, placement.shown_rows)
    return placement.area_to_shown(shutter).overlap(whole)


def add_shutter(dataset: Dataset, left: Area) -> None:
    """The Display Shutter module (PS3.3 C.7.6.11): black outside what is ``left``; rows and columns count from 1."""
    dataset.ShutterShape = "RECTANGULAR"
    dataset.ShutterLeftVerticalEdge = left.left + 1
    dataset.ShutterRightVerticalEdge = left.right
    dataset.ShutterUpperHorizontalEdge = left.top + 1
    dataset.ShutterLowerHorizontalEdge = left.bottom
    dataset.ShutterPresentationValue = 0


def date_of(moment: datetime) -> str:
    """A value of VR DA."""
    return f"{moment:%Y%m%d}"


def time_of(moment: datetime) -> str:
    """A value of VR TM."""
    return f"{moment:%H%M%S.%f}"


def _add_patient(dataset: Dataset, facts: CRImageFacts) -> None:
    study = facts.study
    dataset.PatientName = text.person_name("PatientName", study.patient_name)
    dataset.PatientID = text.long_string("PatientID", study.patient_id)
    if study.issuer:
        dataset.IssuerOfPatientID = text.long_string("IssuerOfPatientID", study.issuer)
    dataset.PatientBirthDate = f"{study.birth_date:%Y%m%d}" if study.birth_date else ""
    dataset.PatientSex = study.sex.value


def _add_study(dataset: Dataset, facts: CRImageFacts) -> None:
    study = facts.study
    begun = study.created_at.astimezone(local_zone(facts))
    dataset.StudyInstanceUID = study.uid
    dataset.StudyID = text.short_string("StudyID", str(study.number))
    dataset.StudyDate, dataset.StudyTime = date_of(begun), time_of(begun)
    dataset.AccessionNumber = text.short_string("AccessionNumber", study.accession)
    dataset.ReferringPhysicianName = text.person_name("ReferringPhysicianName", study.referring_physician)
    if study.description:
        dataset.StudyDescription = text.long_string("StudyDescription", study.description)
    requests = [_request(procedure) for procedure in facts.requested_procedures if procedure.id]
    if requests:
        dataset.RequestAttributesSequence = requests


def _request(procedure: RequestedProcedure) -> Dataset:
    item = Dataset()
    item.RequestedProcedureID = text.short_string("RequestedProcedureID", procedure.id)
    item.RequestedProcedureDescription = text.long_string("RequestedProcedureDescription", procedure.description)
    return item


def _offset(minutes: int) -> str:
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}"
