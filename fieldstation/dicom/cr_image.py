"""Builds the CR image object (Computed Radiography Image IOD, PS3.3 A.2) from facts and pixels.

It is a Standard Extended SOP Class: the attributes beyond the IOD are listed in ``docs/conformance.md``.
"""

from datetime import datetime, timedelta, timezone

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from fieldstation import __version__
from fieldstation.dicom import text
from fieldstation.dicom.facts import CRImageFacts, RequestedProcedure
from fieldstation.dicom.uids import CR_IMAGE_STORAGE
from fieldstation.domain.exams import Presentation
from fieldstation.domain.views import Code

BITS_STORED = 12
_SIMULATED = "SIMULATED IMAGE, NOT OF A PATIENT, NOT FOR DIAGNOSIS"


def cr_image(facts: CRImageFacts, pixels: npt.NDArray[np.uint16], processing: str) -> Dataset:
    """The complete dataset, native pixels included, turned and inverted as the image's presentation says.

    ``pixels`` has shape (rows, columns), values below 2**12, larger is brighter. ``processing`` is Acquisition Device
    Processing Description (0018,1400).

    Raises:
        Refused: ``instance.too_long`` or ``instance.bad_text``: a name or an identifier cannot be written as it is; it
            is never cut.
    """
    local = timezone(timedelta(minutes=facts.utc_offset_minutes))
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.TimezoneOffsetFromUTC = _offset(facts.utc_offset_minutes)
    _add_patient(dataset, facts)
    _add_study(dataset, facts, local)
    _add_series(dataset, facts)
    _add_equipment(dataset, facts)
    _add_image(dataset, facts, local)
    _add_projection(dataset, facts)
    _add_plate(dataset, facts, processing)
    _add_technique(dataset, facts)
    _add_pixels(dataset, pixels, facts.image.presentation)
    return dataset


def _add_patient(dataset: Dataset, facts: CRImageFacts) -> None:
    study = facts.study
    dataset.PatientName = text.person_name("PatientName", study.patient_name)
    dataset.PatientID = text.long_string("PatientID", study.patient_id)
    if study.issuer:
        dataset.IssuerOfPatientID = text.long_string("IssuerOfPatientID", study.issuer)
    dataset.PatientBirthDate = f"{study.birth_date:%Y%m%d}" if study.birth_date else ""
    dataset.PatientSex = study.sex.value
    if facts.room:
        dataset.CurrentPatientLocation = text.long_string("CurrentPatientLocation", facts.room)


def _add_study(dataset: Dataset, facts: CRImageFacts, local: timezone) -> None:
    study = facts.study
    begun = study.created_at.astimezone(local)
    dataset.StudyInstanceUID = study.uid
    dataset.StudyID = text.short_string("StudyID", str(study.number))
    dataset.StudyDate, dataset.StudyTime = _date(begun), _time(begun)
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


def _add_series(dataset: Dataset, facts: CRImageFacts) -> None:
    """One series holds one body part, view position and laterality, so its attributes follow from these alone."""
    series = facts.series
    words = (series.body_part, series.view_position, series.side or "")
    dataset.Modality = "CR"
    dataset.SeriesInstanceUID = series.uid
    dataset.SeriesNumber = series.number
    dataset.SeriesDescription = " ".join(word for word in words if word)
    dataset.BodyPartExamined = series.body_part
    dataset.ViewPosition = series.view_position
    if facts.operator:
        dataset.OperatorsName = text.person_name("OperatorsName", facts.operator)


def _add_equipment(dataset: Dataset, facts: CRImageFacts) -> None:
    reader = facts.scan.reader
    dataset.Manufacturer = text.long_string("Manufacturer", reader.manufacturer)
    dataset.ManufacturerModelName = text.long_string("ManufacturerModelName", reader.model)
    dataset.DeviceSerialNumber = text.long_string("DeviceSerialNumber", reader.serial)
    dataset.SoftwareVersions = [
        text.long_string("SoftwareVersions", reader.software),
        f"Fieldstation {__version__}",
    ]
    dataset.InstitutionName = text.long_string("InstitutionName", facts.station.institution)
    dataset.StationName = text.short_string("StationName", facts.station.name)


