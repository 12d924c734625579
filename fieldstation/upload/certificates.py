"""When certificates end: those in our files, and a peer's as it was last seen."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fieldstation.domain.certificates import Certificate, Whose
from fieldstation.upload.credentials import Credentials

if TYPE_CHECKING:
    from cryptography.x509 import Name

# The library that reads certificates is loaded where there is one to read: the app would begin later.


class CertificateWatch:
    """What one destination depends on. ``saw`` may be called by any thread."""

    def __init__(self, credentials: Credentials | None) -> None:
        self._credentials = credentials or Credentials()
        self._peers: dict[str, Certificate] = {}

    def saw(self, host: str, certificate: bytes | None) -> None:
        """The peer at ``host`` showed this certificate (DER), and it was right."""
        if certificate is not None:
            from cryptography import x509  # noqa: PLC0415

            ends = x509.load_der_x509_certificate(certificate).not_valid_after_utc
            self._peers[host] = Certificate(whose=Whose.PEER, name=host, ends=ends)

    def known(self) -> Sequence[Certificate]:
        """Our own, the authority's, and those of peers that were seen."""
        return (*certificates_in(self._credentials.client_cert, self._credentials.ca_file), *self._peers.values())


def certificates_in(own: Path | None, authority: Path | None) -> Sequence[Certificate]:
    """What these files (PEM) hold; what cannot be read is said where it is used."""
    found = (_of_file(own, Whose.OWN), _of_file(authority, Whose.AUTHORITY))
    return tuple(certificate for certificate in found if certificate is not None)


def _of_file(file: Path | None, whose: Whose) -> Certificate | None:
    """The certificate of a file that ends first; of several for one name, as after a renewal, the last one counts."""
    if file is None:
        return None
    from cryptography import x509  # noqa: PLC0415

    ends: dict[Name, datetime] = {}
    try:
        for certificate in x509.load_pem_x509_certificates(file.read_bytes()):
            until = certificate.not_valid_after_utc
            ends[certificate.subject] = max(until, ends.get(certificate.subject, until))
    except (OSError, ValueError):
        return None
    return Certificate(whose=whose, name=str(file), ends=min(ends.values())) if ends else None
