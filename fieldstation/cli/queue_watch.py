"""Following the queue: live on a terminal, a line for each change elsewhere, JSON lines for scripts."""

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from fieldstation.bootstrap.station import Station
from fieldstation.cli.link import link_words
from fieldstation.cli.study import job_word
from fieldstation.domain.jobs import Job, JobState
from fieldstation.domain.patients import Priority
from fieldstation.domain.words import Message
from fieldstation.services.link import link_view
from fieldstation.services.words import sentence

_POLL_SECONDS = 0.25
_LIVE_ROWS = 30
_TONES = {
    JobState.SENDING: "bold",
    JobState.SENT: "cyan",
    JobState.PROVED: "green",
    JobState.CANCELLED: "dim",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The queue at one moment."""

    at: datetime
    jobs: Sequence[Job]
    paused: Mapping[str, Message]
    owed: int
    link: str


class Watcher(Protocol):
    """Shows what it is shown."""

    def show(self, look: Look) -> None:
        """The queue has changed, or some time has passed."""


def follow(station: Station, watcher: Watcher) -> None:
    """Show the queue whenever it changes, until nothing is owed."""
    while True:
        with station.store.reading() as questions:
            view, paused = link_view(questions, station.clock.now()), questions.paused()
        jobs = view.jobs
        owed = sum(station.is_owed(job) for job in jobs)
        reasons = {pause.destination: pause.reason for pause in paused}
        watcher.show(Look(at=view.now, jobs=jobs, paused=reasons, owed=owed, link=link_words(view)))
        if not owed:
            return
        _wait_for_change(station)


class JsonLines:
    """Each job that changed as one line of JSON; all of them to begin with."""

    def __init__(self, as_json: Callable[[Job], object]) -> None:
        self._as_json = as_json
        self._known: dict[int, Job] = {}

    def show(self, look: Look) -> None:
        """Print what changed."""
        for job in _changed(self._known, look.jobs):
            sys.stdout.write(json.dumps(self._as_json(job), ensure_ascii=False) + "\n")
        sys.stdout.flush()


class PlainLines:
    """Each job that changed as one line of text, for pipes and logs."""

    def __init__(self) -> None:
        self._known: dict[int, Job] = {}
        self._paused: Mapping[str, Message] = {}

    def show(self, look: Look) -> None:
        """Print what changed."""
        at = f"{look.at.astimezone():%H:%M:%S}"
        for destination, reason in look.paused.items():
            if self._paused.get(destination) != reason:
                sys.stdout.write(f"{at}  {destination} is paused: {sentence(reason)}\n")
        self._paused = look.paused
        for job in _changed(self._known, look.jobs):
            last = f"  {sentence(job.last)}" if job.last else ""
            sys.stdout.write(f"{at}  job {job.id}  {job.destination}  {job_word(job)}  {_percent(job)} %{last}\n")
        sys.stdout.flush()


class LiveTable:
    """A table on a terminal that stays where it is; a context manager."""

    def __init__(self, console: Console | None = None) -> None:
        self._live = Live(console=console or Console(), auto_refresh=False)

    def show(self, look: Look) -> None:
        """Draw it anew."""
        self._live.update(_table(look), refresh=True)

    def __enter__(self) -> "LiveTable":
        self._live.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._live.stop()


def _wait_for_change(station: Station) -> None:
    """At most a second, so that countdowns go on."""
    version, until = station.store.version(), time.monotonic() + 1.0
    while station.store.version() == version and time.monotonic() < until:
        time.sleep(_POLL_SECONDS)


def _changed(known: dict[int, Job], jobs: Sequence[Job]) -> Sequence[Job]:
    changed = [job for job in jobs if known.get(job.id) != job]
    known.update((job.id, job) for job in changed)
    return changed


def _table(look: Look) -> Group:
    table = Table(box=None, pad_edge=False)
    for heading in ("JOB", "", "DESTINATION", "STATE", "ACROSS", "MB", "TRIES", "NEXT TRY", "LAST"):
        table.add_column(heading, no_wrap=heading != "LAST")
    for job in sorted(look.jobs, key=_urgency)[:_LIVE_ROWS]:
        table.add_row(
            str(job.id),
            Text("STAT", "bold yellow") if job.priority is Priority.STAT else Text(),
            job.destination,
            Text(job_word(job), _tone(job)),
            ProgressBar(total=100, completed=_percent(job), width=16),
            f"{job.bytes_total / 1e6:.1f}",
            str(job.attempts),
            _countdown(job, look.at),
            sentence(job.last) if job.last else "",
        )
    more = len(look.jobs) - _LIVE_ROWS
    lines = [Text(f"{destination} is paused: {sentence(reason)}", "red") for destination, reason in look.paused.items()]
    lines += [Text(f"and {more} more")] if more > 0 else []
    lines.append(Text(look.link))
    lines.append(Text(f"{look.owed} owed." if look.owed else "Nothing is owed.", "bold"))
    return Group(table, *lines)


def _urgency(job: Job) -> tuple[bool, bool, int]:
    """What is under way or waits before what is done, STAT first, then by arrival."""
    done = job.is_held_there or job.state is JobState.CANCELLED
    return done, job.priority is not Priority.STAT, job.id


def _tone(job: Job) -> str:
    if job.needs_person:
        return "bold red"
    return "" if job.held else _TONES.get(job.state, "")


def _percent(job: Job) -> int:
    if job.state in {JobState.SENT, JobState.PROVED}:
        return 100
    return 100 * job.bytes_sent // max(job.bytes_total, 1)


def _countdown(job: Job, at: datetime) -> str:
    if job.next_try_at is None or job.next_try_at <= at:
        return ""
    return f"in {round((job.next_try_at - at).total_seconds())} s"
