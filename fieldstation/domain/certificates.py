"""The certificates that a secured connection depends on, and when to say that one of them is about to end."""

from collections.abc import Iterable, Sequence
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


def expiry_warnings(certificates: Iterable[Certificate], now: datetime) -> Sequence[Message]:
    """A sentence for each certificate that has ended or ends within 30 days, the first to end first."""
    ending = sorted((one for one in set(certificates) if one.ends - now <= WARNED_AHEAD), key=lambda one: one.ends)
    return [_warning(one, now) for one in ending]


def _warning(certificate: Certificate, now: datetime) -> Message:
    ended = certificate.ends < now
    params: dict[str, str | int] = {"name": certificate.name, "date": certificate.ends.strftime("%Y-%m-%d")}
    if not ended:
        params["days"] = (certificate.ends - now).days
    match certificate.whose:
        case Whose.OWN:
            return Message("certificate.own_ended" if ended else "certificate.own_ends", params)
        case Whose.AUTHORITY:
            return Message("certificate.authority_ended" if ended else "certificate.authority_ends", params)
        case Whose.PEER:
            return Message("certificate.peer_ended" if ended else "certificate.peer_ends", params)
