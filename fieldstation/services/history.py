"""What happened to an upload job, out of the append-only history."""

from collections.abc import Sequence

from fieldstation.domain.store import Event, Questions
from fieldstation.domain.words import Message
from fieldstation.services.boards import HistoryLine


def what_happened(event: Event) -> Message:
    """An event in words: the reason that was given, else the deed itself."""
    why = event.params.get("why")
    return Message(str(why) if why else f"event.{event.what.replace('.', '_')}", event.params)


def job_history(questions: Questions, job_id: int) -> Sequence[HistoryLine]:
    """Everything that happened to a job, oldest first."""
    events = questions.events(subject=f"job:{job_id}")
    return [HistoryLine(event.at, event.person, what_happened(event)) for event in events]
