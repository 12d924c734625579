"""How long a destination is waited for."""

from dataclasses import dataclass

UNSENT_BYTES = 128 * 1024
"""What the kernel is asked to keep unsent at the most."""
_TAIL_BYTES = 2 * UNSENT_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long to wait, in seconds, and the slowest link that is still a link, in bytes a second.

    ``stall_s``: the other end has to be heard of within it, while bytes are on their way to it.
    ``answer_s``: the peer has to answer within it, once it has everything; a hop before it may hold all of an image.
    """

    connect_s: float = 15.0
    answer_s: float = 60.0
    stall_s: float = 30.0
    release_s: float = 5.0
    min_rate: float = 2048.0

    def answer_after_s(self, size: int) -> float:
        """The longest that ``size`` bytes and the answer to them may take."""
        return self.answer_s + size / self.min_rate

    @property
    def patience_s(self) -> float:
        """The longest that nothing may be taken: until what the kernel keeps has left the slowest link, with an answer.

        A hop with large buffers in front of a slow link takes nothing for minutes, and is heard of all the while.
        """
        return self.answer_after_s(_TAIL_BYTES)
