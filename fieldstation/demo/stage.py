"""The demo's stage: a station in a temporary folder, a PACS in a child process, and a link between them that fails."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fieldstation.bootstrap.starting import start_sender
from fieldstation.bootstrap.station import Places, Station, open_station
from fieldstation.demo.link import Flow, Link, seeded_cuts
from fieldstation.demo.pacs import DemoPacs
from fieldstation.demo.route import lay_out

_CUTS = 4
_CUT_AFTER_BYTES = (3_000_000, 9_000_000)
_OUTAGE_SECONDS = 0.5
_LINK_BYTES_PER_SECOND = 8_000_000

_SETTINGS = """\
[station]
name = "VAN7"
ae_title = "VAN7"
institution = "Example Mobile Imaging"
technologist = "Alvarez^Remy"

[reader]
driver = "simulated"

[reader.simulated]
seconds_per_plate = 1.0

[[destination]]
name = "office"
host = "{host}"
port = {port}
ae_title = "{ae_title}"
test = true
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """What the demo runs on."""

    station: Station
    pacs: DemoPacs
    link: Link


@contextmanager
def stage() -> Iterator[Stage]:
    """Set the stage, sender included; everything is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="fieldstation-demo-"))
    try:
        with (
            DemoPacs.start(folder / "pacs") as pacs,
            Link(
                (pacs.host, pacs.port),
                cuts=seeded_cuts(7, _CUTS, *_CUT_AFTER_BYTES),
                outage_s=_OUTAGE_SECONDS,
                watch=_as_slow_as_a_cell_tower,
            ) as link,
            _station(folder, link, pacs) as station,
        ):
            yield Stage(station, pacs, link)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _station(folder: Path, link: Link, pacs: DemoPacs) -> Iterator[Station]:
    settings = folder / "fieldstation.toml"
    settings.write_text(_SETTINGS.format(host=link.host, port=link.port, ae_title=pacs.ae_title), "utf-8")
    places = Places(data=folder / "data", settings=settings)
    station = open_station(places, "demo")
    try:
        with station.store.writing() as deeds:
            lay_out(deeds, station.clock.now())
        sender = start_sender(places)
        try:
            yield station
        finally:
            sender.terminate()
            sender.wait()
    finally:
        station.close()


def _as_slow_as_a_cell_tower(_flow: Flow, data: bytes) -> None:
    time.sleep(len(data) / _LINK_BYTES_PER_SECOND)
