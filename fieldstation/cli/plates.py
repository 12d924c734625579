"""``fieldstation reader …``, the cassettes: the tray, what they are noted for, and scans that belong to no view."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

import typer

from fieldstation.bootstrap.station import Station
from fieldstation.cli.context import station
from fieldstation.cli.output import AsJson, clock_time, iso, print_json, print_table, say
from fieldstation.domain.errors import WrongUse
from fieldstation.domain.exams import StudyView
from fieldstation.domain.plates import GoingOn
from fieldstation.services.board_plates import unassigned_board
from fieldstation.services.board_study import view_in
from fieldstation.services.boards_plates import TrayRow, UnassignedRow
from fieldstation.services.words import person_name, sentence, text

PlateArgument = Annotated[str, typer.Argument(metavar="CASSETTE", help="The cassette's plate ID.")]
ScanArgument = Annotated[str, typer.Argument(metavar="SCAN", help="The scan_id that unassigned printed.")]
StudyArgument = Annotated[str, typer.Argument(metavar="STUDY", help="Study Instance UID or accession number.")]
ViewOption = Annotated[str, typer.Option("--view", metavar="ID[:L|R|B]", help="The view of the study.")]
Confirm = Annotated[
    str, typer.Option(metavar="REASON", help="Go on although something speaks against it; the reason is kept.")
]


def tray(context: typer.Context, as_json: AsJson = False) -> None:
    """Show the cassettes: what is on each, what it was noted for, when it was erased and cleaned."""
    with station(context) as opened:
        board = opened.tray()
    if as_json:
        print_json([_tray_json(row) for row in board.rows])
        return
    print_table(
        ("CASSETTE", "SIZE", "STATE", "SINCE", "FOR", "CYCLES", "ERASED", "CLEANED"),
        (
            (
                row.plate_id,
                row.size,
                text(f"plate_state.{row.state}"),
                clock_time(row.since),
                " ".join(part for part in (person_name(row.patient_name), row.view_name) if part) or "-",
                str(row.cycles),
                clock_time(row.last_erased_at),
                clock_time(row.last_cleaned_at),
            )
            for row in board.rows
        ),
    )
    messages = [*(one for row in board.rows for one in row.notices), board.prompt, board.reader_notice]
    for message in messages:
        if message:
            say(sentence(message))


def register(
    context: typer.Context,
    cassette: PlateArgument,
    size: Annotated[str, typer.Option(help="Its Cassette Size, 35CMX43CM say.")],
    since: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="In service since then; today if not given.")] = "",
    as_json: AsJson = False,
) -> None:
    """Put a cassette into the register, or correct its size and since when it is in service."""
    with station(context) as opened:
        opened.plates.register(cassette, size, _moment(since, opened))
    _done({"plate_id": cassette, "size": size}, f"{cassette} is registered.", as_json=as_json)


def clean(context: typer.Context, cassette: PlateArgument, as_json: AsJson = False) -> None:
    """Note that a cassette was cleaned just now."""
    with station(context) as opened:
        opened.plates.mark_cleaned(cassette)
    _done({"plate_id": cassette}, f"{cassette} is noted as cleaned.", as_json=as_json)


def erase(context: typer.Context, cassette: PlateArgument, confirm: Confirm = "", as_json: AsJson = False) -> None:
    """Erase a cassette unread, as those that were not used for a day."""
    with station(context) as opened:
        opened.erasing.erase(cassette, going_on(confirm))
    _done({"plate_id": cassette}, f"{cassette} is erased.", as_json=as_json)


def pack(
    context: typer.Context,
    cassette: PlateArgument,
    study: StudyArgument,
    view: ViewOption,
    confirm: Confirm = "",
    as_json: AsJson = False,
) -> None:
    """Set a cassette aside for a view."""
    with station(context) as opened:
        opened.plates.pack(_view(opened, study, view).id, cassette, going_on(confirm))
    _done({"plate_id": cassette, "view": view}, f"{cassette} is packed for {view}.", as_json=as_json)


def expose(  # noqa: PLR0913, PLR0917 - one option each
    context: typer.Context,
    cassette: PlateArgument,
    study: StudyArgument,
    view: ViewOption,
    at: Annotated[str, typer.Option(metavar="TIME", help="When, HH:MM or ISO 8601; now if not given.")] = "",
    confirm: Confirm = "",
    as_json: AsJson = False,
) -> None:
    """Note that a cassette was exposed for a view."""
    with station(context) as opened:
        moment = _moment(at, opened)
        opened.plates.expose(_view(opened, study, view).id, cassette, moment, going_on(confirm))
    told = {"plate_id": cassette, "view": view, "exposed_at": iso(moment)}
    _done(told, f"{cassette} is noted as exposed for {view}.", as_json=as_json)


def unbind(
    context: typer.Context,
    study: StudyArgument,
    view: ViewOption,
    reason: Annotated[str, typer.Option(help="Why; it is kept.")],
    as_json: AsJson = False,
) -> None:
    """Note that a view's cassette was not used for it after all."""
    with station(context) as opened:
        opened.plates.unbind(_view(opened, study, view).id, reason)
    _done({"view": view}, f"{view} has no cassette any more.", as_json=as_json)


