"""Handing exposed plates over to another station, and taking them over from one."""

import base64
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from fieldstation.domain.errors import Failed, Refused
from fieldstation.domain.exams import StudyView
from fieldstation.domain.plates import CLOCK_SKEW, HandedPlate, TakenOver
from fieldstation.domain.ports import Clock, IdSource
from fieldstation.domain.store import Deeds, Questions, Store
from fieldstation.domain.views import Catalogue, OrderedView
from fieldstation.services import hand_over
from fieldstation.services.begin import Beginning
from fieldstation.services.plate_concerns import against_taking_over
from fieldstation.services.plate_record import open_bindings
from fieldstation.services.plates import check_plate_id
from fieldstation.services.words import spoken_time


class TakingOver:
    """Plates that leave, and plates that come. Taking the same ones over again changes nothing."""

    def __init__(  # noqa: PLR0913 - each is a port of its own
        self,
        *,
        store: Store,
        catalogue: Catalogue,
        clock: Clock,
        ids: IdSource,
        beginning: Beginning,
        station: str,
        person: str,
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._clock = clock
        self._ids = ids
        self._beginning = beginning
        self._station = station
        self._person = person

    def leaving(self) -> list[HandedPlate]:
        """The plates that are exposed and unread here.

        Raises:
            Refused: ``hand_over.nothing``; ``hand_over.no_accession``: one of them has none, so that nobody could find
                its order.
        """
        with self._store.reading() as questions:
            found = [one for _, one in open_bindings(questions.study_files()) if one.view.exposed_at]
            sizes = {one.plate_id: one.size for one in questions.cassettes()}
        if not found:
            raise Refused("hand_over.nothing")
        if not all(one.study.accession for one in found):
            raise Refused("hand_over.no_accession")
        return [
            HandedPlate(
                plate_id=one.view.plate_id or "",
                size=sizes[one.view.plate_id or ""],
                accession=one.study.accession,
                patient_id=one.study.patient_id,
                view=OrderedView(one.view.view, one.view.side),
                exposed_at=one.view.exposed_at,
                station=self._station,
            )
            for one in found
            if one.view.exposed_at
        ]

    def write(self, file: Path) -> str:
        """Write the sealed file; the passphrase that opens it, which goes another way.

        Raises:
            Refused: ``hand_over.nothing``, ``hand_over.no_accession``.
            Failed: ``disk.cannot_write``.
        """
        plates = self.leaving()
        secret = base64.b32encode(self._ids.uuid().bytes)[:16].decode()
        passphrase = "-".join(secret[start : start + 4] for start in range(0, 16, 4))
        randomness = self._ids.uuid().bytes + self._ids.uuid().bytes
        try:
            file.write_bytes(hand_over.seal(plates, passphrase, randomness))
        except OSError as error:
            raise Failed("disk.cannot_write", folder=str(file.parent), problem=error.strerror or "") from None
        return passphrase

    def code(self) -> str:
        """What the QR code says. Raises as `leaving` does."""
        return hand_over.to_code(self.leaving())

    def take_file(self, file: Path, passphrase: str) -> list[TakenOver]:
        """Take the plates of a sealed file over.

        Raises:
            Refused: ``hand_over.not_one``, ``hand_over.wrong_passphrase``, ``hand_over.in_the_future``.
            WrongUse: ``plate.no_id``, ``plate.bad_id``.
            Failed: ``hand_over.unreadable``.
        """
        try:
            data = file.read_bytes()
        except OSError as error:
            raise Failed("hand_over.unreadable", file=str(file), problem=error.strerror or "") from None
        return self._take(hand_over.unseal(data, passphrase))

    def take_code(self, code: str) -> list[TakenOver]:
        """Take the plates of a QR code over.

        Raises:
            Refused: ``hand_over.not_one``, ``hand_over.garbled``, ``hand_over.in_the_future``.
            WrongUse: ``plate.no_id``, ``plate.bad_id``.
        """
        return self._take(hand_over.from_code(code))

    def _take(self, plates: Sequence[HandedPlate]) -> list[TakenOver]:
        now = self._clock.now()
        for plate in plates:
            check_plate_id(plate.plate_id)
            if plate.exposed_at > now + CLOCK_SKEW:
                at = spoken_time(plate.exposed_at, now)
                raise Refused("hand_over.in_the_future", plate=plate.plate_id, at=at)
        return [TakenOver(plate=plate, study_uid=self._take_one(plate)) for plate in plates]

    def _take_one(self, plate: HandedPlate) -> str | None:
        """Bind the plate to its view; where that is not certain keep it until somebody decides."""
        study_uid = self._find_study(plate)
        with self._store.writing(self._person) as deeds:
            view = self._find_view(deeds, study_uid, plate) if study_uid else None
            if study_uid is None or view is None:
                self._keep(deeds, plate)
                return None
            file = deeds.study_file(study_uid)
            read = any(_same_exposure(plate, one.plate_id, one.exposed_at) for one in file.exposures)
            if read or _same_exposure(plate, view.plate_id, view.exposed_at):
                return study_uid
            if all(one.id != view.id for one in file.views):
                deeds.add_view(view)
            elif against_taking_over(deeds, file, view, plate.plate_id, self._clock.now()):
                self._keep(deeds, plate)
                return None
            deeds.bind_plate(view.id, plate.plate_id, plate.size, plate.exposed_at)
            deeds.drop_handed(plate.plate_id)
            return study_uid

    @staticmethod
    def _keep(deeds: Deeds, plate: HandedPlate) -> None:
        """Keep it; of the same exposure what a file said is kept, since a code says less."""
        known = [one for one in deeds.handed_plates() if _same_exposure(plate, one.plate_id, one.exposed_at)]
        if not (known and plate.patient_id in ("", known[0].patient_id)):
            deeds.keep_handed(plate)

    def _find_study(self, plate: HandedPlate) -> str | None:
        """The study of that accession, begun if only its order is there; None where they are another patient's."""
        with self._store.reading() as questions:
            study = next((one for one in questions.studies() if one.accession == plate.accession), None)
            order = next((one for one in questions.orders() if one.accession == plate.accession), None)
        patient_id = study.patient_id if study else order.patient.patient_id if order else None
        if patient_id is None or plate.patient_id not in ("", patient_id):
            return None
        if study:
            return study.uid
        return self._beginning.of_order(order.id) if order else None

    def _find_view(self, questions: Questions, study_uid: str, plate: HandedPlate) -> StudyView | None:
        """The study's view of that kind, or a new one where it has none; None where there is no such view here."""
        views = questions.study_file(study_uid).views
        for view in views:
            if OrderedView(view.view, view.side) == plate.view:
                return view
        if all(one.id != plate.view.view for one in self._catalogue):
            return None
        return StudyView(
            id=str(self._ids.uuid()),
            study_uid=study_uid,
            view=plate.view.view,
            side=plate.view.side,
            position=len(views) + 1,
        )


def _same_exposure(plate: HandedPlate, plate_id: str | None, exposed_at: datetime | None) -> bool:
    """Whether that is the exposure of the plate. A file says its time exactly, a code to the minute."""
    return plate_id == plate.plate_id and exposed_at is not None and _minute(exposed_at) == _minute(plate.exposed_at)


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
