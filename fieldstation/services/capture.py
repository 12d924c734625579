"""From a cassette to a picture: read, durable block by block, then developed."""

import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fieldstation.domain.errors import Failed, FieldstationError, Refused, WrongUse
from fieldstation.domain.exams import (
    Exposure,
    Finding,
    Image,
    Scan,
    ScanState,
    Series,
    Severity,
    StudyFile,
    StudyView,
    Technique,
    Verdict,
)
from fieldstation.domain.ports import Clock, IdSource
from fieldstation.domain.reader import PlateHeader, Reader, ReaderStatus, XrayRoom
from fieldstation.domain.reasons import READ_AGAIN
from fieldstation.domain.store import GrowingFile, Store
from fieldstation.domain.views import Catalogue, OrderedView
from fieldstation.domain.words import Message
from fieldstation.imaging.preview import Preview
from fieldstation.services.boards import ReadProgress
from fieldstation.services.darkroom import Darkroom
from fieldstation.services.plates import check_plate_id
from fieldstation.services.progress import is_open_part, latest_image, undeveloped
from fieldstation.services.raw_signal import raw_signal

_LOG = logging.getLogger(__name__)
_PREVIEW_WIDTH = 1024
_DISK_RESERVE_BYTES = 512 * 1024 * 1024
"""Kept free, so that the queue and the database can still be written when no further plate is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cassette:
    """A cassette to be read for a view of a study (``view_id`` is the row's id).

    ``picture`` is a file that the simulated x-ray room exposes the cassette to; None: what fits the view.
    """

    study_uid: str
    view_id: str
    plate_id: str
    technique: Technique
    picture: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """The reader, the world in front of it where that is simulated, and the lock that one process holds on it."""

    reader: Reader
    room: XrayRoom | None
    lock: Callable[[], AbstractContextManager[object]]


class Capture:
    """Reads cassettes. What was read exists nowhere else, so it is durable before anything is done with it."""

    def __init__(  # noqa: PLR0913 - each is a port of its own
        self,
        *,
        store: Store,
        catalogue: Catalogue,
        clock: Clock,
        ids: IdSource,
        bench: Bench,
        darkroom: Darkroom,
        folder: Path,
        person: str,
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._clock = clock
        self._ids = ids
        self._bench = bench
        self._darkroom = darkroom
        self._folder = folder
        self._person = person

    def read(self, cassette: Cassette, on_progress: Callable[[ReadProgress], None] | None = None) -> str:
        """Read a cassette for a view, and develop it; the UID of the new image.

        ``on_progress`` is called after each block of lines, from this thread.

        Raises:
            Refused: ``scan.view_has_image``, ``scan.cancelled``, or another process has the reader (``lock.held``).
            WrongUse: ``plate.no_id``, ``plate.bad_id``, ``plate.not_simulated``.
            Failed: the reader or the disk failed; the lines that had come are kept as a partial scan. Where only the
                erasing failed, the image is made all the same.
        """
        check_plate_id(cassette.plate_id)
        if cassette.picture and not self._bench.room:
            raise WrongUse("plate.not_simulated")
        self.develop_waiting(cassette.study_uid)
        file = self._file(cassette.study_uid)
        view = next(view for view in file.views if view.id == cassette.view_id)
        latest = latest_image(file, view.id)
        if latest and latest.verdict is not Verdict.REJECTED and not is_open_part(file, latest):
            raise Refused("scan.view_has_image", view=view.view)
        with self._bench.lock():
            with suppress(FieldstationError):
                # The plate can be read and kept even where no picture can be made now.
                self._darkroom.warm()
            self._end_interrupted_reads()
            try:
                trouble = self._read_plate(cassette, view, on_progress)
            except FieldstationError:
                with suppress(FieldstationError):
                    # Why the read ended matters more; the part is developed when the study is next looked at.
                    self.develop_waiting(cassette.study_uid)
                raise
        image = self.develop_waiting(cassette.study_uid)[-1]
        if trouble:
            raise trouble
        return image

    def reader_status(self) -> ReaderStatus:
        """What the reader is doing now."""
        return self._bench.reader.status()

    def cancel(self) -> None:
        """Stop the running read at its next block of lines; does nothing when none runs."""
        self._bench.reader.cancel()

    def develop_waiting(self, study_uid: str) -> list[str]:
        """Make the pictures of scans that have none, whole or partial; the UIDs of the new images, in order."""
        images = []
        while waiting := undeveloped(self._file(study_uid)):
            images.append(self._develop(self._file(study_uid), waiting[0]))
        return images

    def connect(self) -> None:
        """Get the reader ready, so that its state is known before the first cassette.

        Does nothing while another process has the reader.

        Raises:
            Failed: the reader's own fault.
        """
        with _unless_held(), self._bench.lock():
            self._bench.reader.connect()

    def develop_all_waiting(self) -> None:
        """Make the pictures of all scans that have none. One that cannot be made now is made later."""
        with self._store.reading() as questions:
            studies = [file.study.uid for file in questions.study_files() if undeveloped(file)]
        for study_uid in studies:
            with suppress(FieldstationError):
                self.develop_waiting(study_uid)

    def settle(self, study_uid: str) -> None:
        """Reads of the study that a crash cut off become partial scans, and what has no picture yet gets one.

        Does nothing while another process reads.

        Raises:
            Refused: ``study.unknown``.
            Failed: the disk or the darkroom failed.
        """
        file = self._file(study_uid)
        if undeveloped(file) or any(scan.state is ScanState.RECEIVING for scan in file.scans):
            with _unless_held(), self._bench.lock():
                self._end_interrupted_reads()
                self.develop_waiting(file.study.uid)

    def recover(self) -> None:
        """After a crash: reads that it cut off become partial scans, files that no row knows go to quarantine.

        Does nothing while another process reads.
        """
        with _unless_held(), self._bench.lock():
            self._end_interrupted_reads()
            for name in self._store.quarantine_unknown():
                _LOG.warning("A file that nothing knows is in quarantine now: %s", name)

    def _end_interrupted_reads(self) -> None:
        with self._store.reading() as questions:
            unfinished = questions.unfinished_scans()
        for scan in unfinished:
            stored = self._store.files.seal(scan.file_id)
            lines = stored.size // scan.geometry.line_bytes
            with self._store.writing(self._person) as deeds:
                if lines == scan.geometry.rows:
                    deeds.finish_scan(scan.id, stored.sha256, lines, self._clock.now())
                else:
                    deeds.end_scan_partial(scan.id, lines, Message("scan.interrupted"), self._clock.now())

    def _file(self, study_uid: str) -> StudyFile:
        with self._store.reading() as questions:
            return questions.study_file(study_uid)

    def _read_plate(
        self, cassette: Cassette, view: StudyView, on_progress: Callable[[ReadProgress], None] | None
    ) -> Failed | None:
        """Read it until it is durable; what is wrong if it could not be erased then."""
        reader = self._bench.reader
        shot = OrderedView(view.view, view.side)
        if self._bench.room:
            self._bench.room.expose(cassette.plate_id, shot, cassette.technique, cassette.picture)
        reader.connect()
        seen = reader.identify()
        if seen not in (None, cassette.plate_id):
            raise Refused("scan.other_cassette", expected=cassette.plate_id, seen=seen)
        header = reader.begin_read(cassette.plate_id)
        try:
            self._check_disk(header)
            scan, growing = self._begin(cassette, view, header)
        except FieldstationError:
            self._eject()
            raise
        self._receive(scan, growing, header, shot, on_progress)
        try:
            reader.finish_read()
        except Failed as error:
            self._eject()
            return error
        with self._store.writing(self._person) as deeds:
            deeds.mark_erased(cassette.plate_id, self._clock.now())
        return None

    def _eject(self) -> None:
        """Give the plate back if the reader still can; why the read ended matters more than that it cannot."""
        with suppress(FieldstationError):
            self._bench.reader.eject()

    def _check_disk(self, header: PlateHeader) -> None:
        """A plate is not discharged unless there is room for it, and for its frozen picture."""
        needed = 2 * header.geometry.total_bytes + _DISK_RESERVE_BYTES
        if shutil.disk_usage(self._folder).free < needed:
            raise Failed("disk.too_low_to_read", needed_mb=needed // 1_000_000)

    def _begin(self, cassette: Cassette, view: StudyView, header: PlateHeader) -> tuple[Scan, GrowingFile]:
        now = self._clock.now()
        exposed_at = view.exposed_at if view.plate_id == cassette.plate_id and view.exposed_at else now
        exposure = Exposure(
            id=str(self._ids.uuid()),
            view_id=view.id,
            plate_id=cassette.plate_id,
            technique=cassette.technique,
            exposed_at=exposed_at,
            utc_offset_minutes=_local_offset_minutes(exposed_at),
        )
        with self._store.adopting():
            growing = self._store.files.begin()
            scan = Scan(
                id=str(self._ids.uuid()),
                exposure_id=exposure.id,
                reader=self._bench.reader.identity,
                geometry=header.geometry,
                plate_size=header.plate_size,
                response=header.response,
                file_id=growing.id,
                started_at=now,
            )
            with self._store.writing(self._person) as deeds:
                deeds.bind_plate(view.id, cassette.plate_id, header.plate_size, exposed_at)
                deeds.begin_scan(exposure, scan)
        return scan, growing

    def _receive(
        self,
        scan: Scan,
        growing: GrowingFile,
        header: PlateHeader,
        shot: OrderedView,
        on_progress: Callable[[ReadProgress], None] | None,
    ) -> None:
        target = self._catalogue.get(shot.view).target_ei
        preview = Preview(header.geometry, header.response, target, _PREVIEW_WIDTH) if on_progress else None
        started = self._clock.monotonic()
        received = 0
        try:
            for block in self._bench.reader.lines():
                growing.append(block.data)
                received = block.first_line + len(block.data) // header.geometry.line_bytes
                if preview and on_progress:
                    first_row, rows = preview.add(block.first_line, block.data)
                    elapsed = self._clock.monotonic() - started
                    on_progress(
                        ReadProgress(
                            plate_id=header.plate_id,
                            lines=received,
                            lines_total=header.geometry.rows,
                            seconds_left=elapsed * (header.geometry.rows / received - 1),
                            preview=rows,
                            first_row=first_row,
                            preview_rows=preview.rows,
                        )
                    )
            stored = growing.finish()
        except BaseException as error:
            growing.close()
            self._end_partial(scan, received, error)
            raise
        with self._store.writing(self._person) as deeds:
            deeds.finish_scan(scan.id, stored.sha256, received, self._clock.now())

    def _end_partial(self, scan: Scan, lines: int, error: BaseException) -> None:
        why = Message(error.code, error.params) if isinstance(error, FieldstationError) else Message("scan.interrupted")
        with self._store.writing(self._person) as deeds:
            deeds.end_scan_partial(scan.id, lines, why, self._clock.now())
        self._eject()

    def _develop(self, file: StudyFile, scan: Scan) -> str:
        exposure = next(exposure for exposure in file.exposures if exposure.id == scan.exposure_id)
        view = next(view for view in file.views if view.id == exposure.view_id)
        projection = self._catalogue.get(view.view)
        raw = raw_signal(self._store.files, scan)
        developed = self._darkroom.develop(raw, scan.geometry, scan.response, projection, view.side)
        latest = latest_image(file, view.id)
        with self._store.writing(self._person) as deeds:
            if latest and is_open_part(file, latest):
                deeds.decide(latest.uid, Verdict.REJECTED, READ_AGAIN, self._clock.now())
            series = deeds.series_for(
                Series(
                    uid=self._ids.uid(),
                    study_uid=file.study.uid,
                    number=0,
                    body_part=projection.body_part,
                    view_position=projection.view_position,
                    side=view.side,
                )
            )
            image = Image(
                uid=self._ids.uid(),
                study_uid=file.study.uid,
                series_uid=series.uid,
                view_id=view.id,
                scan_id=scan.id,
                number=0,
                presentation=developed.presentation,
                exposure_index=developed.exposure_index,
                target_index=developed.target_index,
                deviation_index=developed.deviation_index,
                findings=(*_read_in_part(scan), *developed.findings),
                retake_of=latest.uid if latest else None,
                created_at=self._clock.now(),
            )
            deeds.add_image(image)
        return image.uid


@contextmanager
def _unless_held() -> Iterator[None]:
    """Leave the block quietly where another process holds its lock."""
    try:
        yield
    except Refused as refusal:
        if not refusal.code.startswith("lock."):
            raise


def _read_in_part(scan: Scan) -> list[Finding]:
    if scan.state is not ScanState.PARTIAL:
        return []
    message = Message("finding.read_in_part", {"lines": scan.lines, "rows": scan.geometry.rows})
    return [Finding(message=message, severity=Severity.BAD)]


def _local_offset_minutes(at: datetime) -> int:
    offset = at.astimezone().utcoffset()
    return int(offset.total_seconds() // 60) if offset else 0
