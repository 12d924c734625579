"""How long a server asks to be left alone (RFC 9110 10.2.3)."""

import pytest

from fieldstation.upload.retry_after import retry_after_s

NOON = "Tue, 24 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("status", "told", "date", "seconds"),
    [
        (503, "120", "", 120.0),
        (429, " 0 ", "", 0.0),
        (503, "9" * 40, "", 999_999_999.0),
        (503, "Tue, 24 Nov 2026 12:00:30 GMT", NOON, 30.0),
        (503, "Tue, 24 Nov 2026 11:00:00 GMT", NOON, 0.0),
        (503, "Tue, 24 Nov 2026 12:00:30 GMT", "", None),
        (503, "-1", NOON, None),
        (503, "soon", NOON, None),
        (503, "Tue, 24 Nov 99999999999 12:00:30 GMT", NOON, None),
        (503, "Tue, 24 Nov 2026 99999999999999999999:00:30 GMT", NOON, None),
        (503, "Tue, 24 Nov 2026 12:00:30 GMT", "Tue, 24 Nov 2026 12:00:00 +99999999999999999999", None),
        (503, "", NOON, None),
        (507, "120", NOON, None),
    ],
)
def test_the_header_in_each_of_its_forms(status: int, told: str, date: str, seconds: float | None) -> None:
    assert retry_after_s(status, {"retry-after": told, "date": date}) == seconds
