"""Cassettes in use: what is known of a plate, what speaks against using it, and scans that belong to no view yet."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from fieldstation.domain.errors import Refused, WrongUse
from fieldstation.domain.exams import ReaderIdentity, ScanState, Technique
from fieldstation.domain.signal import PlateGeometry, SignalResponse
from fieldstation.domain.views import OrderedView
from fieldstation.domain.words import Message

_FADED_AFTER_AN_HOUR = 0.08
_FADING_PER_HOUR = 22.0
"""With 8 % gone after one hour, makes it 16 % after 24."""
_LONGEST_REASON = 200
CLOCK_SKEW = timedelta(minutes=5)
"""By so much the clocks of two stations may differ."""
HAND_OVER_MARK = "FS1"
"""What the QR code of a hand-over begins with, before a semicolon; no plate ID does."""


class PlateState(StrEnum):
    """What is on a plate, as far as anybody here knows."""

    PACKED = "packed"
    """Set aside for a view, not exposed yet."""
    EXPOSED = "exposed"
    """Exposed and unread."""
    READ = "read"
    """Read, wholly or in part, and not erased since."""
    ERASED = "erased"
    ERASE_DUE = "erase-due"
    """Erased too long ago, or never as far as is known: scatter and background add up on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateLabels:
    """Whose plate it is, as far as the plate or its file says; empty where it does not."""

    plate_id: str = ""
    accession: str = ""
    patient_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnassignedScan:
    """A scan that matched no waiting view. It is never deleted: it is assigned to a view, or set aside with a reason.

    ``why`` is a code ``unassigned.…``. The other fields are those of `Scan`; once assigned there is a `Scan` of the
    same ``id`` and ``file_id``, and ``assigned_to`` is its view.
    """

    id: str
    labels: PlateLabels
    technique: Technique = field(default_factory=Technique)
    """What it says of its exposure itself."""
    why: Message
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
    assigned_to: str | None = None
    set_aside: str | None = None
    """The reason why nobody is to see it."""
    ended_at: datetime | None = None
    """When it was assigned or set aside."""

    @property
    def waits(self) -> bool:
        """Whether somebody has to decide what becomes of it."""
        return self.ended_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedPlate:
    """An exposed plate as one station hands it over to another. ``patient_id`` is empty where it was not told."""

    plate_id: str
    size: str
    accession: str
    patient_id: str
    view: OrderedView
    exposed_at: datetime
    station: str
    """Where it was exposed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOver:
    """What became of a plate.

    ``study_uid`` is None where its order is not known here: it waits to be read all the same, and its scan will be
    among the unassigned, with its accession.
    """

    plate: HandedPlate
    study_uid: str | None


@dataclass(frozen=True, slots=True)
class GoingOn:
    """A person's word that a plate is to be used although something speaks against it; the history keeps it.

    Raises:
        WrongUse: ``plate.no_reason``: the reason is empty, too long, or not text.
    """

    reason: str

    def __post_init__(self) -> None:
        """Check the reason."""
        check_reason_given(self.reason)


class PlateRefused(Refused):
    """Something speaks against using a plate; ``concerns`` is all of it, and its own code is the first of them.

    Each is a code ``plate.…`` with what is known of the plate. A `GoingOn` goes on all the same.
    """

    def __init__(self, concerns: Sequence[Message]) -> None:
        super().__init__(concerns[0].code, **concerns[0].params)
        self.concerns = tuple(concerns)


def check_reason_given(reason: str) -> None:
    """What a person writes as a reason.

    Raises:
        WrongUse: ``plate.no_reason``.
    """
    if not reason.strip() or len(reason) > _LONGEST_REASON or not reason.isprintable():
        raise WrongUse("plate.no_reason", longest=_LONGEST_REASON)


def signal_left(hours: float) -> float:
    """What part of a latent image's signal is left, 0 to 1, after ``hours`` (0 and up) from exposure.

    About 8 % are gone in an hour and 16 % in 24.
    """
    return max(0.0, 1 - _FADED_AFTER_AN_HOUR * math.log1p(_FADING_PER_HOUR * hours) / math.log1p(_FADING_PER_HOUR))
