"""The link to a destination as it was seen: breaks, bytes, and what they say of the time that is left."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fieldstation.domain.jobs import Job, JobState
from fieldstation.domain.patients import Priority
from fieldstation.domain.words import Message

SHOWN = timedelta(hours=1)
"""How far back the link is shown, and how far back a rate says anything."""
KEPT = timedelta(days=1)
"""How long outages and traffic are kept."""
_LATELY = timedelta(minutes=15)
_ENOUGH_BUSY_S = 30.0
_LONG_S = 60.0
_LEAST_UP = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """From when to when a destination could not be reached, and why; ``until`` is None while it lasts."""

    destination: str
    since: datetime
    until: datetime | None
    reason: Message

    def within(self, begin: datetime, end: datetime) -> timedelta:
        """How much of that time it took."""
        return max(timedelta(0), min(self.until or end, end) - max(self.since, begin))


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What went to a destination in one minute.

    ``bytes_moved`` counts every byte of an image that went onto the link, ``bytes_new`` only those that had never got
    so far before, so that over all attempts it adds up to the image. ``busy_s`` is the time in which at least one image
    was under way, in seconds, answers and handshakes included: lanes that work at once are not counted twice.
    """

    destination: str
    minute: datetime
    bytes_moved: int
    bytes_new: int
    busy_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingPause:
    """A person's pause of everything but STAT; it ends by itself."""

    since: datetime
    until: datetime

    def holds(self, now: datetime) -> bool:
        """Whether it is in force; one that begins in the future comes from a clock that was put back since."""
        return self.since <= now < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """How the link to one destination is.

    ``up`` is None before anything was tried; ``down_since`` is when the outage that lasts began. ``rate`` is what it
    carries while it works, ``pace`` what gets across for good in the long run: outages, answers and what has to be sent
    again taken off. Both in bytes a second; None where it is not known.
    """

    destination: str
    up: bool | None
    down_since: datetime | None
    rate: float | None
    pace: float | None


def link_to(destination: str, outages: Iterable[Outage], traffic: Iterable[Traffic], now: datetime) -> Link:
    """The link to a destination, out of what was seen of it in the last hour.

    The pace is not known while an outage lasts that is longer than a minute and than any before it: nobody can say when
    it ends.
    """
    breaks = [outage for outage in outages if outage.destination == destination]
    minutes = [one for one in traffic if one.destination == destination and now - one.minute <= SHOWN]
    lasting = next((outage for outage in breaks if outage.until is None), None)
    moved, new, busy = _latest(minutes)
    return Link(
        destination=destination,
        up=False if lasting else True if breaks or minutes else None,
        down_since=lasting.since if lasting else None,
        rate=moved / busy if busy and moved else None,
        pace=None if lasting and _beyond_experience(lasting, breaks, now) else _pace(new, busy, breaks, minutes, now),
    )


def seconds_left(
    jobs: Iterable[Job], links: Mapping[str, Link], stopped: Mapping[str, float | None], now: datetime
) -> Mapping[int, float | None]:
    """When each job that is to be sent will be across, in seconds from now; None where nobody can say.

    Nobody can where the pace is not known, and where a destination that can be reached has put the job off.

    Jobs go one after the other, as the sender takes them: what is under way, then STAT, then by arrival. ``stopped``
    says for how long a destination (or with the key "", everything but STAT) is stopped, None for an unknown time.
    """
    left: dict[int, float | None] = {}
    ahead: dict[str, int] = {}
    for job in sorted((job for job in jobs if is_to_send(job)), key=_turn):
        ahead[job.destination] = ahead.get(job.destination, 0) + max(job.bytes_total - job.bytes_sent, 0)
        link = links.get(job.destination)
        pauses = [stopped.get(job.destination, 0.0)]
        if job.priority is not Priority.STAT and job.state is not JobState.SENDING:
            pauses.append(stopped.get("", 0.0))
        known = [pause for pause in pauses if pause is not None]
        if link is None or link.pace is None or len(known) < len(pauses) or _put_off(job, link, now):
            left[job.id] = None
        else:
            left[job.id] = ahead[job.destination] / link.pace + max(known)
    return left


def last_of(times: Iterable[float | None]) -> float | None:
    """The latest of some times; None if there is none, or if one of them is not known."""
    latest = 0.0
    for time in times:
        if time is None:
            return None
        latest = max(latest, time)
    return latest or None


def is_to_send(job: Job) -> bool:
    """Whether bytes of the job have to go out, now or when its turn comes."""
    return not job.held and job.state in {JobState.QUEUED, JobState.SENDING}


def _put_off(job: Job, link: Link, now: datetime) -> bool:
    return link.up is not False and job.next_try_at is not None and job.next_try_at > now


def _turn(job: Job) -> tuple[bool, bool, int]:
    return job.state is not JobState.SENDING, job.priority is not Priority.STAT, job.id


def _latest(minutes: Iterable[Traffic]) -> tuple[int, int, float]:
    """Bytes moved, bytes new and busy seconds of the latest minutes that are enough to tell a rate from."""
    moved, new, busy = 0, 0, 0.0
    for one in sorted(minutes, key=lambda one: one.minute, reverse=True):
        moved, new, busy = moved + one.bytes_moved, new + one.bytes_new, busy + one.busy_s
        if busy >= _ENOUGH_BUSY_S:
            break
    return moved, new, busy


def _pace(new: int, busy: float, breaks: Sequence[Outage], minutes: Sequence[Traffic], now: datetime) -> float | None:
    begin = max(min([*(one.minute for one in minutes), *(one.since for one in breaks), now]), now - _LATELY)
    whole = (now - begin).total_seconds()
    down = sum(outage.within(begin, now).total_seconds() for outage in breaks)
    share_up = 1.0 - down / whole if whole > 0 else 1.0
    return new / busy * share_up if busy and new and share_up >= _LEAST_UP else None


def _beyond_experience(lasting: Outage, breaks: Iterable[Outage], now: datetime) -> bool:
    longest = max((one.within(now - SHOWN, now).total_seconds() for one in breaks if one is not lasting), default=0.0)
    return lasting.within(lasting.since, now).total_seconds() > max(longest, _LONG_S)
