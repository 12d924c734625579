"""Which view a scan belongs to, by what the scan says of itself and nothing else."""

from collections.abc import Iterable, Sequence

from fieldstation.domain.exams import Study, StudyFile, StudyView
from fieldstation.domain.plates import PlateLabels
from fieldstation.domain.words import Message
from fieldstation.services.plate_record import Binding
from fieldstation.services.progress import binding_is_open, is_unread


def match(labels: PlateLabels, files: Sequence[StudyFile]) -> Binding | Message:
    """The one exposed and unread plate that the labels mean, or why there is none.

    Labels say enough where they have the plate ID, or accession and patient ID. Everything they say has to fit: a
    plate ID that contradicts the accession means neither.
    """
    if not (labels.plate_id or (labels.accession and labels.patient_id)):
        return Message("unassigned.no_label")
    unread = [Binding(study=file.study, view=view) for file in files for view in file.views if waits(file, view)]
    fitting = [one for one in unread if not contradictions(labels, one.study, one.view, [])]
    if len(fitting) == 1:
        return fitting[0]
    return Message("unassigned.several", {"count": len(fitting)}) if fitting else Message("unassigned.no_match")


def waits(file: StudyFile, view: StudyView) -> bool:
    """Whether the view's plate was exposed and has not been read."""
    return is_unread(file, view) and binding_is_open(file, view)


def contradictions(
    labels: PlateLabels, study: Study, view: StudyView, exposed: Iterable[Binding]
) -> tuple[Message, ...]:
    """What a scan's labels say against a view; ``exposed`` are the plates that wait to be read."""
    against = []
    if labels.plate_id and view.plate_id and labels.plate_id != view.plate_id:
        against.append(Message("unassigned.other_plate", {"plate": labels.plate_id, "other": view.plate_id}))
    if any(one.view.plate_id == labels.plate_id and one.view.id != view.id for one in exposed if labels.plate_id):
        against.append(Message("unassigned.plate_of_other_view", {"plate": labels.plate_id}))
    if labels.accession and labels.accession != study.accession:
        against.append(Message("unassigned.other_accession"))
    if labels.patient_id and labels.patient_id != study.patient_id:
        against.append(Message("unassigned.other_patient"))
    return tuple(against)
