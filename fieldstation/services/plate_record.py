"""What is known of each plate, told from the rows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fieldstation.domain.exams import Box, Cassette, Image, ScanState, Study, StudyFile, StudyView
from fieldstation.domain.plates import CLOCK_SKEW, HandedPlate, PlateState, UnassignedScan
from fieldstation.domain.store import Questions
from fieldstation.domain.words import Message
from fieldstation.services.progress import binding_is_open

_LAST_IMAGES = 5
_RECURRING = 3
_SAME_PLACE_MM = 5.0
_OF_THE_PLATE = {"finding.dust": "plate.dust_recurs", "finding.plate_lines": "plate.lines_recur"}
_OF_THE_READER = "finding.reader_lines"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A view whose cassette waits: packed for it, or exposed and unread."""

    study: Study
    view: StudyView


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRead:
    """The last time that a plate was read; ``view_id`` is None where the scan belongs to no view."""

    view_id: str | None
    state: ScanState
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateRecord:
    """A cassette with everything that is known of it. ``images`` are the pictures read from it, oldest first.

    ``handed`` is there while it was taken over, waits for no view here and is unread.
    """

    cassette: Cassette
    bindings: tuple[Binding, ...] = ()
    last_read: LastRead | None = None
    handed: HandedPlate | None = None
    images: tuple[Image, ...] = ()

    @property
    def exposed_at(self) -> datetime | None:
        """When it was first exposed, if it waits to be read."""
        times = [one.view.exposed_at for one in self.bindings if one.view.exposed_at]
        if self.handed:
            times.append(self.handed.exposed_at)
        return min(times, default=None)

    @property
    def read_unerased(self) -> LastRead | None:
        """The last read, if the plate was not erased after it."""
        erased = self.cassette.last_erased_at
        if self.last_read is None or (erased and erased >= self.last_read.at):
            return None
        return self.last_read

    def state(self, now: datetime, erase_after: timedelta) -> PlateState:
        """What is on it; erased longer than ``erase_after`` ago it is due again."""
        if self.exposed_at:
            return PlateState.EXPOSED
        if self.read_unerased:
            return PlateState.READ
        if self.bindings:
            return PlateState.PACKED
        erased = self.cassette.last_erased_at
        if erased is None or now - erased > erase_after:
            return PlateState.ERASE_DUE
        return PlateState.ERASED

    def recurring(self) -> tuple[Message, ...]:
        """What comes again at the same place in its last images since it was cleaned, which points at the plate."""
        cleaned = self.cassette.last_cleaned_at
        last = [image for image in self.images if cleaned is None or image.created_at > cleaned][-_LAST_IMAGES:]
        return tuple(
            Message(code, {"plate": self.cassette.plate_id, "count": count, "of": len(last)})
            for finding, code in _OF_THE_PLATE.items()
            if (count := _most_at_one_place(last, finding)) >= _RECURRING
        )


def plate_records(questions: Questions) -> Mapping[str, PlateRecord]:
    """Everything known of every registered plate, by plate ID."""
    files = questions.study_files()
    unassigned = questions.unassigned_scans()
    handed = {one.plate_id: one for one in unread_handed(questions)}
    bindings: dict[str, list[Binding]] = {}
    for plate_id, binding in open_bindings(files):
        bindings.setdefault(plate_id, []).append(binding)
    reads = _last_reads(files, unassigned)
    images: dict[str, list[Image]] = {}
    for plate_id, image in _images(files):
        images.setdefault(plate_id, []).append(image)
    return {
        one.plate_id: PlateRecord(
            cassette=one,
            bindings=tuple(bindings.get(one.plate_id, ())),
            last_read=reads.get(one.plate_id),
            handed=handed.get(one.plate_id),
            images=tuple(sorted(images.get(one.plate_id, ()), key=lambda image: image.created_at)),
        )
        for one in questions.cassettes()
    }


def unread_handed(questions: Questions) -> list[HandedPlate]:
    """The plates that were taken over from another station, that no view waits for, and that nobody has read yet."""
    reads = [
        (scan.labels.plate_id, scan.started_at)
        for scan in questions.unassigned_scans()
        if scan.state is not ScanState.PARTIAL or scan.lines
    ]
    return [
        one
        for one in questions.handed_plates()
        if not any(plate_id == one.plate_id and at >= one.exposed_at - CLOCK_SKEW for plate_id, at in reads)
    ]


def open_bindings(files: Iterable[StudyFile]) -> Iterator[tuple[str, Binding]]:
    """The plates that are packed, or exposed and unread, each with its view."""
    for file in files:
        for view in file.views:
            if view.plate_id and binding_is_open(file, view):
                yield view.plate_id, Binding(study=file.study, view=view)


def recurring_in_reader(files: Sequence[StudyFile]) -> Message | None:
    """Lines along the transport on several plates' last images, which point at the reader."""
    last = sorted(_images(files), key=lambda pair: pair[1].created_at)[-_LAST_IMAGES:]
    lined = [(plate_id, image) for plate_id, image in last if _places(image, _OF_THE_READER)]
    count = _most_at_one_place([image for _, image in lined], _OF_THE_READER)
    if count < _RECURRING or len({plate_id for plate_id, _ in lined}) < 2:
        return None
    return Message("reader.lines_recur", {"count": count, "of": len(last)})


def _images(files: Iterable[StudyFile]) -> Iterator[tuple[str, Image]]:
    for file in files:
        plate_of_exposure = {one.id: one.plate_id for one in file.exposures}
        plate_of_scan = {one.id: plate_of_exposure[one.exposure_id] for one in file.scans}
        for image in file.images:
            yield plate_of_scan[image.scan_id], image


def _last_reads(files: Iterable[StudyFile], unassigned: Iterable[UnassignedScan]) -> Mapping[str, LastRead]:
    found: dict[str, LastRead] = {}

    def see(plate_id: str, read: LastRead) -> None:
        known = found.get(plate_id)
        if known is None or read.at >= known.at:
            found[plate_id] = read

    for file in files:
        exposures = {one.id: one for one in file.exposures}
        for scan in file.scans:
            exposure = exposures[scan.exposure_id]
            at = scan.finished_at or scan.started_at
            see(exposure.plate_id, LastRead(view_id=exposure.view_id, state=scan.state, at=at))
    for loose in unassigned:
        if loose.labels.plate_id and not loose.assigned_to:
            at = loose.finished_at or loose.started_at
            see(loose.labels.plate_id, LastRead(view_id=None, state=loose.state, at=at))
    return found


def _places(image: Image, code: str) -> list[Box | None]:
    return [finding.box for finding in image.findings if finding.message.code == code]


def _most_at_one_place(images: Sequence[Image], code: str) -> int:
    """How many of the images have the finding at the place where most have it; without a place it is one place."""
    places = [(number, box) for number, image in enumerate(images) for box in _places(image, code)]
    return max((len({n for n, other in places if _same_place(box, other)}) for _, box in places), default=0)


def _same_place(one: Box | None, other: Box | None) -> bool:
    if one is None or other is None:
        return one is other
    return all(
        abs(a - b) <= _SAME_PLACE_MM
        for a, b in (
            (one.left + one.width / 2, other.left + other.width / 2),
            (one.top + one.height / 2, other.top + other.height / 2),
        )
    )
