"""The listening process itself: takes N-EVENT-REPORTs of storage commitment, passes each on, and answers it.

Settings come as the first line of standard input; the port goes out as the first line of standard output. Each report
goes out as a line, and is answered with the status that comes back as a line: success only if it was written down. When
standard input ends, so does the process: its parent may have been killed, and the next one wants the port.
"""

import json
import os
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TextIO

from pynetdicom import AE, _config, evt
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]
from pynetdicom.transport import AssociationServer

from fieldstation.upload.association import COMMITMENT
from fieldstation.upload.credentials import Unreadable
from fieldstation.upload.tls import server_context

_config.LOG_HANDLER_LEVEL = "none"

MOST_BYTES = 768 * 1024 * 1024
"""Address space: one bogus A-ASSOCIATE-RQ ends this process, not the machine."""
_MOST_ASSOCIATIONS = 4
_MOST_CONNECTIONS = 8
_IDLE_S = 30.0
_AGAIN_S = 1.0


class Reports:
    """Passes one report at a time to the parent, and waits for what it says."""

    def __init__(self, answers: TextIO, reports: TextIO) -> None:
        self._answers = answers
        self._reports = reports
        self._statuses: SimpleQueue[int] = SimpleQueue()
        self._lock = threading.Lock()

    def hear_answers(self) -> None:
        """Take what the parent says, until it ends."""
        for line in self._answers:
            self._statuses.put(int(line))
        os._exit(0)

    def on_report(self, event: evt.Event) -> tuple[int, None]:
        """N-EVENT-REPORT (PS3.4 J.3.3)."""
        try:
            report = event.event_information
            held = {str(one.ReferencedSOPInstanceUID) for one in report.get("ReferencedSOPSequence", [])}
            held -= {str(one.ReferencedSOPInstanceUID) for one in report.get("FailedSOPSequence", [])}
            line = json.dumps({"transaction_uid": str(report.TransactionUID), "held": sorted(held)})
        except (AttributeError, ValueError, TypeError, KeyError):
            return 0x0115, None
        with self._lock:
            print(line, file=self._reports, flush=True)
            return self._statuses.get(), None


class BoundedServer(AssociationServer):
    """Takes connections of known addresses only, and few at once."""

    peers: frozenset[str] = frozenset()

    def get_request(self) -> tuple[socket.socket, Any]:
        """A connection; its TLS begins when it is first read from, in its own thread, so that it holds up no other."""
        link, address = self.socket.accept()  # type: ignore[union-attr]
        if self.ssl_context is not None:
            link = self.ssl_context.wrap_socket(link, server_side=True, do_handshake_on_connect=False)
        return link, address

    def verify_request(self, request: object, client_address: object) -> bool:
        """Whether a connection is taken at all; no thread is spent on one that is not."""
        host = str(client_address[0]) if isinstance(client_address, tuple) else ""
        if host.removeprefix("::ffff:") not in self.peers or len(self.active_associations) >= _MOST_CONNECTIONS:
            return False
        if isinstance(request, socket.socket):
            request.settimeout(_IDLE_S)
        return True


def serve(settings: dict[str, object], answers: TextIO, reports: TextIO) -> None:
    """Listen as soon as that is possible, until the process ends."""
    heard = Reports(answers, reports)
    threading.Thread(target=heard.hear_answers, daemon=True).start()
    ae = AE(ae_title=str(settings["ae_title"]))
    ae.require_called_aet = True
    ae.require_calling_aet = list(settings["calling_ae_titles"])  # type: ignore[call-overload]
    ae.maximum_associations = _MOST_ASSOCIATIONS
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = _IDLE_S
    # The PACS is the SCP of commitment: it proposes that role for itself when it calls us (PS3.4 J.3.3).
    ae.add_supported_context(COMMITMENT, scu_role=True, scp_role=True)
    ae.add_supported_context(Verification)
    BoundedServer.peers = frozenset(str(peer) for peer in settings["peers"])  # type: ignore[attr-defined]
    address = str(settings["host"]), int(str(settings["port"]))
    handlers = [(evt.EVT_N_EVENT_REPORT, heard.on_report)]

    def bound() -> BoundedServer:
        return BoundedServer(
            ae,
            address,
            str(settings["ae_title"]),
            ae.supported_contexts,
            _tls(settings),
            evt_handlers=handlers,  # type: ignore[arg-type]
        )

    server = _once_possible(bound, "{}:{}".format(*address))
    print(server.server_address[1], file=reports, flush=True)
    server.serve_forever()


def _once_possible(bound: Callable[[], BoundedServer], where: str) -> BoundedServer:
    """The address of a VPN comes and goes, and a port may be taken: to wait here costs nothing, to begin anew does."""
    said = False
    while True:
        try:
            return bound()
        except (OSError, Unreadable) as error:
            if not said:
                print(f"Storage commitment: cannot listen at {where}, goes on trying: {error}", file=sys.stderr)
            said = True
            time.sleep(_AGAIN_S)


def _tls(settings: dict[str, object]) -> ssl.SSLContext | None:
    certificate, key, authority = (str(settings[name]) for name in ("certificate", "key", "authority"))
    return server_context(Path(certificate), Path(key), Path(authority)) if certificate else None


def _limit_memory() -> None:
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - not there on Windows

        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))


if __name__ == "__main__":
    _limit_memory()
    serve(json.loads(sys.stdin.readline()), sys.stdin, sys.stdout)
