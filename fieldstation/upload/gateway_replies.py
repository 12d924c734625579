"""What a gateway's replies and receipts mean for us: a table of statuses, as data."""

from collections.abc import Mapping
from dataclasses import dataclass

from fieldstation.domain.destination import Answer, Disposition
from fieldstation.domain.exams import Instance
from fieldstation.domain.words import Message
from fieldstation.upload.filing import BY_CODE
from fieldstation.upload.retry_after import retry_after_s
from fieldstation.upload.statuses import STORE_STATUSES
from fieldstation.upload.tus import Reply
from fieldstation.upload.web import parsed


@dataclass(frozen=True, slots=True)
class ReplyRow:
    """An HTTP status of a gateway, what it means, and the code of its sentence."""

    status: int
    disposition: Disposition
    code: str


REPLIES: tuple[ReplyRow, ...] = (
    ReplyRow(401, Disposition.PAUSE, "gateway.not_authorised"),
    ReplyRow(403, Disposition.PAUSE, "gateway.not_authorised"),
    ReplyRow(404, Disposition.PAUSE, "gateway.not_a_gateway"),
    ReplyRow(405, Disposition.PAUSE, "gateway.not_a_gateway"),
    ReplyRow(408, Disposition.LATER, "link.lost"),
    ReplyRow(409, Disposition.REFUSED, "gateway.other_content"),
    ReplyRow(412, Disposition.PAUSE, "gateway.not_a_gateway"),
    ReplyRow(413, Disposition.REFUSED, "gateway.too_large"),
    ReplyRow(423, Disposition.LATER, "gateway.in_use"),
    ReplyRow(429, Disposition.LATER, "gateway.too_many"),
    ReplyRow(460, Disposition.FEW, "gateway.hash_mismatch"),
    ReplyRow(507, Disposition.LATER, "gateway.full"),
)
"""Other 4xx refuse the image; other 5xx are for later."""

_NOT_HELD = Answer(Disposition.DENIED, Message("gateway.not_held"))
_GONE = Answer(Disposition.DENIED, Message("gateway.gone"))
_PROOFS = frozenset({"query", "commitment"})
_BY_STATUS = {row.status: row for row in REPLIES}
_LOGIN_STATUSES = frozenset({300, 301, 302, 303, 307, 308, 511})
_PACS_CODES = frozenset(row.code for row in STORE_STATUSES if row.disposition in {Disposition.REFUSED, Disposition.FEW})
_PACS_PLAIN_CODES = frozenset({"pacs.syntax_refused", "pacs.duplicate_denied"})


def says_login(reply: Reply) -> bool:
    """Whether a reply is from a network that wants a login first: a redirection, or a page where none can be."""
    if reply.speaks_tus:
        return False
    return reply.status in _LOGIN_STATUSES or (
        200 <= reply.status < 300 and "html" in reply.headers.get("content-type", "").lower()
    )


def answer_of(reply: Reply, url: str) -> Answer:
    """What a reply means that is no success, or that is none of a gateway's."""
    if says_login(reply):
        return Answer(Disposition.PAUSE, Message("link.login_wanted"))
    row = _BY_STATUS.get(reply.status)
    if reply.status < 400 or (row is not None and row.code == "gateway.not_a_gateway"):
        return Answer(Disposition.PAUSE, Message("gateway.not_a_gateway", {"url": url}))
    wait_s = retry_after_s(reply.status, reply.headers)
    if row is not None:
        return Answer(row.disposition, Message(row.code), wait_s)
    if reply.status >= 500 or not reply.speaks_tus:
        return Answer(Disposition.LATER, Message("gateway.failed", {"status": reply.status}), wait_s)
    return Answer(Disposition.REFUSED, Message("gateway.not_understood", {"status": reply.status}))


def proof_answer(reply: Reply, instance: Instance) -> Answer:
    """What a receipt says of an instance; PROVED only with our hash and the PACS's own proof."""
    if reply.status == 404:
        return _NOT_HELD
    told = parsed(reply.content)
    if not isinstance(told, dict) or told.get("sop_instance_uid") != instance.sop_instance_uid:
        return Answer(Disposition.LATER, Message("gateway.failed", {"status": reply.status}))
    if told.get("state") == "receiving":
        return _NOT_HELD
    if told.get("state") == "gone":
        return _GONE
    if told.get("sha256") != instance.sha256:
        return Answer(Disposition.REFUSED, Message("gateway.other_content"))
    return _of_state(told)


def _of_state(told: Mapping[str, object]) -> Answer:
    """What the PACS said of an object that the gateway has whole."""
    if told.get("state") == "refused":
        return _refusal(told.get("last"))
    proof = told.get("proof")
    if told.get("state") == "proved" and isinstance(proof, dict) and proof.get("kind") in _PROOFS:
        return Answer(Disposition.PROVED, Message("gateway.proved", {"kind": str(proof["kind"])}))
    waits = told.get("pacs") is None and told.get("last") is not None
    return Answer(Disposition.PENDING, Message("gateway.waits_for_pacs" if waits else "gateway.forwarding"))


def _refusal(last: object) -> Answer:
    """Why the PACS did not take it, as far as we know the words; whatever else a gateway says is not repeated."""
    code = last.get("code") if isinstance(last, dict) else None
    params = last.get("params") if isinstance(last, dict) else None
    if isinstance(code, str) and code in BY_CODE:
        return BY_CODE[code]
    if code == "pacs.filed_wrongly":
        # A gateway of an earlier version does not say what is wrong.
        return Answer(Disposition.FILED_WRONGLY, Message("pacs.filed_wrongly"))
    if code in _PACS_PLAIN_CODES:
        return Answer(Disposition.REFUSED, Message(str(code)))
    status = params.get("status") if isinstance(params, dict) else None
    if code in _PACS_CODES and isinstance(status, str) and len(status) == 4 and status.isalnum():
        return Answer(Disposition.REFUSED, Message(str(code), {"status": status}))
    return Answer(Disposition.REFUSED, Message("gateway.pacs_refused"))
