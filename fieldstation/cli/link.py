"""The link in the words and the JSON of the shell."""

import math

from fieldstation.cli.output import clock_time, iso
from fieldstation.services.link import LinkView


def link_words(view: LinkView) -> str:
    """Up or down, the rate, and the time that is left: one line."""
    board = view.board
    if board.up is None:
        state = "The link has not been tried."
    elif not board.up:
        state = f"No link since {clock_time(min(board.down.values()))}."
    else:
        state = f"The link carries {board.rate * 8 / 1000:.0f} kbit/s." if board.rate else "The link is up."
        state += "".join(f" {name} cannot be reached since {clock_time(at)}." for name, at in board.down.items())
    if view.paused_until is not None:
        state += f" All but STAT is paused until {clock_time(view.paused_until)}."
    if board.stat_waits_since is not None:
        state += f" STAT has waited since {clock_time(board.stat_waits_since)} without a link."
    if not view.left:
        return state
    left = view.seconds_left
    return f"{state} {'Nobody can say how long it takes.' if left is None else f'About {_span(left)} to go.'}"


def link_json(view: LinkView) -> dict[str, object]:
    """The link as a JSON value; rates in bytes a second, null where they are not known."""
    board = view.board
    return {
        "up": board.up,
        "rate": rounded(board.rate),
        "seconds_left": rounded(view.seconds_left),
        "paused_until": iso(view.paused_until),
        "stat_waits_since": iso(board.stat_waits_since),
        "destinations": {
            name: {
                "up": link.up,
                "down_since": iso(link.down_since),
                "rate": rounded(link.rate),
                "pace": rounded(link.pace),
            }
            for name, link in view.links.items()
        },
        "outages": [
            {
                "destination": outage.destination,
                "since": iso(outage.since),
                "until": iso(outage.until),
                "why": outage.reason.code,
            }
            for outage in board.outages
        ],
    }


def rounded(value: float | None) -> float | None:
    """To a tenth: more is not known."""
    return None if value is None else round(value, 1)


def _span(seconds: float) -> str:
    whole = math.ceil(seconds)
    return f"{whole} s" if whole < 60 else f"{math.ceil(whole / 60)} min"
