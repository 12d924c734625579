"""Scans that belong to no view: received all the same, assigned later, or set aside with a reason."""

from collections.abc import Callable

import numpy as np

from fieldstation.domain.errors import Failed, FieldstationError
from fieldstation.domain.exams import ScanState, StudyView, Technique
from fieldstation.domain.plates import GoingOn, PlateLabels, UnassignedScan, check_reason_given
from fieldstation.domain.ports import Clock, IdSource
from fieldstation.domain.reader import PlateArrival, PlateArrivals, PlateHeader
from fieldstation.domain.store import Deeds, Store
from fieldstation.domain.views import Catalogue, OrderedView
from fieldstation.domain.words import Message
from fieldstation.imaging.preview import Preview
from fieldstation.services.boards_plates import LoosePicture
from fieldstation.services.exposing import exposure_of
from fieldstation.services.matching import contradictions, match
from fieldstation.services.plate_concerns import settle
from fieldstation.services.plate_record import open_bindings
from fieldstation.services.plates import check_plate_id, find_view
from fieldstation.services.progress import check_awaits_image
from fieldstation.services.raw_signal import raw_signal
from fieldstation.services.receiving import Bench, OnProgress, Receiving

_ARRIVING = Message("unassigned.arriving")
_USUAL_TARGET = 250.0
_PICTURE_WIDTH = 512


