"""Doctor: each part is looked at on its own, so that one that is ill does not hide the others."""

import shutil
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from fieldstation.domain.certificates import WARNED_AHEAD, Certificate, expiry_warnings
from fieldstation.domain.errors import FieldstationError
from fieldstation.domain.store import Store
from fieldstation.domain.words import Message

_DISK_LOW_BYTES = 5 * 1000**3
_EARLIEST_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_CLOCK_TOLERANCE = timedelta(minutes=5)


class Health(StrEnum):
    """How well a part is. Only ``bad`` makes the command fail."""

    WELL = "well"
    CAUTION = "caution"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found in one part, and what to do."""

    check: str
    health: Health
    message: Message


@dataclass(frozen=True, slots=True)
class Check:
    """A part to look at: ``examine`` says what it found, or raises the part's own error."""

    name: str
    examine: Callable[[], tuple[Health, Message]]


def examine_all(checks: Iterable[Check]) -> list[Diagnosis]:
    """Look at each part; a `FieldstationError` is a finding like any other."""
    return [_examine(check) for check in checks]


def _examine(check: Check) -> Diagnosis:
    try:
        health, message = check.examine()
    except FieldstationError as error:
        health, message = Health.BAD, Message(error.code, error.params)
    return Diagnosis(check.name, health, message)


def certificate_diagnoses(certificates: Collection[Certificate], now: datetime) -> list[Diagnosis]:
    """What is to be done about certificates that end, a line for each; where none does soon, one line that says so."""
    if not certificates:
        return []
    warnings = expiry_warnings(certificates, now)
    if warnings:
        return [Diagnosis("certificates", Health.CAUTION, warning) for warning in warnings]
    first = min(certificates, key=lambda certificate: certificate.ends)
    params: dict[str, str | int] = {
        "days": WARNED_AHEAD.days,
        "name": first.name,
        "date": first.ends.strftime("%Y-%m-%d"),
    }
    return [Diagnosis("certificates", Health.WELL, Message("doctor.certificates_well", params))]


def disk_check(folder: Path) -> tuple[Health, Message]:
    """Whether there is room for a shift's plates."""
    free = shutil.disk_usage(folder).free
    health = Health.WELL if free >= _DISK_LOW_BYTES else Health.CAUTION
    code = "doctor.disk_well" if health is Health.WELL else "doctor.disk_low"
    return health, Message(code, {"free_gb": round(free / 1000**3, 1)})


def clock_check(store: Store, now: datetime) -> tuple[Health, Message]:
    """Whether the clock can be right: not before this program was made, and not before what is written already."""
    with store.reading() as questions:
        newest = max((event.at for event in questions.events()), default=_EARLIEST_NOW)
    if now < _EARLIEST_NOW or now < newest - _CLOCK_TOLERANCE:
        return Health.BAD, Message("doctor.clock_wrong", {"now": now.astimezone().strftime("%Y-%m-%d %H:%M")})
    return Health.WELL, Message("doctor.clock_well")


def store_check(store: Store) -> tuple[Health, Message]:
    """Whether the store answers, and whether every frozen image's file is whole."""
    with store.reading() as questions:
        files = questions.study_files()
    instances = [instance for file in files for instance in file.instances]
    for instance in instances:
        store.files.get(instance.file_id)
    return Health.WELL, Message("doctor.store_well", {"studies": len(files), "images": len(instances)})


def proof_check(store: Store) -> tuple[Health, Message]:
    """Whether the office still holds what it had proved to hold."""
    with store.reading() as questions:
        gone = sum(job.gone_at is not None for job in questions.jobs())
    if gone:
        return Health.BAD, Message("doctor.images_gone", {"count": gone})
    return Health.WELL, Message("doctor.none_gone")
