"""What a sender sees to besides sending: that the machine stays awake while it owes something, and the ballast."""

import logging
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from fieldstation.bootstrap.awake import Inhibitor
from fieldstation.domain.errors import FieldstationError
from fieldstation.store.ballast import Ballast

_LOOK_S = 1.0
_LOG = logging.getLogger(__name__)


class Caretaker:
    """Looks about once a second, in a thread of its own, from ``with`` to its end.

    ``version`` changes when anything was committed; what is ``owed`` is counted only then. Without an ``inhibitor`` the
    machine may sleep as it likes.
    """

    def __init__(
        self, version: Callable[[], int], owed: Callable[[], int], ballast: Ballast, inhibitor: Inhibitor | None
    ) -> None:
        self._version = version
        self._owed = owed
        self._ballast = ballast
        self._inhibitor = inhibitor
        self._seen: int | None = None
        self._owes = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="caretaker", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def look(self) -> None:
        """Look once."""
        self._ballast.mind()
        if self._inhibitor is None:
            return
        try:
            version = self._version()
            if version != self._seen:
                self._owes, self._seen = self._owed() > 0, version
        except FieldstationError as error:
            _LOG.warning("What is owed cannot be counted: %s", error.code)
            return
        if self._owes:
            self._inhibitor.hold()
        else:
            self._inhibitor.release()

    def _run(self) -> None:
        try:
            while not self._ended.wait(_LOOK_S):
                self.look()
        finally:
            if self._inhibitor is not None:
                self._inhibitor.release()
