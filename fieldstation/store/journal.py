"""The append-only history: every deed says here, in its own transaction, what it did."""

from datetime import datetime

from sqlalchemy import Connection, insert

from fieldstation.domain.ports import Clock
from fieldstation.domain.words import Message
from fieldstation.store import schema


class Journal:
    """Writes events for one person in one process, over the connection whose transaction does the deed."""

    def __init__(self, connection: Connection, clock: Clock, person: str, process: str) -> None:
        self._connection = connection
        self._clock = clock
        self._person = person
        self._process = process

    def now(self) -> datetime:
        """The time that an event written now would have."""
        return self._clock.now()

    def note(self, what: str, subject: str, **params: str | int | float) -> None:
        """One event, now. ``what`` is a kind of thing and a past participle: ``image.accepted``."""
        self._connection.execute(
            insert(schema.event),
            {
                "at": self._clock.now(),
                "person": self._person,
                "process": self._process,
                "what": what,
                "subject": subject,
                "params": params,
            },
        )


def because(why: Message) -> dict[str, str | int | float]:
    """A message as the parameters of an event: its code is ``why``."""
    return {**why.params, "why": why.code}


def job_subject(job_id: int | str) -> str:
    """How the history names a job."""
    return f"job:{job_id}"


def destination_subject(destination: str) -> str:
    """How the history names a destination."""
    return f"destination:{destination}"


def plate_subject(plate_id: str) -> str:
    """How the history names a cassette."""
    return f"plate:{plate_id}"
