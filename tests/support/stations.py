"""Whole stations for tests of the use cases: real store, real worker, the simulated reader at full speed."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

import numpy as np
from PIL import Image

from fieldstation.bootstrap.station import Places, Station, open_station
from fieldstation.bootstrap.views import site_rules
from fieldstation.domain.exams import Technique
from fieldstation.domain.findings import FINDING_RULES
from fieldstation.domain.patients import Sex
from fieldstation.services.begin import NewStudy
from fieldstation.services.capture import Cassette
from fieldstation.services.darkroom import Darkroom

SETTINGS = """\
[station]
name = "VAN7"
ae_title = "VAN7"

[reader.simulated]
seconds_per_plate = 0.0

[[destination]]
name = "office"
host = "127.0.0.1"
port = 1
ae_title = "OFFICE"
test = true
"""


class _LastingDarkroom(Darkroom):
    """Its worker outlives the stations of the tests: to start one takes longer than most of its jobs."""

    def close(self) -> None:
        """Nothing: the worker is a daemon, and ends with the tests."""


_darkroom = _LastingDarkroom()


@contextmanager
def station_in(folder: Path, settings: str = SETTINGS) -> Iterator[Station]:
    """A station over a data folder below ``folder``."""
    file = folder / "fieldstation.toml"
    file.write_text(settings, "utf-8")
    with closing(open_station(Places(folder / "data", file), "test")) as station:
        if site_rules(station.settings) == FINDING_RULES:
            station.darkroom = _darkroom
        yield station


def begin(station: Station, *views: str, accession: str = "A-1") -> str:
    """Begin a study of a made-up patient; its UID."""
    return station.beginning.by_hand(
        NewStudy(
            patient_id="P-1",
            name="TEST^ANNA",
            birth_date=date(1942, 3, 12),
            sex=Sex.FEMALE,
            views=[station.catalogue.parse(view) for view in views],
            accession=accession,
        )
    )


def read(station: Station, study_uid: str, position: int = 1, plate_id: str = "C-1", enlarged: int = 1) -> str:
    """Read a small plate for the study's view at that position; the new image's UID."""
    return station.capture.read(cassette(station, study_uid, position, plate_id, enlarged))


def cassette(station: Station, study_uid: str, position: int = 1, plate_id: str = "C-1", enlarged: int = 1) -> Cassette:
    """A cassette exposed to a small picture, for the study's view at that position."""
    with station.store.reading() as questions:
        views = questions.study_file(study_uid).views
    return Cassette(
        study_uid=study_uid,
        view_id=views[position - 1].id,
        plate_id=plate_id,
        technique=Technique(),
        picture=small_plate(station.folder.parent, enlarged),
    )


def small_plate(folder: Path, enlarged: int = 1) -> Path:
    """A 16-bit picture of 96 rows and 80 columns, or so many times as large: a bright body on a dark ground."""
    path = folder / f"plate{enlarged}.png"
    if not path.exists():
        rows, columns = np.mgrid[0 : 96 * enlarged, 0 : 80 * enlarged] / enlarged
        body = np.exp(-(((rows - 48) / 30) ** 2 + ((columns - 40) / 22) ** 2))
        Image.fromarray((4_000 + 55_000 * body).astype(np.uint16)).save(path)
    return path
