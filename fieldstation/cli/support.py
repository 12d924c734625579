"""``views``, ``pacs echo``, ``doctor`` and ``config``: what is there, and whether it is well."""

import json
from typing import Annotated

import typer

from fieldstation.bootstrap.station import init_settings
from fieldstation.bootstrap.views import site_catalogue
from fieldstation.cli.context import invocation, station
from fieldstation.cli.output import AsJson, print_json, print_table, say
from fieldstation.config import load_settings
from fieldstation.domain.certificates import expiry_warnings
from fieldstation.domain.errors import Failed
from fieldstation.services.doctor import Health
from fieldstation.services.words import sentence, text

pacs = typer.Typer(no_args_is_help=True, help="The PACS: does it answer, does it take our images, can it be asked.")
config = typer.Typer(no_args_is_help=True, help="The settings.")


def views(context: typer.Context, as_json: AsJson = False) -> None:
    """List the view catalogue."""
    places = invocation(context).places
    catalogue = site_catalogue(load_settings(places.settings), places.settings)
    if as_json:
        print_json(
            [
                {
                    "view": view.id,
                    "name": view.name,
                    "body_part": view.body_part,
                    "view_position": view.view_position,
                    "paired": view.paired,
                    "plate": view.plate,
                    "target_ei": view.target_ei,
                }
                for view in catalogue
            ]
        )
        return
    print_table(
        ("VIEW", "NAME", "SIDE", "PLATE", "TARGET EI"),
        (
            (view.id, view.name, "L, R or B" if view.paired else "", view.plate, f"{view.target_ei:g}")
            for view in catalogue
        ),
    )


@pacs.command()
def echo(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="The destination; all of them if none.")] = None,
    as_json: AsJson = False,
) -> None:
    """Ask each destination whether it answers, takes our images and can prove that it has them."""
    from fieldstation.bootstrap.health import echo as echo_destination  # noqa: PLC0415 - loads what reaches a PACS

    with station(context) as opened:
        answers = [(one.name, *echo_destination(opened, one)) for one in opened.destinations(name)]
        now = opened.clock.now()
    bad = [report.trouble for _, report, _ in answers if report.trouble]
    if as_json:
        print_json(
            [
                {
                    "destination": destination,
                    "ok": report.trouble is None,
                    "verified": report.verified,
                    "lossless": report.lossless,
                    "proof_possible": report.proof_possible,
                    "seconds": round(report.seconds, 3),
                    "text": sentence(report.trouble) if report.trouble else None,
                    "certificates": [
                        {"whose": one.whose, "name": one.name, "ends": one.ends.isoformat()} for one in certificates
                    ],
                    "warnings": [sentence(warning) for warning in expiry_warnings(certificates, now)],
                }
                for destination, report, certificates in answers
            ]
        )
    else:
        for destination, report, certificates in answers:
            if report.trouble is None:
                say(text("pacs.well", destination=destination, milliseconds=round(report.seconds * 1000)))
            for warning in expiry_warnings(certificates, now):
                say(sentence(warning))
    if bad:
        raise Failed(bad[0].code, **bad[0].params)


def doctor(context: typer.Context, as_json: AsJson = False) -> None:
    """Look at settings, store, files, reader, PACS, disk and clock, and say what to do."""
    from fieldstation.bootstrap.health import examine  # noqa: PLC0415 - loads what reaches a PACS

    findings = examine(invocation(context).places)
    if as_json:
        print_json(
            [
                {
                    "check": finding.check,
                    "health": finding.health,
                    "code": finding.message.code,
                    "text": sentence(finding.message),
                }
                for finding in findings
            ]
        )
    else:
        print_table(
            ("CHECK", "", "WHAT"),
            ((finding.check, finding.health, sentence(finding.message)) for finding in findings),
        )
    if any(finding.health is Health.BAD for finding in findings):
        raise typer.Exit(1)


@config.command()
def init(context: typer.Context, as_json: AsJson = False) -> None:
    """Write a settings file to begin with; never over one that is there."""
    path = init_settings(invocation(context).places)
    if as_json:
        print_json({"file": str(path)})
    else:
        say(f"Settings written to {path}.")


@config.command()
def show(context: typer.Context, as_json: AsJson = False) -> None:
    """Print the settings in force, defaults included."""
    places = invocation(context).places
    settings = load_settings(places.settings)
    if as_json:
        print_json(settings.model_dump(mode="json"))
        return
    say(f"# {places.settings or 'no file: all defaults'}")
    _print_toml(settings.model_dump(mode="json"))


def _print_toml(value: dict[str, object], table: str = "") -> None:
    plain = {key: item for key, item in value.items() if item is not None and not isinstance(item, dict | list)}
    if table and plain:
        say(f"\n[{table}]")
    for key, item in plain.items():
        say(f"{key} = {_toml(item)}")
    for key, item in value.items():
        if isinstance(item, dict):
            _print_toml(item, f"{table}.{key}".lstrip("."))
        elif isinstance(item, list):
            for entry in item:
                say(f"\n[[{key}]]")
                _print_toml(entry)


def _toml(item: object) -> str:
    """A value as TOML writes it; for text, numbers and truth that is how JSON writes it."""
    return json.dumps(item, ensure_ascii=False)
