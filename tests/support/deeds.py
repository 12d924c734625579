"""Deeds for tests: what they note, and what they refuse."""

from collections.abc import Callable

import pytest

from fieldstation.domain.errors import FieldstationError
from fieldstation.domain.store import Deeds
from fieldstation.store.sql_store import SqlStore


def new_events(store: SqlStore, deed: Callable[[Deeds], object]) -> list[str]:
    with store.reading() as questions:
        before = max((event.seq for event in questions.events()), default=0)
    with store.writing("Tess") as deeds:
        deed(deeds)
    with store.reading() as questions:
        return [event.what for event in questions.events(before)]


def refusal(store: SqlStore, deed: Callable[[Deeds], object]) -> str:
    """The code of the refusal; nothing of the deed is left."""
    with store.reading() as questions:
        before = questions.events()
    with pytest.raises(FieldstationError) as raised, store.writing("Tess") as deeds:
        deed(deeds)
    with store.reading() as questions:
        assert questions.events() == before
    return raised.value.code
