"""Under which names a PACS filed an image, compared with those that it was sent under; the same for every query."""

from collections.abc import Collection

from fieldstation.domain.destination import Answer, Disposition
from fieldstation.domain.exams import Study
from fieldstation.domain.words import Message

WRONG_PATIENT = Answer(Disposition.FILED_WRONGLY, Message("pacs.filed_wrong_patient"))
WRONG_ACCESSION = Answer(Disposition.FILED_WRONGLY, Message("pacs.filed_wrong_accession"))
WRONG_STUDY = Answer(Disposition.FILED_WRONGLY, Message("pacs.filed_wrong_study"))
BY_CODE = {answer.message.code: answer for answer in (WRONG_PATIENT, WRONG_ACCESSION, WRONG_STUDY)}


def wrongly_filed(study: Study, patient_ids: Collection[str], accessions: Collection[str]) -> Answer | None:
    """What is wrong with the names that a PACS told, empty ones left out; None if nothing is.

    A study that was sent without an accession number may be given one.
    """
    if _others(patient_ids, study.patient_id):
        return WRONG_PATIENT
    return WRONG_ACCESSION if _others(accessions, study.accession) else None


def _others(told: Collection[str], ours: str) -> bool:
    return bool(ours.strip()) and bool(set(told) - {"", ours.strip()})
