"""The verdict: accept and freeze, reject with a coded reason, take back; and the picture it is about."""

from collections.abc import Sequence
from dataclasses import replace

from fieldstation.dicom.facts import CRImageFacts, RequestedProcedure, StateFacts, StationFacts
from fieldstation.dicom.uids import (
    CR_IMAGE_STORAGE,
    EXPLICIT_VR_LITTLE_ENDIAN,
    JPEG_LS_LOSSLESS,
    PRESENTATION_STATE_STORAGE,
)
from fieldstation.domain.errors import Refused
from fieldstation.domain.exams import (
    Exposure,
    Image,
    Instance,
    Presentation,
    Scan,
    Series,
    StudyFile,
    StudyView,
    Verdict,
)
from fieldstation.domain.patients import Order
from fieldstation.domain.ports import Clock, IdSource
from fieldstation.domain.presenting import check_presentation
from fieldstation.domain.reasons import check_reason
from fieldstation.domain.store import Store
from fieldstation.domain.views import Catalogue, View
from fieldstation.imaging.developed import Developed
from fieldstation.services.darkroom import Darkroom
from fieldstation.services.raw_signal import raw_signal


class Judging:
    """What the technologist decides about pictures."""

    def __init__(  # noqa: PLR0913 - each is a port of its own
        self,
        *,
        store: Store,
        catalogue: Catalogue,
        clock: Clock,
        ids: IdSource,
        darkroom: Darkroom,
        station: StationFacts,
        person: str,
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._clock = clock
        self._ids = ids
        self._darkroom = darkroom
        self._station = station
        self._person = person

    def develop(self, image_uid: str) -> tuple[Developed, Scan, View]:
        """Make the picture of an image again from its raw scan, which never changes; that scan, and the projection."""
        with self._store.reading() as questions:
            image = questions.image(image_uid)
            scan = questions.scan(image.scan_id)
            file = questions.study_file(image.study_uid)
        look = image.presentation.look
        view = self._catalogue.processed(_ordered(file, image).view, look)
        developed = self._developed(scan, view)
        return replace(developed, presentation=replace(developed.presentation, look=look)), scan, view

    def process(self, image_uid: str, look: str) -> None:
        """Process an undecided picture by other parameters than its view's, and make its window anew.

        Raises:
            WrongUse: ``view.look_unknown``.
            Refused: ``image.unknown`` or ``image.decided``; ``image.changed_meanwhile``.
        """
        with self._store.reading() as questions:
            image = questions.image(image_uid)
            scan = questions.scan(image.scan_id)
            view = self._catalogue.processed(_ordered(questions.study_file(image.study_uid), image).view, look)
        if image.verdict is not Verdict.UNDECIDED:
            raise Refused("image.decided", verdict=image.verdict)
        window = self._developed(scan, view).presentation
        with self._store.writing(self._person) as deeds:
            if deeds.image(image_uid).presentation != image.presentation:
                raise Refused("image.changed_meanwhile")
            changed = replace(
                image.presentation,
                look=look,
                window_center=window.window_center,
                window_width=window.window_width,
            )
            deeds.set_presentation(image_uid, changed)

    def _developed(self, scan: Scan, view: View) -> Developed:
        return self._darkroom.develop(raw_signal(self._store.files, scan), scan.geometry, scan.response, view)

    def set_presentation(self, image_uid: str, presentation: Presentation) -> None:
        """Note how an undecided picture is to be seen.

        Raises:
            WrongUse: as `check_presentation`.
            Refused: ``image.unknown`` or ``image.decided``.
        """
        with self._store.writing(self._person) as deeds:
            geometry = deeds.scan(deeds.image(image_uid).scan_id).geometry
            check_presentation(presentation, geometry.rows, geometry.columns)
            deeds.set_presentation(image_uid, presentation)

    def accept(self, image_uid: str) -> None:
        """Accept an image: its DICOM object is frozen, and those bytes are what is kept, exported and sent.

        Annotations are frozen with it, as a presentation state that goes the same way.

        Raises:
            Refused: ``image.unknown`` or ``image.decided``; ``image.flip_unmarked``: it was flipped, and nobody has
                placed a side marker since; ``image.marker_hidden``.
        """
        with self._store.reading() as questions:
            image = questions.image(image_uid)
            file = questions.study_file(image.study_uid)
            orders = [questions.order(order_id) for order_id in file.study.order_ids]
        if image.verdict is not Verdict.UNDECIDED:
            raise Refused("image.decided", verdict=image.verdict)
        if image.presentation.asks_for_marker:
            raise Refused("image.flip_unmarked")
        facts = self._facts(file, image, orders)
        state = self._state(file) if image.presentation.annotations else None
        frozen = self._darkroom.freeze(facts, raw_signal(self._store.files, facts.scan), state)
        with self._store.adopting():
            instances = [self._instance(facts, image.uid, facts.series, frozen.image)]
            if state is not None and frozen.state is not None:
                instances.append(self._instance(facts, state.uid, state.series, frozen.state))
            with self._store.writing(self._person) as deeds:
                if deeds.image(image_uid).presentation != image.presentation:
                    raise Refused("image.changed_meanwhile")
                deeds.decide(image_uid, Verdict.ACCEPTED, None, self._clock.now())
                for instance in instances:
                    deeds.freeze(instance)

    def reject(self, image_uid: str, reason: str) -> None:
        """Reject an image with a code value of CID 7011; it is kept for reject analysis.

        Raises:
            WrongUse: ``image.reason_unknown``.
            Refused: ``image.unknown`` or ``image.decided``.
        """
        check_reason(reason)
        with self._store.writing(self._person) as deeds:
            deeds.decide(image_uid, Verdict.REJECTED, reason, self._clock.now())

    def take_back(self, image_uid: str) -> None:
        """Make a decided image undecided again.

        Raises:
            Refused: ``image.unknown``, ``image.sent`` (on its way already) or ``image.retaken``.
        """
        with self._store.writing(self._person) as deeds:
            image = deeds.image(image_uid)
            file = deeds.study_file(image.study_uid)
            if any(other.retake_of == image_uid for other in file.images):
                raise Refused("image.retaken")
            deeds.decide(image_uid, Verdict.UNDECIDED, None, self._clock.now())
            for instance in file.instances:
                if instance.image_uid == image_uid:
                    deeds.drop_instance(instance.sop_instance_uid)

    def _state(self, file: StudyFile) -> StateFacts:
        """A presentation state to be; all of a study lie in one series of their own."""
        wanted = Series(
            uid=self._ids.uid(),
            study_uid=file.study.uid,
            number=0,
            body_part="",
            view_position="",
            side=None,
            modality="PR",
        )
        with self._store.writing(self._person) as deeds:
            series = deeds.series_for(wanted)
        number = 1 + sum(instance.series_uid == series.uid for instance in file.instances)
        return StateFacts(uid=self._ids.uid(), series=series, number=number, created_at=self._clock.now())

    def _instance(self, facts: CRImageFacts, uid: str, series: Series, content: bytes) -> Instance:
        stored = self._store.files.put(content)
        is_image = uid == facts.image.uid
        return Instance(
            sop_instance_uid=uid,
            sop_class_uid=CR_IMAGE_STORAGE if is_image else PRESENTATION_STATE_STORAGE,
            transfer_syntax_uid=JPEG_LS_LOSSLESS if is_image else EXPLICIT_VR_LITTLE_ENDIAN,
            study_uid=facts.study.uid,
            series_uid=series.uid,
            image_uid=facts.image.uid,
            file_id=stored.id,
            size=stored.size,
            sha256=stored.sha256,
            simulated=facts.scan.reader.simulated,
            frozen_at=self._clock.now(),
        )

    def _facts(self, file: StudyFile, image: Image, orders: Sequence[Order]) -> CRImageFacts:
        view = _ordered(file, image)
        scan = next(scan for scan in file.scans if scan.id == image.scan_id)
        return CRImageFacts(
            study=file.study,
            series=next(series for series in file.series if series.uid == image.series_uid),
            study_view=view,
            view=self._catalogue.processed(view.view, image.presentation.look),
            exposure=_exposure_of(file, scan),
            scan=scan,
            image=image,
            station=self._station,
            operator=self._person,
            utc_offset_minutes=file.exposures[0].utc_offset_minutes,
            room=next((order.room for order in orders if order.room), ""),
            requested_procedures=tuple(
                RequestedProcedure(id=order.requested_procedure_id, description=order.procedure) for order in orders
            ),
        )


def _ordered(file: StudyFile, image: Image) -> StudyView:
    return next(view for view in file.views if view.id == image.view_id)


def _exposure_of(file: StudyFile, scan: Scan) -> Exposure:
    return next(exposure for exposure in file.exposures if exposure.id == scan.exposure_id)
