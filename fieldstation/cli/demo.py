"""``fieldstation demo``: a whole day on embedded parts."""

import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fieldstation.bootstrap.endings import endings_kept
from fieldstation.cli.context import invocation
from fieldstation.cli.output import AsJson, print_json, print_table, say
from fieldstation.demo.stage import stage

if TYPE_CHECKING:
    from fieldstation.demo.day import DayReport


def demo(
    context: typer.Context,
    headless: Annotated[
        bool, typer.Option("--headless", help="Play the day without a window and print what came of it.")
    ] = False,
    screenshots: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where pictures of the app go; a new temporary folder if not given."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """A whole day on embedded parts: simulated reader, built-in PACS, a failing link. Uses a data folder of its own."""
    screens = invocation(context).screens
    if not (headless or as_json):
        with endings_kept(), stage() as set_stage:
            raise typer.Exit(screens.run_desk(set_stage.station.desk))
    from fieldstation.demo.day import run_day  # noqa: PLC0415 - loads pydicom, to compare every pixel

    pictures = screenshots or Path(tempfile.mkdtemp(prefix="fieldstation-screenshots-"))
    with stage() as set_stage:
        report = run_day(set_stage, screens.camera, pictures, _tell)
    if as_json:
        print_json(asdict(report))
    else:
        _print(report)
    if not report.well:
        raise typer.Exit(1)


def _tell(step: str) -> None:
    """Steps go to standard error, so that ``--json`` prints one value."""
    sys.stderr.write(f"· {step}\n")


def _print(report: "DayReport") -> None:
    again = report.bytes_on_wire / max(report.bytes_payload, 1) - 1
    print_table(
        ("THE DAY", ""),
        (
            ("images accepted", str(report.images_accepted)),
            ("images rejected, retaken", str(report.images_rejected)),
            ("images proved at the PACS", str(report.images_proved)),
            ("link cuts in mid-image", str(report.link_cuts)),
            ("image data", f"{report.bytes_payload / 1e6:.1f} MB"),
            ("sent over the link", f"{report.bytes_on_wire / 1e6:.1f} MB ({again:+.0%})"),
            ("every pixel the same", "yes" if report.pixels_identical else "NO"),
            ("time", f"{report.seconds:.0f} s"),
        ),
    )
    for path in report.screenshots:
        say(path)
