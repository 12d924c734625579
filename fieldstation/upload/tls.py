"""Every TLS context is made here: what is agreed on, whom we trust, and what a handshake that failed means.

BCP 195 (RFC 9325, RFC 8996), which is the profile of PS3.15 B.12: TLS 1.2 or newer; of TLS 1.2 only suites with an
ephemeral key and authenticated encryption; keys of 112 bits of strength or more, and no signatures over SHA-1.
Certificates and names are always checked. Nothing is tried with less, and nothing is ever sent in the clear instead.
"""

import ssl
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from fieldstation.domain.destination import Answer, Disposition
from fieldstation.domain.words import Message
from fieldstation.upload.credentials import Credentials, Unreadable

SUITES = (
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
)
"""The suites of TLS 1.2 that RFC 9325 4.2 recommends; those of TLS 1.3 are all sound."""

_STRENGTH = "@SECLEVEL=2"
_NOT_YET_VALID, _EXPIRED, _OTHER_NAME, _OTHER_ADDRESS = 9, 10, 62, 64
_CERTIFICATE_CODES = {
    _NOT_YET_VALID: "link.certificate_out_of_date",
    _EXPIRED: "link.certificate_out_of_date",
    _OTHER_NAME: "link.certificate_of_another",
    _OTHER_ADDRESS: "link.certificate_of_another",
}
_ABOUT_OURS = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED")
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST"})


def client_context(credentials: Credentials) -> ssl.SSLContext:
    """For connections that we begin: the peer's certificate has to be right and for the name that was asked for.

    Raises:
        Unreadable: the authority or the certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _restrict(context)
    if credentials.ca_file is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    else:
        _trust(context, credentials.ca_file)
    if credentials.client_cert is not None:
        _identify(context, credentials.client_cert, credentials.client_key)
    return context


def server_context(
    certificate: Path, key: Path, client_authority: Path | None, wanted: ssl.VerifyMode = ssl.CERT_REQUIRED
) -> ssl.SSLContext:
    """For connections that come in; ``wanted`` is what is asked of clients where an authority for them is named.

    A certificate that is renewed is shown as soon as its files are whole; connections that are there stay as they are.

    Raises:
        Unreadable: the certificate or the authority.
    """
    files = [file for file in (certificate, key, client_authority) if file is not None]
    seen = _as_they_are(files)
    latest = context = _server_context(certificate, key, client_authority, wanted)

    def look(link: ssl.SSLObject, _name: str, _context: ssl.SSLContext) -> None:
        nonlocal seen, latest
        now = _as_they_are(files)
        if now != seen:
            seen = now
            with suppress(Unreadable):
                latest = _server_context(certificate, key, client_authority, wanted)
        link.context = latest

    # Called at the beginning of each handshake, whether or not a name is asked for.
    context.sni_callback = look
    return context


def _server_context(
    certificate: Path, key: Path, client_authority: Path | None, wanted: ssl.VerifyMode
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _restrict(context)
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.sslobject_class = _Outspoken
    _identify(context, certificate, key)
    if client_authority is not None:
        _trust(context, client_authority)
        context.verify_mode = wanted
    return context


class _Outspoken(ssl.SSLObject):
    """Has asyncio send the alert by which a client learns that its certificate is refused.

    What a handshake that failed has left to say asyncio throws away. So it is told of the failure only when the
    client, who knows by then, says one thing more; one who says nothing is hung up on as in any other handshake.
    """

    _refusal: ssl.SSLCertVerificationError | None = None

    def do_handshake(self) -> None:
        """Shake hands; a certificate that is refused is raised by the next call."""
        if self._refusal is not None:
            raise self._refusal
        try:
            super().do_handshake()
        except ssl.SSLCertVerificationError as refusal:
            self._refusal = refusal
            raise ssl.SSLWantReadError from refusal


def tls_trouble(error: BaseException | None, host: str) -> Answer | None:
    """What an exception says about TLS itself, with all that caused it; None where it may as well be the link."""
    while error is not None and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    if error is None or isinstance(error, ssl.SSLEOFError):
        return None
    return Answer(Disposition.PAUSE, Message(_code(error), {"host": host}))


def cut_off(host: str) -> Answer:
    """What a handshake means that the other end broke off without a word: the link's fault, or a port without TLS."""
    return Answer(Disposition.LATER, Message("link.tls_cut_off", {"host": host}))


def _code(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATE_CODES.get(error.verify_code, "link.certificate_refused")
    reason = error.reason or ""
    if "ALERT" in reason and any(word in reason for word in _ABOUT_OURS):
        return "link.own_certificate_refused"
    return "link.no_tls" if reason in _NO_TLS else "link.tls_failed"


def _restrict(context: ssl.SSLContext) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(":".join((*SUITES, _STRENGTH)))


def _as_they_are(files: Sequence[Path]) -> Sequence[tuple[int, int, int] | None]:
    """What changes when a file does; None for one that is not there."""
    found: list[tuple[int, int, int] | None] = []
    for file in files:
        try:
            stat = file.stat()
        except OSError:
            found.append(None)
        else:
            found.append((stat.st_mtime_ns, stat.st_size, stat.st_ino))
    return found


def _trust(context: ssl.SSLContext, authority: Path) -> None:
    try:
        context.load_verify_locations(cafile=authority)
    except (OSError, ssl.SSLError):
        raise Unreadable(authority) from None


def _identify(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    """A key under a passphrase cannot be used: nobody is there to type it, and the library must not ask for it."""
    try:
        context.load_cert_chain(certificate, key, password="")
    except (OSError, ssl.SSLError):
        raise Unreadable(certificate) from None
