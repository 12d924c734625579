"""Loading one thing again and again: never twice at the same time, and never missing the last change."""

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtCore import QObject

from fieldstation.domain.errors import FieldstationError
from fieldstation.ui.background import Background

T = TypeVar("T")


class Loading(QObject, Generic[T]):
    """A board that is fetched in the background and then shown. A request while one runs is answered after it."""

    def __init__(
        self,
        background: Background,
        show: Callable[[T], None],
        on_error: Callable[[FieldstationError], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._background = background
        self._show = show
        self._on_error = on_error
        self._running = False
        self._next: Callable[[], T] | None = None

    def ask(self, call: Callable[[], T]) -> None:
        """Fetch with this call, now or after the running one."""
        if self._running:
            self._next = call
            return
        self._running = True
        self._background.run(self, call, self._on_done, self._on_failed)

    def _on_done(self, value: T) -> None:
        self._running = False
        # What was asked for since is about something newer (or something else): the older answer is not shown.
        if not self._go_on():
            self._show(value)

    def _on_failed(self, error: FieldstationError) -> None:
        self._running = False
        if not self._go_on():
            self._on_error(error)

    def _go_on(self) -> bool:
        call, self._next = self._next, None
        if call is None:
            return False
        self.ask(call)
        return True
