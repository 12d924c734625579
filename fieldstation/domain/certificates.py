"""The certificates that a secured connection depends on, and when to say that one of them is about to end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fieldstation.domain.words import Message

WARNED_AHEAD = timedelta(days=30)


class Whose(StrEnum):
    """Whose certificate it is: the station's (or the gateway's) own, an authority's that it trusts, or the peer's."""

    OWN = "own"
    AUTHORITY = "authority"
    PEER = "peer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate. ``name`` is its file, or the host that showed it; ``ends`` is aware."""

    whose: Whose
    name: str
    ends: datetime


def expiry_warning(certificate: Certificate, now: datetime) -> Message | None:
    """The sentence for a certificate that has ended or ends within 30 days; None for any other."""
    left = certificate.ends - now
    if left > WARNED_AHEAD:
        return None
    params: dict[str, str | int] = {
        "name": certificate.name,
        "days": left.days,
        "date": certificate.ends.strftime("%Y-%m-%d"),
    }
    match certificate.whose:
        case Whose.OWN:
            return Message("certificate.own_ended" if left.days < 0 else "certificate.own_ends", params)
        case Whose.AUTHORITY:
            return Message("certificate.authority_ended" if left.days < 0 else "certificate.authority_ends", params)
        case Whose.PEER:
            return Message("certificate.peer_ended" if left.days < 0 else "certificate.peer_ends", params)
