"""Archives that are full, busy, forgetful, picky, ignorant or dying, behind each kind of destination."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fieldstation.demo.link import Link
from fieldstation.demo.pacs import PacsSettings
from fieldstation.domain.jobs import JobState
from tests.support.faults import Slow
from tests.support.gateways import gateway
from tests.support.orthanc import Orthanc
from tests.support.pacs import demo_pacs
from tests.support.peers import wait_until
from tests.support.sites import KINDS, KeptFiles, Site, Way, demo_way, site
from tests.support.storescp import IMPLICIT_ONLY, PLAIN_ONLY
from tests.support.strangers import Front, page, says
from tests.support.trials import Trial, trial

pytestmark = [pytest.mark.faults]

FORGETS = """
local left = 2
function OnStoredInstance(id, tags, metadata, origin)
  if left > 0 then left = left - 1 Delete(id) end
end
"""
"""Orthanc answers 0000 and forgets the first two."""


def send(run: Trial, seconds: float = 90.0) -> None:
    with run.sending():
        run.wait(seconds)


@pytest.mark.parametrize("kind", KINDS)
def test_the_archive_is_killed_and_comes_back(kind: str, tmp_path: Path) -> None:
    with site(kind, tmp_path / "site") as there, trial(there, tmp_path / "data", images=4, rows=700) as run:
        dying: Any = there.archive.owner if isinstance(there.archive, KeptFiles) else there.archive
        with Link((there.way.host, there.way.port), watch=Slow(2e6)) as link:
            with run.sending(link):
                wait_until(lambda: link.bytes_up > run.size / 3, "a third to have left")
                dying.kill()
                dying.start()
                run.wait()
            run.check("archive killed and started", link.bytes_up - run.size)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.endswith("storescp")])
def test_the_archive_forgets(kind: str, tmp_path: Path) -> None:
    script = tmp_path / "forgets.lua"
    script.write_text(FORGETS, "utf-8")
    with site(kind, tmp_path / "site", LuaScripts=[str(script)]) as there, trial(there, tmp_path / "data") as run:
        send(run)
        run.check("archive forgets two")


@pytest.mark.parametrize("options", [PLAIN_ONLY, IMPLICIT_ONLY], ids=["explicit", "implicit"])
def test_the_archive_takes_plain_images_only(options: tuple[str, ...], tmp_path: Path) -> None:
    with site("dimse to storescp", tmp_path / "site", options) as there, trial(there, tmp_path / "data") as run:
        send(run)
        run.check(f"syntax refused: {' '.join(options)}")


def test_the_archive_does_not_know_us_until_it_is_told(tmp_path: Path) -> None:
    """Orthanc stores from whom it does not know, and aborts when it is asked."""
    with (
        site("dimse to Orthanc", tmp_path / "site", DicomModalities={}) as there,
        trial(there, tmp_path / "data") as run,
    ):
        assert isinstance(there.archive, Orthanc)
        with run.sending(lanes=1):
            wait_until(lambda: paused(run), "the destination to be paused")
            assert JobState.PROVED not in {job.state for job in run.jobs()}
            introduce("VAN7", there.archive)
            run.wait()
        run.check("AE unknown until it is told")


def paused(run: Trial) -> bool:
    with run.store.reading() as questions:
        return bool(questions.paused())


def introduce(title: str, archive: Orthanc) -> None:
    modality = json.dumps({"AET": title, "Host": "127.0.0.1", "Port": 1}).encode()
    request = urllib.request.Request(
        f"http://{archive.host}:{archive.web_port}/modalities/{title}", data=modality, method="PUT"
    )
    urllib.request.urlopen(request).close()


@dataclass(frozen=True)
class Scripted:
    """How the built-in PACS misbehaves, and where the jobs end."""

    settings: PacsSettings
    states: tuple[JobState, ...] = ()


NOTHING = "1.2.840.10008.1.2.2"
"""Explicit VR Big Endian: nothing of ours."""

SCRIPTS: dict[str, Callable[[], Scripted]] = {
    "full: A700 four times": lambda: Scripted(PacsSettings(statuses=(0xA700,) * 4)),
    "overloaded: busy five times": lambda: Scripted(PacsSettings(busy=5)),
    "fails on an image twice: 0110": lambda: Scripted(PacsSettings(statuses=(0x0110, 0x0110))),
    "warns: B000": lambda: Scripted(PacsSettings(statuses=(0xB000, 0xB006, 0xB007))),
    "takes only plain images": lambda: Scripted(PacsSettings(transfer_syntaxes=("1.2.840.10008.1.2.1",))),
    "takes nothing": lambda: Scripted(PacsSettings(transfer_syntaxes=(NOTHING,)), (JobState.REFUSED,) * 3),
    "says no for good: C123": lambda: Scripted(PacsSettings(statuses=(0xC123,) * 3), (JobState.REFUSED,) * 3),
}


@contextmanager
def scripted(kind: str, folder: Path, settings: PacsSettings) -> Iterator[Site]:
    with demo_pacs(folder / "pacs", settings) as pacs:
        if kind == "dimse":
            yield Site(demo_way(pacs), KeptFiles(pacs.instances))
            return
        with gateway(folder, pacs=pacs) as office:
            way = Way("gateway to a scripted PACS", office.host, office.port)
            yield Site(way, KeptFiles(pacs.instances), office.data / "uploads")


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize("kind", ["dimse", "gateway"])
def test_the_archive_misbehaves_to_order(kind: str, name: str, tmp_path: Path) -> None:
    script = SCRIPTS[name]()
    with scripted(kind, tmp_path, script.settings) as there, trial(there, tmp_path / "data") as run:
        with run.sending(lanes=1):
            wait_until(lambda: run.done() or sorted(run.states()) == sorted(script.states), "an end", 120, run.told)
        run.check(name, states=script.states)


REPLIES = {
    "full: 507": page("507 Insufficient Storage", "text/plain", b"full"),
    "overloaded: 429": page("429 Too Many Requests", "text/plain", b"later"),
    "restarting: 502": page("502 Bad Gateway", "text/html", b"<html>bad gateway</html>"),
}


@pytest.mark.parametrize("name", REPLIES)
@pytest.mark.parametrize("kind", ["dicomweb to Orthanc", "gateway to Orthanc"])
def test_the_server_cannot_now(kind: str, name: str, tmp_path: Path) -> None:
    with (
        site(kind, tmp_path / "site") as there,
        trial(there, tmp_path / "data") as run,
        Front((there.way.host, there.way.port), says(REPLIES[name]), times=4) as link,
    ):
        with run.sending(link):
            run.wait()
        run.check(name, link.bytes_up - run.size)
