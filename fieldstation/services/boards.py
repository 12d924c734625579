"""What a screen shows, as plain values: the answers that services give to ``ui`` and ``cli``.

Names of patients are DICOM person names as stored. Times are aware, in UTC. Nothing here is a sentence: where words
depend on what happened there is a `Message`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from fieldstation.domain.exams import Finding, Presentation, Technique
from fieldstation.domain.jobs import JobState
from fieldstation.domain.link import Outage
from fieldstation.domain.patients import OrderState, Priority, Sex
from fieldstation.domain.reader import ReaderState
from fieldstation.domain.views import Side
from fieldstation.domain.words import Message


class Stage(StrEnum):
    """How far an order is."""

    PLANNED = "planned"
    ARRIVED = "arrived"
    EXPOSED = "exposed"
    READ = "read"
    ACCEPTED = "accepted"
    SENDING = "sending"
    NEEDS_YOU = "needs-you"
    SAFE = "safe"
    ELSEWHERE = "elsewhere"
    """Every view is read at another station."""
    WITHDRAWN = "withdrawn"


class StopPlace(StrEnum):
    """Where a stop is on today's route."""

    DONE = "done"
    HERE = "here"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """One order on Today. ``done`` of ``total`` counts accepted views (or, when sending, images that are safe)."""

    order_id: str
    study_uid: str | None
    accession: str
    priority: Priority
    due_at: datetime | None
    patient_name: str
    birth_date: date | None
    age: int | None
    sex: Sex
    room: str
    procedure: str
    views: tuple[str, ...]
    reason: str
    referring_physician: str
    state: OrderState
    stage: Stage
    done: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StopCard:
    """One stop on Today with its orders."""

    stop_id: str
    position: int
    facility: str
    address: str
    planned_at: datetime | None
    arrived_at: datetime | None
    completed_at: datetime | None
    place: StopPlace
    orders: tuple[OrderRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TodayBoard:
    """The route. ``as_of`` is when the office last answered; None if it never did."""

    as_of: datetime | None
    stops: tuple[StopCard, ...]
    unplanned: tuple[OrderRow, ...] = ()
    """Studies without a stop (begun in the shell, say)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientBanner:
    """Whose study this is; it is on every picture of the patient."""

    name: str
    birth_date: date | None
    age: int | None
    sex: Sex
    patient_id: str
    accession: str
    room: str
    alerts: tuple[str, ...]
    priority: Priority
    due_at: datetime | None


class ViewState(StrEnum):
    """How far a view is."""

    TO_EXPOSE = "to-expose"
    EXPOSED = "exposed"
    PARTIAL = "partial"
    UNDECIDED = "undecided"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    """Rejected, and not retaken yet."""
    READ_ELSEWHERE = "read-elsewhere"
    """Another station took the plate over; nothing is missing here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedTry:
    """An earlier try of a view, its reason a code value of CID 7011."""

    image_uid: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewCard:
    """One view on Study. ``view_id`` is the row's id, ``view`` the catalogue's; ``image_uid`` its latest image.

    ``name`` is in words and says the side, too.
    """

    view_id: str
    view: str
    name: str
    side: Side | None
    plate_id: str | None
    exposed_at: datetime | None
    state: ViewState
    image_uid: str | None
    rejected: tuple[RejectedTry, ...]
    usual: Technique
    plate_size: str
    read_elsewhere: str | None = None
    """The station that took the plate over."""

    @property
    def packed(self) -> bool:
        """Whether a cassette is set aside for it and not exposed yet."""
        return self.state is ViewState.TO_EXPOSE and self.plate_id is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveLight:
    """What is still missing at this stop; green when nothing is."""

    missing: tuple[Message, ...]

    @property
    def green(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


@dataclass(frozen=True, slots=True, kw_only=True)
class SendCell:
    """What Send would do: images accepted of views needed, how many are not on their way yet, and how long it takes."""

    accepted: int
    needed: int
    to_send: int
    seconds: float | None
    undo_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyBoard:
    """One study on screen. ``stop_position`` of ``stop_count`` are None and 0 where it belongs to no stop."""

    study_uid: str
    description: str
    banner: PatientBanner
    facility: str
    stop_position: int | None
    stop_count: int
    views: tuple[ViewCard, ...]
    leave: LeaveLight
    send: SendCell


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageDetail:
    """The numbers beside a picture."""

    image_uid: str
    view_id: str
    exposure_index: float | None
    target_index: float
    deviation_index: float | None
    findings: tuple[Finding, ...]
    technique: Technique
    exposed_at: datetime
    plate_id: str
    presentation: Presentation


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """A processed picture, ready to be windowed.

    ``pixels`` has shape (rows, columns), uint16, values 0 to 2**``bits`` − 1, larger is brighter (MONOCHROME2).
    ``pitch_mm`` is the distance of neighbouring samples at the plate. ``relevant`` is bool of another shape over the
    same plate: where the exposure index was measured. ``automatic`` is how the processing would have it seen,
    ``windows`` are windows for one tissue each, by name.
    """

    pixels: npt.NDArray[np.uint16]
    bits: int
    pitch_mm: float
    detail: ImageDetail
    relevant: npt.NDArray[np.bool_]
    automatic: Presentation
    windows: Mapping[str, Presentation]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReadProgress:
    """How far a read is, and the lines that came since the last one, as they will roughly look.

    ``preview`` is uint8, shape (n, width), to be drawn from preview row ``first_row`` of ``preview_rows`` on.
    """

    plate_id: str
    lines: int
    lines_total: int
    seconds_left: float
    preview: npt.NDArray[np.uint8]
    first_row: int
    preview_rows: int

    @property
    def fraction(self) -> float:
        """From 0 to 1."""
        return self.lines / self.lines_total


@dataclass(frozen=True, slots=True, kw_only=True)
class CellBoard:
    """One image on Sending, or the annotations of one; ``fraction`` of its bytes are across.

    ``gone``: the PACS denies to hold it, although it had proved that it does; a person is needed.
    """

    job_id: int
    image_uid: str | None
    view_name: str
    state: JobState
    held: bool
    fraction: float
    last: Message | None
    last_at: datetime | None
    next_try_at: datetime | None
    attempts: int
    gone: bool = False

    @property
    def needs_you(self) -> bool:
        """Whether nothing goes on without a person."""
        return self.gone or self.state is JobState.REFUSED

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        return self.state in {JobState.PROVED, JobState.CANCELLED} and not self.gone


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingCard:
    """One study on Sending."""

    study_uid: str
    patient_name: str
    priority: Priority
    description: str
    facility: str
    due_at: datetime | None
    sent_at: datetime
    cells: tuple[CellBoard, ...]
    bytes_total: int
    bytes_done: int
    seconds_left: float | None
    last: Message | None
    last_at: datetime | None
    next_try_at: datetime | None


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One thing that happened to an upload job; ``person`` is who did it, empty where nobody did."""

    at: datetime
    person: str
    message: Message


@dataclass(frozen=True, slots=True)
class MinuteRate:
    """What the link carried in one minute while it was in use, in bytes a second."""

    minute: datetime
    rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkBoard:
    """The link to the office. ``up`` is None before anything was tried; one destination that answers is enough.

    ``rate`` in bytes a second, None where nothing was measured in the last hour. ``down`` says since when which
    destinations cannot be reached; ``minutes`` and ``outages`` are the last hour's, oldest first.
    ``stat_waits_since``: STAT has been owed without a link for a quarter of an hour or more.
    """

    up: bool | None
    rate: float | None
    down: Mapping[str, datetime]
    minutes: tuple[MinuteRate, ...]
    outages: tuple[Outage, ...]
    stat_waits_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingBoard:
    """All that is owed to the office. ``seconds_left`` is None where nobody can say.

    ``paused`` are destinations in trouble; ``paused_until`` is a person's pause of all but STAT. ``expiring``: a
    sentence for each certificate that ends within 30 days. ``stand_in``: the standby that may stand in for a primary
    destination in trouble.
    """

    owed: int
    to_send: int
    awaiting_proof: int
    needs_you: int
    held: int
    seconds_left: float | None
    link: LinkBoard
    paused: Mapping[str, Message]
    paused_until: datetime | None
    sender_running: bool
    studies: tuple[SendingCard, ...]
    expiring: Sequence[Message] = ()
    stand_in: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusBoard:
    """The pills of the top bar.

    ``unsent`` counts accepted images that nobody has sent yet, ``unassigned`` scans that belong to no view and that
    nobody has set aside; ``owed`` counts images on their way that are not safe yet: not held by the primary
    destination or by a standby in its place. Copies do not count.
    """

    reader: ReaderState
    reader_fault: Message | None
    plates_unread: int
    unassigned: int
    undecided: int
    unsent: int
    owed: int
    needs_you: int
    seconds_left: float | None
    link: LinkBoard
    paused_until: datetime | None
    disk_free_bytes: int
    disk_low: bool
    person: str

    @property
    def all_safe(self) -> bool:
        """Whether nothing is left: no plate unread or unassigned, nothing undecided, unsent, owed or in need of you."""
        plates = self.plates_unread or self.unassigned or self.undecided
        return not (plates or self.unsent or self.owed or self.needs_you)
