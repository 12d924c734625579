"""What can be asked: reads over one connection, whose transaction makes the answers agree."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Table,
    and_,
    case,
    func,
    literal_column,
    or_,
    select,
)

from fieldstation.domain.certificates import Certificate, Whose
from fieldstation.domain.errors import Refused
from fieldstation.domain.exams import (
    Cassette,
    Exposure,
    Image,
    Instance,
    Scan,
    ScanState,
    Series,
    Study,
    StudyFile,
    StudyView,
)
from fieldstation.domain.jobs import Job, JobState, PausedDestination
from fieldstation.domain.link import Outage, SendingPause, Traffic
from fieldstation.domain.patients import Order, Patient, Stop
from fieldstation.domain.plates import HandedPlate, UnassignedScan
from fieldstation.domain.store import Event
from fieldstation.domain.views import OrderedView
from fieldstation.store import rows, schema

T = TypeVar("T")


class SqlQuestions:
    """The answers of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def stops(self) -> Sequence[Stop]:
        """The stops of this shift, in the order of the route."""
        return [Stop(**row) for row in self._all(select(schema.stop).order_by(schema.stop.c.position))]

    def orders(self) -> Sequence[Order]:
        """All orders of this shift."""
        return self._orders(select(schema.order).order_by(schema.order.c.seq))

    def order(self, order_id: str) -> Order:
        """One order. Raises `Refused` ``order.unknown``."""
        found = self._orders(select(schema.order).where(schema.order.c.id == order_id))
        if not found:
            raise Refused("order.unknown")
        return found[0]

    def studies(self) -> Sequence[Study]:
        """All studies, oldest first."""
        return self._studies(select(schema.study))

    def study_files(self) -> Sequence[StudyFile]:
        """All studies with everything about them, oldest first; a fixed number of queries however many there are."""
        return self._study_files(select(schema.study))

    def study(self, study_uid: str) -> Study:
        """One study, by UID or accession. Raises `Refused` ``study.unknown``."""
        return _only(self._studies(_study_named(study_uid)), "study.unknown")

    def study_file(self, study_uid: str) -> StudyFile:
        """Everything about one study. Raises `Refused` ``study.unknown``."""
        return _only(self._study_files(_study_named(study_uid)), "study.unknown")

    def study_of_order(self, order_id: str) -> Study | None:
        """The study that performs the order, if one was begun."""
        link = schema.order_of_study
        found = self._studies(
            select(schema.study).join(link, link.c.study_uid == schema.study.c.uid).where(link.c.order_id == order_id)
        )
        return found[0] if found else None

    def image(self, image_uid: str) -> Image:
        """One image. Raises `Refused` ``image.unknown``."""
        return rows.image(self._one(schema.image, schema.image.c.uid == image_uid, "image.unknown"))

    def scan(self, scan_id: str) -> Scan:
        """One scan. Raises `Refused` ``scan.unknown``."""
        return rows.scan(self._one(schema.scan, schema.scan.c.id == scan_id, "scan.unknown"))

    def exposure(self, exposure_id: str) -> Exposure:
        """One exposure. Raises `Refused` ``exposure.unknown``."""
        return rows.exposure(self._one(schema.exposure, schema.exposure.c.id == exposure_id, "exposure.unknown"))

    def exposure_count(self) -> int:
        """How many exposures there have been."""
        return self._connection.scalars(select(func.count()).select_from(schema.exposure)).one()

    def instance(self, sop_instance_uid: str) -> Instance:
        """One frozen instance. Raises `Refused` ``instance.unknown``."""
        table = schema.instance
        return rows.instance(self._one(table, table.c.sop_instance_uid == sop_instance_uid, "instance.unknown"))

    def cassette(self, plate_id: str) -> Cassette | None:
        """The cassette, if it is registered."""
        table = schema.cassette
        row = self._connection.execute(select(table).where(table.c.plate_id == plate_id)).mappings().first()
        return None if row is None else Cassette(**row)

    def cassettes(self) -> Sequence[Cassette]:
        """The register, by plate ID."""
        table = schema.cassette
        return [Cassette(**row) for row in self._all(select(table).order_by(table.c.plate_id))]

    def unassigned_scans(self) -> Sequence[UnassignedScan]:
        """All scans that matched no view when they came, oldest first; also those that somebody has decided on."""
        table = schema.unassigned_scan
        return [rows.unassigned_scan(row) for row in self._all(select(table).order_by(table.c.seq))]

    def unassigned_scan(self, scan_id: str) -> UnassignedScan:
        """One of them. Raises `Refused` ``unassigned.unknown``."""
        table = schema.unassigned_scan
        return rows.unassigned_scan(self._one(table, table.c.id == scan_id, "unassigned.unknown"))

    def handed_plates(self) -> Sequence[HandedPlate]:
        """Plates taken over from another station whose order is not known here, oldest first."""
        table = schema.handed_plate
        return [rows.handed_plate(row) for row in self._all(select(table).order_by(table.c.seq))]

    def jobs(self) -> Sequence[Job]:
        """All jobs: STAT before routine, then in the order of arrival."""
        return [Job(**row) for row in self._all(job_rows().order_by(schema.job.c.turn, schema.job.c.id))]

    def job(self, job_id: int) -> Job:
        """One job. Raises `Refused` ``job.unknown``."""
        return _only([Job(**row) for row in self._all(job_rows().where(schema.job.c.id == job_id))], "job.unknown")

    def paused(self) -> Sequence[PausedDestination]:
        """The destinations that are paused."""
        table = schema.destination_pause
        return [PausedDestination(**row) for row in self._all(select(table).order_by(table.c.destination))]

    def sending_pause(self) -> SendingPause | None:
        """The pause that a person asked for last, over or not."""
        table = schema.sending_pause
        found = self._all(select(table.c.since, table.c.until).where(table.c.id == 1))
        return SendingPause(**found[0]) if found else None

    def outages(self, since: datetime) -> Sequence[Outage]:
        """The outages that reach beyond that time, oldest first."""
        table = schema.outage
        statement = select(table.c.destination, table.c.since, table.c.until, table.c.reason)
        reaching = or_(table.c.until.is_(None), table.c.until > since)
        return [Outage(**row) for row in self._all(statement.where(reaching).order_by(table.c.seq))]

    def traffic(self, since: datetime) -> Sequence[Traffic]:
        """What went out in each minute from that one on, oldest first."""
        table = schema.traffic
        statement = select(table).where(table.c.minute >= since).order_by(table.c.minute, table.c.destination)
        return [Traffic(**row) for row in self._all(statement)]

    def peer_certificates(self) -> Mapping[str, Sequence[Certificate]]:
        """The certificates that peers showed last, by the destination's name."""
        table = schema.peer_certificate
        found: defaultdict[str, list[Certificate]] = defaultdict(list)
        for row in self._all(select(table).order_by(table.c.destination, table.c.name)):
            found[row["destination"]].append(Certificate(whose=Whose.PEER, name=row["name"], ends=row["ends"]))
        return dict(found)

    def events(self, after: int = 0, *, subject: str | None = None) -> Sequence[Event]:
        """Events after that number, all or those of one subject, oldest first."""
        table = schema.event
        statement = select(table).where(table.c.seq > after).order_by(table.c.seq)
        if subject is not None:
            statement = statement.where(table.c.subject == subject)
        return [Event(**row) for row in self._all(statement)]

    def unfinished_scans(self) -> Sequence[Scan | UnassignedScan]:
        """Scans in state ``receiving``."""
        table, loose = schema.scan, schema.unassigned_scan
        bound = select(table).where(table.c.state == ScanState.RECEIVING).order_by(table.c.seq)
        unbound = select(loose).where(loose.c.state == ScanState.RECEIVING).order_by(loose.c.seq)
        return [
            *(rows.scan(row) for row in self._all(bound)),
            *(rows.unassigned_scan(row) for row in self._all(unbound)),
        ]

    def _all(self, statement: Select[Any]) -> Sequence[RowMapping]:
        return self._connection.execute(statement).mappings().all()

    def _one(self, table: Table, where: ColumnElement[bool], code: str) -> RowMapping:
        return _only(self._all(select(table).where(where)), code)

    def _grouped(self, statement: Select[Any], key: str) -> Mapping[str, Sequence[RowMapping]]:
        groups: dict[str, list[RowMapping]] = defaultdict(list)
        for row in self._all(statement):
            groups[row[key]].append(row)
        return groups

    def _orders(self, wanted: Select[Any]) -> Sequence[Order]:
        found = self._all(wanted)
        ids = wanted.with_only_columns(schema.order.c.id).order_by(None).scalar_subquery()
        table = schema.order_view
        views = self._grouped(select(table).where(table.c.order_id.in_(ids)).order_by(table.c.position), "order_id")
        patients = {
            row["id"]: Patient(**row)
            for row in self._all(
                select(schema.patient).where(
                    schema.patient.c.id.in_(wanted.with_only_columns(schema.order.c.patient).order_by(None))
                )
            )
        }
        return [
            rows.order(
                row,
                patients[row["patient"]],
                [OrderedView(one["view"], one["side"]) for one in views.get(row["id"], ())],
            )
            for row in found
        ]

    def _studies(self, wanted: Select[Any]) -> Sequence[Study]:
        link = schema.order_of_study
        orders = self._grouped(
            select(link).where(link.c.study_uid.in_(_uids(wanted))).order_by(link.c.position), "study_uid"
        )
        return [
            rows.study(row, [one["order_id"] for one in orders.get(row["uid"], ())])
            for row in self._all(wanted.order_by(schema.study.c.number))
        ]

    def _study_files(self, wanted: Select[Any]) -> Sequence[StudyFile]:
        uids = _uids(wanted)
        view, series, exposure, scan = schema.view, schema.series, schema.exposure, schema.scan
        image, instance = schema.image, schema.instance
        by_view = exposure.join(view, view.c.id == exposure.c.view_id)
        views = self._grouped(select(view).where(view.c.study_uid.in_(uids)).order_by(view.c.position), "study_uid")
        all_series = self._grouped(
            select(series).where(series.c.study_uid.in_(uids)).order_by(series.c.number), "study_uid"
        )
        exposures = self._grouped(
            select(exposure, view.c.study_uid.label("of_study"))
            .select_from(by_view)
            .where(view.c.study_uid.in_(uids))
            .order_by(exposure.c.seq),
            "of_study",
        )
        scans = self._grouped(
            select(scan, view.c.study_uid.label("of_study"))
            .select_from(by_view.join(scan, scan.c.exposure_id == exposure.c.id))
            .where(view.c.study_uid.in_(uids))
            .order_by(scan.c.seq),
            "of_study",
        )
        images = self._grouped(select(image).where(image.c.study_uid.in_(uids)).order_by(image.c.seq), "study_uid")
        instances = self._grouped(
            select(instance).where(instance.c.study_uid.in_(uids)).order_by(instance.c.seq), "study_uid"
        )
        jobs = self._grouped(
            job_rows().where(instance.c.study_uid.in_(uids)).order_by(schema.job.c.turn, schema.job.c.id), "study_uid"
        )
        return [
            StudyFile(
                study=study,
                views=tuple(StudyView(**row) for row in views.get(study.uid, ())),
                series=tuple(Series(**row) for row in all_series.get(study.uid, ())),
                exposures=tuple(rows.exposure(row) for row in exposures.get(study.uid, ())),
                scans=tuple(rows.scan(row) for row in scans.get(study.uid, ())),
                images=tuple(rows.image(row) for row in images.get(study.uid, ())),
                instances=tuple(rows.instance(row) for row in instances.get(study.uid, ())),
                jobs=tuple(Job(**row) for row in jobs.get(study.uid, ())),
            )
            for study in self._studies(wanted)
        ]


