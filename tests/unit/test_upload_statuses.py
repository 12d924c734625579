"""The table of statuses and rejections, as data."""

import tomllib
from itertools import pairwise

import pytest

from fieldstation.assets import asset
from fieldstation.domain.destination import Disposition
from fieldstation.upload.statuses import STORE_STATUSES, rejection_answer, store_answer


def test_rows_are_ranges_that_do_not_overlap() -> None:
    rows = sorted(STORE_STATUSES, key=lambda row: row.first)
    assert all(row.first <= row.last <= 0xFFFF for row in rows)
    assert all(one.last < other.first for one, other in pairwise(rows))


def test_every_row_has_its_sentence_and_its_clause() -> None:
    words = tomllib.loads((asset("words") / "en.toml").read_text("utf-8"))
    for row in STORE_STATUSES:
        table, key = row.code.split(".")
        assert words[table][key]
        assert row.clause.startswith("PS3.")


def test_success_and_warnings_alone_count_as_sent() -> None:
    sent = {row.first for row in STORE_STATUSES if row.disposition is Disposition.SENT}
    assert sent == {0x0000, 0xB000, 0xB006, 0xB007, 0x0107, 0x0116}


@pytest.mark.parametrize("status", [0x0001, 0x0211, 0x0212, 0xB001, 0xD000, 0xFE00, 0xFFFF])
def test_what_no_row_knows_is_tried_a_few_times(status: int) -> None:
    answer = store_answer(status)
    assert answer.disposition is Disposition.FEW
    assert answer.message.params == {"status": f"{status:04X}"}


@pytest.mark.parametrize(
    ("result", "source", "reason", "disposition", "code"),
    [
        (1, 1, 1, Disposition.PAUSE, "pacs.rejected"),
        (1, 1, 3, Disposition.PAUSE, "pacs.calling_unknown"),
        (1, 1, 7, Disposition.PAUSE, "pacs.called_unknown"),
        (1, 2, 1, Disposition.PAUSE, "pacs.rejected"),
        (2, 3, 1, Disposition.LATER, "pacs.busy"),
        (2, 3, 2, Disposition.LATER, "pacs.busy"),
    ],
)
def test_rejections_are_for_later_or_pause(
    result: int, source: int, reason: int, disposition: Disposition, code: str
) -> None:
    answer = rejection_answer(result, source, reason, calling="VAN7", called="OFFICE")
    assert (answer.disposition, answer.message.code) == (disposition, code)
