"""Beginning a study: from an order of the office, or by hand in the shell."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from fieldstation.domain.errors import Refused, WrongUse
from fieldstation.domain.exams import Study, StudyView
from fieldstation.domain.patients import Order, Patient, Priority, Sex, patient_key
from fieldstation.domain.ports import Clock, IdSource
from fieldstation.domain.store import Deeds, Store
from fieldstation.domain.views import Catalogue, OrderedView

_SHORT_STRING = 16
_LONG_STRING = 64
_EARLIEST_BIRTH = date(1880, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStudy:
    """What has to be known to begin a study by hand; names are DICOM person names."""

    patient_id: str
    name: str
    birth_date: date
    sex: Sex
    views: Sequence[OrderedView]
    accession: str = ""
    referring_physician: str = ""
    priority: Priority = Priority.ROUTINE
    description: str = ""
    order: str = ""
    """The order that the study performs, by its id or accession; empty: none."""


class Beginning:
    """Begins studies."""

    def __init__(self, store: Store, catalogue: Catalogue, clock: Clock, ids: IdSource, person: str) -> None:
        self._store = store
        self._catalogue = catalogue
        self._clock = clock
        self._ids = ids
        self._person = person

    def by_hand(self, new: NewStudy) -> str:
        """Begin a study; its Study Instance UID.

        Raises:
            WrongUse: a value that DICOM cannot carry (PS3.5 6.2): nothing is cut silently.
            Refused: ``study.accession_taken``, ``order.unknown``, or the order is another patient's or accession's.
        """
        self._check(new)
        patient = Patient(
            id=patient_key("", new.patient_id),
            patient_id=new.patient_id,
            name=new.name,
            birth_date=new.birth_date,
            sex=new.sex,
        )
        with self._store.writing(self._person) as deeds:
            order = deeds.order(new.order) if new.order else None
            if order and order.patient.patient_id != new.patient_id:
                raise Refused("study.order_of_another_patient")
            if order and new.accession not in ("", order.accession):
                raise Refused("study.order_of_another_accession")
            deeds.add_patient(patient)
            return self._add(
                deeds,
                patient,
                views=new.views,
                accession=order.accession if order else new.accession,
                description=new.description,
                referring_physician=new.referring_physician,
                priority=new.priority,
                study_uid=(order.study_uid if order else None) or self._ids.uid(),
                order_ids=(order.id,) if order else (),
            )

    def of_order(self, order_id: str) -> str:
        """The study that performs an order (by its id or accession): the one that was begun, or a new one."""
        with self._store.writing(self._person) as deeds:
            order = deeds.order(order_id)
            begun = deeds.study_of_order(order.id)
            return begun.uid if begun else self._add_of_order(deeds, order)

    def _add_of_order(self, deeds: Deeds, order: Order) -> str:
        return self._add(
            deeds,
            order.patient,
            views=order.views,
            accession=order.accession,
            description=order.procedure,
            referring_physician=order.referring_physician,
            priority=order.priority,
            study_uid=order.study_uid or self._ids.uid(),
            order_ids=(order.id,),
        )

    def _add(  # noqa: PLR0913 - the snapshot that a study carries is this wide
        self,
        deeds: Deeds,
        patient: Patient,
        *,
        views: Sequence[OrderedView],
        accession: str,
        description: str,
        referring_physician: str,
        priority: Priority,
        study_uid: str,
        order_ids: tuple[str, ...],
    ) -> str:
        study = Study(
            uid=study_uid,
            number=0,
            accession=accession,
            patient_id=patient.patient_id,
            issuer=patient.issuer,
            patient_name=patient.name,
            birth_date=patient.birth_date,
            sex=patient.sex,
            description=description,
            referring_physician=referring_physician,
            priority=priority,
            order_ids=order_ids,
            created_at=self._clock.now(),
        )
        rows = [
            StudyView(id=str(self._ids.uuid()), study_uid=study_uid, view=view.view, side=view.side, position=position)
            for position, view in enumerate(views, start=1)
        ]
        deeds.add_study(study, rows)
        return study_uid

    def _check(self, new: NewStudy) -> None:
        if not new.views:
            raise WrongUse("study.no_views")
        if len(set(new.views)) < len(new.views):
            raise WrongUse("study.view_twice")
        _check_text("patient ID", new.patient_id, _LONG_STRING)
        _check_text("accession number", new.accession, _SHORT_STRING)
        _check_text("description", new.description, _LONG_STRING)
        if not new.patient_id.strip():
            raise WrongUse("study.no_patient_id")
        _check_person_name("patient name", new.name)
        if not new.name.strip("^= "):
            raise WrongUse("study.no_name")
        _check_person_name("referring physician", new.referring_physician)
        if not _EARLIEST_BIRTH <= new.birth_date <= self._clock.now().astimezone().date():
            raise WrongUse("study.birth_date_impossible")


def _check_text(what: str, value: str, longest: int) -> None:
    """PS3.5 6.2, VR LO and SH: no backslash, no control characters, a length in characters."""
    if "\\" in value or not value.isprintable():
        raise WrongUse("study.bad_character", what=what)
    if len(value) > longest:
        raise WrongUse("study.too_long", what=what, longest=longest)


def _check_person_name(what: str, value: str) -> None:
    """PS3.5 6.2.1, VR PN: at most 3 component groups, each of at most 5 components and 64 characters."""
    groups = value.split("=")
    if len(groups) > 3 or any(group.count("^") > 4 for group in groups):
        raise WrongUse("study.bad_name", what=what)
    for group in groups:
        _check_text(what, group, _LONG_STRING)
