"""Web servers that answer what a test tells them to, and certificates for servers that have to be believed."""

import ipaddress
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TUS = {"Tus-Resumable": "1.0.0"}


@dataclass(frozen=True)
class Say:
    """One answer."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Web:
    """A server that says the same to every request of a method, and remembers what it got."""

    answers: Mapping[str, Say]
    url: str = ""
    asked: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)
    bytes_taken: int = 0


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.links: list[socket.socket] = []

    def process_request(self, request: Any, client_address: Any) -> None:
        self.links.append(request)
        super().process_request(request, client_address)

    def server_close(self) -> None:
        """Hang up on whoever keeps a connection: the threads of all are waited for."""
        for link in self.links:
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
        super().server_close()

    def handle_error(self, *_arguments: object) -> None:
        """A client that goes away in the middle is what some tests are about."""


@contextmanager
def web(answers: Mapping[str, Say]) -> Iterator[Web]:
    """Run one on loopback; ``answers`` are by method, ``*`` for any other."""
    told = Web(answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            told.asked.append((self.command, self.path, dict(self.headers)))
            told.bytes_taken += len(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            say = told.answers.get(self.command, told.answers["*"])
            self.send_response(say.status)
            for name, value in say.headers.items():
                self.send_header(name, value)
            if say.status != 204:
                self.send_header("Content-Length", str(len(say.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(say.body)

        do_GET = do_HEAD = do_POST = do_PATCH = do_OPTIONS = answer  # noqa: N815 - the library's names

        def log_message(self, *_arguments: object) -> None:
            pass

    with _Server(Handler) as server:
        told.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()


class Authority:
    """A certificate authority of a test; everything it writes lies in ``folder``."""

    def __init__(self, folder: Path, lasts: timedelta = timedelta(days=30)) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Test Authority")
        certificate = (
            _begun(self._name, self._name, self._key.public_key(), lasts)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.file = folder / "authority.pem"
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, *, host: str = "127.0.0.1", lasts: timedelta = timedelta(days=7)) -> tuple[Path, Path]:
        """A certificate for ``host`` and its key, as files; ``lasts`` may be negative."""
        key = ec.generate_private_key(ec.SECP256R1())
        try:
            subject: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            subject = x509.DNSName(host)
        certificate = (
            _begun(_name(name), self._name, key.public_key(), lasts)
            .add_extension(x509.SubjectAlternativeName([subject]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        files = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        files[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return files


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, lasts: timedelta
) -> x509.CertificateBuilder:
    ends = datetime.now(UTC) + lasts
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(ends - timedelta(days=60))
        .not_valid_after(ends)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
