"""``fieldstation gateway …``: the office end of the resumable upload."""

import importlib.util
import sys
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fieldstation.bootstrap.endings import told_to_end
from fieldstation.cli.context import invocation
from fieldstation.cli.output import say
from fieldstation.domain.errors import Failed, WrongUse
from fieldstation.domain.jobs import ProofKind
from fieldstation.services.darkroom import Darkroom
from fieldstation.services.words import sentence
from fieldstation.upload.credentials import Credentials

app = typer.Typer(no_args_is_help=True, help="The gateway: the office end of an upload that goes on where it broke.")


class GatewayProof(StrEnum):
    """The kinds of proof that a gateway can get from a PACS."""

    QUERY = "query"
    COMMITMENT = "commitment"


@app.callback()
def gateway() -> None:
    """Keeps ``serve`` a word of its own."""


@app.command()
def serve(  # noqa: PLR0913, PLR0917 - one option each
    context: typer.Context,
    host: Annotated[str, typer.Option(metavar="H", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="P", min=0, max=65535, help="The port to listen on.")] = 8043,
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The gateway's own folder; 'gateway' in the data folder if not given."),
    ] = None,
    pacs: Annotated[
        str | None,
        typer.Option(metavar="AE@HOST:PORT", help="The PACS that images are passed on to; or the URL of its DICOMweb."),
    ] = None,
    pacs_tls: Annotated[bool, typer.Option("--pacs-tls", help="Speak TLS to a PACS at AE@HOST:PORT.")] = False,
    pacs_ca: Annotated[
        Path | None, typer.Option(metavar="F", help="The authority that the PACS's certificate must come from (PEM).")
    ] = None,
    pacs_cert: Annotated[
        Path | None, typer.Option(metavar="F", help="The certificate that the PACS knows the gateway by (PEM).")
    ] = None,
    pacs_key: Annotated[Path | None, typer.Option(metavar="F", help="That certificate's key (PEM).")] = None,
    pacs_token: Annotated[
        Path | None, typer.Option(metavar="F", help="A file with the token for a PACS at a URL.")
    ] = None,
    ae_title: Annotated[str, typer.Option(metavar="A", help="The gateway's AE title.")] = "FIELDSTATION_GW",
    proof: Annotated[
        GatewayProof, typer.Option(help="How the PACS is asked whether it holds an image.")
    ] = GatewayProof.QUERY,
    dicom_port: Annotated[
        int | None, typer.Option(metavar="P", min=1, max=65535, help="Where the PACS may report commitment to.")
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(metavar="F", help="Its certificate, with any chain (PEM).")] = None,
    tls_key: Annotated[Path | None, typer.Option(metavar="F", help="The certificate's key (PEM).")] = None,
    client_ca: Annotated[
        Path | None, typer.Option(metavar="F", help="The authority that stations' certificates must come from (PEM).")
    ] = None,
    tokens: Annotated[
        Path | None, typer.Option(metavar="F", help='Who may upload: lines of station = "token".')
    ] = None,
    most_mib: Annotated[int, typer.Option(metavar="N", min=1, help="The largest image that it takes, in MiB.")] = 1024,
    test: Annotated[bool, typer.Option("--test", help="Pass simulated images on, too.")] = False,
) -> None:
    """Take images from stations, pass them on to the PACS, and give receipts."""
    if importlib.util.find_spec("uvicorn") is None or importlib.util.find_spec("starlette") is None:
        raise Failed("gateway.not_installed")
    from fieldstation.gateway.serve import serve as run  # noqa: PLC0415 - an optional extra
    from fieldstation.gateway.settings import GatewaySettings, Limits, TlsFiles, load_tokens, parse_pacs  # noqa: PLC0415

    if (tls_cert is None) != (tls_key is None) or (client_ca is not None and tls_cert is None):
        raise WrongUse("gateway.tls_in_part")
    to_pacs = Credentials(token_file=pacs_token, ca_file=pacs_ca, client_cert=pacs_cert, client_key=pacs_key)
    settings = GatewaySettings(
        host=host,
        port=port,
        data=(data or invocation(context).places.data / "gateway").absolute(),
        pacs=parse_pacs(pacs, to_pacs, tls=pacs_tls) if pacs else None,
        ae_title=ae_title,
        proof=ProofKind(proof.value),
        dicom_port=dicom_port,
        tls=TlsFiles(certificate=tls_cert, key=tls_key, client_authority=client_ca) if tls_cert and tls_key else None,
        tokens=load_tokens(tokens) if tokens else None,
        test=test,
        limits=Limits(most_bytes=most_mib * 1024 * 1024),
    )
    with closing(Darkroom()) as darkroom:
        run(
            settings,
            announce=lambda url: say_at_once(f"The gateway takes images at {url}"),
            warn=lambda warning: typer.echo(sentence(warning), err=True),
            told_to_end=told_to_end,
            transcode=darkroom.transcode,
        )


def say_at_once(line: str) -> None:
    """A line for whoever waits for it on a pipe."""
    say(line)
    sys.stdout.flush()
