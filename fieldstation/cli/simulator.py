"""``fieldstation simulator …``: the simulated reader as a process of its own."""

import sys
from typing import Annotated

import typer

from fieldstation.bootstrap.simulator import serve_simulator
from fieldstation.cli.context import invocation
from fieldstation.cli.output import AsJson, print_json, say
from fieldstation.cr_reader.bridge.wire import WireFaults

app = typer.Typer(no_args_is_help=True, help="A CR reader that needs no device, for practice and tests.")

Line = Annotated[int | None, typer.Option(min=0, max=100_000, metavar="LINE")]


@app.callback()
def root() -> None:
    """Keep `serve` a command of its own, so that others can join it."""


@app.command()
def serve(  # noqa: PLR0913, PLR0917 - one option each
    context: typer.Context,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 4270,
    repeat_at: Line = None,
    lose_at: Line = None,
    corrupt_at: Line = None,
    cut_at: Line = None,
    as_json: AsJson = False,
) -> None:
    """Serve the simulated reader on TCP until told to stop.

    Set it up in [reader.simulated] of the settings. With --repeat-at, --lose-at, --corrupt-at and --cut-at the link
    goes wrong once, at that line.
    """
    faults = WireFaults(repeat_at_line=repeat_at, lose_at_line=lose_at, corrupt_at_line=corrupt_at, cut_at_line=cut_at)

    def listening(at: int) -> None:
        if as_json:
            print_json({"host": host, "port": at})
        else:
            say(f"The simulated reader listens on {host}:{at}. Stop it with Ctrl+C.")
        sys.stdout.flush()

    serve_simulator(invocation(context).places, (host, port), faults, listening)