def _add_image(dataset: Dataset, facts: CRImageFacts, local: timezone) -> None:
    image = facts.image
    exposed = facts.exposure.exposed_at.astimezone(local)
    made = image.created_at.astimezone(local)
    dataset.SOPClassUID = CR_IMAGE_STORAGE
    dataset.SOPInstanceUID = image.uid
    dataset.InstanceNumber = image.number
    dataset.InstanceCreationDate, dataset.InstanceCreationTime = _date(made), _time(made)
    dataset.AcquisitionDate, dataset.AcquisitionTime = _date(exposed), _time(exposed)
    dataset.ContentDate, dataset.ContentTime = _date(made), _time(made)
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]
    dataset.PatientOrientation = ""
    dataset.BurnedInAnnotation = "NO"
    dataset.LossyImageCompression = "00"
    if facts.scan.reader.simulated:
        dataset.QualityControlImage = "YES"
        dataset.ImageComments = _SIMULATED
    else:
        dataset.QualityControlImage = "NO"


def _add_projection(dataset: Dataset, facts: CRImageFacts) -> None:
    """Image Laterality stands in for Laterality (0020,0060), which must be absent beside it (PS3.3 C.7.3.1)."""
    dataset.AnatomicRegionSequence = [_coded(facts.view.anatomic_region)]
    dataset.ViewCodeSequence = [_coded(facts.view.view_code)]
    dataset.ImageLaterality = facts.series.side.value if facts.series.side else "U"


def _coded(code: Code) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code.value, code.scheme, code.meaning
    return item


def _add_plate(dataset: Dataset, facts: CRImageFacts, processing: str) -> None:
    scan, image = facts.scan, facts.image
    dataset.PlateID = text.long_string("PlateID", facts.exposure.plate_id)
    dataset.CassetteSize = text.code_string("CassetteSize", scan.plate_size)
    dataset.CassetteOrientation = "PORTRAIT" if scan.geometry.rows >= scan.geometry.columns else "LANDSCAPE"
    dataset.ImagerPixelSpacing = [text.decimal(scan.geometry.pitch_mm, 6)] * 2
    dataset.AcquisitionDeviceProcessingDescription = text.long_string(
        "AcquisitionDeviceProcessingDescription", f"{processing} ({facts.view.id})"
    )
    dataset.TargetExposureIndex = text.decimal(image.target_index, 1)
    if image.exposure_index is not None and image.deviation_index is not None:
        dataset.ExposureIndex = text.decimal(image.exposure_index, 1)
        dataset.DeviationIndex = text.decimal(image.deviation_index, 2)


def _add_technique(dataset: Dataset, facts: CRImageFacts) -> None:
    technique = facts.exposure.technique
    if technique.kvp is not None:
        dataset.KVP = text.decimal(technique.kvp, 1)
    if technique.mas is not None:
        dataset.ExposureInuAs = round(technique.mas * 1000)
        if float(technique.mas).is_integer():
            dataset.Exposure = int(technique.mas)
    if technique.sid_mm is not None:
        dataset.DistanceSourceToDetector = text.decimal(technique.sid_mm, 1)
    if technique.grid:
        dataset.Grid = text.code_string("Grid", technique.grid.upper())


def _add_pixels(dataset: Dataset, pixels: npt.NDArray[np.uint16], presentation: Presentation) -> None:
    """Turns and inversion are done to the pixels: then every viewer shows what was accepted."""
    shown = np.rot90(pixels, -presentation.quarter_turns % 4)
    center = presentation.window_center
    if presentation.inverted:
        shown = ((1 << BITS_STORED) - 1) - shown
        center = (1 << BITS_STORED) - center
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = shown.shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, BITS_STORED, BITS_STORED - 1
    dataset.PixelRepresentation = 0
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = "0", "1", "US"
    dataset.WindowCenter = text.decimal(center, 1)
    dataset.WindowWidth = text.decimal(presentation.window_width, 1)
    dataset.PresentationLUTShape = "IDENTITY"
    dataset.PixelData = np.ascontiguousarray(shown, "<u2").tobytes()
    dataset["PixelData"].VR = "OW"


def _offset(minutes: int) -> str:
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}"


def _date(moment: datetime) -> str:
    return f"{moment:%Y%m%d}"


def _time(moment: datetime) -> str:
    return f"{moment:%H%M%S.%f}"
