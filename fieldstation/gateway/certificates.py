"""Tells the resources whose certificate the other end of a connection has shown, which ASGI has no word for."""

import asyncio
from typing import cast

from starlette.types import Receive, Scope, Send
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.h11_impl import H11Protocol

from fieldstation.gateway.stations import CERTIFICATE


class CertificateProtocol(H11Protocol):
    """HTTP/1.1; each request's scope holds the common name of the certificate, if one was shown and is trusted."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection begins; TLS, if there is any, has been agreed on."""
        super().connection_made(transport)
        tls = transport.get_extra_info("ssl_object")
        shown = tls.getpeercert() if tls is not None else None
        names = [value for part in (shown or {}).get("subject", ()) for key, value in part if key == "commonName"]
        inner = self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await inner({**scope, CERTIFICATE: names[0] if names else None}, receive, send)

        self.app = cast("ASGI3Application", app)
