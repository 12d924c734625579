"""What a CR image object is made from: domain values only, cheap to make and to hand to another process."""

from dataclasses import dataclass
from datetime import datetime

from fieldstation.domain.exams import Exposure, Image, Scan, Series, Study, StudyView
from fieldstation.domain.views import View


@dataclass(frozen=True, slots=True, kw_only=True)
class StationFacts:
    """Which station made the image: Station Name, its AE title, and Institution Name."""

    name: str
    ae_title: str
    institution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedProcedure:
    """What the office asked for: Requested Procedure ID (may be empty) and description, unchanged."""

    id: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StateFacts:
    """What the presentation state of an image says of itself: its own UID, series and number in it, and when."""

    uid: str
    series: Series
    number: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CRImageFacts:
    """Everything that the header of one CR image says.

    ``utc_offset_minutes`` is the offset that was local when the study's first plate was exposed. It is the same for
    all images of a study: Study Time must not differ between them, and Timezone Offset From UTC makes every time exact
    whatever offset is chosen. ``operator`` and ``room`` may be empty. The image is marked as simulated if
    ``scan.reader.simulated``.
    """

    study: Study
    series: Series
    study_view: StudyView
    view: View
    exposure: Exposure
    scan: Scan
    image: Image
    station: StationFacts
    utc_offset_minutes: int
    operator: str = ""
    room: str = ""
    requested_procedures: tuple[RequestedProcedure, ...] = ()