class Unassigned:
    """Takes plates whose view is not known, and finds them one."""

    def __init__(  # noqa: PLR0913 - each is a port of its own
        self,
        *,
        store: Store,
        catalogue: Catalogue,
        clock: Clock,
        ids: IdSource,
        bench: Bench,
        receiving: Receiving,
        develop: Callable[[str], object],
        develop_all: Callable[[], None],
        person: str,
    ) -> None:
        """``develop`` makes the pictures that a study's scans lack, ``develop_all`` those of all studies."""
        self._store = store
        self._catalogue = catalogue
        self._clock = clock
        self._ids = ids
        self._bench = bench
        self._receiving = receiving
        self._develop = develop
        self._develop_all = develop_all
        self._person = person
        self._broken: set[PlateArrival] = set()

    def read(self, plate_id: str, on_progress: OnProgress | None = None) -> str:
        """Read a cassette that is noted for no view; the unassigned scan's id.

        Raises:
            WrongUse: ``plate.no_id``, ``plate.bad_id``.
            Refused: ``lock.held``, ``scan.other_cassette``, ``reader.cancelled``.
            Failed: the reader or the disk failed; the lines that had come are kept.
        """
        check_plate_id(plate_id)
        with self._bench.lock():
            self._receiving.end_interrupted()
            insert_cassette(self._bench, self._catalogue, plate_id)
            self._bench.identify(plate_id)
            header = self._bench.reader.begin_read(plate_id)
            with self._store.reading() as questions:
                handed = next((one for one in questions.handed_plates() if one.plate_id == plate_id), None)
            labels = PlateLabels(
                plate_id=plate_id,
                accession=handed.accession if handed else "",
                patient_id=handed.patient_id if handed else "",
            )
            scan_id, trouble = self._take(header, labels, Message("unassigned.read_unbound"), on_progress)
        if trouble:
            raise trouble
        return scan_id

    @property
    def something_arrived(self) -> bool:
        """Whether `take_arrivals` would find something; may be asked from any thread at any time."""
        arrivals = self._bench.arrivals
        return arrivals is not None and any(one not in self._broken for one in arrivals.arrivals())

    def take_arrivals(self) -> int:
        """Take every plate that came by itself, and put each where it belongs; how many were taken.

        Only a plate whose labels mean exactly one exposed and unread plate lands on a view. A file that could not be
        read is tried again when it has changed, or after a restart.

        Raises:
            Refused: ``lock.held``: another process has the reader.
        """
        arrivals = self._bench.arrivals
        if not arrivals:
            return 0
        taken = 0
        with self._bench.lock():
            self._bench.reader.connect()
            self._bench.reader.identify()
            self._receiving.end_interrupted()
            self.settle_arrived()
            for arrival in arrivals.arrivals():
                if arrival not in self._broken:
                    taken += self._take_arrival(arrivals, arrival)
            self.settle_arrived()
        if taken:
            self._develop_all()
        return taken

    def settle_arrived(self) -> None:
        """Put arrived scans that nobody has looked at where they belong, each in one transaction.

        Of a read that broke off the file is still there and comes again, and so does one that could not be put away.
        """
        with self._store.writing(self._person) as deeds:
            for scan in deeds.unassigned_scans():
                if scan.waits and scan.why == _ARRIVING:
                    self._settle(deeds, scan)

    def assign(self, scan_id: str, view_id: str, plate_id: str = "", going_on: GoingOn | None = None) -> str:
        """The scan is that view's: from now on it is developed and judged as its image; the image's UID.

        ``plate_id`` is needed where neither the scan nor the view says which cassette it was.

        Raises:
            PlateRefused: the scan's labels contradict the view.
            Refused: ``unassigned.…``, ``view.gone``, ``scan.view_has_image``.
            WrongUse: ``plate.no_id``, ``plate.bad_id``.
            Failed: the picture could not be made now; the scan is assigned all the same.
        """
        with self._store.writing(self._person) as deeds:
            scan = deeds.unassigned_scan(scan_id)
            file, view = find_view(deeds, view_id)
            check_awaits_image(file, view)
            exposed = [one for _, one in open_bindings(deeds.study_files()) if one.view.exposed_at]
            plate = scan.labels.plate_id or plate_id or view.plate_id or ""
            check_plate_id(plate)
            settle(deeds, plate, list(contradictions(scan.labels, file.study, view, exposed)), going_on)
            self._assign(deeds, scan, view, plate)
        self._develop(file.study.uid)
        with self._store.reading() as questions:
            images = questions.study_file(file.study.uid).images
        return next(image.uid for image in images if image.scan_id == scan_id)

    def set_aside(self, scan_id: str, reason: str) -> None:
        """Nobody is to see this scan; it is kept, with the reason.

        Raises:
            WrongUse: ``plate.no_reason``.
            Refused: ``unassigned.unknown``, ``unassigned.decided``, ``unassigned.receiving``.
        """
        check_reason_given(reason)
        with self._store.writing(self._person) as deeds:
            deeds.set_scan_aside(scan_id, reason, self._clock.now())

    def picture(self, scan_id: str) -> LoosePicture:
        """What the scan roughly looks like, to recognise it by.

        Raises:
            Refused: ``unassigned.unknown``.
            Failed: ``file.…``.
        """
        with self._store.reading() as questions:
            scan = questions.unassigned_scan(scan_id)
        raw = raw_signal(self._store.files, scan)
        preview = Preview(scan.geometry, scan.response, _USUAL_TARGET, _PICTURE_WIDTH)
        pixels = np.zeros((preview.rows, preview.width), np.uint8)
        if raw:
            first, rows = preview.add(0, raw)
            pixels[first : first + len(rows)] = rows
        return LoosePicture(pixels=pixels)

    def _take_arrival(self, arrivals: PlateArrivals, arrival: PlateArrival) -> int:
        try:
            _, trouble = self._take(arrivals.begin_arrival(arrival.key), arrival.labels, _ARRIVING, None)
        except FieldstationError:
            self._receiving.eject()
            self._broken.add(arrival)
            return 0
        if trouble:
            self._broken.add(arrival)
        return 1

    def _take(
        self, header: PlateHeader, labels: PlateLabels, why: Message, on_progress: OnProgress | None
    ) -> tuple[str, Failed | None]:
        scan_id = str(self._ids.uuid())

        def begin(file_id: str) -> str:
            scan = UnassignedScan(
                id=scan_id,
                labels=labels,
                technique=header.technique,
                why=why,
                reader=self._bench.reader.identity,
                geometry=header.geometry,
                plate_size=header.plate_size,
                response=header.response,
                file_id=file_id,
                started_at=self._clock.now(),
            )
            with self._store.writing(self._person) as deeds:
                deeds.begin_unassigned(scan)
            return scan_id

        return scan_id, self._receiving.take(header, begin, _USUAL_TARGET, on_progress)

    def _settle(self, deeds: Deeds, scan: UnassignedScan) -> None:
        now = self._clock.now()
        if scan.state is ScanState.RECEIVING:
            return
        if scan.state is ScanState.PARTIAL:
            deeds.set_scan_aside(scan.id, "read in part; its file is read again", now)
            return
        if self._came_before(deeds, scan):
            deeds.set_scan_aside(scan.id, "the same image came before", now)
            return
        found = match(scan.labels, deeds.study_files())
        if isinstance(found, Message):
            deeds.explain_unassigned(scan.id, found)
        else:
            self._assign(deeds, scan, found.view, scan.labels.plate_id or found.view.plate_id or "")

    def _came_before(self, deeds: Deeds, scan: UnassignedScan) -> bool:
        """Whether the very same samples are here: a console pushed twice, or a crash came before the file was moved."""
        hashes = {one.sha256 for one in deeds.unassigned_scans() if one.id != scan.id and one.why != _ARRIVING}
        hashes |= {one.sha256 for file in deeds.study_files() for one in file.scans}
        return scan.sha256 in hashes

    def _assign(self, deeds: Deeds, scan: UnassignedScan, view: StudyView, plate_id: str) -> None:
        now = self._clock.now()
        handed = next((one for one in deeds.handed_plates() if one.plate_id == plate_id), None)
        otherwise = handed.exposed_at if handed else scan.started_at
        exposure = exposure_of(self._ids, view, plate_id, scan.technique, otherwise)
        deeds.bind_plate(view.id, plate_id, scan.plate_size, exposure.exposed_at)
        deeds.drop_handed(plate_id)
        deeds.assign_scan(scan.id, exposure, now)


def insert_cassette(bench: Bench, catalogue: Catalogue, plate_id: str) -> None:
    """Where the room is simulated, put the cassette in as a person would: in that room there are only exposed ones."""
    if bench.room:
        some = next(view for view in catalogue if not view.paired)
        bench.room.expose(plate_id, OrderedView(some.id), Technique(), None)
