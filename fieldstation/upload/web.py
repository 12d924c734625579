"""HTTP from the client's side, over httpx: each call is bounded in time and can be ended from outside."""

import contextlib
import json
import logging
import select
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from fieldstation.domain.destination import PutAside
from fieldstation.upload.across import silent_s, unacknowledged
from fieldstation.upload.limits import Limits
from fieldstation.upload.network import comes_from
from fieldstation.upload.patience import ended_after, ended_if
from fieldstation.upload.reach import NameUnknown, addresses_of, tcp_options

# The library's own lines name every address, and with it the images' numbers.
logging.getLogger("httpx").setLevel(logging.WARNING)

_PIECE = 16 * 1024
_LITTLE_BYTES = 8 * 1024
_LOOK_S = 0.05
_DISCARD = struct.pack("HH" if sys.platform == "win32" else "ii", 1, 0)
"""SO_LINGER: a close sends nothing more."""
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

    def has(self, *kinds: type[BaseException]) -> bool:
        """Whether an exception of one of these kinds is among the causes."""
        error: BaseException | None = self.cause
        while error is not None and not isinstance(error, kinds):
            error = error.__cause__ or error.__context__
        return error is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebReply:
    """An answer; header names are small, ``content`` is the start of the body."""

    status: int
    headers: Mapping[str, str]
    content: bytes


