"""The only module that starts threads: calls that may block run here, and their results come back to the GUI thread.

A result is dropped when the widget that asked for it is gone. Signals cross threads only into slots of QObjects.
"""

import logging
from collections.abc import Callable
from typing import Any, TypeVar, cast

from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal, Slot
from shiboken6 import isValid

from fieldstation.domain.errors import Failed, FieldstationError

T = TypeVar("T")
_log = logging.getLogger(__name__)


class _Delivery(QObject):
    """Brings one call's values from the worker thread to the GUI thread."""

    arrived = Signal(object)

    def __init__(self, owner: QObject, deliver: Callable[[Any], None]) -> None:
        super().__init__()
        self._owner = owner
        self._deliver = deliver
        self.arrived.connect(self._on_arrived, Qt.ConnectionType.QueuedConnection)

    @Slot(object)
    def _on_arrived(self, value: object) -> None:
        if isValid(self._owner):
            self._deliver(value)


class _Job(QRunnable):
    def __init__(self, call: Callable[[], object], outcome: _Delivery) -> None:
        super().__init__()
        self.setAutoDelete(False)
        self._call = call
        self._outcome = outcome

    def run(self) -> None:
        try:
            result: object = self._call()
        except Exception as error:
            result = _Raised(error)
        self._outcome.arrived.emit(result)


class _Raised:
    def __init__(self, error: Exception) -> None:
        self.error = error if isinstance(error, FieldstationError) else _bug(error)


def _bug(error: Exception) -> Failed:
    # A bug of ours is said in one calm sentence; its traceback goes to the log.
    _log.error("A call in the background failed", exc_info=error)
    return Failed("ui.bug")


class Background(QObject):
    """Runs calls in a small pool. ``failed`` carries an error that nobody else takes."""

    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        # One place for a read that takes minutes, the others for boards and pictures.
        self._pool.setMaxThreadCount(4)
        self._turns = QThreadPool(self)
        self._turns.setMaxThreadCount(1)
        self._running: dict[_Job, _Delivery] = {}

    @property
    def idle(self) -> bool:
        """Whether no call is running or waiting, and no result is on its way."""
        return not self._running

    def run(
        self,
        owner: QObject,
        call: Callable[[], T],
        on_done: Callable[[T], None],
        on_error: Callable[[FieldstationError], None] | None = None,
    ) -> None:
        """Make a blocking call; then ``on_done`` or ``on_error`` in the GUI thread, unless ``owner`` is gone.

        Without ``on_error`` the error is emitted as ``failed``, to be said as a toast.
        """
        self._start(self._pool, owner, call, on_done, on_error)

    def run_in_turn(
        self,
        owner: QObject,
        call: Callable[[], T],
        on_done: Callable[[T], None],
        on_error: Callable[[FieldstationError], None] | None = None,
    ) -> None:
        """As `run`, and not before every earlier call of this kind has ended."""
        self._start(self._turns, owner, call, on_done, on_error)

    def _start(
        self,
        pool: QThreadPool,
        owner: QObject,
        call: Callable[[], T],
        on_done: Callable[[T], None],
        on_error: Callable[[FieldstationError], None] | None,
    ) -> None:
        def finish(result: object) -> None:
            if not isValid(owner):
                return
            if not isinstance(result, _Raised):
                on_done(cast("T", result))
            else:
                (on_error or self.failed.emit)(result.error)

        # The pool is the owner here: a job has to leave the list of running ones even when its asker is gone.
        def deliver(result: object) -> None:
            if self._running.pop(job, None) is not None:
                finish(result)

        outcome = _Delivery(self, deliver)
        job = _Job(call, outcome)
        self._running[job] = outcome
        pool.start(job)

    def courier(self, owner: QObject, deliver: Callable[[T], None]) -> Callable[[T], None]:
        """A function for any thread that hands its argument to ``deliver`` in the GUI thread, while ``owner`` lives."""
        delivery = _Delivery(owner, deliver)
        delivery.setParent(owner)

        def carry(value: T) -> None:
            delivery.arrived.emit(value)

        return carry

    def close(self, milliseconds: int) -> bool:
        """Drop what has not begun, unless its turn comes; wait for what runs. Whether all of it ended in time."""
        self._pool.clear()
        ended = self._turns.waitForDone(milliseconds) and self._pool.waitForDone(milliseconds)
        self._running.clear()
        return ended
