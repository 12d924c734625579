"""The sender of `tests.support.sender_process` on a machine whose resolver never answers. Argument: the data folder."""

import socket
import sys
import threading
from pathlib import Path
from typing import Any

from tests.support.sender_process import main


def never(*_arguments: Any, **_options: Any) -> Any:
    """Say that a lookup began, and wait for ever."""
    print("asked", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    socket.getaddrinfo = never
    main(Path(sys.argv[1]), "office.example", 104, "OFFICE")
