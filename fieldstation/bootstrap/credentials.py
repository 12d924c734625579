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
    """Our own certificates and the authorities that we trust, of all destinations."""
    named = [credentials_of(destination) for destination in settings.destination]
    return [one for files in named for one in certificates_in(files.client_cert, files.ca_file)]


def _file(path: str) -> Path | None:
    return Path(path).expanduser() if path else None
