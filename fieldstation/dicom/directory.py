"""Builds the DICOMDIR of a folder of instances (Basic Directory IOD, PS3.3 annex F; PS3.10 8.6)."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from pydicom import dcmread
from pydicom.dataset import Dataset

from fieldstation.dicom.encode import part10
from fieldstation.dicom.uids import EXPLICIT_VR_LITTLE_ENDIAN, PRESENTATION_STATE_STORAGE

MEDIA_DIRECTORY = "1.2.840.10008.1.3.10"
_IN_USE = 0xFFFF


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """An instance on the medium: the components of its File ID (PS3.10 8.2), and its Part 10 bytes as frozen.

    On the medium it is in Explicit VR Little Endian.
    """

    file_id: tuple[str, ...]
    part10: bytes


@dataclass(slots=True)
class _Record:
    """A directory record and those below it."""

    item: Dataset
    below: dict[str, "_Record"] = field(default_factory=dict)

    def flat(self) -> Iterator["_Record"]:
        yield self
        for record in self.below.values():
            yield from record.flat()


def directory(entries: Sequence[DirectoryEntry], uid: str) -> bytes:
    """The Part 10 bytes of the DICOMDIR; ``uid`` is its own SOP Instance UID.

    The same entries give the same bytes.
    """
    top: dict[str, _Record] = {}
    for entry in entries:
        header = dcmread(io.BytesIO(entry.part10), stop_before_pixels=True)
        patient = _record(top, header.PatientID, _patient(header))
        study = _record(patient.below, header.StudyInstanceUID, _study(header))
        series = _record(study.below, header.SeriesInstanceUID, _series(header))
        _record(series.below, header.SOPInstanceUID, _instance(header, entry.file_id))
    records = [record for patient in top.values() for record in patient.flat()]
    dataset = Dataset()
    dataset.FileSetID = "FIELDSTATION"
    dataset.FileSetConsistencyFlag = 0
    dataset.DirectoryRecordSequence = [record.item for record in records]
    _link(dataset, top, [0] * len(records))
    # The offsets are numbers of fixed length, so that a first writing tells where each record will be.
    first = dcmread(io.BytesIO(part10(dataset, MEDIA_DIRECTORY, uid, EXPLICIT_VR_LITTLE_ENDIAN)))
    _link(dataset, top, [item.seq_item_tell for item in first.DirectoryRecordSequence])
    return part10(dataset, MEDIA_DIRECTORY, uid, EXPLICIT_VR_LITTLE_ENDIAN)


def _link(dataset: Dataset, top: dict[str, _Record], offsets: Sequence[int]) -> None:
    """Fill in where the next record of the same level and the first of the level below are."""
    items = dataset.DirectoryRecordSequence
    place = {id(item): offset for item, offset in zip(items, offsets, strict=True)}

    def chain(records: Sequence[_Record]) -> None:
        for record, following in zip_longest(records, records[1:]):
            below = list(record.below.values())
            record.item.OffsetOfTheNextDirectoryRecord = place[id(following.item)] if following else 0
            record.item.OffsetOfReferencedLowerLevelDirectoryEntity = place[id(below[0].item)] if below else 0
            chain(below)

    patients = list(top.values())
    chain(patients)
    dataset.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = place[id(patients[0].item)]
    dataset.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = place[id(patients[-1].item)]


def _record(level: dict[str, _Record], key: str, item: Dataset) -> _Record:
    return level.setdefault(str(key), _Record(item))


def _begun(kind: str, header: Dataset, *keywords: str) -> Dataset:
    item = Dataset()
    item.OffsetOfTheNextDirectoryRecord = 0
    item.RecordInUseFlag = _IN_USE
    item.OffsetOfReferencedLowerLevelDirectoryEntity = 0
    item.DirectoryRecordType = kind
    item.SpecificCharacterSet = header.SpecificCharacterSet
    for keyword in keywords:
        setattr(item, keyword, header.get(keyword, ""))
    return item


def _patient(header: Dataset) -> Dataset:
    return _begun("PATIENT", header, "PatientName", "PatientID", "PatientBirthDate", "PatientSex")


def _study(header: Dataset) -> Dataset:
    return _begun(
        "STUDY",
        header,
        "StudyDate",
        "StudyTime",
        "AccessionNumber",
        "StudyDescription",
        "StudyInstanceUID",
        "StudyID",
    )


def _series(header: Dataset) -> Dataset:
    return _begun(
        "SERIES", header, "Modality", "SeriesInstanceUID", "SeriesNumber", "SeriesDescription", "InstitutionName"
    )


def _instance(header: Dataset, file_id: tuple[str, ...]) -> Dataset:
    if header.SOPClassUID == PRESENTATION_STATE_STORAGE:
        item = _begun(
            "PRESENTATION",
            header,
            "PresentationCreationDate",
            "PresentationCreationTime",
            "InstanceNumber",
            "ContentLabel",
            "ContentDescription",
            "ContentCreatorName",
            "ReferencedSeriesSequence",
        )
    else:
        item = _begun("IMAGE", header, "InstanceNumber", "ImageType", "Rows", "Columns")
    item.ReferencedFileID = list(file_id)
    item.ReferencedSOPClassUIDInFile = header.SOPClassUID
    item.ReferencedSOPInstanceUIDInFile = header.SOPInstanceUID
    item.ReferencedTransferSyntaxUIDInFile = EXPLICIT_VR_LITTLE_ENDIAN
    return item
