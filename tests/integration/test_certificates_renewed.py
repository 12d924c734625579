"""A server whose certificate is renewed while it runs."""

import shutil
import socket
import ssl
from pathlib import Path
from threading import Thread
from typing import Any

from fieldstation.upload.tls import server_context
from tests.support.web import Authority


def shown(context: ssl.SSLContext, client: ssl.SSLContext) -> str:
    """The common name of the certificate that a client is shown."""
    near, far = socket.socketpair()

    def serve() -> None:
        with context.wrap_socket(far, server_side=True) as link:
            link.recv(1)

    server = Thread(target=serve)
    server.start()
    with client.wrap_socket(near) as link:
        subject: Any = (link.getpeercert() or {}).get("subject", ())
        link.send(b"!")
    server.join()
    (name,) = [value for part in subject for key, value in part if key == "commonName"]
    return str(name)


def test_a_renewed_certificate_is_shown_and_a_broken_one_is_not(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    pem, key = tmp_path / "server.pem", tmp_path / "server.key"
    for one, place in zip(authority.issue("before"), (pem, key), strict=True):
        shutil.copy(one, place)
    client = ssl.create_default_context(cafile=authority.file)
    client.check_hostname = False
    context = server_context(pem, key, None)
    assert shown(context, client) == "before"
    pem.write_text("half a certific", "utf-8")
    assert shown(context, client) == "before"
    for one, place in zip(authority.issue("renewed"), (pem, key), strict=True):
        shutil.copy(one, place)
    assert shown(context, client) == "renewed"
    pem.unlink()
    assert shown(context, client) == "renewed"
