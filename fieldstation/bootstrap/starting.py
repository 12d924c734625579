"""Starting a sender: apart from what it does, since whoever starts one need not load what reaches a PACS."""

import subprocess
import sys

from fieldstation.bootstrap.service import sender_command
from fieldstation.bootstrap.station import Places

_DETACHED = 0x00000208 if sys.platform == "win32" else 0
"""DETACHED_PROCESS and CREATE_NEW_PROCESS_GROUP; elsewhere a session of its own does the same."""


def start_sender(places: Places) -> subprocess.Popen[bytes]:
    """Start a sender that goes on when this process ends."""
    with (places.data / "sender.log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
            sender_command(places),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            creationflags=_DETACHED,
        )
