"""How the link is, as screens and the shell tell it: up or down, its rate, the last hour, the time that is left."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fieldstation.domain.jobs import Job
from fieldstation.domain.link import SHOWN, Link, Outage, Traffic, is_to_send, last_of, link_to, seconds_left
from fieldstation.domain.patients import Priority
from fieldstation.domain.store import Questions
from fieldstation.services.boards import LinkBoard, MinuteRate

_STAT_PATIENCE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """The links to all destinations at one moment. ``left`` is when each job to be sent is across, in seconds.

    ``paused_until``: a person's pause that is in force.
    """

    now: datetime
    jobs: Sequence[Job]
    links: Mapping[str, Link]
    left: Mapping[int, float | None]
    outages: Sequence[Outage]
    traffic: Sequence[Traffic]
    paused_until: datetime | None

    @property
    def seconds_left(self) -> float | None:
        """When everything that is to be sent is across; None where nothing is, or nobody can say."""
        return last_of(self.left.values())

    def seconds_left_of(self, jobs: Sequence[Job]) -> float | None:
        """The same for some of the jobs."""
        return last_of(self.left[job.id] for job in jobs if job.id in self.left)

    def seconds_for(self, size: int, priority: Priority) -> float | None:
        """When so many bytes more would be across everywhere, behind what is sent before them."""
        ahead: dict[str, int] = defaultdict(int)
        for job in self.jobs:
            if is_to_send(job) and (priority is not Priority.STAT or job.priority is Priority.STAT):
                ahead[job.destination] += job.bytes_total - job.bytes_sent
        return last_of(
            (ahead[name] + size) / link.pace if link.pace is not None else None for name, link in self.links.items()
        )

    @property
    def board(self) -> LinkBoard:
        """What is shown of it."""
        down = {name: link.down_since for name, link in self.links.items() if link.down_since is not None}
        known = [link.up for link in self.links.values() if link.up is not None]
        return LinkBoard(
            up=any(known) if known else None,
            rate=link_to("", (), self._whole(), self.now).rate,
            down=down,
            minutes=tuple(MinuteRate(one.minute, one.bytes_moved / one.busy_s) for one in self._whole() if one.busy_s),
            outages=tuple(self.outages),
            stat_waits_since=self._stat_waits_since(),
        )

    def _whole(self) -> list[Traffic]:
        """The traffic to all destinations together: what goes to several at once shares one link."""
        minutes: dict[datetime, list[Traffic]] = defaultdict(list)
        for one in self.traffic:
            minutes[one.minute].append(one)
        return [
            Traffic(
                destination="",
                minute=minute,
                bytes_moved=sum(one.bytes_moved for one in ones),
                bytes_new=sum(one.bytes_new for one in ones),
                busy_s=max(one.busy_s for one in ones),
            )
            for minute, ones in sorted(minutes.items())
        ]

    def _stat_waits_since(self) -> datetime | None:
        """Since when STAT has waited for a link that carries nothing; None below a quarter of an hour."""
        waiting = []
        for job in self.jobs:
            link = self.links.get(job.destination)
            if job.priority is Priority.STAT and is_to_send(job) and link is not None and link.up is False:
                carried = (one.minute for one in self.traffic if one.destination == job.destination and one.bytes_moved)
                waiting.append(max([job.not_before, *carried]))
        since = min(waiting, default=self.now)
        return since if self.now - since >= _STAT_PATIENCE else None


def link_view(questions: Questions, now: datetime) -> LinkView:
    """How the links are, from one transaction."""
    jobs, outages, traffic = questions.jobs(), questions.outages(now - SHOWN), questions.traffic(now - SHOWN)
    names = {job.destination for job in jobs} | {one.destination for one in traffic}
    links = {name: link_to(name, outages, traffic, now) for name in sorted(names)}
    pause = questions.sending_pause()
    until = pause.until if pause is not None and pause.holds(now) else None
    stopped: dict[str, float | None] = {paused.destination: None for paused in questions.paused()}
    if until is not None:
        stopped[""] = (until - now).total_seconds()
    return LinkView(
        now=now,
        jobs=jobs,
        links=links,
        left=seconds_left(jobs, links, stopped, now),
        outages=[outage for outage in outages if outage.destination in names],
        traffic=traffic,
        paused_until=until,
    )
