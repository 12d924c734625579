"""Erasing plates without reading them, as at the start of a shift."""

from fieldstation.domain.errors import FieldstationError, Refused
from fieldstation.domain.plates import GoingOn
from fieldstation.domain.ports import Clock
from fieldstation.domain.store import Store
from fieldstation.domain.views import Catalogue
from fieldstation.services.plate_concerns import against_erasing, settle
from fieldstation.services.plate_record import plate_records
from fieldstation.services.plates import check_plate_id
from fieldstation.services.receiving import Bench, Receiving
from fieldstation.services.unassigned import insert_cassette


class Erasing:
    """Erases cassettes."""

    def __init__(
        self,
        *,
        store: Store,
        catalogue: Catalogue,
        clock: Clock,
        bench: Bench,
        receiving: Receiving,
        person: str,
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._clock = clock
        self._bench = bench
        self._receiving = receiving
        self._person = person

    def erase(self, plate_id: str, going_on: GoingOn | None = None) -> None:
        """Erase a cassette unread; what it was noted for, it is not any more.

        Raises:
            WrongUse: ``plate.no_id``, ``plate.bad_id``.
            PlateRefused: ``plate.exposed_unread``: its picture would be destroyed.
            Refused: ``plate.unknown``, ``lock.held``, ``reader.cannot_erase``.
            Failed: the reader's own fault; the plate counts as not erased.
        """
        check_plate_id(plate_id)
        with self._bench.lock():
            with self._store.writing(self._person) as deeds:
                record = plate_records(deeds).get(plate_id)
                if record is None:
                    raise Refused("plate.unknown", plate=plate_id)
                settle(deeds, plate_id, against_erasing(record, self._clock.now()), going_on)
            insert_cassette(self._bench, self._catalogue, plate_id)
            self._bench.reader.connect()
            try:
                self._bench.reader.erase(plate_id)
            except FieldstationError:
                self._receiving.eject()
                raise
            with self._store.writing(self._person) as deeds:
                deeds.mark_erased_unread(plate_id, self._clock.now())
