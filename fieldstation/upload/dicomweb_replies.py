"""What the replies of a DICOMweb server mean for us: tables of statuses, as data, and the answers for each instance."""

from collections.abc import Mapping, Sequence
from typing import Any

from fieldstation.domain.destination import Answer, Disposition
from fieldstation.domain.exams import Instance, Study
from fieldstation.domain.words import Message
from fieldstation.upload.filing import WRONG_STUDY, wrongly_filed
from fieldstation.upload.retry_after import retry_after_s
from fieldstation.upload.statuses import store_answer
from fieldstation.upload.web import WebReply, parsed

_REFERENCED, _FAILED = "00081199", "00081198"
_REFERENCED_UID, _FAILURE_REASON, _WARNING_REASON = "00081155", "00081197", "00081196"
_SOP_UID, _STUDY_UID, _PATIENT_ID, _ACCESSION = "00080018", "0020000D", "00100020", "00080050"
_SYNTAX_UNSUPPORTED = 0xC122
_LOGIN_STATUSES = frozenset({300, 301, 302, 303, 307, 308, 511})

_STATUSES: Mapping[int, tuple[Disposition, str]] = {
    400: (Disposition.FEW, "web.failed"),
    401: (Disposition.PAUSE, "web.not_authorised"),
    403: (Disposition.PAUSE, "web.not_authorised"),
    404: (Disposition.PAUSE, "web.not_dicomweb"),
    405: (Disposition.PAUSE, "web.not_dicomweb"),
    406: (Disposition.PAUSE, "web.not_dicomweb"),
    408: (Disposition.LATER, "link.lost"),
    409: (Disposition.REFUSED, "web.refused"),
    413: (Disposition.REFUSED, "web.too_large"),
    415: (Disposition.REFUSED, "pacs.syntax_refused"),
    429: (Disposition.LATER, "web.busy"),
    507: (Disposition.LATER, "web.full"),
}
"""Other 4xx are tried a few times; other 5xx are for later."""

_PROVED = Answer(Disposition.PROVED, Message("pacs.proved"))
_DENIED = Answer(Disposition.DENIED, Message("pacs.not_held"))


def store_reply_answer(reply: WebReply, sop_instance_uid: str, url: str) -> Answer:
    """What a reply to STOW-RS means for the one instance that was sent (PS3.18 10.5.3, PS3.18 I.2).

    The statuses alone (200 all, 202 some, 409 none) are never enough: a login page comes with 200 as well.
    """
    if _says_login(reply):
        return Answer(Disposition.PAUSE, Message("link.login_wanted"))
    told = parsed(reply.content)
    if isinstance(told, dict) and reply.status in {200, 202, 409}:
        failed = _about(told.get(_FAILED), sop_instance_uid)
        if failed is not None:
            return _failure(failed)
        taken = _about(told.get(_REFERENCED), sop_instance_uid)
        if taken is not None:
            warned = _number(taken, _WARNING_REASON)
            return store_answer(warned) if warned in {0xB000, 0xB006, 0xB007} else store_answer(0x0000)
    if 200 <= reply.status < 300:
        # Something took it, without a word about our instance: only asking tells.
        return Answer(Disposition.UNKNOWN, Message("web.unclear"))
    return _status_answer(reply, url)


def query_answer(reply: WebReply, url: str) -> Answer | None:
    """What a reply to QIDO-RS means that is no list of matches; None if it is one (PS3.18 10.6.3)."""
    if _says_login(reply):
        return Answer(Disposition.PAUSE, Message("link.login_wanted"))
    if reply.status == 204 or (reply.status == 200 and isinstance(parsed(reply.content), list)):
        return None
    if 200 <= reply.status < 300:
        return Answer(Disposition.PAUSE, Message("web.not_dicomweb", {"url": url}))
    answer = _status_answer(reply, url)
    if answer.disposition in {Disposition.LATER, Disposition.PAUSE}:
        return answer
    return Answer(Disposition.PAUSE, Message("web.query_refused"))


def found_answer(reply: WebReply, instance: Instance | None, study: Study) -> Answer | None:
    """Whether the matches hold the instance (or, without one, are the study), filed under our names.

    None where they do not say under which patient and accession.
    """
    tag, uid = (_STUDY_UID, study.uid) if instance is None else (_SOP_UID, instance.sop_instance_uid)
    matches = [match for match in _matches(reply) if _is(match, tag, uid)]
    if not matches:
        return _DENIED if instance is not None else None
    if instance is not None and any(not _is(match, _STUDY_UID, instance.study_uid) for match in matches):
        return WRONG_STUDY
    told_ids = {_text(match, _PATIENT_ID) for match in matches}
    told_accessions = {_text(match, _ACCESSION) for match in matches}
    if wrong := wrongly_filed(study, told_ids, told_accessions):
        return wrong
    complete = all(_text(match, _PATIENT_ID) and (_text(match, _ACCESSION) or not study.accession) for match in matches)
    return _PROVED if complete else None


def _failure(failed: Mapping[str, Any]) -> Answer:
    reason = _number(failed, _FAILURE_REASON)
    if reason == _SYNTAX_UNSUPPORTED:
        return Answer(Disposition.REFUSED, Message("pacs.syntax_refused"))
    answer = store_answer(0x0110 if reason is None else reason)
    # Whatever the reason says, the server put the instance among those that failed.
    return store_answer(0x0110) if answer.disposition is Disposition.SENT else answer


def _status_answer(reply: WebReply, url: str) -> Answer:
    usual = (Disposition.LATER, "web.busy") if reply.status >= 500 else (Disposition.FEW, "web.failed")
    disposition, code = _STATUSES.get(reply.status, usual)
    params: dict[str, str | int | float] = {"url": url} if code == "web.not_dicomweb" else {}
    message = Message(code, params or ({"status": reply.status} if code.startswith("web.") else {}))
    return Answer(disposition, message, retry_after_s(reply.status, reply.headers))


def _says_login(reply: WebReply) -> bool:
    """A redirection, or a page where none can be, is from a network that wants a login first."""
    if reply.status in _LOGIN_STATUSES:
        return True
    return 200 <= reply.status < 300 and "html" in reply.headers.get("content-type", "").lower()


def _matches(reply: WebReply) -> Sequence[Mapping[str, Any]]:
    told = parsed(reply.content) if reply.status == 200 else []
    return [match for match in told if isinstance(match, dict)] if isinstance(told, list) else []


def _about(sequence: Any, sop_instance_uid: str) -> Mapping[str, Any] | None:
    """The item of a sequence (PS3.18 F.2.2) that refers to the instance."""
    items = sequence.get("Value") if isinstance(sequence, dict) else None
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict) and _is(item, _REFERENCED_UID, sop_instance_uid):
            return item
    return None


def _value(item: Mapping[str, Any], tag: str) -> Any:
    element = item.get(tag)
    values = element.get("Value") if isinstance(element, dict) else None
    return values[0] if isinstance(values, list) and values else None


def _text(item: Mapping[str, Any], tag: str) -> str:
    value = _value(item, tag)
    return "" if value is None else str(value).strip()


def _is(item: Mapping[str, Any], tag: str, text: str) -> bool:
    return _text(item, tag) == text


def _number(item: Mapping[str, Any], tag: str) -> int | None:
    value = _value(item, tag)
    return value if isinstance(value, int) else None
