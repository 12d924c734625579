"""One vehicle's parts over one data folder and its settings."""

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

import platformdirs

from fieldstation.bootstrap.credentials import own_certificates
from fieldstation.bootstrap.intake import Intake
from fieldstation.bootstrap.views import site_catalogue, site_rules
from fieldstation.config import TEMPLATE, Destination, Settings, load_settings
from fieldstation.cr_reader.drivers import make_reader
from fieldstation.cr_reader.equipment import Equipment
from fieldstation.dicom.facts import StationFacts
from fieldstation.dicom.uids import RandomIds
from fieldstation.domain.errors import Failed, FieldstationError, Refused, WrongUse
from fieldstation.domain.exams import ReaderIdentity
from fieldstation.domain.jobs import Job, JobState, ProofKind, Role
from fieldstation.domain.views import Catalogue
from fieldstation.services.begin import Beginning
from fieldstation.services.board_plates import tray_board
from fieldstation.services.boards_plates import TrayBoard
from fieldstation.services.capture import Capture
from fieldstation.services.darkroom import Darkroom
from fieldstation.services.erasing import Erasing
from fieldstation.services.export import Exporting
from fieldstation.services.judging import Judging
from fieldstation.services.plates import Plates
from fieldstation.services.receiving import Bench, Receiving
from fieldstation.services.sending import Sending, Target, Targets
from fieldstation.services.station_desk import StationDesk
from fieldstation.services.taking_over import TakingOver
from fieldstation.services.unassigned import Unassigned
from fieldstation.store.keys import FileMasterKey
from fieldstation.store.locks import FolderLock, Holder, holder
from fieldstation.store.sql_store import SqlStore, open_store


class SystemClock:
    """The machine's clocks; satisfies `fieldstation.domain.ports.Clock`."""

    def now(self) -> datetime:
        """Now, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since an arbitrary start."""
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class Places:
    """Where a station lives: its data folder and its settings file (None: all defaults)."""

    data: Path
    settings: Path | None

    @property
    def new_settings(self) -> Path:
        """Where a settings file would be written."""
        return self.settings or _usual_settings()


def find_places(data: Path | None, settings: Path | None, environment: Mapping[str, str]) -> Places:
    """What was asked for, else what the environment says, else the usual folders of this system's user."""
    named = settings or _path(environment.get("FIELDSTATION_CONFIG"))
    if named is None and _usual_settings().exists():
        named = _usual_settings()
    folder = (
        data
        or _path(environment.get("FIELDSTATION_DATA"))
        or platformdirs.user_data_path("fieldstation", appauthor=False)
    )
    return Places(data=folder.absolute(), settings=named.absolute() if named else None)


def _usual_settings() -> Path:
    return platformdirs.user_config_path("fieldstation", appauthor=False) / "fieldstation.toml"


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


