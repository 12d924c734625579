"""How the gateway speaks HTTP: whose certificate was shown, and how long the head of a request may take."""

import asyncio
from typing import Any, cast

import h11
from starlette.types import Receive, Scope, Send
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.h11_impl import H11Protocol

from fieldstation.gateway.stations import CERTIFICATE

_HEAD_S = 30.0


class GatewayProtocol(H11Protocol):
    """HTTP/1.1; each request's scope holds the common name of the certificate, if one was shown and is trusted.

    ASGI has no word for a certificate, and uvicorn no limit to the head of a request: whoever sends none within
    ``head_s`` of connecting, or of its first byte, is hung up on.
    """

    def __init__(self, *told: Any, head_s: float = _HEAD_S, **named: Any) -> None:
        super().__init__(*told, **named)
        self._head_s = head_s
        self._hanging_up: asyncio.TimerHandle | None = None

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
        self._mind_head()

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        super().data_received(data)
        self._mind_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        super().connection_lost(exc)
        self._head_is_in()

    def _mind_head(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._head_is_in()
        elif self._hanging_up is None:
            self._hanging_up = self.loop.call_later(self._head_s, self.transport.abort)

    def _head_is_in(self) -> None:
        if self._hanging_up is not None:
            self._hanging_up.cancel()
            self._hanging_up = None
