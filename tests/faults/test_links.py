"""Links, peers and strangers that misbehave in every way, for each kind of destination."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import psutil
import pytest

from benchmarks.shaped_link import Shape, ShapedLink
from fieldstation.demo.link import Cut, Direction, Flow, Link
from fieldstation.demo.pacs import PacsSettings
from tests.support.faults import BlackHole
from tests.support.pacs import demo_pacs
from tests.support.parcels import frozen, parcel_of
from tests.support.peers import wait_until
from tests.support.running import running
from tests.support.sites import KINDS, SLOW, KeptFiles, Site, demo_way, site
from tests.support.storescp import ALL_SYNTAXES
from tests.support.strangers import (
    ABORT,
    BUSY,
    ENDLESS_ACCEPT,
    ENDLESS_BODY,
    ENDLESS_HEAD,
    PORTAL,
    REDIRECT,
    SSH,
    Front,
    Stranger,
    deaf,
    drips,
    one_byte_a_second,
    resets,
    says,
    silent,
)
from tests.support.trials import Trial, trial

pytestmark = [pytest.mark.faults]

LARGE = 1000
"""Rows of an image that no buffer swallows: 1.5 MB."""


def send_over(run: Trial, link: Link) -> int:
    """Send everything over a link; the bytes that left beyond those of the images."""
    with run.sending(link):
        run.wait(180)
    return link.bytes_up - run.size


STRANGERS: dict[str, tuple[Stranger, int]] = {
    "half-open: the peer is silent": (silent, 320),
    "takes all and never answers": (deaf, 320),
    "1 byte/s": (one_byte_a_second, LARGE),
    "drips: A-ASSOCIATE-AC": (drips(ENDLESS_ACCEPT), 320),
    "drips: head of an answer": (drips(ENDLESS_HEAD), 320),
    "drips: body of an answer": (drips(ENDLESS_BODY), 320),
    "wrong host: SSH": (says(SSH), 320),
    "wrong host: A-ABORT": (says(ABORT), 320),
    "overloaded: 503": (says(BUSY), 320),
    "captive portal: page": (says(PORTAL), 320),
    "captive portal: redirection": (says(REDIRECT), 320),
}
"""Who answers the first connections instead of the destination, and how large images are."""


@pytest.mark.parametrize("name", STRANGERS)
def test_somebody_else_answers(archive_site: Site, name: str, tmp_path: Path) -> None:
    stranger, rows = STRANGERS[name]
    way = archive_site.way
    with trial(archive_site, tmp_path, rows=rows) as run, Front((way.host, way.port), stranger, times=3) as link:
        run.check(name, send_over(run, link))


class Each:
    """Cuts every connection after so many bytes upward, so many times."""

    def __init__(self, after: int, times: int) -> None:
        self._after = after
        self._times = times

    def __call__(self, flow: Flow, data: bytes) -> None:
        if flow.direction is Direction.UP and self._times > 0 and flow.passed + len(data) > self._after:
            self._times -= 1
            raise Cut


class CutsAnswers:
    """Cuts the first connections as something comes back for the ``nth`` time."""

    def __init__(self, nth: int, times: int) -> None:
        self._nth = nth
        self._times = times
        self._seen: dict[int, int] = {}

    def __call__(self, flow: Flow, _data: bytes) -> None:
        if flow.direction is Direction.DOWN:
            seen = self._seen[flow.connection] = self._seen.get(flow.connection, 0) + 1
            if seen == self._nth and self._times > 0:
                self._times -= 1
                raise Cut


class SlowAnswers:
    """Whatever comes back takes a while."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._pause = threading.Event()

    def __call__(self, flow: Flow, _data: bytes) -> None:
        if flow.direction is Direction.DOWN:
            self._pause.wait(self._seconds)


class Loses:
    """Loses that share of all packets, as it looks from above TCP: all that follows waits until it was sent again.

    A packet of 1448 bytes that is lost costs the least time-out of Linux, twice that if it is lost again, and so on.
    """

    def __init__(self, share: float) -> None:
        self._share = share
        self._random = Random(share)
        self._lock = threading.Lock()
        self._pause = threading.Event()

    def __call__(self, _flow: Flow, data: bytes) -> None:
        with self._lock:
            waits = [self._wait() for _ in range(0, len(data), 1448)]
        self._pause.wait(sum(waits))

    def _wait(self) -> float:
        losses = 0
        while self._random.random() < self._share:
            losses += 1
        return 0.2 * (2**losses - 1)


WATCHES: dict[str, Callable[[], Callable[[Flow, bytes], None]]] = {
    "cut at connect": lambda: Each(0, 5),
    "cut in the image": lambda: Each(70_000, 5),
    "1st answer lost": lambda: CutsAnswers(1, 3),
    "2nd answer lost": lambda: CutsAnswers(2, 3),
    "3rd answer lost": lambda: CutsAnswers(3, 3),
    "slow answers, 0.5 s": lambda: SlowAnswers(0.5),
    "1 % loss": lambda: Loses(0.01),
    "10 % loss": lambda: Loses(0.1),
}


@pytest.mark.parametrize("name", WATCHES)
def test_the_link_breaks_or_dawdles(archive_site: Site, name: str, tmp_path: Path) -> None:
    way = archive_site.way
    with trial(archive_site, tmp_path) as run, Link((way.host, way.port), watch=WATCHES[name]()) as link:
        run.check(name, send_over(run, link))


