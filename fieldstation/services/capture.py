"""From a cassette to a picture: read, durable block by block, then developed."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from fieldstation.domain.errors import Failed, FieldstationError, Refused, WrongUse
from fieldstation.domain.exams import (
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
from fieldstation.domain.plates import GoingOn
from fieldstation.domain.ports import Clock, IdSource
from fieldstation.domain.reader import PlateHeader, ReaderStatus
from fieldstation.domain.reasons import READ_AGAIN
from fieldstation.domain.store import Store
from fieldstation.domain.views import Catalogue, OrderedView
from fieldstation.domain.words import Message
from fieldstation.services.darkroom import Darkroom
from fieldstation.services.exposing import exposure_of
from fieldstation.services.plate_concerns import against_reading, against_unidentified, settle
from fieldstation.services.plates import check_plate_id
from fieldstation.services.progress import check_awaits_image, is_open_part, latest_image, undeveloped
from fieldstation.services.raw_signal import raw_signal
from fieldstation.services.receiving import Bench, OnProgress, Receiving

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cassette:
    """A cassette to be read for a view of a study (``view_id`` is the row's id).

    ``picture`` is a file that the simulated x-ray room exposes the cassette to; None: what fits the view. ``going_on``
    is a person's word that it is to be read although something speaks against it.
    """

    study_uid: str
    view_id: str
    plate_id: str
    technique: Technique
    picture: Path | None = None
    going_on: GoingOn | None = None


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
        receiving: Receiving,
        darkroom: Darkroom,
        person: str,
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._clock = clock
        self._ids = ids
        self._bench = bench
        self._receiving = receiving
        self._darkroom = darkroom
        self._person = person

    def read(self, cassette: Cassette, on_progress: OnProgress | None = None) -> str:
        """Read a cassette for a view, and develop it; the UID of the new image.

        ``on_progress`` is called after each block of lines, from this thread.

        Raises:
            PlateRefused: something speaks against reading this plate for this view.
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
        check_awaits_image(file, view)
        with self._store.reading() as questions:
            concerns = against_reading(questions, file, view, cassette.plate_id, self._clock.now())
        self._settle(cassette, concerns)
        with self._bench.lock():
            with suppress(FieldstationError):
                # The plate can be read and kept even where no picture can be made now.
                self._darkroom.warm()
            self._receiving.end_interrupted()
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
        while waiting := undeveloped(file := self._file(study_uid)):
            images.append(self._develop(file, waiting[0]))
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
                self._receiving.end_interrupted()
                self.develop_waiting(file.study.uid)

    def recover(self) -> None:
        """After a crash: reads that it cut off become partial scans, files that no row knows go to quarantine.

        Does nothing while another process reads.
        """
        with _unless_held(), self._bench.lock():
            self._receiving.end_interrupted()
            for name in self._store.quarantine_unknown():
                _LOG.warning("A file that nothing knows is in quarantine now: %s", name)

    def _file(self, study_uid: str) -> StudyFile:
        with self._store.reading() as questions:
            return questions.study_file(study_uid)

    def _read_plate(self, cassette: Cassette, view: StudyView, on_progress: OnProgress | None) -> Failed | None:
        """Read it until it is durable; what is wrong if it could not be erased then."""
        shot = OrderedView(view.view, view.side)
        if self._bench.room:
            self._bench.room.expose(cassette.plate_id, shot, cassette.technique, cassette.picture)
        if not self._bench.identify(cassette.plate_id):
            with self._store.reading() as questions:
                study = questions.study(cassette.study_uid)
                concerns = against_unidentified(questions, study, view, cassette.plate_id)
            self._settle(cassette, concerns)
        header = self._bench.reader.begin_read(cassette.plate_id)
        return self._receiving.take(
            header,
            lambda file_id: self._begin(cassette, view, header, file_id),
            self._catalogue.get(view.view).target_ei,
            on_progress,
        )

    def _settle(self, cassette: Cassette, concerns: Sequence[Message]) -> None:
        if concerns:
            with self._store.writing(self._person) as deeds:
                settle(deeds, cassette.plate_id, concerns, cassette.going_on)

    def _begin(self, cassette: Cassette, view: StudyView, header: PlateHeader, file_id: str) -> str:
        now = self._clock.now()
        technique = cassette.technique.completed(header.technique)
        exposure = exposure_of(self._ids, view, cassette.plate_id, technique, now)
        scan = Scan(
            id=str(self._ids.uuid()),
            exposure_id=exposure.id,
            reader=self._bench.reader.identity,
            geometry=header.geometry,
            plate_size=header.plate_size,
            response=header.response,
            file_id=file_id,
            started_at=now,
        )
        with self._store.writing(self._person) as deeds:
            deeds.bind_plate(view.id, cassette.plate_id, header.plate_size, exposure.exposed_at)
            deeds.drop_handed(cassette.plate_id)
            deeds.begin_scan(exposure, scan)
        return scan.id

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
