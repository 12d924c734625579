"""Who may take a message off an association's queue: its own thread, or the caller that waits for an answer.

pynetdicom asks its thread to pause and looks at a flag to see that it does. Between waking up and taking the flag down
the thread still counts as paused, and then takes the answer that the caller waits for; now and then one is lost so.
"""

import threading
from typing import Any

from pynetdicom.association import Association
from pynetdicom.dimse import DIMSEServiceProvider


class Checkpoint(threading.Event):
    """Set while the association's own thread may take messages; `clear` waits for one that is just being taken."""

    def __init__(self) -> None:
        super().__init__()
        self.taking = threading.Lock()
        self.set()

    def clear(self) -> None:
        """From now on the association's own thread takes nothing."""
        with self.taking:
            super().clear()


class GuardedMessages(DIMSEServiceProvider):
    """The messages of one association; without blocking, which is how its own thread asks, only past the checkpoint."""

    def __init__(self, association: Association, checkpoint: Checkpoint) -> None:
        super().__init__(association)
        self._checkpoint = checkpoint

    def get_msg(self, block: bool = False) -> Any:  # noqa: FBT001, FBT002 - the library's signature
        """The next context ID and message; a pair of None where there is none, or it is not for who asks."""
        if block:
            return super().get_msg(block=True)
        with self._checkpoint.taking:
            return super().get_msg(block=False) if self._checkpoint.is_set() else (None, None)
