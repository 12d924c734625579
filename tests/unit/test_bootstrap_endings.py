"""Being told to end: heard by whoever is innermost, never lost, and left as it was afterwards."""

import signal

import pytest

from fieldstation.bootstrap.endings import endings_kept, told_to_end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_innermost_is_told_and_what_was_before_comes_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    heard: list[str] = []
    with told_to_end(lambda: heard.append("outer")):
        with told_to_end(lambda: heard.append("inner")):
            signal.raise_signal(number)
        signal.raise_signal(number)
    assert heard == ["inner", "outer"]
    assert signal.getsignal(number) is before


def test_what_came_too_early_is_told_at_once() -> None:
    heard: list[str] = []
    with endings_kept():
        signal.raise_signal(signal.SIGTERM)
        with told_to_end(lambda: heard.append("late")):
            assert heard == ["late"]


def test_what_was_before_comes_back_after_an_error() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyError), told_to_end(lambda: None):
        raise KeyError
    assert signal.getsignal(signal.SIGTERM) is before
