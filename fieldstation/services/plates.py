"""What a person does with cassettes: binds them to views, takes that back, registers and cleans them."""

from datetime import datetime

from fieldstation.domain.errors import Refused, WrongUse
from fieldstation.domain.exams import StudyFile, StudyView
from fieldstation.domain.plates import GoingOn, check_reason_given
from fieldstation.domain.ports import Clock
from fieldstation.domain.store import Questions, Store
from fieldstation.domain.views import Catalogue
from fieldstation.domain.words import Message
from fieldstation.services.plate_concerns import against_binding, settle
from fieldstation.services.plate_record import Binding, plate_records


class Plates:
    """The tray of one station."""

    def __init__(self, store: Store, catalogue: Catalogue, clock: Clock, person: str) -> None:
        self._store = store
        self._catalogue = catalogue
        self._clock = clock
        self._person = person

    def concerns(self, view_id: str, plate_id: str) -> tuple[Message, ...]:
        """What speaks against noting the plate for the view, with what is known of it; changes nothing."""
        with self._store.reading() as questions:
            file, view = find_view(questions, view_id)
            return tuple(against_binding(questions, file, view, plate_id, self._clock.now()))

    def noted_for(self, plate_id: str) -> Binding | None:
        """The view that the plate waits for: exposed, else packed. None where it is none, or not certain which."""
        with self._store.reading() as questions:
            record = plate_records(questions).get(plate_id)
        bindings = record.bindings if record else ()
        waiting = [one for one in bindings if one.view.exposed_at] or bindings
        return waiting[0] if len(waiting) == 1 else None

    def pack(self, view_id: str, plate_id: str, going_on: GoingOn | None = None) -> None:
        """Set a cassette aside for a view.

        Raises:
            WrongUse: ``plate.no_id``, ``plate.bad_id``.
            PlateRefused: something speaks against it; a `GoingOn` goes on all the same.
        """
        self._bind(view_id, plate_id, None, going_on)

    def expose(self, view_id: str, plate_id: str, at: datetime, going_on: GoingOn | None = None) -> None:
        """Note that a cassette was exposed for a view at that time.

        Raises:
            WrongUse: ``plate.no_id``, ``plate.bad_id``; ``plate.exposed_later``: the time has not come yet.
            PlateRefused: something speaks against it; a `GoingOn` goes on all the same.
        """
        if at > self._clock.now():
            raise WrongUse("plate.exposed_later")
        self._bind(view_id, plate_id, at, going_on)

    def unbind(self, view_id: str, reason: str) -> None:
        """The view's cassette was not used for it after all, or the view is dropped.

        Raises:
            WrongUse: ``plate.no_reason``.
        """
        check_reason_given(reason)
        with self._store.writing(self._person) as deeds:
            deeds.unbind_plate(view_id, reason)

    def read_elsewhere(self, view_id: str, station: str) -> None:
        """The view's exposed plate is read at another station: nothing is missing here any more.

        Raises:
            WrongUse: ``plate.no_station``.
            Refused: ``view.gone``, ``view.not_exposed``.
        """
        if not station.strip() or len(station) > 16 or not station.isprintable():
            raise WrongUse("plate.no_station")
        with self._store.writing(self._person) as deeds:
            deeds.close_elsewhere(view_id, station.strip())

    def register(self, plate_id: str, size: str, in_service_at: datetime) -> None:
        """Put a cassette into the register, or correct it. ``size`` is a Cassette Size (0018,1403).

        Raises:
            WrongUse: ``plate.no_id``, ``plate.bad_id``.
        """
        check_plate_id(plate_id)
        with self._store.writing(self._person) as deeds:
            deeds.register_cassette(plate_id, size, in_service_at)

    def mark_cleaned(self, plate_id: str) -> None:
        """The plate was cleaned just now. Raises `Refused` ``plate.unknown``."""
        with self._store.writing(self._person) as deeds:
            deeds.mark_cleaned(plate_id, self._clock.now())

    def opened(self, study_uid: str) -> None:
        """This study is on screen from now on; a plate used for another patient takes a confirmation."""
        with self._store.reading() as questions:
            last = questions.events(subject="desk")[-1:]
            uid = questions.study(study_uid).uid
        if not last or last[0].params["study"] != uid:
            with self._store.writing(self._person) as deeds:
                deeds.note_opened(uid)

    def prompted(self) -> None:
        """Today's prompt to erase plates was seen."""
        with self._store.writing(self._person) as deeds:
            deeds.note_prompted()

    def _bind(self, view_id: str, plate_id: str, at: datetime | None, going_on: GoingOn | None) -> None:
        check_plate_id(plate_id)
        with self._store.writing(self._person) as deeds:
            file, view = find_view(deeds, view_id)
            settle(deeds, plate_id, against_binding(deeds, file, view, plate_id, self._clock.now()), going_on)
            known = deeds.cassette(plate_id)
            handed = next((one for one in deeds.handed_plates() if one.plate_id == plate_id), None)
            size = known.size if known else self._catalogue.get(view.view).plate
            deeds.bind_plate(view_id, plate_id, size, at)
            if handed:
                deeds.drop_handed(plate_id)


def find_view(questions: Questions, view_id: str) -> tuple[StudyFile, StudyView]:
    """A view's row and its study's file.

    Raises:
        Refused: ``view.gone``.
    """
    for file in questions.study_files():
        for view in file.views:
            if view.id == view_id:
                return file, view
    raise Refused("view.gone")


def check_plate_id(plate_id: str) -> None:
    """Plate ID (0018,1004), VR LO: at most 64 characters, no backslash, no control characters.

    Raises:
        WrongUse: ``plate.no_id``, ``plate.bad_id``.
    """
    if not plate_id.strip():
        raise WrongUse("plate.no_id")
    if len(plate_id) > 64 or "\\" in plate_id or not plate_id.isprintable():
        raise WrongUse("plate.bad_id")
