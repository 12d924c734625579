"""Getting hold of a TLS socket, and of why its handshake failed, where the library keeps both from us."""

import ssl
from collections.abc import Callable
from typing import Any


def note_handshake(
    context: ssl.SSLContext, begun: Callable[[ssl.SSLSocket], None], failed: Callable[[OSError], None]
) -> None:
    """Have every connection under ``context`` tell its socket before it connects, and what keeps it from connecting."""

    class Noting(ssl.SSLSocket):
        def connect(self, addr: Any) -> None:
            begun(self)
            try:
                super().connect(addr)
            except OSError as trouble:
                failed(trouble)
                raise

    context.sslsocket_class = Noting
