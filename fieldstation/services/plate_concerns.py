"""What speaks against using a plate for a view, with what is known of that plate."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from fieldstation.domain.exams import ScanState, Study, StudyFile, StudyView
from fieldstation.domain.plates import GoingOn, PlateRefused
from fieldstation.domain.store import Deeds, Event, Questions
from fieldstation.domain.words import Message
from fieldstation.services.plate_record import Binding, PlateRecord, plate_records
from fieldstation.services.progress import binding_is_open, latest_image
from fieldstation.services.words import spoken_time


def against_binding(
    questions: Questions, file: StudyFile, view: StudyView, plate_id: str, now: datetime
) -> list[Message]:
    """What speaks against noting that the plate was packed or exposed for the view."""
    record = plate_records(questions).get(plate_id)
    return [
        *_about_plate(record, file, view, now),
        *_about_view(file, view, plate_id, now),
        *_other_patient(questions, file.study, questions.events(subject="desk")[-1:], plate_id),
    ]


def against_taking_over(
    questions: Questions, file: StudyFile, view: StudyView, plate_id: str, now: datetime
) -> list[Message]:
    """What speaks against binding a plate that another station hands over for the view."""
    if latest_image(file, view.id):
        return [Message("scan.view_has_image", {"view": view.view})]
    record = plate_records(questions).get(plate_id)
    return [*_about_plate(record, file, view, now), *_about_view(file, view, plate_id, now)]


def against_reading(
    questions: Questions, file: StudyFile, view: StudyView, plate_id: str, now: datetime
) -> list[Message]:
    """What speaks against reading the plate for the view.

    A plate that is bound to the view may be read at any time: who identifies it need not look at the screen. Of one
    that is not, somebody says so now, with a patient before his eyes.
    """
    record = plate_records(questions).get(plate_id)
    bound = view.plate_id == plate_id and binding_is_open(file, view)
    concerns = [*_about_plate(record, file, view, now), *_about_view(file, view, plate_id, now)]
    if bound and view.exposed_at is None:
        concerns.append(Message("plate.never_exposed", {"plate": plate_id}))
    if not bound:
        concerns += _other_patient(questions, file.study, questions.events(subject="desk")[-1:], plate_id)
    return concerns


def against_unidentified(questions: Questions, study: Study, view: StudyView, plate_id: str) -> list[Message]:
    """What speaks against reading a plate that the reader cannot identify: another patient was opened since."""
    bound_at = max((event.seq for event in questions.events(subject=view.id)), default=0)
    return _other_patient(questions, study, questions.events(bound_at, subject="desk"), plate_id)


def against_erasing(record: PlateRecord, now: datetime) -> list[Message]:
    """What speaks against erasing a plate unread."""
    if not record.exposed_at:
        return []
    at = spoken_time(record.exposed_at, now)
    return [Message("plate.exposed_unread", {"plate": record.cassette.plate_id, "at": at})]


def settle(deeds: Deeds, plate_id: str, concerns: Sequence[Message], going_on: GoingOn | None) -> None:
    """Go on with a plate if nothing speaks against it, or somebody takes it upon him, which the history keeps.

    Raises:
        PlateRefused: something speaks against it and nobody went on.
    """
    if not concerns:
        return
    if going_on is None:
        raise PlateRefused(concerns)
    deeds.note_used_anyway(plate_id, going_on.reason, [one.code for one in concerns])


def _about_plate(record: PlateRecord | None, file: StudyFile, view: StudyView, now: datetime) -> list[Message]:
    if record is None:
        return []
    plate_id = record.cassette.plate_id
    concerns = [_bound_to_other(one, file.study, now, plate_id) for one in record.bindings if one.view.id != view.id]
    read = record.read_unerased
    # A read that broke off is offered again for the same view: what is left on the plate is that view's.
    if read and not (read.state is ScanState.PARTIAL and read.view_id == view.id):
        concerns.append(Message("plate.not_erased", {"plate": plate_id, "at": spoken_time(read.at, now)}))
    handed, study = record.handed, file.study
    if handed and (handed.accession != study.accession or handed.patient_id not in ("", study.patient_id)):
        params = {"plate": plate_id, "station": handed.station, "at": spoken_time(handed.exposed_at, now)}
        concerns.append(Message("plate.of_another_station", params))
    return concerns


def _bound_to_other(binding: Binding, study: Study, now: datetime, plate_id: str) -> Message:
    own = _patient(binding.study) == _patient(study)
    if binding.view.exposed_at is None:
        code = "plate.packed_for_other_view" if own else "plate.packed_for_other_patient"
        return Message(code, {"plate": plate_id})
    code = "plate.exposed_for_other_view" if own else "plate.exposed_for_other_patient"
    return Message(code, {"plate": plate_id, "at": spoken_time(binding.view.exposed_at, now)})


def _about_view(file: StudyFile, view: StudyView, plate_id: str, now: datetime) -> list[Message]:
    if view.read_elsewhere:
        return [Message("plate.view_read_elsewhere", {"station": view.read_elsewhere})]
    other = view.plate_id not in (None, plate_id) and binding_is_open(file, view)
    if other and view.exposed_at:
        at = spoken_time(view.exposed_at, now)
        return [Message("plate.view_on_other", {"plate": plate_id, "other": view.plate_id or "", "at": at})]
    return []


def _other_patient(questions: Questions, study: Study, opened: Iterable[Event], plate_id: str) -> list[Message]:
    patients: Mapping[str, tuple[str, str]] = {one.uid: _patient(one) for one in questions.studies()}
    others = [event for event in opened if patients.get(str(event.params["study"])) != _patient(study)]
    return [Message("plate.other_patient_opened", {"plate": plate_id})] if others else []


def _patient(study: Study) -> tuple[str, str]:
    return study.issuer, study.patient_id
