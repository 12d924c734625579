"""On a slow link bytes that the kernel took are not bytes across: what every kind of destination tells is what left."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from fieldstation.demo.link import Direction, Flow, Link
from fieldstation.domain.destination import Disposition
from fieldstation.upload.limits import Limits
from tests.support.faults import Slow
from tests.support.parcels import frozen, parcel_of
from tests.support.sites import KINDS, LIMITS, Site, site

KIB = 1024
BUFFER = 16 * KIB
"""What the proxy's kernel and the proxy itself may hold of what is on its way, each."""


@pytest.fixture(scope="module", params=KINDS)
def slow_site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with ExitStack() as stack:
        yield stack.enter_context(site(request.param, tmp_path_factory.mktemp("site")))


def test_progress_on_a_slow_link_is_what_has_left(slow_site: Site, tmp_path: Path) -> None:
    instance, content = frozen(1, 400)
    size = len(content)
    assert size > 150 * KIB
    told: list[tuple[int, int]] = []
    with Link((slow_site.way.host, slow_site.way.port), buffer_bytes=BUFFER, watch=Slow(100_000)) as link:
        destination = replace(slow_site.way.over(link), limits=Limits()).destination()
        try:
            answer = destination.store(parcel_of(instance), content, lambda sent: told.append((sent, link.bytes_up)))
        finally:
            destination.end()
            destination.rest()
    assert answer.disposition is Disposition.SENT
    # What the peer's answer says is across is across; before it, no more than has passed or waits in the proxy.
    early = [sent - passed for sent, passed in told if sent < 0.99 * size]
    assert max(early) <= 4 * BUFFER
    steps = sorted({sent for sent, _ in told})
    assert steps[0] == 0
    assert max(after - before for before, after in pairwise(steps)) <= size / 3


def test_a_hop_that_is_full_for_long_is_no_black_hole(slow_site: Site, tmp_path: Path) -> None:
    instance, content = frozen(1, 800)
    assert len(content) > 600 * KIB
    resting = threading.Event()

    def rest_once(flow: Flow, _data: bytes) -> None:
        if flow.direction is Direction.UP and flow.passed > 4 * BUFFER and not resting.is_set():
            resting.set()
            threading.Event().wait(3 * LIMITS.stall_s)

    with Link((slow_site.way.host, slow_site.way.port), buffer_bytes=BUFFER, watch=rest_once) as link:
        destination = slow_site.way.over(link).destination()
        try:
            answer = destination.store(parcel_of(instance), content, lambda _: None)
        finally:
            destination.end()
            destination.rest()
    assert answer.disposition is Disposition.SENT
    assert resting.is_set()
    assert link.connections == 1


@pytest.mark.parametrize("slow_site", ["dimse to storescp", "dicomweb to Orthanc"], indirect=True)
def test_a_hop_that_has_taken_all_of_an_image_is_waited_for_as_long_as_a_slow_link_may_need(slow_site: Site) -> None:
    instance, content = frozen(1, 1600)
    limits = replace(LIMITS, answer_s=1.0)
    rate = len(content) / (1.5 * limits.patience_s)
    assert 4 * len(content) / rate < limits.answer_after_s(len(content))
    with Link((slow_site.way.host, slow_site.way.port), buffer_bytes=2 * len(content), watch=Slow(rate)) as link:
        destination = replace(slow_site.way.over(link), limits=limits).destination()
        try:
            answer = destination.store(parcel_of(instance), content, lambda _: None)
        finally:
            destination.end()
            destination.rest()
    assert answer.disposition is Disposition.SENT
    assert link.connections == 1