class Station:
    """One vehicle's parts over one data folder; each is made when it is first asked for."""

    def __init__(self, places: Places, settings: Settings, store: SqlStore, process: str) -> None:
        self.places = places
        self.settings = settings
        self.store = store
        self._process = process
        self.clock = SystemClock()
        self.ids = RandomIds(settings.station.uid_root)

    @property
    def folder(self) -> Path:
        """The data folder."""
        return self.places.data

    @property
    def person(self) -> str:
        """Who works here, a DICOM person name; empty where the settings name nobody."""
        return self.settings.station.technologist

    @property
    def primary(self) -> str | None:
        """The name of the primary destination; None where there is none."""
        return self.settings.primary

    @cached_property
    def catalogue(self) -> Catalogue:
        """The views there are."""
        return site_catalogue(self.settings, self.places.settings)

    @cached_property
    def darkroom(self) -> Darkroom:
        """The worker that makes pictures."""
        return Darkroom(rules=site_rules(self.settings))

    @cached_property
    def _equipment(self) -> Equipment:
        return _equipment(self)

    @cached_property
    def bench(self) -> Bench:
        """The reader and its lock."""
        return Bench(
            reader=self._equipment.reader,
            room=self._equipment.room,
            arrivals=self._equipment.arrivals,
            lock=lambda: FolderLock(self.folder, "reader", self._process),
        )

    @cached_property
    def beginning(self) -> Beginning:
        """Begins studies."""
        return Beginning(self.store, self.catalogue, self.clock, self.ids, self.person)

    @cached_property
    def capture(self) -> Capture:
        """Reads cassettes."""
        return Capture(
            store=self.store,
            catalogue=self.catalogue,
            clock=self.clock,
            ids=self.ids,
            bench=self.bench,
            receiving=self._receiving,
            darkroom=self.darkroom,
            person=self.person,
        )

    @cached_property
    def _receiving(self) -> Receiving:
        return Receiving(store=self.store, clock=self.clock, bench=self.bench, folder=self.folder, person=self.person)

    @cached_property
    def unassigned(self) -> Unassigned:
        """Takes plates whose view is not known."""
        return Unassigned(
            store=self.store,
            catalogue=self.catalogue,
            clock=self.clock,
            ids=self.ids,
            bench=self.bench,
            receiving=self._receiving,
            develop=self.capture.develop_waiting,
            develop_all=self.capture.develop_all_waiting,
            person=self.person,
        )

    @cached_property
    def plates(self) -> Plates:
        """The cassettes."""
        return Plates(self.store, self.catalogue, self.clock, self.person)

    @cached_property
    def erasing(self) -> Erasing:
        """Erases cassettes unread."""
        return Erasing(
            store=self.store,
            catalogue=self.catalogue,
            clock=self.clock,
            bench=self.bench,
            receiving=self._receiving,
            person=self.person,
        )

    @cached_property
    def taking_over(self) -> TakingOver:
        """Hands plates over to another station, and takes them over from one."""
        return TakingOver(
            store=self.store,
            catalogue=self.catalogue,
            clock=self.clock,
            ids=self.ids,
            beginning=self.beginning,
            station=self.settings.station.name,
            person=self.person,
        )

    @cached_property
    def judging(self) -> Judging:
        """Accepts and rejects."""
        station = self.settings.station
        facts = StationFacts(name=station.name, ae_title=station.ae_title, institution=station.institution)
        return Judging(
            store=self.store,
            catalogue=self.catalogue,
            clock=self.clock,
            ids=self.ids,
            darkroom=self.darkroom,
            station=facts,
            person=self.person,
        )

    @cached_property
    def exporting(self) -> Exporting:
        """Takes accepted images out of the program."""
        return Exporting(
            store=self.store,
            catalogue=self.catalogue,
            ids=self.ids,
            darkroom=self.darkroom,
            institution=self.settings.station.institution or self.settings.station.name,
        )

    @cached_property
    def sending(self) -> Sending:
        """Puts images on their way."""
        destinations = self.settings.destination
        targets = Targets(
            sent_to=[Target(one.name, one.test) for one in destinations if one.send],
            standbys=[Target(one.name, one.test) for one in destinations if one.role is Role.STANDBY],
            primary=self.primary,
        )
        return Sending(self.store, self.clock, targets, self.person)

    @cached_property
    def _intake(self) -> Intake:
        return Intake(self.unassigned)

    @cached_property
    def desk(self) -> StationDesk:
        """What the screens work with. A reader that pushes is connected from now on; what comes is taken at once."""
        if self._equipment.arrivals:
            with suppress(FieldstationError):
                # Its state says what is wrong, and every read tries again.
                self._equipment.reader.connect()
            self._intake.start()
        return StationDesk(
            store=self.store,
            catalogue=self.catalogue,
            clock=self.clock,
            beginning=self.beginning,
            capture=self.capture,
            plates=self.plates,
            loose=self.unassigned,
            erasing=self.erasing,
            taking_over=self.taking_over,
            judging=self.judging,
            sends=self.sending,
            exporting=self.exporting,
            folder=self.folder,
            primary=self.primary,
            person=self.person,
            station=self.settings.station.name,
            erase_after=self._erase_after,
            sender_running=lambda: sender_holder(self.folder) is not None,
            own_certificates=lambda: own_certificates(self.settings),
        )

    @property
    def _erase_after(self) -> timedelta:
        return timedelta(hours=self.settings.plates.erase_after_hours)

    def tray(self) -> TrayBoard:
        """All cassettes."""
        return tray_board(self.store, self.catalogue, self.clock, self._erase_after)

    def test_reader(self) -> ReaderIdentity:
        """Connect to the reader and say who it is; reads and erases nothing.

        Raises:
            Refused: ``lock.held``: another process has the reader.
            Failed: the reader's own fault.
        """
        with self.bench.lock():
            self.bench.reader.connect()
            return self.bench.reader.identity

    def is_owed(self, job: Job) -> bool:
        """Whether a sender still has something to do for the job; without a way of proof it ends at ``sent``."""
        if job.held or job.state not in (JobState.QUEUED, JobState.SENDING, JobState.SENT):
            return False
        if job.state is not JobState.SENT:
            return True
        return not any(one.name == job.destination and one.proof is ProofKind.NONE for one in self.settings.destination)

    def destinations(self, name: str | None = None) -> list[Destination]:
        """The destinations of the settings, or the one of that name.

        Raises:
            WrongUse: ``settings.destination_unknown``.
            Refused: ``send.no_destination``.
        """
        found = [one for one in self.settings.destination if name in (None, one.name)]
        if not found and name is not None:
            raise WrongUse("settings.destination_unknown", destination=name)
        if not found:
            raise Refused("send.no_destination")
        return found

    def close(self) -> None:
        """Let go of everything. Idempotent."""
        if "_intake" in self.__dict__:
            self._intake.stop()
        if "_equipment" in self.__dict__:
            self._equipment.reader.disconnect()
        if "darkroom" in self.__dict__:
            self.darkroom.close()
        self.store.close()


