"""The exam as performed: study, series, views, exposures, plate scans, images and frozen instances."""

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from fieldstation.domain.annotations import Annotation, Area, FlipReason, Placement, SideMarker
from fieldstation.domain.jobs import Job
from fieldstation.domain.patients import Priority, Sex
from fieldstation.domain.signal import PlateGeometry, SignalResponse
from fieldstation.domain.views import Side
from fieldstation.domain.words import Message


class Verdict(StrEnum):
    """What the technologist decided about an image."""

    UNDECIDED = "undecided"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class ScanState(StrEnum):
    """How much of a plate is safe on the disk."""

    RECEIVING = "receiving"
    DURABLE = "durable"
    PARTIAL = "partial"


class Severity(StrEnum):
    """How loud a finding is. A finding is advice, never a verdict."""

    FINE = "fine"
    CAUTION = "caution"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """The exam as performed, under one accession, with a snapshot of the patient as it was when it began.

    ``uid`` is the Study Instance UID; ``number`` counts this station's studies from 1 and is the Study ID.
    """

    uid: str
    number: int
    accession: str
    patient_id: str
    issuer: str
    patient_name: str
    birth_date: date | None
    sex: Sex
    description: str = ""
    referring_physician: str = ""
    priority: Priority = Priority.ROUTINE
    order_ids: tuple[str, ...] = ()
    created_at: datetime
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyView:
    """One view that the study needs, and the cassette that was taken for it.

    ``position`` counts from 1 in the order of the study. ``exposed_at`` is None while the cassette is only packed for
    the view. ``read_elsewhere`` names the station that took the exposed plate over; nothing is missing here then.
    """

    id: str
    study_uid: str
    view: str
    side: Side | None
    position: int
    plate_id: str | None = None
    exposed_at: datetime | None = None
    read_elsewhere: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The images of one body part, view position and laterality of a study (series attributes in CR).

    ``modality`` PR: the presentation states of a study, whose body part, view position and side are empty.
    """

    uid: str
    study_uid: str
    number: int
    body_part: str
    view_position: str
    side: Side | None
    modality: str = "CR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Technique:
    """The exposure factors as the technologist noted them; None where nothing was noted."""

    kvp: float | None = None
    mas: float | None = None
    sid_mm: int | None = None
    grid: str | None = None

    def completed(self, other: "Technique") -> "Technique":
        """With what ``other`` knows where nothing was noted."""
        noted = {key: value for key, value in asdict(self).items() if value is not None}
        return replace(other, **noted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cassette:
    """The reusable detector. ``plate_id`` is what its barcode says, ``size`` a Cassette Size (0018,1403).

    ``in_service_at`` is when it was first seen here, or since when it is in service if somebody knows that.
    """

    plate_id: str
    size: str
    cycles: int = 0
    in_service_at: datetime | None = None
    last_erased_at: datetime | None = None
    last_cleaned_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """One shot: a view, a cassette, technique factors, a time and the offset that was local then."""

    id: str
    view_id: str
    plate_id: str
    technique: Technique
    exposed_at: datetime
    utc_offset_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderIdentity:
    """Who read the plate; goes into the image's header. ``simulated`` marks the image for good."""

    manufacturer: str
    model: str
    serial: str
    software: str
    simulated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What the reader delivered: the raw signal, never changed again.

    ``file_id`` names the file of raw lines (16-bit little-endian, ``geometry.columns`` a line); ``lines`` is how many
    of them are durable, and ``sha256`` (hex, of the plain bytes) is set once all are.
    """

    id: str
    exposure_id: str
    reader: ReaderIdentity
    geometry: PlateGeometry
    plate_size: str
    response: SignalResponse
    file_id: str
    state: ScanState = ScanState.RECEIVING
    lines: int = 0
    sha256: str | None = None
    started_at: datetime
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """How the technologist wants the picture seen, and what was put on it.

    Window in stored values; turns are quarter turns clockwise, after flipping. ``flipped`` says why the picture is
    mirrored left to right. What lies outside ``crop`` is cut off, what lies outside ``shutter`` is covered; both are in
    plate pixels, as ``markers`` and ``annotations`` are. ``look`` names the processing where it is not the view's own.
    """

    window_center: float
    window_width: float
    quarter_turns: int = 0
    inverted: bool = False
    flipped: FlipReason | None = None
    crop: Area | None = None
    shutter: Area | None = None
    markers: tuple[SideMarker, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    look: str | None = None

    def flip(self, reason: FlipReason | None) -> "Presentation":
        """Mirrored for that reason (None: not mirrored), without side markers: they have to be placed anew."""
        return replace(self, flipped=reason, markers=())

    @property
    def asks_for_marker(self) -> bool:
        """Whether it is flipped and nobody has placed a side marker since."""
        return self.flipped is not None and not self.markers

    def frozen_center(self, bits: int) -> float:
        """The window's centre in the values of the frozen picture of so many bits: inversion is done to its pixels."""
        return (1 << bits) - self.window_center if self.inverted else self.window_center

    def placement(self, rows: int, columns: int) -> Placement:
        """How a plate of so many rows and columns lies in the picture as it is shown."""
        return Placement(
            rows=rows,
            columns=columns,
            quarter_turns=self.quarter_turns,
            flipped=self.flipped is not None,
            crop=self.crop,
        )


@dataclass(frozen=True, slots=True)
class Box:
    """A place in a picture, in mm from the upper left corner of the plate as it was read."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One remark about the picture: a code with parameters, how loud it is, and where it is seen if at one place.

    The parameters hold the measured value and the limit that it passed.
    """

    message: Message
    severity: Severity
    box: Box | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """The picture made from a plate scan with given parameters, and its verdict.

    ``uid`` is the SOP Instance UID that the frozen instance has. ``retake_of`` is the rejected image that this one
    replaces. EI, target and DI follow IEC 62494-1; EI is None where the plate shows no exposure. ``reject_reason`` is
    a code value of CID 7011.
    """

    uid: str
    study_uid: str
    series_uid: str
    view_id: str
    scan_id: str
    number: int
    presentation: Presentation
    exposure_index: float | None
    target_index: float
    deviation_index: float | None
    findings: tuple[Finding, ...] = ()
    verdict: Verdict = Verdict.UNDECIDED
    reject_reason: str | None = None
    decided_at: datetime | None = None
    retake_of: str | None = None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A frozen SOP instance: the exact bytes that are stored, hashed, exported and sent.

    ``size`` and ``sha256`` (hex) are of the plain Part 10 bytes in file ``file_id``. ``image_uid`` is the image that it
    belongs to: the image itself, or one whose annotations it holds.
    """

    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    study_uid: str
    series_uid: str
    image_uid: str | None
    file_id: str
    size: int
    sha256: str
    simulated: bool
    frozen_at: datetime

    @property
    def is_image(self) -> bool:
        """Whether it is the picture itself."""
        return self.sop_instance_uid == self.image_uid


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFile:
    """Everything there is about one study, read in one transaction."""

    study: Study
    views: tuple[StudyView, ...]
    series: tuple[Series, ...] = ()
    exposures: tuple[Exposure, ...] = ()
    scans: tuple[Scan, ...] = ()
    images: tuple[Image, ...] = ()
    instances: tuple[Instance, ...] = ()
    jobs: tuple[Job, ...] = ()
