"""A sender in a process of its own, to be killed or told to end.

As a program its arguments are the data folder, and host, port and AE title of the PACS.
"""

import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from fieldstation.bootstrap.station import SystemClock
from fieldstation.domain.destination import Destination
from fieldstation.store.keys import FileMasterKey
from fieldstation.store.sql_store import open_store
from fieldstation.upload.association import PacsAddress
from fieldstation.upload.dimse import DimseDestination, DimseSettings
from fieldstation.upload.pace import Pace
from fieldstation.upload.sender import Sender

if TYPE_CHECKING:
    from tests.support.sites import Way

QUICK = Pace(poll_s=0.02, progress_s=0.05, backoff_first_s=0.02, backoff_most_s=0.2, reach_s=0.05, ask_first_s=0.05)


def main(folder: Path, host: str, port: int, ae_title: str) -> None:
    """Send until SIGTERM."""
    pacs = PacsAddress(host=host, port=port, ae_title=ae_title)
    _send(folder, DimseDestination(DimseSettings(name="office", pacs=pacs, calling_ae_title="VAN7")))
    print("ended cleanly", flush=True)


def send_until_told(folder: Path, way: "Way", tell: Callable[[str], None]) -> None:
    """The same for a child of any kind of destination."""
    _send(folder, way.destination())
    tell("ended cleanly")


def _send(folder: Path, destination: Destination) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    store = open_store(folder, FileMasterKey(folder), SystemClock(), "sender")
    Sender(store.queue, [destination], clock=SystemClock(), version=store.version, random=Random(1), pace=QUICK).run(
        stop
    )
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4])
