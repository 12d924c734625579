"""``fieldstation queue …``: what is on its way, for support staff."""

import sys
from typing import Annotated

import typer

from fieldstation.cli.context import station
from fieldstation.cli.link import link_words, rounded
from fieldstation.cli.output import AsJson, clock_time, iso, print_json, print_table, say
from fieldstation.cli.study import job_json, job_word
from fieldstation.domain.jobs import Job, JobState
from fieldstation.domain.store import Event, Store
from fieldstation.services.history import what_happened
from fieldstation.services.link import link_view
from fieldstation.services.sending import stand_in
from fieldstation.services.words import sentence

app = typer.Typer(no_args_is_help=True, help="The upload queue: what is owed, what happened to it.")

JobArgument = Annotated[int, typer.Argument(metavar="JOB", help="The job's number, as 'queue list' shows it.")]


@app.command("list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List all jobs, STAT first."""
    with station(context) as opened, opened.store.reading() as questions:
        view = link_view(questions, opened.clock.now())
        primary = opened.primary
        troubled = {*view.board.down, *(pause.destination for pause in questions.paused())}
        standby = stand_in(view.jobs, opened.sending.targets, troubled)
    if as_json:
        print_json([_queue_json(job, primary) | {"seconds_left": rounded(view.left.get(job.id))} for job in view.jobs])
    else:
        _print_jobs(list(view.jobs))
        if view.jobs:
            say(link_words(view))
        if standby is not None:
            say(f"{primary} is in trouble; 'fieldstation queue reroute all {standby}' sends to {standby} as well.")


@app.command()
def show(context: typer.Context, job: JobArgument, as_json: AsJson = False) -> None:
    """Show one job and everything that happened to it."""
    with station(context) as opened, opened.store.reading() as questions:
        found = questions.job(job)
        events = questions.events(subject=f"job:{job}")
        primary = opened.primary
    if as_json:
        print_json(_queue_json(found, primary) | {"events": [_event_json(event) for event in events]})
        return
    _print_jobs([found])
    for event in events:
        say(f"{clock_time(event.at)}  {_event_words(event)}")


@app.command()
def retry(
    context: typer.Context,
    job: Annotated[
        int | None, typer.Argument(metavar="[JOB]", help="The job's number; all waiting ones if none.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Try a waiting, refused or cancelled job again now; or, by its number, one that is gone from the PACS."""
    with station(context) as opened:
        waiting = [
            one.id for one in _jobs(opened.store) if one.state in (JobState.QUEUED, JobState.REFUSED) and not one.held
        ]
        for number in waiting if job is None else [job]:
            opened.sending.retry(number)
    count = len(waiting) if job is None else 1
    if as_json:
        print_json({"retried": count})
    else:
        say(f"{count} due now." if count else "Nothing waits.")


@app.command()
def hold(context: typer.Context, job: JobArgument, as_json: AsJson = False) -> None:
    """Hold a job back until it is released; what is under way is finished."""
    with station(context) as opened:
        opened.sending.hold(job)
    _say_done(job, "held", as_json)


@app.command()
def release(context: typer.Context, job: JobArgument, as_json: AsJson = False) -> None:
    """Let a held job go on; one that is gone from the PACS is sent again."""
    with station(context) as opened:
        opened.sending.release(job)
    _say_done(job, "released", as_json)


@app.command()
def cancel(context: typer.Context, job: JobArgument, as_json: AsJson = False) -> None:
    """Cancel a job that is not under way; the image stays here, and 'queue retry' sends it after all."""
    with station(context) as opened:
        opened.sending.cancel(job)
    _say_done(job, "cancelled", as_json)


@app.command()
def verify(
    context: typer.Context,
    job: Annotated[
        int | None, typer.Argument(metavar="[JOB]", help="The job's number; all proved ones if none.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Have the sender ask once more whether the PACS holds what it had proved to hold."""
    with station(context) as opened:
        proved = [one.id for one in _jobs(opened.store) if one.is_held_there]
        for number in proved if job is None else [job]:
            opened.sending.verify(number)
    count = len(proved) if job is None else 1
    if as_json:
        print_json({"asked": count})
    else:
        say(
            f"{count} to be asked about by the sender; see 'fieldstation queue list'."
            if count
            else "Nothing is proved."
        )


@app.command()
def reroute(
    context: typer.Context,
    study: Annotated[str, typer.Argument(metavar="STUDY|all", help="A study, or all that is on its way.")],
    standby: Annotated[str, typer.Argument(metavar="STANDBY", help='A destination with role = "standby".')],
    as_json: AsJson = False,
) -> None:
    """Have a standby stand in for the primary destination for what is not proved there; proof there is safe, too."""
    with station(context) as opened:
        sending = opened.sending
        count = sending.reroute_all(standby) if study == "all" else sending.reroute(study, standby)
    if as_json:
        print_json({"rerouted": count})
    else:
        say(f"{count} rerouted to {standby}." if count else "Nothing was to be rerouted.")


@app.command()
def watch(context: typer.Context, as_json: AsJson = False) -> None:
    """Follow the queue until nothing is owed; Ctrl+C ends it at any time.

    Live on a terminal; elsewhere a line for each change. With --json each line is a JSON value: a job as it is now.
    """
    from fieldstation.cli.queue_watch import JsonLines, LiveTable, PlainLines, follow  # noqa: PLC0415 - loads rich

    with station(context) as opened:
        if as_json:
            follow(opened, JsonLines(lambda job: _queue_json(job, opened.primary)))
        elif sys.stdout.isatty():
            with LiveTable() as table:
                follow(opened, table)
        else:
            follow(opened, PlainLines())


def _say_done(job: int, what: str, as_json: bool) -> None:
    if as_json:
        print_json({what: job})
    else:
        say(f"Upload job {job} {what}.")


def _jobs(store: Store) -> list[Job]:
    with store.reading() as questions:
        return list(questions.jobs())


def _queue_json(job: Job, primary: str | None) -> dict[str, object]:
    return {
        "job": job.id,
        "image_uid": job.sop_instance_uid,
        "study_uid": job.study_uid,
        "priority": job.priority,
        "created_at": iso(job.created_at),
        "sent_at": iso(job.sent_at),
        "proved_at": iso(job.proved_at),
    } | job_json(job, primary)


def _print_jobs(jobs: list[Job]) -> None:
    if not jobs:
        say("Nothing is owed.")
        return
    print_table(
        ("JOB", "PRIORITY", "DESTINATION", "STATE", "MB", "ACROSS", "TRIES", "NEXT TRY", "LAST"),
        (
            (
                str(job.id),
                job.priority,
                job.destination,
                job_word(job),
                f"{job.bytes_total / 1e6:.1f}",
                f"{100 * job.bytes_sent // max(job.bytes_total, 1)} %",
                str(job.attempts),
                clock_time(job.next_try_at),
                sentence(job.last) if job.last else "-",
            )
            for job in jobs
        ),
    )


def _event_words(event: Event) -> str:
    return sentence(what_happened(event))


def _event_json(event: Event) -> dict[str, object]:
    return {
        "seq": event.seq,
        "at": iso(event.at),
        "what": event.what,
        "process": event.process,
        "text": _event_words(event),
    }