def job_rows() -> Select[Any]:
    """Jobs as they are told: with the study and the size of their instance, and the bytes that are across."""
    job, instance, progress = schema.job, schema.instance, schema.job_progress
    own = [column for column in job.c if column.name not in {"turn", "due_at", "set_at"}]
    across = case(
        (job.c.state.in_([JobState.SENT, JobState.PROVED]), instance.c.size),
        else_=func.coalesce(progress.c.bytes_sent, 0),
    )
    return (
        select(*own, instance.c.study_uid, instance.c.size.label("bytes_total"), across.label("bytes_sent"))
        .join(instance, instance.c.sop_instance_uid == job.c.sop_instance_uid)
        .outerjoin(progress, progress.c.job_id == job.c.id)
    )


def _study_named(name: str) -> Select[Any]:
    return select(schema.study).where(or_(schema.study.c.uid == name, has_accession(name)))


def has_accession(accession: str) -> ColumnElement[bool]:
    """Studies of that accession number; an empty one is none. The literal lets SQLite use the index."""
    column = schema.study.c.accession
    return and_(column == accession, column != literal_column("''"))


def _uids(wanted: Select[Any]) -> Select[Any]:
    return wanted.with_only_columns(schema.study.c.uid)


def _only(found: Sequence[T], code: str) -> T:
    if not found:
        raise Refused(code)
    return found[0]
