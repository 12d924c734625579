"""The command line: its commands, its global options, and what becomes of errors."""

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from fieldstation import __version__
from fieldstation.bootstrap.station import find_places
from fieldstation.cli import demo, gateway, queue, reader, sender, simulator, study, support
from fieldstation.cli.context import Invocation, Screens
from fieldstation.domain.errors import FieldstationError, WrongUse
from fieldstation.services.words import apology, text

_GLOBAL_OPTIONS = ("--data", "--config")


def run(arguments: Sequence[str], screens: Screens) -> int:
    """Run one command; the exit code: 0 success, 1 failure, 2 wrong use.

    Errors are one plain sentence on standard error, never a traceback, never patient data.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    try:
        return _run(arguments, screens)
    except Exception as bug:
        return _fail(text("bug.met", kind=type(bug).__name__, place=_place(bug)), 1)


def _run(arguments: Sequence[str], screens: Screens) -> int:
    try:
        code = _app(screens)(_global_options_first(arguments), prog_name="fieldstation", standalone_mode=False)
    except FieldstationError as error:
        return _fail(apology(error), 2 if isinstance(error, WrongUse) else 1)
    except typer.TyperException as error:
        return _fail(error.format_message(), error.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        # Whoever reads our output has enough; what is left in the buffer must not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code if isinstance(code, int) else 0


def _app(screens: Screens) -> typer.Typer:
    app = typer.Typer(
        name="fieldstation",
        help="From the CR cassette to the PACS in the main office, with or without a network.",
        invoke_without_command=True,
        no_args_is_help=False,
        add_completion=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def root(
        context: typer.Context,
        data: Annotated[
            Path | None, typer.Option(metavar="DIR", help="The data folder (or FIELDSTATION_DATA).")
        ] = None,
        config: Annotated[
            Path | None, typer.Option(metavar="FILE", help="The settings (or FIELDSTATION_CONFIG).")
        ] = None,
        version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    ) -> None:
        if version:
            typer.echo(f"fieldstation {__version__}")
            raise typer.Exit
        places = find_places(data, config, os.environ)
        context.obj = Invocation(places=places, screens=screens)
        if context.invoked_subcommand is None:
            raise typer.Exit(screens.run_app(places))

    app.command("demo")(demo.demo)
    app.command("views")(support.views)
    app.add_typer(study.app, name="study")
    app.add_typer(queue.app, name="queue")
    app.add_typer(sender.app, name="sender")
    app.add_typer(reader.app, name="reader")
    app.add_typer(support.pacs, name="pacs")
    app.add_typer(simulator.app, name="simulator")
    app.add_typer(gateway.app, name="gateway")
    app.command("doctor")(support.doctor)
    app.add_typer(support.config, name="config")
    return app


def _global_options_first(arguments: Sequence[str]) -> list[str]:
    """The same words with ``--data`` and ``--config`` first, so that they may stand anywhere before a ``--``.

    ``--data`` after ``gateway`` stays there: it is the gateway's own folder.
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    first: list[str] = []
    rest: list[str] = []
    words = iter(arguments[:end])
    for word in words:
        if rest[:1] == ["gateway"] and word.partition("=")[0] == "--data":
            rest.append(word)
        elif word in _GLOBAL_OPTIONS:
            first += [word, *([value] if (value := next(words, None)) is not None else [])]
        elif word.startswith(tuple(f"{option}=" for option in _GLOBAL_OPTIONS)):
            first.append(word)
        else:
            rest.append(word)
    return [*first, *rest, *arguments[end:]]


def _fail(sentence: str, code: int) -> int:
    sys.stderr.write(sentence.rstrip() + "\n")
    return code


def _place(bug: BaseException) -> str:
    """Where the bug showed itself: file and line only, since values may be patient data."""
    trace = bug.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
