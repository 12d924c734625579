"""Who we are to a destination and whom we trust there, as its table of the settings says."""

from collections.abc import Sequence
from pathlib import Path

from fieldstation.config import Destination, Settings
from fieldstation.domain.certificates import Certificate
from fieldstation.upload.certificates import certificates_in
from fieldstation.upload.credentials import Credentials


def credentials_of(destination: Destination) -> Credentials:
    """The files that a destination's table names."""
    return Credentials(
        token_file=_file(destination.token_file),
        ca_file=_file(destination.ca_file),
        client_cert=_file(destination.client_cert),
        client_key=_file(destination.client_key),
    )


def own_certificates(settings: Settings) -> Sequence[Certificate]:
    """Our own certificates and the authorities that we trust, of all destinations and of the listener."""
    named = [credentials_of(destination) for destination in settings.destination]
    pairs = [(files.client_cert, files.ca_file) for files in named]
    if settings.listener is not None:
        pairs.append((_file(settings.listener.certificate), _file(settings.listener.ca_file)))
    return [certificate for pair in pairs for certificate in certificates_in(*pair)]


def expanded(path: str) -> str:
    """A file's name with the user's own folder for ``~``; empty where there is none."""
    return str(Path(path).expanduser()) if path else ""


def _file(path: str) -> Path | None:
    return Path(expanded(path)) if path else None
