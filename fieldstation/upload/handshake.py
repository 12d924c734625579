"""The TLS of one connection, where the library keeps from us its socket, its peer's certificate and its troubles."""

import contextlib
import ssl
from collections.abc import Callable
from typing import Any

from fieldstation.domain.destination import Answer
from fieldstation.upload.credentials import Credentials
from fieldstation.upload.tls import client_context, cut_off, tls_trouble


class Handshake:
    """Makes the context; ``begun`` gets the socket before it connects, ``saw`` the certificate that was right.

    Raises:
        Unreadable: a file of ours.
    """

    def __init__(
        self,
        credentials: Credentials,
        host: str,
        begun: Callable[[ssl.SSLSocket], None],
        saw: Callable[[str, bytes | None], None],
    ) -> None:
        self._host = host
        self._trouble: Answer | None = None
        self.context = client_context(credentials)
        handshake = self

        class Noting(ssl.SSLSocket):
            def connect(self, addr: Any) -> None:
                begun(self)
                try:
                    super().connect(addr)
                except OSError as trouble:
                    handshake._failed(trouble)
                    raise
                saw(host, self.getpeercert(binary_form=True))

            def send(self, data: Any, flags: int = 0) -> int:
                try:
                    return super().send(data, flags)
                except OSError:
                    # The other end may have said why before it hung up.
                    with contextlib.suppress(OSError):
                        self.recv(1)
                    raise

            def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
                try:
                    return super().recv(buflen, flags)
                except ssl.SSLError as trouble:
                    # With TLS 1.3 the other end says only now that it does not want our certificate.
                    handshake._trouble = tls_trouble(trouble, host)
                    raise

        self.context.sslsocket_class = Noting

    @property
    def trouble(self) -> Answer | None:
        """What TLS itself had against the connection; None if nothing."""
        return self._trouble

    def _failed(self, trouble: OSError) -> None:
        self._trouble = tls_trouble(trouble, self._host)
        if self._trouble is None and isinstance(trouble, ssl.SSLEOFError | ConnectionResetError):
            self._trouble = cut_off(self._host)
