"""What parts say to people: a code with parameters, turned into a sentence only on screen or in the shell."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Message:
    """A code of the catalogue of sentences and the parameters that its sentence names.

    ``params`` is JSON-able: it is stored with events and jobs. It never holds patient data.
    """

    code: str
    params: Mapping[str, str | int | float] = field(default_factory=dict)
