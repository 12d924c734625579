"""Who we are to an HTTPS server, and whom we trust: files that are read when a connection is made."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A token, an authority to trust, a certificate of our own (PEM)."""

    token_file: Path | None = None
    ca_file: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None


class Unreadable(Exception):
    """A file of our own cannot be used: it is not there, or does not hold what it should."""

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        self.file = file


def authorization(token_file: Path | None) -> Mapping[str, str]:
    """The bearer token (RFC 6750) of a file, as a header; none where there is no file.

    Raises:
        Unreadable: the file.
    """
    if token_file is None:
        return {}
    try:
        token = token_file.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise Unreadable(token_file) from None
    if not token.isprintable() or not token or " " in token:
        raise Unreadable(token_file)
    return {"Authorization": f"Bearer {token}"}
