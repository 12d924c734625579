"""What can be done to an exam: its study and views, exposures and scans, images and frozen instances."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Table, and_, delete, func, literal, select, update

from fieldstation.domain.errors import Failed, Refused
from fieldstation.domain.exams import (
    Exposure,
    Image,
    Instance,
    Presentation,
    Scan,
    ScanState,
    Series,
    Study,
    StudyView,
    Verdict,
)
from fieldstation.domain.jobs import JobState
from fieldstation.domain.words import Message
from fieldstation.store import rows, schema
from fieldstation.store.columns import OptionalSide
from fieldstation.store.deeds_plates import PlateDeeds
from fieldstation.store.journal import because, job_subject
from fieldstation.store.questions import has_accession
from fieldstation.store.rows import values_of


class ExamDeeds(PlateDeeds):
    """From the study's beginning to its frozen instances."""

    def add_study(self, study: Study, views: Sequence[StudyView]) -> None:
        """Begin a study. Its ``number`` is given by the store.

        Raises:
            Refused: ``study.accession_taken``, ``study.taken`` (its UID).
        """
        table = schema.study
        if self._connection.scalar(select(table.c.number).where(has_accession(study.accession))):
            raise Refused("study.accession_taken")
        if self._connection.scalar(select(table.c.number).where(table.c.uid == study.uid)):
            raise Refused("study.taken")
        self._add(table, values_of(study, without=["number", "order_ids"]))
        for position, order_id in enumerate(study.order_ids, start=1):
            self._add(schema.order_of_study, {"study_uid": study.uid, "order_id": order_id, "position": position})
        self._journal.note("study.begun", study.uid)
        for view in views:
            self.add_view(view)

    def add_view(self, view: StudyView) -> None:
        """Add a view to a study."""
        self._add(schema.view, values_of(view))
        self._journal.note("view.added", view.id, view=view.view)

    def begin_scan(self, exposure: Exposure, scan: Scan) -> None:
        """The row that comes before the first byte. An exposure that is known (read a second time) stays as it is.

        Raises:
            Failed: ``file.missing``: the scan's file was not begun.
        """
        self._files.reclaim(scan.file_id)
        self._register(exposure.plate_id, scan.plate_size)
        table = schema.exposure
        if self._connection.scalar(select(table.c.seq).where(table.c.id == exposure.id)) is None:
            self._add(table, rows.exposure_values(exposure))
        self._add(schema.scan, rows.scan_values(scan))
        self._journal.note("scan.begun", scan.id, plate=exposure.plate_id)

    def finish_scan(self, scan_id: str, sha256: str, lines: int, at: datetime) -> None:
        """The scan is durable; its cassette has been through one more cycle.

        The file is sealed if a crash left it open, and read back: the plate is erased on the strength of this row.

        Raises:
            Refused: ``scan.unknown``, ``scan.ended``.
            Failed: ``file.missing``; ``file.damaged``: what the disk gives back is not what was read; ``disk.…``.
        """
        table, plate_id, file_id = self._receiving(scan_id)
        if self._files.seal(file_id).sha256 != sha256:
            raise Failed("file.damaged", file=file_id)
        self._end_scan(table, scan_id, ScanState.DURABLE, lines, at, sha256)
        cassette = schema.cassette
        self._connection.execute(
            update(cassette).where(cassette.c.plate_id == plate_id).values(cycles=cassette.c.cycles + 1)
        )
        self._journal.note("scan.durable", scan_id, lines=lines)

    def end_scan_partial(self, scan_id: str, lines: int, why: Message, at: datetime) -> None:
        """The read broke off; what came stays.

        Raises:
            Refused: ``scan.unknown``, ``scan.ended``.
        """
        table, _, _ = self._receiving(scan_id)
        self._end_scan(table, scan_id, ScanState.PARTIAL, lines, at, None)
        self._journal.note("scan.partial", scan_id, **because(why))

    def series_for(self, candidate: Series) -> Series:
        """The study's series with that body part, view position and side: ``candidate`` (added) if there is none.

        ``number`` is given by the store: it counts the series of the study from 1.
        """
        table = schema.series
        row = (
            self._connection.execute(
                select(table).where(
                    table.c.study_uid == candidate.study_uid,
                    table.c.body_part == candidate.body_part,
                    table.c.view_position == candidate.view_position,
                    table.c.side == literal(candidate.side, OptionalSide),  # never IS NULL
                )
            )
            .mappings()
            .first()
        )
        if row is not None:
            return Series(**row)
        number = self._next_number(table.c.number, table.c.study_uid == candidate.study_uid)
        self._add(table, values_of(candidate) | {"number": number})
        self._journal.note("series.added", candidate.uid)
        return Series(**values_of(candidate) | {"number": number})

    def add_image(self, image: Image) -> None:
        """Add a picture of a scan. ``number`` is given by the store: it counts the images of its series from 1."""
        table = schema.image
        number = self._next_number(table.c.number, table.c.series_uid == image.series_uid)
        self._add(table, rows.image_values(image) | {"number": number})
        self._journal.note("image.added", image.uid)

    def set_presentation(self, image_uid: str, presentation: Presentation) -> None:
        """Note how an undecided picture is to be seen. Raises `Refused` ``image.unknown``, ``image.decided``."""
        verdict = self.image(image_uid).verdict
        if verdict is not Verdict.UNDECIDED:
            raise Refused("image.decided", verdict=verdict)
        table = schema.image
        self._connection.execute(update(table).where(table.c.uid == image_uid).values(values_of(presentation)))
        self._journal.note("image.adjusted", image_uid)

    def decide(self, image_uid: str, verdict: Verdict, reason: str | None, at: datetime) -> None:
        """Accept, reject, or take a verdict back.

        Raises:
            Refused: ``image.unknown``; ``image.decided``: it has a verdict, which has to be taken back first;
                ``image.sent``: it is on its way, and the verdict stands.
        """
        if (reason is not None) != (verdict is Verdict.REJECTED):
            raise ValueError("a reason belongs to a rejection")
        old = self.image(image_uid).verdict
        table = schema.image
        if verdict is Verdict.UNDECIDED:
            if old is Verdict.UNDECIDED:
                return
            if self._on_its_way(schema.instance.c.image_uid == image_uid):
                raise Refused("image.sent")
        elif old is not Verdict.UNDECIDED:
            raise Refused("image.decided", verdict=old)
        decided_at = None if verdict is Verdict.UNDECIDED else at
        self._connection.execute(
            update(table)
            .where(table.c.uid == image_uid)
            .values(verdict=verdict, reject_reason=reason, decided_at=decided_at)
        )
        what = "image.taken_back" if verdict is Verdict.UNDECIDED else f"image.{verdict}"
        self._journal.note(what, image_uid, **({} if reason is None else {"reason": reason}))

    def freeze(self, instance: Instance) -> None:
        """Note the frozen instance of an image; the file is durable already.

        Raises:
            Refused: ``instance.frozen``: there is one of that UID.
            Failed: ``file.missing``.
        """
        table = schema.instance
        if self._connection.scalar(select(table.c.seq).where(table.c.sop_instance_uid == instance.sop_instance_uid)):
            raise Refused("instance.frozen")
        self._files.reclaim(instance.file_id)
        self._add(table, values_of(instance))
        self._journal.note("instance.frozen", instance.sop_instance_uid)

    def drop_instance(self, sop_instance_uid: str) -> None:
        """Forget a frozen instance that is not on its way (its verdict was taken back).

        Jobs that were called back before their first attempt are forgotten with it.

        Raises:
            Refused: ``instance.unknown``, ``image.sent``.
        """
        self.instance(sop_instance_uid)
        job, table = schema.job, schema.instance
        if self._on_its_way(table.c.sop_instance_uid == sop_instance_uid):
            raise Refused("image.sent")
        forgotten = self._connection.scalars(
            delete(job).where(job.c.sop_instance_uid == sop_instance_uid).returning(job.c.id)
        ).all()
        for job_id in forgotten:
            self._journal.note("job.forgotten", job_subject(job_id))
        self._connection.execute(delete(table).where(table.c.sop_instance_uid == sop_instance_uid))
        self._journal.note("instance.dropped", sop_instance_uid)

    def _receiving(self, scan_id: str) -> tuple[Table, str, str]:
        """Where the scan that still receives has its row, its plate ID and its file."""
        loose = schema.unassigned_scan
        row = (
            self._connection.execute(select(loose).where(loose.c.id == scan_id, loose.c.state == ScanState.RECEIVING))
            .mappings()
            .first()
        )
        if row is not None:
            return loose, row["plate_id"], row["file_id"]
        scan = self.scan(scan_id)
        if scan.state is not ScanState.RECEIVING:
            raise Refused("scan.ended")
        return schema.scan, self.exposure(scan.exposure_id).plate_id, scan.file_id

    def _end_scan(
        self, table: Table, scan_id: str, state: ScanState, lines: int, at: datetime, sha256: str | None
    ) -> None:
        self._connection.execute(
            update(table).where(table.c.id == scan_id).values(state=state, lines=lines, finished_at=at, sha256=sha256)
        )

    def _next_number(self, numbers: ColumnElement[int], where: ColumnElement[bool]) -> int:
        return 1 + int(self._connection.scalar(select(func.coalesce(func.max(numbers), 0)).where(where)) or 0)

    def _on_its_way(self, instances: ColumnElement[bool]) -> bool:
        """Whether a job was made for one of the instances, and not called back before its first attempt."""
        job, instance = schema.job, schema.instance
        called_back = and_(job.c.state == JobState.CANCELLED, job.c.attempts == 0)
        statement = (
            select(job.c.id)
            .join(instance, instance.c.sop_instance_uid == job.c.sop_instance_uid)
            .where(instances, ~called_back)
            .limit(1)
        )
        return self._connection.scalar(statement) is not None
