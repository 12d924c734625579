"""A destination's way over HTTP: its one connection, made when needed and cut from any thread, and its troubles."""

import ssl
import threading
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import urlsplit

from fieldstation.domain.certificates import Certificate
from fieldstation.domain.destination import Answer, Disposition
from fieldstation.domain.words import Message
from fieldstation.upload.certificates import CertificateWatch
from fieldstation.upload.credentials import Credentials, Unreadable, authorization
from fieldstation.upload.limits import Limits
from fieldstation.upload.own_answers import STOPPED
from fieldstation.upload.reach import NameUnknown, reaches
from fieldstation.upload.tls import client_context, cut_off, tls_trouble
from fieldstation.upload.web import LinkBroken, WebClient


class WebLink:
    """The way to the server at a URL. Used by one thread; `keep_only` and `end` by any."""

    def __init__(self, url: str, credentials: Credentials, limits: Limits) -> None:
        parts = urlsplit(url)
        self.url = url.rstrip("/")
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._secured = parts.scheme == "https"
        self._credentials = credentials
        self._limits = limits
        self._watch = CertificateWatch(credentials)
        self._context: ssl.SSLContext | None = None
        self._client: WebClient | None = None
        self._lock = threading.Lock()
        self.ended = threading.Event()

    @property
    def certificates(self) -> Sequence[Certificate]:
        """What a secured connection depends on."""
        return self._watch.known() if self._secured else ()

    def open(self) -> WebClient | Answer:
        """The client; its connection is made when it is first used. Why not, if our own files cannot be used."""
        if self._client is not None and not self.ended.is_set():
            return self._client
        try:
            headers = authorization(self._credentials.token_file)
            if self._context is None:
                self._context = self._made_context()
        except Unreadable as unreadable:
            return Answer(Disposition.PAUSE, Message("link.credentials_unreadable", {"file": str(unreadable.file)}))
        with self._lock:
            if self.ended.is_set():
                return STOPPED
            self._client = WebClient(headers=headers, context=self._context, limits=self._limits, saw=self._watch.saw)
            return self._client

    def trouble(self, broken: LinkBroken) -> Answer:
        """What a link that broke means for the destination."""
        if trouble := tls_trouble(broken.cause, self._host):
            return trouble
        if broken.has(NameUnknown):
            return Answer(Disposition.LATER, Message("link.name_unknown", {"host": self._host}))
        if not broken.connecting:
            return Answer(Disposition.LATER, Message("link.lost"))
        if broken.has(ssl.SSLEOFError, ConnectionResetError):
            return cut_off(self._host)
        where: Mapping[str, str | int | float] = {"host": self._host, "port": self._port}
        return Answer(Disposition.LATER, Message("link.down", where))

    def reachable(self) -> bool:
        """Whether the port takes connections."""
        return reaches(self._host, self._port, self.ended.is_set)

    def drop(self) -> None:
        """Let go of the connection. Idempotent."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def rest(self) -> None:
        """Let go of the connection, and of what was read for it: files may have been mended meanwhile."""
        self.drop()
        self._context = None

    def keep_only(self, addresses: Collection[str]) -> None:
        """Cut a connection from another address."""
        with self._lock:
            if self._client is not None:
                self._client.keep_only(addresses)

    def end(self) -> None:
        """Cut what is open; nothing is opened any more."""
        self.ended.set()
        with self._lock:
            if self._client is not None:
                self._client.end()

    def _made_context(self) -> ssl.SSLContext:
        if self._secured:
            return client_context(self._credentials)
        # Never used, for there is no TLS; made without reading the system's authorities.
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
