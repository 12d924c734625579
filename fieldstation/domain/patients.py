"""People, stops and orders: who is to be examined, where, and who asked."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid5

from fieldstation.domain.views import OrderedView

_PATIENTS = UUID("6d3dc4f4-6d0c-4b54-9a3a-5f3c9ad3c9c1")


def patient_key(issuer: str, patient_id: str) -> str:
    """Our `Patient.id` of a person: the same whoever names them first, an order or the shell."""
    return str(uuid5(_PATIENTS, f"{issuer}\\{patient_id}"))


class Sex(StrEnum):
    """Patient's Sex (0010,0040)."""

    FEMALE = "F"
    MALE = "M"
    OTHER = "O"


class Priority(StrEnum):
    """How urgent an order is. STAT goes first, everywhere."""

    STAT = "stat"
    ROUTINE = "routine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """A person, known by issuer and patient ID.

    ``name`` is a DICOM person name (PS3.5 6.2, VR PN), ``FAMILY^GIVEN``; ``id`` is ours and means nothing outside.
    """

    id: str
    patient_id: str
    issuer: str = ""
    name: str
    birth_date: date | None
    sex: Sex
    alerts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One visit to one facility on the route. ``position`` counts from 1 in the order of the route."""

    id: str
    position: int
    facility: str
    address: str = ""
    planned_at: datetime | None = None
    arrived_at: datetime | None = None
    completed_at: datetime | None = None


class OrderState(StrEnum):
    """What the office says of an order; how far we are with it is told by its study."""

    SCHEDULED = "scheduled"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the office asks for: one requested procedure for one patient, under one accession."""

    id: str
    accession: str
    patient: Patient
    stop_id: str | None
    priority: Priority
    procedure: str
    views: tuple[OrderedView, ...]
    reason: str = ""
    referring_physician: str = ""
    room: str = ""
    requested_procedure_id: str = ""
    study_uid: str | None = None
    """The worklist's Study Instance UID where there is one."""
    state: OrderState = OrderState.SCHEDULED
    due_at: datetime | None = None
    as_of: datetime
    """When the office last said so."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who works here: a technologist or a member of the support staff."""

    id: str
    name: str