def parsed(content: bytes) -> Any:
    """The JSON of a reply; None where it is none. Brackets that are nested without end are none either."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


class WebClient:
    """Speaks to one server over one connection. Used by one thread, ended by any.

    Redirections are never followed, proxies of the environment never used: what we say goes to that host alone.
    ``saw`` is told each certificate (DER) that the server shows and that is right, and whose it is.
    """

    def __init__(
        self,
        *,
        headers: Mapping[str, str],
        context: ssl.SSLContext,
        limits: Limits,
        saw: Callable[[str, bytes | None], None],
    ) -> None:
        self._limits = limits
        self._saw = saw
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._addresses: list[str] = []
        self._ended = threading.Event()
        self._client = httpx.Client(
            headers={**headers, "Accept-Encoding": "identity"},
            transport=httpx.HTTPTransport(
                verify=context,
                trust_env=False,
                socket_options=[
                    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
                    *((socket.IPPROTO_TCP, option, value) for option, value in tcp_options(limits.stall_s)),
                ],
                limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            ),
            trust_env=False,
            follow_redirects=False,
            event_hooks={"response": [_leads_nowhere]},
        )

    def ask(self, method: str, url: str, headers: Mapping[str, str] | None = None) -> WebReply:
        """A request without a body.

        Raises:
            LinkBroken: there was no answer.
        """
        return self._request(self._client.build_request(method, url, headers=headers), self._limits.answer_s)

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: Sequence[bytes | memoryview],
        on_sent: Callable[[int], None],
    ) -> WebReply:
        """A request whose body are the parts of ``content``, one after the other; ``on_sent`` is told how far it is.

        Raises:
            LinkBroken: there was no answer.
        """
        body = _Body(content, on_sent, self._limits, self._link)
        size = sum(len(part) for part in content)
        headers = {**headers, "Content-Length": str(size)}
        request = self._client.build_request(method, url, headers=headers, content=body)
        try:
            return self._request(request, self._limits.answer_after_s(size))
        except LinkBroken as broken:
            raise LinkBroken(broken.cause, handed_over=body.handed_over) from broken.cause

    def _link(self) -> socket.socket | None:
        """The socket in use; None where there is none, or once it is to end."""
        with self._lock:
            return self._sockets[0] if self._sockets and not self._ended.is_set() else None

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
        self._ended.set()
        self._cut()

    def _cut(self) -> None:
        with self._lock:
            for link in self._sockets:
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(link, socket.SHUT_RDWR)

    def _request(self, request: httpx.Request, answer_s: float) -> WebReply:
        # The library bounds each wait for bytes, but not how many there are: an answer that drips would never end.
        answering = contextlib.ExitStack()
        began = time.monotonic()

        def black_hole() -> bool:
            return min(silent_s(self._link()), time.monotonic() - began) > self._limits.stall_s

        def trace(event: str, info: Mapping[str, Any]) -> None:
            self._trace(event, info)
            if event == "http11.receive_response_headers.started":
                answering.enter_context(ended_after(answer_s, self._cut))

        request.extensions = {
            "timeout": {
                "connect": self._limits.connect_s,
                "write": self._limits.patience_s,
                "read": answer_s,
                "pool": self._limits.connect_s,
            },
            "trace": trace,
            # The library would look the name up itself, unbounded; so it gets an address, and the name to check.
            "sni_hostname": request.url.host,
        }
        try:
            with ended_if(black_hole, self._cut):
                response = self._sent(request)
                try:
                    content = _bounded(response)
                finally:
                    response.close()
        except (httpx.TransportError, NameUnknown, _Stalled) as error:
            raise LinkBroken(error) from error
        finally:
            answering.close()
        return WebReply(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            content=content,
        )

    def _sent(self, request: httpx.Request) -> httpx.Response:
        """The answer from the first of the host's addresses that can be connected to; that one is kept to."""
        url = request.url
        if not self._addresses:
            self._addresses = list(addresses_of(url.host, self._limits.connect_s, self._ended.is_set))
        while True:
            address = self._addresses[0]
            request.url = url.copy_with(host=f"[{address}]" if ":" in address else address)
            try:
                return self._client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if len(self._addresses) == 1 or self._ended.is_set():
                    raise
                del self._addresses[0]

    def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Get hold of each new socket, so that `end` can cut it, and of the certificate that was shown."""
        if event not in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            return
        stream = info["return_value"]
        link = stream.get_extra_info("socket")
        with self._lock:
            self._sockets = [link] if isinstance(link, socket.socket) else []
            if self._ended.is_set():
                if isinstance(link, socket.socket):
                    link.close()
                raise httpx.ConnectError("ended")
        if isinstance(link, ssl.SSLSocket):
            self._saw(link.server_hostname or "", link.getpeercert(binary_form=True))


class _Stalled(Exception):
    """Bytes leave more slowly than the slowest link that is still a link."""


class _Body:
    """The parts of a request in pieces; notes how far they have left, and gives up on a link that is none."""

    def __init__(
        self,
        parts: Sequence[bytes | memoryview],
        on_sent: Callable[[int], None],
        limits: Limits,
        link: Callable[[], socket.socket | None],
    ) -> None:
        self._link = link
        self._parts = parts
        self._on_sent = on_sent
        self._limits = limits
        self.handed_over = False

    def __iter__(self) -> Iterator[bytes]:
        began = time.monotonic()
        sent = 0
        for part in self._parts:
            for start in range(0, len(part), _PIECE):
                piece = bytes(part[start : start + _PIECE])
                if time.monotonic() - began > self._limits.answer_after_s(sent + _PIECE):
                    raise _Stalled
                yield piece
                sent += len(piece)
                self._tell(max(0, sent - unacknowledged(self._link())))
        self.handed_over = True
        self._see_off(sent)

    def _see_off(self, sent: int) -> None:
        """Tell how the rest leaves the kernel, until little is left, an answer comes, or nothing moves any more."""
        left, moved_at = sent, time.monotonic()
        while (link := self._link()) is not None and time.monotonic() - moved_at < self._limits.patience_s:
            now_left = unacknowledged(link)
            if now_left <= _LITTLE_BYTES or _has_answer(link):
                break
            if now_left != left:
                left, moved_at = now_left, time.monotonic()
                self._tell(sent - left)

    def _tell(self, sent: int) -> None:
        try:
            self._on_sent(sent)
        except PutAside:
            if (link := self._link()) is not None:
                # What the kernel has not sent yet would go before what is more urgent.
                link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _DISCARD)
            raise


def _has_answer(link: socket.socket) -> bool:
    """Whether anything has come, waited for a moment; a socket that is closed has nothing to wait for."""
    try:
        return bool(select.select([link], [], [], _LOOK_S)[0])
    except (OSError, ValueError):
        return True


def _leads_nowhere(response: httpx.Response) -> None:
    """Where a redirection leads is not read: the library would fail on a place that is none, and we never go there."""
    if response.has_redirect_location:
        del response.headers["location"]


def _bounded(response: httpx.Response) -> bytes:
    """The start of the body: a captive portal's may be long, ours never are."""
    content = bytearray()
    for block in response.iter_raw():
        content += block
        if len(content) > _MOST_ANSWER_BYTES:
            break
    return bytes(content[:_MOST_ANSWER_BYTES])