def test_a_black_hole_opens_in_the_image(archive_site: Site, tmp_path: Path) -> None:
    way, hole = archive_site.way, BlackHole(200_000)
    with trial(archive_site, tmp_path, rows=LARGE) as run, Link((way.host, way.port), watch=hole) as link:
        try:
            resent = send_over(run, link)
        finally:
            hole.open()
        assert hole.entered.is_set()
        run.check("black hole in the image", resent)


def test_the_own_address_changes_in_the_image(archive_site: Site, tmp_path: Path) -> None:
    way, moved = archive_site.way, threading.Event()

    def watch(flow: Flow, _data: bytes) -> None:
        if flow.direction is Direction.UP and flow.passed > 100_000 and not moved.is_set():
            moved.set()
            lane.keep_only(())

    with trial(archive_site, tmp_path, rows=LARGE) as run, Link((way.host, way.port), watch=watch) as link:
        lane = way.over(link).destination()
        with running(run.store, lane):
            run.wait()
        assert moved.is_set()
        run.check("own address changes", link.bytes_up - run.size)


def test_a_thousand_resets_leave_no_thread_and_no_socket(archive_site: Site, tmp_path: Path) -> None:
    way, times = archive_site.way, 1000
    process = psutil.Process()
    with trial(archive_site, tmp_path, images=1) as run, Front((way.host, way.port), resets, times) as link:
        threads, handles = threading.active_count(), process.num_fds()
        lane = way.over(link).destination()
        instance, content = frozen(run.first, run.rows)
        for _ in range(times):
            lane.store(parcel_of(instance), content, lambda _bytes: None)
        lane.rest()
        wait_until(lambda: threading.active_count() <= threads, "all threads to end")
        wait_until(lambda: process.num_fds() <= handles, "all sockets to be closed")
        resent = send_over(run, link)
        run.check(f"{times} resets in a row", resent)


@dataclass(frozen=True)
class Flap:
    """A link that goes up and down: seconds, bytes a second, images of 0.16 MB."""

    up_s: float
    down_s: float
    rate: float
    images: int


FLAPS = {
    "flaps every 2 s": Flap(2.0, 0.5, 200e3, 10),
    "flaps every 5 s": Flap(5.0, 1.5, 150e3, 16),
    "flaps every 20 s": Flap(20.0, 5.0, 60e3, 20),
    "flaps every 60 s": Flap(60.0, 15.0, 25e3, 22),
}
"""Several outages each."""


PARALLEL = (*ALL_SYNTAXES, "--fork", "--socket-timeout", "0")
"""Nobody tells storescp of a break. One that gives up later removes by its name what by then may have come whole."""


@contextmanager
def all_sites(folder: Path) -> Iterator[list[Site]]:
    with ExitStack() as stack:
        yield [stack.enter_context(site(kind, folder / kind, PARALLEL)) for kind in KINDS]


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Site]]:
    with all_sites(tmp_path_factory.mktemp("sites")) as running_sites:
        yield running_sites


def flap(there: Site, folder: Path, name: str) -> None:
    shape = FLAPS[name]
    there = replace(there, way=replace(there.way, limits=SLOW))
    way = there.way
    shaped = ShapedLink(
        (way.host, way.port), Shape(rate=shape.rate, delay_s=0.05, up_s=shape.up_s, down_s=shape.down_s)
    )
    with trial(there, folder, images=shape.images) as run, shaped.run() as link:
        with run.sending(link):
            run.wait(20 * run.size / shape.rate)
        assert link.drops > 0
        run.check(f"{name} ({link.drops} times)", link.bytes_up - run.size)


@pytest.mark.parametrize("name", FLAPS)
def test_the_link_flaps(sites: list[Site], name: str, tmp_path: Path) -> None:
    """All kinds at once, each over a link of its own.

    Of Orthanc's four threads for DIMSE each image that breaks off holds one for a minute, as nobody tells it: by
    C-STORE the built-in PACS takes its place.
    """
    settings = PacsSettings(most_associations=1000)
    with demo_pacs(tmp_path / "pacs", settings) as pacs, ThreadPoolExecutor(len(sites)) as pool:
        scripted = Site(demo_way(pacs), KeptFiles(pacs.instances))
        flapping = [scripted, *(there for there in sites if there.way.kind != "dimse to Orthanc")]
        for one in [pool.submit(flap, there, tmp_path / str(nth), name) for nth, there in enumerate(flapping)]:
            one.result()


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("64 kbit/s", Shape(rate=8e3, delay_s=0.05)),
        ("2 s latency", Shape(rate=1e6, delay_s=1.0)),
    ],
)
def test_the_link_is_slow_or_long(sites: list[Site], name: str, shape: Shape, tmp_path: Path) -> None:
    def send(there: Site, folder: Path) -> None:
        there = replace(there, way=replace(there.way, limits=SLOW))
        shaped = ShapedLink((there.way.host, there.way.port), shape)
        with trial(there, folder, images=1) as run, shaped.run() as link:
            with run.sending(link, lanes=1):
                run.wait(120)
            run.check(name, link.bytes_up - run.size)

    with ThreadPoolExecutor(len(sites)) as pool:
        for one in [pool.submit(send, there, tmp_path / str(nth)) for nth, there in enumerate(sites)]:
            one.result()
