"""tus 1.0.0 from the client's side, over httpx: each call is bounded in time and can be ended from outside.

https://tus.io/protocols/resumable-upload, core protocol and creation; creation with upload where the server offers it.
"""

import base64
import contextlib
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx

from fieldstation.upload.association import Limits, tcp_options
from fieldstation.upload.network import comes_from

# The library's own lines name every address, and with it the images' numbers.
logging.getLogger("httpx").setLevel(logging.WARNING)

VERSION = "1.0.0"
_PIECE_TYPE = "application/offset+octet-stream"
_PIECE = 16 * 1024
_TAIL_BYTES = 256 * 1024
_MOST_ANSWER_BYTES = 64 * 1024


class LinkBroken(Exception):
    """The link broke before an answer was there. ``handed_over``: all bytes of the request had left."""

    def __init__(self, cause: Exception, *, handed_over: bool = False) -> None:
        super().__init__(type(cause).__name__)
        self.cause = cause
        self.handed_over = handed_over

    @property
    def connecting(self) -> bool:
        """Whether there was no connection yet."""
        return isinstance(self.cause, httpx.ConnectError | httpx.ConnectTimeout)

    def has(self, kind: type[BaseException]) -> bool:
        """Whether an exception of that kind is among the causes."""
        error: BaseException | None = self.cause
        while error is not None and not isinstance(error, kind):
            error = error.__cause__ or error.__context__
        return error is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer. ``speaks_tus``: it comes from a tus server, not from whatever sits between; header names are small."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    speaks_tus: bool

    @property
    def offset(self) -> int | None:
        """How many bytes the server has, if it says so."""
        text = self.headers.get("upload-offset", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None

    @property
    def takes_bytes_at_creation(self) -> bool:
        """Whether the server offers creation-with-upload; some say so only when asked by OPTIONS."""
        return "creation-with-upload" in self.headers.get("tus-extension", "")


class TusClient:
    """Speaks to one tus server. Used by one thread, ended by any.

    ``collection`` is the URL that uploads are created at. Redirections are never followed, proxies of the environment
    never used: the token goes to that host and nowhere else.
    """

    def __init__(self, collection: str, *, headers: Mapping[str, str], context: ssl.SSLContext, limits: Limits) -> None:
        self._collection = collection
        self._limits = limits
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._ended = False
        self._client = httpx.Client(
            headers={**headers, "Tus-Resumable": VERSION, "Accept-Encoding": "identity"},
            transport=httpx.HTTPTransport(
                verify=context,
                trust_env=False,
                socket_options=[
                    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
                    *((socket.IPPROTO_TCP, option, value) for option, value in tcp_options(limits)),
                ],
                limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            ),
            trust_env=False,
            follow_redirects=False,
        )

    def options(self) -> Reply:
        """What the server offers."""
        return self._ask("OPTIONS", self._collection)

    def create(self, size: int, metadata: Mapping[str, str]) -> Reply:
        """Create an upload without its bytes."""
        return self._ask("POST", self._collection, _creation(size, metadata))

    def create_with(self, content: bytes, metadata: Mapping[str, str], on_sent: Callable[[int], None]) -> Reply:
        """Create an upload and send its bytes with the same request, which saves a round trip."""
        return self._send("POST", self._collection, _creation(len(content), metadata), memoryview(content), on_sent)

    def offset(self, url: str) -> Reply:
        """How much of an upload the server has."""
        return self._ask("HEAD", url)

    def append(self, url: str, content: bytes, offset: int, on_sent: Callable[[int], None]) -> Reply:
        """Send what is missing from ``offset`` on, as one stream. ``on_sent`` is told how far in ``content`` it is."""
        headers = {"Upload-Offset": str(offset)}
        return self._send("PATCH", url, headers, memoryview(content)[offset:], lambda sent: on_sent(offset + sent))

    def get(self, url: str) -> Reply:
        """Read a resource beside the uploads."""
        return self._ask("GET", url)

    def location(self, reply: Reply) -> str | None:
        """Where a created upload is; None if the answer names no place on this server."""
        told = reply.headers.get("location")
        if told is None:
            return None
        url, home = urlsplit(urljoin(self._collection, told)), urlsplit(self._collection)
        # A server behind a proxy may not know its own name; what counts is the path.
        return url._replace(scheme=home.scheme, netloc=home.netloc).geturl()

    def close(self) -> None:
        """Let go of the connection. Idempotent."""
        self._client.close()
        with self._lock:
            self._sockets.clear()

    def keep_only(self, addresses: Collection[str]) -> None:
        """Cut the connection if it comes from none of these own addresses; from any thread."""
        with self._lock:
            for link in self._sockets:
                if not comes_from(link, addresses):
                    with contextlib.suppress(OSError):
                        socket.socket.shutdown(link, socket.SHUT_RDWR)

    def end(self) -> None:
        """Cut the connection, from any thread: whoever waits on it gets `LinkBroken` at once. Idempotent."""
        with self._lock:
            self._ended = True
            for link in self._sockets:
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(link, socket.SHUT_RDWR)

    def _ask(self, method: str, url: str, headers: Mapping[str, str] | None = None) -> Reply:
        return self._request(self._client.build_request(method, url, headers=headers), self._limits.answer_s)

    def _send(
        self, method: str, url: str, headers: Mapping[str, str], content: memoryview, on_sent: Callable[[int], None]
    ) -> Reply:
        body = _Body(content, on_sent, self._limits)
        headers = {**headers, "Content-Type": _PIECE_TYPE, "Content-Length": str(len(content))}
        request = self._client.build_request(method, url, headers=headers, content=body)
        try:
            return self._request(request, self._limits.answer_after_s(_TAIL_BYTES))
        except LinkBroken as broken:
            raise LinkBroken(broken.cause, handed_over=body.handed_over) from broken.cause

    def _request(self, request: httpx.Request, answer_s: float) -> Reply:
        request.extensions = {
            "timeout": {
                "connect": self._limits.connect_s,
                "write": self._limits.stall_s,
                "read": answer_s,
                "pool": self._limits.connect_s,
            },
            "trace": self._trace,
        }
        try:
            response = self._client.send(request, stream=True)
            try:
                content = _bounded(response)
            finally:
                response.close()
        except (httpx.TransportError, _Stalled) as error:
            raise LinkBroken(error) from error
        return Reply(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            content=content,
            speaks_tus=response.headers.get("Tus-Resumable") == VERSION,
        )

    def _trace(self, event: str, info: Mapping[str, object]) -> None:
        """Get hold of each new socket, so that `end` can cut it."""
        if event not in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            return
        stream = info["return_value"]
        link = stream.get_extra_info("socket")  # type: ignore[attr-defined]
        with self._lock:
            self._sockets = [link] if isinstance(link, socket.socket) else []
            if self._ended:
                raise httpx.ConnectError("ended")


class _Stalled(Exception):
    """Bytes leave more slowly than the slowest link that is still a link."""


class _Body:
    """The bytes of a request in pieces; notes how far they have left, and gives up on a link that is none."""

    def __init__(self, content: memoryview, on_sent: Callable[[int], None], limits: Limits) -> None:
        self._content = content
        self._on_sent = on_sent
        self._limits = limits
        self.handed_over = False

    def __iter__(self) -> Iterator[bytes]:
        began = time.monotonic()
        for start in range(0, len(self._content), _PIECE):
            if time.monotonic() - began > self._limits.answer_after_s(start + _PIECE):
                raise _Stalled
            yield bytes(self._content[start : start + _PIECE])
            self._on_sent(min(start + _PIECE, len(self._content)))
        self.handed_over = True


def _creation(size: int, metadata: Mapping[str, str]) -> Mapping[str, str]:
    pairs = (f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items())
    return {"Upload-Length": str(size), "Upload-Metadata": ",".join(pairs)}


def _bounded(response: httpx.Response) -> bytes:
    """The start of the body: a captive portal's may be long, ours never are."""
    content = bytearray()
    for block in response.iter_raw():
        content += block
        if len(content) > _MOST_ANSWER_BYTES:
            break
    return bytes(content[:_MOST_ANSWER_BYTES])
