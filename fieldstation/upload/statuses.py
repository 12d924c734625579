"""What a DIMSE status or an association rejection means for us: a table of the standard, as data.

C-STORE statuses are those of PS3.4 B.2.3 (storage) and PS3.7 annex C (any service); rejections are PS3.8 9.3.4.
"""

from dataclasses import dataclass

from fieldstation.domain.destination import Answer, Disposition
from fieldstation.domain.words import Message


@dataclass(frozen=True, slots=True)
class StatusRow:
    """Statuses ``first`` to ``last``, inclusive: what they mean, the code of their sentence, and the clause."""

    first: int
    last: int
    disposition: Disposition
    code: str
    clause: str


STORE_STATUSES: tuple[StatusRow, ...] = (
    StatusRow(0x0000, 0x0000, Disposition.SENT, "pacs.stored", "PS3.7 C.1.1"),
    StatusRow(0xB000, 0xB000, Disposition.SENT, "pacs.stored_coerced", "PS3.4 B.2.3"),
    StatusRow(0xB006, 0xB006, Disposition.SENT, "pacs.stored_discarded", "PS3.4 B.2.3"),
    StatusRow(0xB007, 0xB007, Disposition.SENT, "pacs.stored_unmatched", "PS3.4 B.2.3"),
    StatusRow(0x0107, 0x0107, Disposition.SENT, "pacs.stored_coerced", "PS3.7 C.4.2"),
    StatusRow(0x0116, 0x0116, Disposition.SENT, "pacs.stored_coerced", "PS3.7 C.4.3"),
    StatusRow(0x0111, 0x0111, Disposition.DUPLICATE, "pacs.duplicate", "PS3.7 C.5.10"),
    StatusRow(0xA700, 0xA7FF, Disposition.LATER, "pacs.full", "PS3.4 B.2.3"),
    StatusRow(0x0213, 0x0213, Disposition.LATER, "pacs.full", "PS3.7 C.5.17"),
    StatusRow(0x0124, 0x0124, Disposition.PAUSE, "pacs.not_authorised", "PS3.7 C.5.26"),
    StatusRow(0x0110, 0x0110, Disposition.FEW, "pacs.failed", "PS3.7 C.5.6"),
    StatusRow(0xA900, 0xA9FF, Disposition.REFUSED, "pacs.unmatched", "PS3.4 B.2.3"),
    StatusRow(0xC000, 0xCFFF, Disposition.REFUSED, "pacs.not_understood", "PS3.4 B.2.3"),
    StatusRow(0x0117, 0x0117, Disposition.REFUSED, "pacs.not_understood", "PS3.7 C.5.12"),
    StatusRow(0x0122, 0x0122, Disposition.REFUSED, "pacs.class_refused", "PS3.7 C.5.24"),
)
"""Rows do not overlap. A status in no row is treated as 0110: a few tries, then a person."""


def store_answer(status: int) -> Answer:
    """What a C-STORE response status means."""
    for row in STORE_STATUSES:
        if row.first <= status <= row.last:
            return Answer(row.disposition, Message(row.code, {"status": f"{status:04X}"}))
    return Answer(Disposition.FEW, Message("pacs.failed", {"status": f"{status:04X}"}))


def rejection_answer(result: int, source: int, reason: int, *, calling: str, called: str) -> Answer:
    """What an A-ASSOCIATE-RJ means (PS3.8 9.3.4): result 1 permanent, 2 transient; source 1 is the service user."""
    if result == 2:
        return Answer(Disposition.LATER, Message("pacs.busy"))
    if source == 1 and reason == 3:
        return Answer(Disposition.PAUSE, Message("pacs.calling_unknown", {"calling": calling}))
    if source == 1 and reason == 7:
        return Answer(Disposition.PAUSE, Message("pacs.called_unknown", {"called": called}))
    return Answer(Disposition.PAUSE, Message("pacs.rejected", {"calling": calling, "called": called}))