def open_station(places: Places, process: str = "shell") -> Station:
    """Open a data folder (made if it is new) under its settings.

    Raises:
        Failed, Refused: what is wrong with the settings, the folder, the key or the database.
    """
    settings = load_settings(places.settings)
    name = f"{process}-{os.getpid()}"
    store = open_store(places.data, FileMasterKey(places.data), SystemClock(), name)
    return Station(places, settings, store, name)


def app_lock(folder: Path) -> FolderLock:
    """What the app holds while its window is open: there is one for a data folder."""
    return FolderLock(folder, "app", "app")


def sender_holder(folder: Path) -> Holder | None:
    """Which process is the sender of this data folder; None if none runs."""
    return holder(folder, "sender")


def reader_holder(folder: Path) -> Holder | None:
    """Which process has the reader; None if it is free."""
    return holder(folder, "reader")


def init_settings(places: Places) -> Path:
    """Write a settings file to begin with; where it is.

    Raises:
        Refused: ``settings.exists``.
        Failed: ``settings.unwritable``.
    """
    path = places.new_settings
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(TEMPLATE)
    except FileExistsError:
        raise Refused("settings.exists", file=str(path)) from None
    except OSError as error:
        raise Failed("settings.unwritable", file=str(path), problem=error.strerror or "") from None
    return path


def _equipment(station: Station) -> Equipment:
    reader = station.settings.reader
    table = reader.table
    if reader.driver == "simulated":
        with station.store.reading() as questions:
            table = {"shots_so_far": questions.exposure_count(), **table}
    try:
        return make_reader(reader.driver, table, catalogue=station.catalogue, clock=station.clock)
    except WrongUse as error:
        file = str(station.places.settings)
        key = f"reader.{reader.driver}.{error.params.get('key', '')}".rstrip(".")
        match error.code:
            case "reader.setting_unknown":
                raise Refused("settings.unknown_key", file=file, key=key) from None
            case "reader.setting_wrong":
                raise Refused("settings.bad_value", file=file, key=key, expected=error.params["expected"]) from None
            case _:
                raise Refused(error.code, **error.params) from None
