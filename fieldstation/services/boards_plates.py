"""What the cassette screens show, as plain values: the tray, the stack, and scans that belong to no view.

Names of patients are DICOM person names as stored. Times are aware, in UTC.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from fieldstation.domain.exams import ScanState, Technique
from fieldstation.domain.plates import PlateState
from fieldstation.domain.words import Message
from fieldstation.services.boards import LeaveLight, SendCell, ViewState


@dataclass(frozen=True, slots=True, kw_only=True)
class TrayRow:
    """One cassette of the register. ``since`` is when it came into its state, None where nobody knows.

    ``view_id``, ``patient_name`` and ``view_name`` say what it is packed or exposed for, None and empty where it is
    not. ``fading`` says what waiting has cost an exposed plate. ``notices`` are sentences about the cassette: what
    recurs in its images, that it comes from another station.
    """

    plate_id: str
    size: str
    state: PlateState
    since: datetime | None
    cycles: int
    in_service_at: datetime | None
    last_erased_at: datetime | None
    last_cleaned_at: datetime | None
    study_uid: str | None
    view_id: str | None
    patient_name: str
    view_name: str
    fading: Message | None
    notices: tuple[Message, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrayBoard:
    """All cassettes: exposed ones first, the longest waiting on top, then what needs erasing, then the others.

    ``prompt`` asks at the start of a shift for the plates that are due for erasing; None once it was seen that day.
    ``reader_notice`` says what recurs in the reader's images on several plates.
    """

    rows: tuple[TrayRow, ...]
    prompt: Message | None
    reader_notice: Message | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StackRow:
    """One plate of the stack, whoever's it is: exposed and unread, read in part, or read and undecided.

    ``patient`` is the same for all rows of one patient, to colour them by. ``usual`` is the technique to propose.
    ``in_reader``: this plate is in the reader now. ``image_uid`` is there once it is read.
    """

    plate_id: str
    study_uid: str
    view_id: str
    patient: str
    patient_name: str
    view_name: str
    accession: str
    facility: str
    state: ViewState
    exposed_at: datetime | None
    fading: Message | None
    usual: Technique
    image_uid: str | None
    in_reader: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StackBoard:
    """Every plate that waits, those of the present stop first, the plate in the reader on top.

    ``reader_plate_id`` is what the reader holds, be it in the stack or not. ``leave`` is what the present stop lacks,
    ``send`` what sending its studies would do; ``stop_id`` is None where we are at no stop. ``without_view`` plates of
    other stations wait unread as well and are no rows, since no view here waits for them: they are in the tray.
    """

    stop_id: str | None
    facility: str
    rows: tuple[StackRow, ...]
    reader_plate_id: str | None
    without_view: int
    leave: LeaveLight
    send: SendCell


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A view that an unassigned scan could be assigned to. ``against`` is what speaks against it; the best is first."""

    study_uid: str
    view_id: str
    patient_name: str
    view_name: str
    accession: str
    against: tuple[Message, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnassignedRow:
    """A scan that belongs to no view. Labels are empty where the plate or its file does not say.

    ``fraction`` of its lines are there. ``set_aside`` is the reason where somebody has set it aside.
    """

    scan_id: str
    plate_id: str
    accession: str
    patient_id: str
    plate_size: str
    read_at: datetime
    state: ScanState
    fraction: float
    why: Message
    candidates: tuple[Candidate, ...]
    set_aside: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnassignedBoard:
    """Scans that belong to no view, oldest first: those that wait for a person, and those set aside."""

    waiting: tuple[UnassignedRow, ...]
    set_aside: tuple[UnassignedRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoosePicture:
    """What an unassigned scan roughly looks like: uint8, shape (rows, columns), larger is brighter."""

    pixels: npt.NDArray[np.uint8]
