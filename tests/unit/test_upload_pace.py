"""How the waits grow."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldstation.upload.pace import Pace, doubling

PACE = Pace()


@given(failures=st.integers(1, 10**9), seed=st.integers())
def test_a_backoff_is_from_nothing_to_five_minutes(failures: int, seed: int) -> None:
    assert 0.0 <= PACE.backoff_s(failures, Random(seed)) <= 300.0


def test_the_first_backoff_is_within_two_seconds_and_fully_jittered() -> None:
    waits = [PACE.backoff_s(1, Random(seed)) for seed in range(200)]
    assert max(waits) <= 2.0
    assert min(waits) < 0.2
    assert max(waits) > 1.8


@pytest.mark.parametrize(("count", "seconds"), [(1, 2.0), (2, 4.0), (3, 8.0), (8, 256.0), (9, 300.0), (10**6, 300.0)])
def test_it_doubles_up_to_the_most(count: int, seconds: float) -> None:
    assert doubling(2.0, 300.0, count) == seconds


def test_probes_of_a_pause_become_rarer() -> None:
    assert [PACE.pause_s(probes) for probes in range(6)] == [15.0, 30.0, 60.0, 120.0, 240.0, 300.0]


def test_a_link_that_is_down_is_looked_at_ever_more_rarely() -> None:
    assert [PACE.look_s(down) for down in (0.0, 1.0, 10.0, 60.0, 86400.0)] == [0.1, 0.1, 0.5, 3.0, 3.0]


@pytest.mark.parametrize(("rate", "ahead"), [(8e3, 16e3), (250e3, 500e3), (1.25e6, 655360), (10e6, 1.5e6)])
def test_the_next_image_begins_sooner_on_a_fast_link_and_later_on_a_slow_one(rate: float, ahead: float) -> None:
    assert PACE.ahead(int(rate), 1.0) == ahead
    assert PACE.ahead(0, 0.0) == PACE.ahead_bytes
