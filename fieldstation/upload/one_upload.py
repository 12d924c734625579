"""How far one image got on its way to a gateway."""

import time
from collections.abc import Callable

from fieldstation.domain.store import Parcel
from fieldstation.domain.words import Message


class OneUpload:
    """One call of `store`: how far the image got, and whether it still gets anywhere.

    ``handed_over``: the last request left entirely. On the monotonic clock: ``heard_at``, when bytes last left or an
    answer came; ``moved_at``, when the gateway last had more than before. ``last``: what it said instead of a success.
    """

    def __init__(self, parcel: Parcel, content: bytes, on_progress: Callable[[int], None]) -> None:
        instance = parcel.instance
        self.uid = instance.sop_instance_uid
        self.content = content
        self.metadata = {
            "sop_instance_uid": instance.sop_instance_uid,
            "sop_class_uid": instance.sop_class_uid,
            "transfer_syntax_uid": instance.transfer_syntax_uid,
            "sha256": instance.sha256,
        }
        self.handed_over = False
        self.heard_at = float("-inf")
        self.moved_at = time.monotonic()
        self.restarts = 0
        self.last: Message | None = None
        self._on_progress = on_progress
        self._told = -1
        self._reached = -1
        self._tried = parcel.job.attempts > 1

    @property
    def arrived(self) -> bool:
        """Whether the gateway has it all."""
        return self._reached == len(self.content)

    def first_time(self) -> bool:
        """True once, before the first try of all: the gateway cannot have any of it yet."""
        first, self._tried = not self._tried, True
        return first

    def begins_afresh(self) -> None:
        """It goes out from its first byte."""
        self._on_progress(0)

    def tell(self, sent: int) -> None:
        """Pass progress on. What is sent again after a break does not count twice, and nothing counts backwards."""
        if sent > self._told:
            self._told = sent
            self.heard_at = time.monotonic()
            self._on_progress(sent)

    def reached(self, offset: int) -> None:
        """The gateway has so many bytes."""
        self.heard_at = time.monotonic()
        if offset > self._reached:
            self.moved_at = self.heard_at
            self.last = None
        self._reached = offset
        self.tell(offset)
