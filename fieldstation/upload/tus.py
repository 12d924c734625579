"""tus 1.0.0 from the client's side: each call is bounded in time and can be ended from outside.

https://tus.io/protocols/resumable-upload, core protocol and creation; creation with upload where the server offers it.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from fieldstation.upload.web import WebClient, WebReply

VERSION = "1.0.0"
_VERSION = {"Tus-Resumable": VERSION}
_PIECE_TYPE = "application/offset+octet-stream"
_LONGEST_PLACE = 8000
"""What RFC 9110 4.1 has everybody support."""


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
    """Speaks to one tus server over a `WebClient`. Every call may raise `LinkBroken`.

    ``collection`` is the URL that uploads are created at.
    """

    def __init__(self, web: WebClient, collection: str) -> None:
        self._web = web
        self._collection = collection

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
        if told is None or len(told) > _LONGEST_PLACE or not told.isprintable():
            return None
        try:
            url, home = urlsplit(urljoin(self._collection, told)), urlsplit(self._collection)
        except ValueError:
            return None
        # A server behind a proxy may not know its own name; what counts is the path.
        return url._replace(scheme=home.scheme, netloc=home.netloc).geturl()

    def _ask(self, method: str, url: str, headers: Mapping[str, str] | None = None) -> Reply:
        return _reply(self._web.ask(method, url, {**_VERSION, **(headers or {})}))

    def _send(
        self, method: str, url: str, headers: Mapping[str, str], content: memoryview, on_sent: Callable[[int], None]
    ) -> Reply:
        headers = {**_VERSION, **headers, "Content-Type": _PIECE_TYPE}
        return _reply(self._web.send(method, url, headers, [content], on_sent))


def _reply(reply: WebReply) -> Reply:
    speaks_tus = reply.headers.get("tus-resumable") == VERSION
    return Reply(status=reply.status, headers=reply.headers, content=reply.content, speaks_tus=speaks_tus)


def _creation(size: int, metadata: Mapping[str, str]) -> Mapping[str, str]:
    pairs = (f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items())
    return {"Upload-Length": str(size), "Upload-Metadata": ",".join(pairs)}
