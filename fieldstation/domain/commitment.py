"""Storage commitment as it has to be remembered: what was asked under which transaction, and what came back."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """One question for commitment to a job's instance. ``held`` is the answer, None until it is there.

    ``waited``: how long ago it was asked; negative if the clock was put back since.
    """

    transaction_uid: str
    job_id: int
    waited: timedelta
    held: bool | None


class Commitments(Protocol):
    """Remembers transactions durably: an answer may come on another association, or to another run of the sender."""

    def ask(self, transaction_uid: str, job_id: int) -> None:
        """Remember a fresh transaction; called before it is sent (PS3.4 J.3.2)."""

    def answer(self, transaction_uid: str, held: Collection[str]) -> bool:
        """Note the answer: ``held`` are the SOP Instance UIDs committed to. False if the transaction is not known.

        The job is due to be asked about at once.
        """

    def take(self, job_id: int) -> Commitment | None:
        """The job's last transaction. Once answered, it is forgotten with all before it: the next is asked afresh."""
