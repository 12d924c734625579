"""Builds the CR image object (Computed Radiography Image IOD, PS3.3 A.2) from facts and pixels.

It is a Standard Extended SOP Class: the attributes beyond the IOD are listed in ``docs/conformance.md``.
"""

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from fieldstation import __version__
from fieldstation.dicom import text
from fieldstation.dicom.common import (
    BITS_STORED,
    SIMULATED,
    add_shutter,
    begin,
    date_of,
    local_zone,
    shown_shutter,
    time_of,
)
from fieldstation.dicom.facts import CRImageFacts
from fieldstation.dicom.uids import CR_IMAGE_STORAGE
from fieldstation.domain.annotations import FLIP_REASONS
from fieldstation.domain.exams import Presentation
from fieldstation.domain.views import Code


def cr_image(facts: CRImageFacts, pixels: npt.NDArray[np.uint16], processing: str) -> Dataset:
    """The complete dataset, native pixels included.

    ``pixels`` is the picture as it is shown (cropped, flipped, turned and inverted as the image's presentation says,
    with its side markers in it), of shape (rows, columns), values below 2**12, larger is brighter. ``processing`` is
    Acquisition Device Processing Description (0018,1400).

    Raises:
        Refused: ``instance.too_long`` or ``instance.bad_text``: a name or an identifier cannot be written as it is; it
            is never cut.
    """
    dataset = begin(facts)
    _add_series(dataset, facts)
    _add_equipment(dataset, facts)
    _add_image(dataset, facts)
    _add_projection(dataset, facts)
    _add_plate(dataset, facts, processing)
    _add_technique(dataset, facts)
    _add_shutter(dataset, facts)
    _add_pixels(dataset, pixels, facts.image.presentation)
    return dataset


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
    if facts.room:
        dataset.CurrentPatientLocation = text.long_string("CurrentPatientLocation", facts.room)
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


def _add_image(dataset: Dataset, facts: CRImageFacts) -> None:
    image = facts.image
    local = local_zone(facts)
    exposed = facts.exposure.exposed_at.astimezone(local)
    made = image.created_at.astimezone(local)
    dataset.SOPClassUID = CR_IMAGE_STORAGE
    dataset.SOPInstanceUID = image.uid
    dataset.InstanceNumber = image.number
    dataset.InstanceCreationDate, dataset.InstanceCreationTime = date_of(made), time_of(made)
    dataset.AcquisitionDate, dataset.AcquisitionTime = date_of(exposed), time_of(exposed)
    dataset.ContentDate, dataset.ContentTime = date_of(made), time_of(made)
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]
    dataset.PatientOrientation = ""
    dataset.BurnedInAnnotation = "NO"
    dataset.LossyImageCompression = "00"
    dataset.QualityControlImage = "YES" if facts.scan.reader.simulated else "NO"
    comments = _comments(facts)
    if comments:
        dataset.ImageComments = "\r\n".join(comments)


def _comments(facts: CRImageFacts) -> list[str]:
    """What has to be known of the picture and has no attribute of its own, a line each."""
    presentation = facts.image.presentation
    comments = [SIMULATED] if facts.scan.reader.simulated else []
    if presentation.flipped is not None:
        comments.append(f"FLIPPED: {FLIP_REASONS[presentation.flipped]}")
    for marker in presentation.markers:
        initials = f" ({marker.initials})" if marker.initials else ""
        comments.append(f"Digital side marker, placed by hand: {marker.side}{initials}")
    return comments


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
        "AcquisitionDeviceProcessingDescription", f"{processing}, {facts.view.look.name} ({facts.view.id})"
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


def _add_shutter(dataset: Dataset, facts: CRImageFacts) -> None:
    shutter = shown_shutter(facts)
    if shutter is not None:
        add_shutter(dataset, shutter)


def _add_pixels(dataset: Dataset, pixels: npt.NDArray[np.uint16], presentation: Presentation) -> None:
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, BITS_STORED, BITS_STORED - 1
    dataset.PixelRepresentation = 0
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = "0", "1", "US"
    dataset.WindowCenter = text.decimal(presentation.frozen_center(BITS_STORED), 1)
    dataset.WindowWidth = text.decimal(presentation.window_width, 1)
    dataset.PresentationLUTShape = "IDENTITY"
    dataset.PixelData = np.ascontiguousarray(pixels, "<u2").tobytes()
    dataset["PixelData"].VR = "OW"
