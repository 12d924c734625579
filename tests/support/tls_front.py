"""A TLS end of OpenSSL's before a peer that speaks in the clear: what is agreed on is the test's to choose."""

import contextlib
import select
import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PATIENCE_S = 10.0


class _ClosesItself(ssl.SSLSocket):
    """Wrapping one whose client has hung up already takes its descriptor and fails: nobody else could close it."""

    def __del__(self) -> None:
        self.close()


class TlsFront:
    """``context`` may be changed for the connections to come; ``through`` counts the bytes that reached the peer."""

    host = "127.0.0.1"

    def __init__(self, listener: socket.socket, behind: int, context: ssl.SSLContext) -> None:
        self._listener = listener
        self._behind = behind
        self._threads: list[threading.Thread] = []
        self.port = int(listener.getsockname()[1])
        self.context = context
        self.through = 0
        self.agreed: set[tuple[str | None, str]] = set()
        self.refused = 0

    def run(self) -> None:
        """Take connections until the listener is closed."""
        while True:
            try:
                link, _ = self._listener.accept()
            except OSError:
                break
            self._threads.append(threading.Thread(target=self._serve, args=(link,)))
            self._threads[-1].start()
        for thread in self._threads:
            thread.join()

    def _serve(self, link: socket.socket) -> None:
        link.settimeout(_PATIENCE_S)
        self.context.sslsocket_class = _ClosesItself
        try:
            secured = self.context.wrap_socket(link, server_side=True)
        except OSError:
            self.refused += 1
            link.close()
            return
        cipher = secured.cipher()
        self.agreed.add((secured.version(), cipher[0] if cipher else ""))
        with secured, contextlib.suppress(OSError), socket.create_connection((self.host, self._behind)) as peer:
            while True:
                ready = [secured] if secured.pending() else select.select([secured, peer], [], [], _PATIENCE_S)[0]
                for source in ready:
                    data = source.recv(65536)
                    if not data:
                        return
                    if source is secured:
                        self.through += len(data)
                    (peer if source is secured else secured).sendall(data)


@contextmanager
def tls_front(behind: int, context: ssl.SSLContext) -> Iterator[TlsFront]:
    """Run one before a port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        front = TlsFront(listener, behind, context)
        thread = threading.Thread(target=front.run)
        thread.start()
        try:
            yield front
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            thread.join()


def serves(files: tuple[Path, Path], wants_from: Path | None = None) -> ssl.SSLContext:
    """A server's context with that certificate and key; ``wants_from``: clients have to show one of that authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    if wants_from is not None:
        context.load_verify_locations(wants_from)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def at_most(context: ssl.SSLContext, version: ssl.TLSVersion, ciphers: str) -> ssl.SSLContext:
    """Speaks no newer version than that, and of it those ciphers only."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = version
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    return context
