"""Undo and redo: how a picture was presented before, and after."""

from fieldstation.domain.exams import Presentation

_MOST = 200


class History:
    """The presentations of one picture since it was opened, and which of them is the current one."""

    def __init__(self, first: Presentation) -> None:
        self._states = [first]
        self._place = 0

    @property
    def current(self) -> Presentation:
        """How it is presented now."""
        return self._states[self._place]

    @property
    def can_undo(self) -> bool:
        """Whether there is something before."""
        return self._place > 0

    @property
    def can_redo(self) -> bool:
        """Whether something was undone."""
        return self._place + 1 < len(self._states)

    def push(self, presentation: Presentation) -> None:
        """It was changed; what was undone before is gone."""
        if presentation != self.current:
            self._states = [*self._states[: self._place + 1], presentation][-_MOST:]
            self._place = len(self._states) - 1

    def undo(self) -> Presentation:
        """One step back, if there is one."""
        self._place = max(0, self._place - 1)
        return self.current

    def redo(self) -> Presentation:
        """One step forward again, if there is one."""
        self._place = min(len(self._states) - 1, self._place + 1)
        return self.current
