"""What every page is handed: the desk, the background, the clocks and a way to say something."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fieldstation.services.desk import Desk
from fieldstation.ui.background import Background
from fieldstation.ui.widgets.toast import Toast


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Handed to pages. ``now`` is aware, in UTC; ``monotonic`` is in seconds and only its differences mean anything."""

    desk: Desk
    background: Background
    toast: Toast
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
