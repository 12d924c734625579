"""Values as people read them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from fieldstation.domain.patients import Sex
from fieldstation.ui import formats

NOW = datetime(2025, 10, 14, 10, 44, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (37.2, "38 s"), (59, "59 s"), (60, "1 min"), (61, "2 min"), (3600, "1 h 0 min"), (7260, "2 h 1 min")],
)
def test_spans_never_promise_too_little(seconds: float, words: str) -> None:
    assert formats.span(seconds) == words


def test_time_left_says_when_it_is_over() -> None:
    assert formats.time_left(NOW + timedelta(minutes=38), NOW) == "38 min left"
    assert formats.time_left(NOW - timedelta(minutes=5), NOW) == "5 min over"


def test_facts_leave_out_what_is_not_known() -> None:
    assert formats.facts(83, Sex.FEMALE, date(1942, 3, 12)) == "83 y · female · 12 Mar 1942"
    assert formats.facts(None, Sex.OTHER, None) == "other"


def test_a_percentage_says_100_only_when_it_is_all() -> None:
    assert formats.percent(0.58) == "58 %"
    assert formats.percent(0.9999) == "99 %"
    assert formats.percent(1.0) == "100 %"


def test_rates_and_sizes() -> None:
    assert formats.rate(150_000) == "1.2 Mbit/s"
    assert formats.rate(42_500) == "340 kbit/s"
    assert formats.megabytes(27_240_000) == "27.2"
    assert formats.plate_size("35CMX43CM") == "35 × 43 cm"
    assert formats.plate_size("10INX12IN") == "10 × 12 in"
    assert formats.plate_size("ODD") == "ODD"


def test_names_and_signs() -> None:
    assert formats.doctor("Hale^Ruth") == "Dr. Hale"
    assert formats.doctor("") == ""
    assert formats.room("214") == "Room 214"
    assert formats.room("Day room") == "Day room"
    assert formats.signed(0.42) == "+0.4"
    assert formats.signed(-1.25) == "−1.2"
