"""``fieldstation sender …``: the process that gets images to the PACS."""

import time
from pathlib import Path
from typing import Annotated

import typer

from fieldstation.bootstrap.service import Starter, service_file
from fieldstation.bootstrap.starting import start_sender
from fieldstation.bootstrap.station import open_station, sender_holder
from fieldstation.cli.context import invocation, station
from fieldstation.cli.link import link_json, link_words
from fieldstation.cli.output import AsJson, print_json, say
from fieldstation.domain.errors import Failed
from fieldstation.domain.jobs import Job, JobState, unsafe_instances
from fieldstation.services.link import link_view
from fieldstation.services.words import sentence

app = typer.Typer(no_args_is_help=True, help="The sender: run it, ask how it is, or wait until all is across.")

_POLL_SECONDS = 0.2


@app.command()
def run(context: typer.Context) -> None:
    """Send until told to stop; one sender a data folder."""
    from fieldstation.bootstrap.sender import run_sender  # noqa: PLC0415 - loads what reaches a PACS

    run_sender(invocation(context).places)


@app.command()
def service(
    context: typer.Context,
    starter: Annotated[Starter, typer.Argument(help="What starts it, or lets it keep the machine awake.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")],
) -> None:
    """Write what has the system start the sender with the machine, before anyone signs in; see docs/sending.md."""
    text = service_file(starter, invocation(context).places)
    try:
        # The Task Scheduler reads UTF-16 only, as it says itself in the file.
        file.write_text(text, "utf-16" if starter is Starter.WINDOWS else "utf-8")
    except OSError as error:
        raise Failed("sender.service_unwritable", file=str(file), problem=error.strerror or "") from None
    say(f"{file} is written; docs/sending.md says where it goes.")


@app.command()
def status(context: typer.Context, as_json: AsJson = False) -> None:
    """Say whether a sender runs, and what is owed."""
    with station(context) as opened:
        holder = sender_holder(opened.folder)
        with opened.store.reading() as questions:
            view, paused = link_view(questions, opened.clock.now()), questions.paused()
        jobs = view.jobs
        owed = sum(opened.is_owed(job) for job in jobs)
    counts = {state.value: sum(job.state is state for job in jobs) for state in JobState}
    if as_json:
        print_json(
            {
                "running": holder is not None,
                "pid": holder.pid if holder else None,
                "owed": owed,
                "jobs": counts,
                "held": sum(job.held for job in jobs),
                "link": link_json(view),
                "paused": {pause.destination: sentence(pause.reason) for pause in paused},
            }
        )
        return
    say(
        f"The sender runs (process {holder.pid})."
        if holder
        else "No sender runs; start one with 'fieldstation sender run'."
    )
    say(f"{owed} owed." if owed else "Nothing is owed.")
    if waiting := sum(map(_waits_for_person, jobs)):
        say(f"{waiting} held, refused or cancelled; see 'fieldstation queue list'.")
    say(link_words(view))
    for pause in paused:
        say(f"{pause.destination} is paused: {sentence(pause.reason)}")


@app.command()
def drain(
    context: typer.Context,
    timeout: Annotated[float | None, typer.Option(metavar="S", min=0, help="Seconds to wait at most.")] = None,
    as_json: AsJson = False,
) -> None:
    """Wait until every job is proved; starts a sender if none runs."""
    places = invocation(context).places
    opened = open_station(places)
    deadline = None if timeout is None else time.monotonic() + timeout
    started = None
    try:
        while True:
            with opened.store.reading() as questions:
                jobs = questions.jobs()
            if not any(opened.is_owed(job) for job in jobs):
                break
            if deadline is not None and time.monotonic() >= deadline:
                break
            if (started is None or started.poll() is not None) and sender_holder(opened.folder) is None:
                started = start_sender(places)
            time.sleep(_POLL_SECONDS)
    finally:
        if started is not None:
            started.terminate()
            started.wait()
        opened.close()
    left = sum(map(_waits_for_person, jobs))
    unsafe = len(unsafe_instances(jobs, opened.primary))
    owed = sum(opened.is_owed(job) for job in jobs)
    if as_json:
        proved = sum(job.is_held_there for job in jobs)
        print_json({"owed": owed, "needs_a_person": left, "proved": proved, "unsafe": unsafe})
    if owed:
        raise Failed("sender.drain_timeout", count=owed)
    if left:
        raise Failed("sender.drain_needs_person", count=left)
    if not as_json:
        say(_all_done(len(jobs), unsafe))


def _waits_for_person(job: Job) -> bool:
    return job.held or job.needs_person or job.state is JobState.CANCELLED


def _all_done(jobs: int, unsafe: int) -> str:
    if unsafe:
        return f"All sent; {unsafe} images are not proved at the primary destination."
    return "All safe." if jobs else "Nothing is owed."