def read_elsewhere(
    context: typer.Context,
    study: StudyArgument,
    view: ViewOption,
    at: Annotated[str, typer.Option(metavar="STATION", help="The station that reads the plate.")],
    as_json: AsJson = False,
) -> None:
    """Close a view whose exposed plate another station reads."""
    with station(context) as opened:
        opened.plates.read_elsewhere(_view(opened, study, view).id, at)
    _done({"view": view, "read_elsewhere": at}, f"{view} is read at {at}.", as_json=as_json)


def receive(context: typer.Context, as_json: AsJson = False) -> None:
    """Take the plates that a console has pushed, and put each where it belongs; the app does so by itself."""
    with station(context) as opened:
        taken = opened.unassigned.take_arrivals()
        waiting = len(unassigned_board(opened.store, opened.catalogue).waiting)
    _done({"taken": taken, "unassigned": waiting}, f"{taken} plates taken; {waiting} are unassigned.", as_json=as_json)


def unassigned(context: typer.Context, as_json: AsJson = False) -> None:
    """List the scans that belong to no view, and those set aside."""
    with station(context) as opened:
        board = unassigned_board(opened.store, opened.catalogue)
    rows = (*board.waiting, *board.set_aside)
    if as_json:
        print_json([_unassigned_json(row) for row in rows])
        return
    print_table(
        ("READ AT", "CASSETTE", "ACCESSION", "LINES", "WHY", "SCAN"),
        (
            (
                clock_time(row.read_at),
                row.plate_id or "-",
                row.accession or "-",
                f"{row.fraction:.0%}",
                f"set aside: {row.set_aside}" if row.set_aside else sentence(row.why),
                row.scan_id,
            )
            for row in rows
        ),
    )


def assign(  # noqa: PLR0913, PLR0917 - one option each
    context: typer.Context,
    scan: ScanArgument,
    study: StudyArgument,
    view: ViewOption,
    cassette: Annotated[str, typer.Option(help="The cassette's plate ID, where the scan does not say it.")] = "",
    confirm: Confirm = "",
    as_json: AsJson = False,
) -> None:
    """Make an unassigned scan a view's: it is developed as that view's image."""
    with station(context) as opened:
        found = _view(opened, study, view)
        image_uid = opened.unassigned.assign(scan, found.id, cassette, going_on(confirm))
    _done({"image_uid": image_uid}, f"Image {image_uid}", as_json=as_json)


def set_aside(
    context: typer.Context,
    scan: ScanArgument,
    reason: Annotated[str, typer.Option(help="Why nobody is to see it; it is kept.")],
    as_json: AsJson = False,
) -> None:
    """Set an unassigned scan aside with a reason; it is kept."""
    with station(context) as opened:
        opened.unassigned.set_aside(scan, reason)
    _done({"scan_id": scan, "set_aside": reason}, "Set aside.", as_json=as_json)


def going_on(reason: str) -> GoingOn | None:
    """The word of whoever confirms; None where nobody does."""
    return GoingOn(reason) if reason else None


def _view(opened: Station, study: str, view: str) -> StudyView:
    wanted = opened.catalogue.parse(view)
    with opened.store.reading() as questions:
        return view_in(questions.study_file(study), wanted)


def _moment(told: str, opened: Station) -> datetime:
    """``HH:MM`` of today, a day, or any ISO 8601; local where it names no zone."""
    now = opened.clock.now().astimezone()
    if not told:
        return now
    try:
        moment = datetime.fromisoformat(f"{now.date()}T{told}" if len(told) == 5 else told)
    except ValueError:
        raise WrongUse("plate.bad_time", time=told) from None
    return moment.astimezone(UTC)


def _done(told: Mapping[str, object], words: str, *, as_json: bool) -> None:
    if as_json:
        print_json(told)
    else:
        say(words)


def _tray_json(row: TrayRow) -> dict[str, object]:
    return {
        "plate_id": row.plate_id,
        "size": row.size,
        "state": row.state,
        "since": iso(row.since),
        "study_uid": row.study_uid,
        "view": row.view_name or None,
        "cycles": row.cycles,
        "in_service_at": iso(row.in_service_at),
        "last_erased_at": iso(row.last_erased_at),
        "last_cleaned_at": iso(row.last_cleaned_at),
        "fading": sentence(row.fading) if row.fading else None,
        "notices": [sentence(notice) for notice in row.notices],
    }


def _unassigned_json(row: UnassignedRow) -> dict[str, object]:
    return {
        "scan_id": row.scan_id,
        "plate_id": row.plate_id or None,
        "accession": row.accession or None,
        "patient_id": row.patient_id or None,
        "read_at": iso(row.read_at),
        "state": row.state,
        "fraction": row.fraction,
        "why": sentence(row.why),
        "set_aside": row.set_aside,
        "candidates": [
            {
                "study_uid": one.study_uid,
                "accession": one.accession,
                "view": one.view_name,
                "against": [sentence(message) for message in one.against],
            }
            for one in row.candidates
        ],
    }
