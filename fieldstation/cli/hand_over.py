"""``fieldstation reader hand-over`` and ``take-over``: exposed plates that another station reads."""

from pathlib import Path
from typing import Annotated

import typer

from fieldstation.cli.context import station
from fieldstation.cli.output import AsJson, iso, print_json, say
from fieldstation.domain.errors import Failed


def hand_over(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the sealed file goes.")],
    qr: Annotated[Path | None, typer.Option(metavar="PICTURE", help="A QR code as well, .png or .svg.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write which plates are exposed and unread, for another station to read them.

    The file has patient IDs and is sealed; the passphrase that is printed goes another way than the file. The QR code
    has plates, accession numbers, views and times, in the clear.
    """
    with station(context) as opened:
        plates = opened.taking_over.leaving()
        if qr:
            from fieldstation.services.qr_code import write_picture  # noqa: PLC0415 - loads what makes it

            try:
                write_picture(opened.taking_over.code(), str(qr))
            except OSError as error:
                raise Failed("disk.cannot_write", folder=str(qr.parent), problem=error.strerror or "") from None
        passphrase = opened.taking_over.write(file)
    if as_json:
        print_json({"file": str(file), "passphrase": passphrase, "plates": [plate.plate_id for plate in plates]})
        return
    counted = "1 plate is" if len(plates) == 1 else f"{len(plates)} plates are"
    say(f"{counted} in {file}. It names patients by their IDs; this opens it: {passphrase}")
    say('Once they are read there, close each view with "fieldstation reader read-elsewhere".')


def take_over(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="The sealed file.")] = None,
    passphrase: Annotated[str, typer.Option(help="What opens the file; asked for if not given.")] = "",
    code: Annotated[str, typer.Option(help="Instead of a file: what the QR code says.")] = "",
    as_json: AsJson = False,
) -> None:
    """Take plates over that another station has exposed: each is bound to its view, found by its accession number."""
    if (file is None) == (code == ""):
        raise typer.BadParameter("Give a FILE, or --code.")
    with station(context) as opened:
        if file:
            typed = passphrase or typer.prompt("Passphrase", hide_input=True)
            taken = opened.taking_over.take_file(file, typed)
        else:
            taken = opened.taking_over.take_code(code)
    if as_json:
        print_json(
            [
                {
                    "plate_id": one.plate.plate_id,
                    "accession": one.plate.accession,
                    "exposed_at": iso(one.plate.exposed_at),
                    "station": one.plate.station,
                    "study_uid": one.study_uid,
                }
                for one in taken
            ]
        )
        return
    for one in taken:
        known = f"study {one.study_uid}" if one.study_uid else "no order here; its scan will be unassigned"
        say(f"{one.plate.plate_id} from {one.plate.station}: {known}")
