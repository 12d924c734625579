"""``fieldstation reader …``: the CR reader."""

import typer

from fieldstation.bootstrap.station import reader_holder
from fieldstation.cli import hand_over, plates
from fieldstation.cli.context import station
from fieldstation.cli.output import AsJson, print_json, print_table, say
from fieldstation.cr_reader.drivers import known_drivers
from fieldstation.services.words import sentence, text

app = typer.Typer(no_args_is_help=True, help="The CR reader and its cassettes.")
app.command()(plates.tray)
app.command()(plates.register)
app.command()(plates.pack)
app.command()(plates.expose)
app.command()(plates.unbind)
app.command()(plates.clean)
app.command()(plates.erase)
app.command("read-elsewhere")(plates.read_elsewhere)
app.command()(plates.receive)
app.command()(plates.unassigned)
app.command()(plates.assign)
app.command("set-aside")(plates.set_aside)
app.command("hand-over")(hand_over.hand_over)
app.command("take-over")(hand_over.take_over)


@app.command("list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List the drivers there are; the one in use is marked."""
    with station(context) as opened:
        used = opened.settings.reader.driver
    drivers = known_drivers()
    if as_json:
        print_json([{"driver": name, "in_use": name == used} for name in drivers])
    else:
        print_table(("DRIVER", "IN USE"), ((name, "yes" if name == used else "") for name in drivers))


@app.command()
def status(context: typer.Context, as_json: AsJson = False) -> None:
    """Say what the reader is doing."""
    with station(context) as opened:
        answer = opened.bench.reader.status()
        identity = opened.bench.reader.identity
        holder = reader_holder(opened.folder)
        notice = opened.tray().reader_notice
    state = text(f"reader_state.{answer.state}")
    if as_json:
        print_json(
            {
                "driver": opened.settings.reader.driver,
                "state": answer.state,
                "plate_id": answer.plate_id,
                "fault": sentence(answer.fault) if answer.fault else None,
                "model": identity.model,
                "serial": identity.serial,
                "simulated": identity.simulated,
                "used_by_pid": holder.pid if holder else None,
                "notice": sentence(notice) if notice else None,
            }
        )
        return
    say(f"{identity.manufacturer} {identity.model}: {state}")
    if answer.fault:
        say(sentence(answer.fault))
    if notice:
        say(sentence(notice))
    if holder:
        say(f"Process {holder.pid} has the reader.")


@app.command()
def test(context: typer.Context, as_json: AsJson = False) -> None:
    """Connect to the reader and say whether it is well; reads and erases nothing."""
    with station(context) as opened:
        identity = opened.test_reader()
        notes = [sentence(note) for note in opened.bench.reader.notes]
    if as_json:
        print_json({"ok": True, "model": identity.model, "simulated": identity.simulated, "notes": notes})
    else:
        say(f"{identity.manufacturer} {identity.model} answers and is ready.")
        for note in notes:
            say(note)
