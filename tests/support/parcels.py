"""Frozen instances for tests of sending: small CR objects of one made-up study, as JPEG-LS."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from io import BytesIO

import numpy as np
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset
from pydicom.uid import UID, ComputedRadiographyImageStorage, JPEGLSLossless

from fieldstation.catalogue import load_catalogue
from fieldstation.dicom.encode import encode, written
from fieldstation.dicom.presentation_state import presentation_state
from fieldstation.dicom.uids import EXPLICIT_VR_LITTLE_ENDIAN, PRESENTATION_STATE_STORAGE
from fieldstation.domain.annotations import Point, TextNote
from fieldstation.domain.exams import Instance, Presentation, Series, Study
from fieldstation.domain.jobs import Job, JobState, NewJob
from fieldstation.domain.patients import Priority, Sex
from fieldstation.domain.signal import PlateGeometry
from fieldstation.domain.store import Parcel
from fieldstation.domain.views import Side
from tests.support.facts import facts_of, state_of

BEGUN = datetime(2026, 3, 4, 22, 50, tzinfo=UTC)
STUDY = Study(
    uid="2.25.71",
    number=1,
    accession="A-7001",
    patient_id="P-0007",
    issuer="EXAMPLE",
    patient_name="TESTCASE^SENDER",
    birth_date=date(1950, 1, 2),
    sex=Sex.OTHER,
    created_at=BEGUN,
)
SERIES = Series(uid="2.25.72", study_uid=STUDY.uid, number=1, body_part="HAND", view_position="PA", side=Side.LEFT)


@cache
def frozen(number: int = 1, rows: int = 320, *, simulated: bool = False) -> tuple[Instance, bytes]:
    """The ``number``-th instance of the study and its Part 10 bytes: ``rows`` squared samples of noise."""
    noise = np.random.default_rng(number).integers(0, 4096, (rows, rows), dtype=np.uint16)
    dataset = Dataset()
    dataset.SOPClassUID = ComputedRadiographyImageStorage
    dataset.SOPInstanceUID = f"2.25.7300{number}"
    dataset.StudyInstanceUID = STUDY.uid
    dataset.SeriesInstanceUID = SERIES.uid
    dataset.PatientID = STUDY.patient_id
    dataset.PatientName = STUDY.patient_name
    dataset.PatientBirthDate = "19500102"
    dataset.PatientSex = STUDY.sex.value
    dataset.AccessionNumber = STUDY.accession
    dataset.StudyDate = dataset.SeriesDate = "20260304"
    dataset.StudyTime = "225000"
    dataset.Modality = "CR"
    dataset.InstanceNumber = number
    dataset.Rows = dataset.Columns = rows
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated = 16
    dataset.BitsStored = 12
    dataset.HighBit = 11
    dataset.PixelRepresentation = 0
    dataset.PixelData = noise.tobytes()
    content = encode(dataset)
    instance = Instance(
        sop_instance_uid=dataset.SOPInstanceUID,
        sop_class_uid=ComputedRadiographyImageStorage,
        transfer_syntax_uid=JPEGLSLossless,
        study_uid=STUDY.uid,
        series_uid=SERIES.uid,
        image_uid=None,
        file_id="",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        simulated=simulated,
        frozen_at=BEGUN,
    )
    return instance, content


@cache
def frozen_state(number: int = 1) -> tuple[Instance, bytes]:
    """The annotations of the ``number``-th instance: its presentation state and that one's Part 10 bytes."""
    note = TextNote(at=Point(5, 5), text="Ännotation, 立位")
    facts = facts_of(
        load_catalogue().get("hand-pa"),
        Side.LEFT,
        PlateGeometry(rows=320, columns=320, pitch_mm=0.1, bits=12),
        uid=frozen(number)[0].sop_instance_uid,
        presentation=Presentation(window_center=2048.0, window_width=4096.0, annotations=(note,)),
    )
    facts = replace(facts, study=STUDY, series=SERIES)
    state = state_of(facts, uid=f"2.25.7400{number}")
    content = written(presentation_state(facts, state), EXPLICIT_VR_LITTLE_ENDIAN)
    instance = replace(
        frozen(number)[0],
        sop_instance_uid=state.uid,
        sop_class_uid=PRESENTATION_STATE_STORAGE,
        transfer_syntax_uid=EXPLICIT_VR_LITTLE_ENDIAN,
        series_uid=state.series.uid,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    return instance, content


def parcel_of(instance: Instance, study: Study = STUDY) -> Parcel:
    """A claimed job of that instance."""
    job = Job(
        id=1,
        sop_instance_uid=instance.sop_instance_uid,
        study_uid=study.uid,
        destination="office",
        state=JobState.SENDING,
        priority=Priority.ROUTINE,
        held=False,
        attempts=1,
        not_before=BEGUN,
        next_try_at=None,
        bytes_total=instance.size,
        bytes_sent=0,
        proof=None,
        last=None,
        last_at=None,
        created_at=BEGUN,
        sent_at=None,
        proved_at=None,
    )
    return Parcel(job=job, instance=instance, study=study)


def new_jobs(instances: Sequence[Instance], destination: str = "office") -> Sequence[NewJob]:
    """What Send asks of the store for them."""
    return [
        NewJob(
            sop_instance_uid=instance.sop_instance_uid,
            destination=destination,
            priority=Priority.ROUTINE,
            not_before=BEGUN,
        )
        for instance in instances
    ]


def transcode(content: bytes, transfer_syntax_uid: str) -> bytes:
    """The same instance in a plain syntax."""
    dataset = dcmread(BytesIO(content))
    dataset.decompress(generate_instance_uid=False)
    dataset.file_meta.TransferSyntaxUID = UID(transfer_syntax_uid)
    plain = BytesIO()
    dcmwrite(plain, dataset, implicit_vr=UID(transfer_syntax_uid).is_implicit_VR, little_endian=True)
    return plain.getvalue()
