"""Thirty days before a certificate ends somebody is told, and what to do."""

from datetime import UTC, datetime, timedelta

import pytest

from fieldstation.domain.certificates import Certificate, Whose, expiry_warnings

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def ending(after: timedelta, whose: Whose = Whose.PEER, name: str = "office.example") -> Certificate:
    return Certificate(whose=whose, name=name, ends=NOW + after)


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (timedelta(days=30, seconds=1), []),
        (timedelta(days=30), ["certificate.peer_ends"]),
        (timedelta(hours=3), ["certificate.peer_ends"]),
        (timedelta(seconds=-1), ["certificate.peer_ended"]),
    ],
)
def test_it_is_said_thirty_days_ahead(after: timedelta, said: list[str]) -> None:
    assert [warning.code for warning in expiry_warnings([ending(after)], NOW)] == said


def test_the_first_to_end_is_said_first_and_each_once() -> None:
    later = ending(timedelta(days=9), Whose.OWN, "van.pem")
    first = ending(timedelta(days=-2), Whose.AUTHORITY, "office-ca.pem")
    warnings = expiry_warnings([later, first, later, ending(timedelta(days=300))], NOW)
    assert [(warning.code, dict(warning.params)) for warning in warnings] == [
        ("certificate.authority_ended", {"name": "office-ca.pem", "date": "2026-04-29"}),
        ("certificate.own_ends", {"name": "van.pem", "date": "2026-05-10", "days": 9}),
    ]
