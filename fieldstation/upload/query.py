"""Proof by query: does the PACS hold this instance, and did it file it under the right names?

IMAGE-level C-FIND in the Study Root model (PS3.4 C.6.2.1). It proves presence, not integrity.
"""

from pydicom.dataset import Dataset

from fieldstation.domain.destination import Answer, Disposition
from fieldstation.domain.store import Parcel
from fieldstation.domain.words import Message
from fieldstation.upload.association import FIND, BoundedAssociation
from fieldstation.upload.filing import WRONG_STUDY, wrongly_filed

_DENIED = Answer(Disposition.DENIED, Message("pacs.not_held"))
_QUERY_REFUSED = Answer(Disposition.PAUSE, Message("pacs.query_refused"))


class _Unanswered(Exception):
    """A query had no answer that counts; ``answer`` is what that means."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.message.code)
        self.answer = answer


def prove_by_query(association: BoundedAssociation, parcel: Parcel) -> Answer:
    """Ask for the instance; compare patient ID, accession and Study Instance UID with ours."""
    try:
        return _prove(association, parcel)
    except _Unanswered as unanswered:
        return unanswered.answer


def query_possible(association: BoundedAssociation) -> Answer:
    """Ask for an instance that cannot be, to learn whether questions are answered at all."""
    try:
        _ask(association, _identifier("IMAGE", StudyInstanceUID="2.25.0", SeriesInstanceUID="2.25.0", **_WHICH_NONE))
    except _Unanswered as unanswered:
        return unanswered.answer
    return Answer(Disposition.FINE, Message("pacs.query_answered"))


_WHICH_NONE = {"SOPInstanceUID": "2.25.0"}


def _prove(association: BoundedAssociation, parcel: Parcel) -> Answer:
    instance, study = parcel.instance, parcel.study
    matches = _ask(
        association,
        _identifier(
            "IMAGE",
            StudyInstanceUID=instance.study_uid,
            SeriesInstanceUID=instance.series_uid,
            SOPInstanceUID=instance.sop_instance_uid,
            PatientID="",
            AccessionNumber="",
        ),
    )
    found = [match for match in matches if match.get("SOPInstanceUID") == instance.sop_instance_uid]
    if not found:
        return _look_by_accession(association, parcel)
    if any(match.get("StudyInstanceUID", instance.study_uid) != instance.study_uid for match in found):
        return WRONG_STUDY
    if any(not match.get("PatientID") or not match.get("AccessionNumber") for match in found):
        # Both are attributes of the study; a PACS need not return them with an image (PS3.4 C.6.2.1.5).
        found += _ask(
            association,
            _identifier("STUDY", StudyInstanceUID=instance.study_uid, PatientID="", AccessionNumber=""),
        )
    told_ids = {_text(match, "PatientID") for match in found}
    told_accessions = {_text(match, "AccessionNumber") for match in found}
    return wrongly_filed(study, told_ids, told_accessions) or Answer(Disposition.PROVED, Message("pacs.proved"))


def _look_by_accession(association: BoundedAssociation, parcel: Parcel) -> Answer:
    """A PACS that changed the Study Instance UID still has the image, under our accession."""
    instance, study = parcel.instance, parcel.study
    if not study.accession:
        return _DENIED
    studies = _ask(association, _identifier("STUDY", AccessionNumber=study.accession, StudyInstanceUID=""))
    for study_uid in sorted({_text(match, "StudyInstanceUID") for match in studies} - {""}):
        series = _ask(association, _identifier("SERIES", StudyInstanceUID=study_uid, SeriesInstanceUID=""))
        for series_uid in sorted({_text(match, "SeriesInstanceUID") for match in series} - {""}):
            images = _ask(
                association,
                _identifier(
                    "IMAGE",
                    StudyInstanceUID=study_uid,
                    SeriesInstanceUID=series_uid,
                    SOPInstanceUID=instance.sop_instance_uid,
                ),
            )
            if any(match.get("SOPInstanceUID") == instance.sop_instance_uid for match in images):
                return WRONG_STUDY
    return _DENIED


def _ask(association: BoundedAssociation, identifier: Dataset) -> list[Dataset]:
    if not association.offers(FIND):
        raise _Unanswered(_QUERY_REFUSED)
    status, matches = association.find(identifier)
    if status == 0x0000:
        return list(matches)
    if status is not None and not 0xA700 <= status <= 0xA7FF:
        raise _Unanswered(_QUERY_REFUSED)
    if status is None and association.aborted_by_peer:
        # Orthanc, for one, aborts the query of a station that it does not know.
        raise _Unanswered(_QUERY_REFUSED)
    raise _Unanswered(Answer(Disposition.LATER, Message("link.query_lost" if status is None else "pacs.query_busy")))


def _identifier(level: str, **keys: str) -> Dataset:
    identifier = Dataset()
    identifier.QueryRetrieveLevel = level
    for keyword, value in keys.items():
        setattr(identifier, keyword, value)
    return identifier


def _text(match: Dataset, keyword: str) -> str:
    return str(match.get(keyword, "")).strip()
