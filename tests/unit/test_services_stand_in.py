"""Which standby may stand in, and when nothing is gained by it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from fieldstation.domain.jobs import Job, JobState
from fieldstation.services.sending import Target, Targets, stand_in
from tests.support.parcels import frozen, parcel_of

STUCK = replace(parcel_of(frozen(1)[0]).job, destination="office", state=JobState.QUEUED)
INSTEAD = replace(STUCK, destination="night", instead_of="office")
TARGETS = Targets(
    sent_to=[Target("office", test=False)],
    standbys=[Target("night", test=False), Target("far", test=False)],
    primary="office",
)


@pytest.mark.parametrize(
    ("jobs", "troubled", "standby"),
    [
        ([STUCK], {"office"}, "night"),
        ([STUCK], {"office", "night"}, "far"),
        ([STUCK], {"office", "night", "far"}, None),
        ([STUCK], {"night"}, None),
        ([STUCK], set(), None),
        ([], {"office"}, None),
        ([STUCK, INSTEAD], {"office"}, None),
        ([STUCK, replace(INSTEAD, instead_of=None)], {"office"}, "night"),
        ([replace(STUCK, held=True)], {"office"}, None),
        ([replace(STUCK, state=JobState.PROVED)], {"office"}, None),
        ([replace(STUCK, state=JobState.CANCELLED)], {"office"}, None),
        ([replace(STUCK, destination="archive")], {"office"}, None),
    ],
)
def test_a_standby_stands_in_for_a_primary_in_trouble_that_owes_something(
    jobs: Sequence[Job], troubled: set[str], standby: str | None
) -> None:
    assert stand_in(jobs, TARGETS, troubled) == standby


def test_without_a_primary_or_a_standby_nobody_stands_in() -> None:
    assert stand_in([STUCK], replace(TARGETS, primary=None), {"office"}) is None
    assert stand_in([STUCK], replace(TARGETS, standbys=()), {"office"}) is None
