"""Stores for tests: real folders, a clock that is told the time, and an exam to put into them."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from fieldstation.domain.exams import (
    Exposure,
    Image,
    Instance,
    Presentation,
    ReaderIdentity,
    Scan,
    Series,
    Study,
    StudyView,
    Technique,
    Verdict,
)
from fieldstation.domain.jobs import NewJob
from fieldstation.domain.patients import Priority, Sex
from fieldstation.domain.signal import PlateGeometry, ResponseKind, SignalResponse
from fieldstation.domain.views import Side
from fieldstation.store.keys import FileMasterKey
from fieldstation.store.sql_store import SqlStore, open_store

NOW = datetime(2031, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
GEOMETRY = PlateGeometry(rows=8, columns=16, pitch_mm=0.1, bits=12)
CANARY = "QUARANTELLA^CANARY"


@dataclass
class ToldClock:
    """A clock that goes only when it is told to."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - NOW).total_seconds()

    def go(self, **by: float) -> datetime:
        self.at += timedelta(**by)
        return self.at


@contextmanager
def store_in(folder: Path, clock: ToldClock | None = None, process: str = "test") -> Iterator[SqlStore]:
    with closing(open_store(folder, FileMasterKey(folder), clock or ToldClock(), process)) as store:
        yield store


def a_study(nth: int = 1, **fields: object) -> Study:
    values: dict[str, object] = {
        "uid": f"2.25.{1000 + nth}",
        "number": 0,
        "accession": f"ACC{nth}",
        "patient_id": f"PID{nth}",
        "issuer": "TEST",
        "patient_name": CANARY,
        "birth_date": date(1931, 2, 3),
        "sex": Sex.OTHER,
        "created_at": NOW,
    }
    return Study(**(values | fields))  # type: ignore[arg-type]


def a_view(study: Study, position: int = 1) -> StudyView:
    return StudyView(
        id=f"view-{study.uid}-{position}", study_uid=study.uid, view="hand-pa", side=Side.LEFT, position=position
    )


def an_exposure(view: StudyView, name: str = "1", plate_id: str = "P1") -> Exposure:
    return Exposure(
        id=f"exposure-{view.id}-{name}",
        view_id=view.id,
        plate_id=plate_id,
        technique=Technique(kvp=55.0, mas=1.6, sid_mm=1000),
        exposed_at=NOW,
        utc_offset_minutes=-300,
    )


def a_scan(exposure: Exposure, file_id: str) -> Scan:
    return Scan(
        id=f"scan-{exposure.id}",
        exposure_id=exposure.id,
        reader=ReaderIdentity(manufacturer="M", model="m", serial="1", software="2", simulated=True),
        geometry=GEOMETRY,
        plate_size="18CMX24CM",
        response=SignalResponse(kind=ResponseKind.LOG, gain=1000.0, offset=2000.0),
        file_id=file_id,
        started_at=NOW,
    )


def an_image(study: Study, series: Series, view: StudyView, scan: Scan, uid: str, **fields: object) -> Image:
    values: dict[str, object] = {
        "uid": uid,
        "study_uid": study.uid,
        "series_uid": series.uid,
        "view_id": view.id,
        "scan_id": scan.id,
        "number": 0,
        "presentation": Presentation(window_center=2048.0, window_width=4096.0),
        "exposure_index": 250.5,
        "target_index": 250.0,
        "deviation_index": 0.1,
        "created_at": NOW,
    }
    return Image(**(values | fields))  # type: ignore[arg-type]


def a_series(study: Study, uid: str, body_part: str = "HAND") -> Series:
    return Series(uid=uid, study_uid=study.uid, number=0, body_part=body_part, view_position="PA", side=Side.LEFT)


def an_instance(store: SqlStore, image: Image, data: bytes) -> Instance:
    stored = store.files.put(data)
    return Instance(
        sop_instance_uid=image.uid,
        sop_class_uid="1.2.840.10008.5.1.4.1.1.1",
        transfer_syntax_uid="1.2.840.10008.1.2.4.80",
        study_uid=image.study_uid,
        series_uid=image.series_uid,
        image_uid=image.uid,
        file_id=stored.id,
        size=stored.size,
        sha256=stored.sha256,
        simulated=True,
        frozen_at=NOW,
    )


@dataclass
class Exam:
    """A study of one view in a store, as far as it has come."""

    study: Study
    view: StudyView
    series: Series
    scan: Scan
    images: list[Image] = field(default_factory=list)
    instances: list[Instance] = field(default_factory=list)


def read_exam(store: SqlStore, nth: int = 1, *, images: int = 1) -> Exam:
    """A study whose plate has been read and developed into ``images`` undecided pictures."""
    study = a_study(nth)
    view = a_view(study)
    growing = store.files.begin()
    exposure = an_exposure(view, plate_id=f"P{nth}")
    exam = Exam(study, view, a_series(study, f"2.25.{2000 + nth}"), a_scan(exposure, growing.id))
    with store.writing("Tess") as deeds:
        deeds.add_study(study, [view])
        deeds.bind_plate(view.id, exposure.plate_id, "18CMX24CM", NOW)
        deeds.begin_scan(exposure, exam.scan)
    growing.append(bytes(GEOMETRY.total_bytes))
    stored = growing.finish()
    with store.writing("Tess") as deeds:
        deeds.finish_scan(exam.scan.id, stored.sha256, GEOMETRY.rows, NOW)
        deeds.mark_erased(exposure.plate_id, NOW)
        exam.series = deeds.series_for(exam.series)
        for number in range(images):
            image = an_image(study, exam.series, view, exam.scan, f"2.25.{nth}.{number}")
            deeds.add_image(image)
            exam.images.append(image)
    return exam


def frozen_exam(store: SqlStore, nth: int = 1, *, images: int = 1) -> Exam:
    """A study whose pictures are accepted and frozen."""
    exam = read_exam(store, nth, images=images)
    for image in exam.images:
        exam.instances.append(an_instance(store, image, f"part 10 of {image.uid}".encode()))
    with store.writing("Tess") as deeds:
        for instance in exam.instances:
            deeds.decide(instance.sop_instance_uid, Verdict.ACCEPTED, None, NOW)
            deeds.freeze(instance)
    return exam


def new_jobs(
    exam: Exam, *destinations: str, priority: Priority = Priority.ROUTINE, not_before: datetime = NOW
) -> list[NewJob]:
    return new_jobs_of(exam.instances, *destinations, priority=priority, not_before=not_before)


def new_jobs_of(
    instances: Sequence[Instance],
    *destinations: str,
    priority: Priority = Priority.ROUTINE,
    not_before: datetime = NOW,
) -> list[NewJob]:
    return [
        NewJob(
            sop_instance_uid=instance.sop_instance_uid,
            destination=destination,
            priority=priority,
            not_before=not_before,
        )
        for instance in instances
        for destination in destinations
    ]
