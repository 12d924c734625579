"""Takes the plates that come by themselves, as long as the app runs."""

import logging
import threading

from fieldstation.domain.errors import FieldstationError
from fieldstation.services.unassigned import Unassigned

_LOG = logging.getLogger(__name__)
_LOOK_SECONDS = 0.5


class Intake:
    """A thread that looks twice a second whether a plate has come. While another process has the reader it waits."""

    def __init__(self, unassigned: Unassigned) -> None:
        self._unassigned = unassigned
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="intake", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End it, and wait until the plate that is being taken is safe."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        # What a crash left half done is looked at once, whether or not something comes.
        looked = False
        while not self._stopped.wait(_LOOK_SECONDS):
            if looked and not self._unassigned.something_arrived:
                continue
            try:
                self._unassigned.take_arrivals()
                looked = True
            except FieldstationError as error:
                _LOG.warning("A plate that came is not taken yet: %s", error.code)
