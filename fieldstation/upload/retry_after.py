"""When a server asks to be left alone, and for how long: the header Retry-After (RFC 9110 10.2.3)."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

_BUSY = frozenset({429, 503})
_MOST_DIGITS = 9


def retry_after_s(status: int, headers: Mapping[str, str]) -> float | None:
    """Seconds from now, 0 or more; None where the reply is no 429 or 503, or says nothing that can be read.

    ``headers`` have small names. A date is taken by the server's own clock, as its reply says it: ours may be wrong.
    """
    told = headers.get("retry-after", "").strip()
    if status not in _BUSY or not told:
        return None
    if told.isascii() and told.isdigit():
        return float(told[:_MOST_DIGITS])
    try:
        wait = parsedate_to_datetime(told) - parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError, OverflowError):
        return None
    return max(0.0, wait.total_seconds())
