"""tus as raw requests: what no well-behaved client would send, and connections that hang."""

import socket
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urljoin, urlsplit

import httpx

from fieldstation.domain.exams import Instance

HEADERS = {"Tus-Resumable": "1.0.0"}
PIECE = {**HEADERS, "Content-Type": "application/offset+octet-stream"}


def metadata(instance: Instance, **changes: str) -> str:
    """Upload-Metadata of an instance."""
    told = {
        "sop_instance_uid": instance.sop_instance_uid,
        "sop_class_uid": instance.sop_class_uid,
        "transfer_syntax_uid": instance.transfer_syntax_uid,
        "sha256": instance.sha256,
    } | changes
    return ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in told.items())


def create(url: str, instance: Instance, size: int | None = None, **changes: str) -> httpx.Response:
    """Ask for an upload."""
    length = instance.size if size is None else size
    headers = {**HEADERS, "Upload-Length": str(length), "Upload-Metadata": metadata(instance, **changes)}
    return httpx.post(f"{url}/files", headers=headers, trust_env=False)


def begin(url: str, instance: Instance, **changes: str) -> str:
    """Create an upload; where it is."""
    answer = create(url, instance, None, **changes)
    assert answer.status_code == 201, answer.text
    return urljoin(f"{url}/files", answer.headers["Location"])


def append(place: str, content: bytes, offset: int = 0) -> httpx.Response:
    """Send bytes."""
    return httpx.patch(place, content=content, headers={**PIECE, "Upload-Offset": str(offset)}, trust_env=False)


@contextmanager
def half_open(place: str, offset: int, content: bytes, announced: int, **headers: str) -> Iterator[socket.socket]:
    """A PATCH that sends less than it announces, and stays."""
    url = urlsplit(place)
    with socket.create_connection((url.hostname or "", url.port or 80), 60.0) as link:
        lines = (
            f"PATCH {url.path} HTTP/1.1",
            f"Host: {url.netloc}",
            "Tus-Resumable: 1.0.0",
            "Content-Type: application/offset+octet-stream",
            f"Upload-Offset: {offset}",
            f"Content-Length: {announced}",
            *(f"{name}: {value}" for name, value in headers.items()),
        )
        link.sendall(("\r\n".join(lines) + "\r\n\r\n").encode() + content)
        yield link
