"""How fast the sender works and waits. Tests hand in a quicker pace; nothing else differs."""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """All times in seconds.

    ``backoff_*``: waits after a fault of the link or the peer, doubling, with full jitter.
    ``reach_s``: how often a link that is down is looked at, at the least, so that one that comes back is used at once;
    more often at first: after a ``reach_share`` of the time that it has been down, from ``reach_first_s`` on.
    ``pause_*``: how often a paused destination is probed, doubling. ``ask_*``: how often an instance that is not proved
    yet is asked about, doubling; after every ``asks``-th denial it is sent again. ``pending_first_s``: the same for one
    whose proof is on its way, up to ``ask_most_s``.
    ``verify_after_s``: a proved instance is asked about once more so long after (at most a day; None: never);
    ``verify_most_s``: how rarely at most while that has no answer.
    ``tries``: how often a peer may fail on one instance before a person has to look.
    ``ahead_bytes``: the next image begins to leave when this many bytes of the one before still have to; more on a link
    that carries them in less than ``ahead_least_s``, fewer on one that takes longer than ``ahead_most_s``.
    ``traffic_s``: how often it is written down, at most, what the link carries.
    ``steady``: so many images have to get across after a fault before two are in flight again.
    ``one_s``: a lane that got no connection for so long may be waiting for another lane's to end; if it was,
    one goes on alone for ``one_for_s``.
    """

    poll_s: float = 0.25
    progress_s: float = 0.5
    traffic_s: float = 5.0
    backoff_first_s: float = 2.0
    backoff_most_s: float = 300.0
    reach_first_s: float = 0.1
    reach_share: float = 0.05
    reach_s: float = 3.0
    pause_first_s: float = 15.0
    pause_most_s: float = 300.0
    ask_first_s: float = 2.0
    pending_first_s: float = 0.1
    ask_most_s: float = 300.0
    verify_after_s: float | None = 86_400.0
    verify_most_s: float = 3_600.0
    asks: int = 4
    tries: int = 5
    ahead_bytes: int = 640 * 1024
    ahead_least_s: float = 0.15
    ahead_most_s: float = 2.0
    steady: int = 4
    one_s: float = 3.0
    one_for_s: float = 1_800.0

    def backoff_s(self, failures: int, random: Random) -> float:
        """The wait after that many failures in a row (from 1): full jitter below a doubling limit."""
        return random.uniform(0.0, doubling(self.backoff_first_s, self.backoff_most_s, failures))

    def look_s(self, down_s: float) -> float:
        """The wait before a link that has been down that long is looked at again."""
        return min(max(self.reach_first_s, self.reach_share * down_s), self.reach_s)

    def ahead(self, bytes_sent: int, seconds: float) -> float:
        """How many bytes may be left to send when the next image begins, on a link that sent so many in that time."""
        if seconds <= 0:
            return self.ahead_bytes
        rate = bytes_sent / seconds
        return min(max(self.ahead_bytes, self.ahead_least_s * rate), self.ahead_most_s * rate)

    def pause_s(self, probes: int) -> float:
        """The wait before the next probe, after that many (from 0)."""
        return doubling(self.pause_first_s, self.pause_most_s, probes + 1)

    def ask_s(self, asks: int) -> float:
        """The wait before asking again, after that many denials (from 1)."""
        return doubling(self.ask_first_s, self.ask_most_s, asks)

    def pending_s(self, asks: int) -> float:
        """The wait before asking again for a proof that is on its way, after that many answers (from 1)."""
        return doubling(self.pending_first_s, self.ask_most_s, asks)

    def verify_s(self, asks: int) -> float:
        """The wait before asking again whether a proved instance is still there, after that many answers (from 1)."""
        return doubling(self.ask_first_s, self.verify_most_s, asks)


def doubling(first: float, most: float, count: int) -> float:
    """``first`` for a count of 1, doubled for each more, never above ``most``."""
    return min(most, first * 2.0 ** min(count - 1, 60))
