"""What can be done with cassettes: the register, bindings, and scans that belong to no view."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, union_all, update

from fieldstation.domain.errors import Refused
from fieldstation.domain.exams import Exposure, ScanState
from fieldstation.domain.plates import HandedPlate, UnassignedScan
from fieldstation.domain.words import Message
from fieldstation.store import rows, schema
from fieldstation.store.deeds_plan import Writer
from fieldstation.store.journal import because, plate_subject
from fieldstation.store.rows import values_of

_UNBOUND = {"plate_id": None, "exposed_at": None}


class PlateDeeds(Writer):
    """Cassettes and unassigned scans."""

    def register_cassette(self, plate_id: str, size: str, in_service_at: datetime) -> None:
        """Put a cassette into the register, or correct its size and since when it is in service."""
        self._register(plate_id, size)
        table = schema.cassette
        self._connection.execute(
            update(table).where(table.c.plate_id == plate_id).values(size=size, in_service_at=in_service_at)
        )
        self._journal.note("plate.corrected", plate_subject(plate_id), size=size)

    def bind_plate(self, view_id: str, plate_id: str, size: str, exposed_at: datetime | None) -> None:
        """Note which cassette is packed (``exposed_at`` None) or exposed for a view; registers it if it is new.

        What was noted of the view before, also that it was read elsewhere, no longer holds.

        Raises:
            Refused: ``view.gone``: there is no such row.
        """
        self._register(plate_id, size)
        table = schema.view
        bound = self._connection.execute(
            update(table)
            .where(table.c.id == view_id)
            .values(plate_id=plate_id, exposed_at=exposed_at, read_elsewhere=None)
        )
        if not bound.rowcount:
            raise Refused("view.gone")
        self._journal.note("view.exposed" if exposed_at else "view.packed", view_id, plate=plate_id)

    def unbind_plate(self, view_id: str, reason: str) -> None:
        """The view has no cassette any more. Does nothing where it has none."""
        table = schema.view
        plate_id = self._connection.scalar(select(table.c.plate_id).where(table.c.id == view_id))
        if plate_id is None:
            return
        self._connection.execute(update(table).where(table.c.id == view_id).values(_UNBOUND))
        self._journal.note("view.unbound", view_id, plate=plate_id, reason=reason)

    def close_elsewhere(self, view_id: str, station: str) -> None:
        """The view's plate is read at that station; the view's binding ends.

        Raises:
            Refused: ``view.gone``; ``view.not_exposed``: no exposed plate is noted for it.
        """
        table = schema.view
        row = self._one(table, table.c.id == view_id, "view.gone")
        if row["exposed_at"] is None:
            raise Refused("view.not_exposed")
        self._connection.execute(
            update(table).where(table.c.id == view_id).values(_UNBOUND | {"read_elsewhere": station})
        )
        self._journal.note("view.read_elsewhere", view_id, plate=row["plate_id"], station=station)

    def mark_erased(self, plate_id: str, at: datetime) -> None:
        """The plate was erased.

        Raises:
            Refused: ``plate.unknown``; ``plate.not_durable``: its last scan is not.
        """
        self._require(plate_id)
        scan, exposure, loose = schema.scan, schema.exposure, schema.unassigned_scan
        scans = union_all(
            select(scan.c.state, scan.c.started_at)
            .join(exposure, exposure.c.id == scan.c.exposure_id)
            .where(exposure.c.plate_id == plate_id),
            select(loose.c.state, loose.c.started_at).where(loose.c.plate_id == plate_id),
        ).subquery()
        last = self._connection.scalar(select(scans.c.state).order_by(scans.c.started_at.desc()).limit(1))
        if last is not None and last is not ScanState.DURABLE:
            raise Refused("plate.not_durable", plate=plate_id)
        self._set_erased(plate_id, at, "plate.erased")

    def mark_erased_unread(self, plate_id: str, at: datetime) -> None:
        """The plate was erased without being read; it is bound to nothing any more.

        Raises:
            Refused: ``plate.unknown``.
        """
        self._require(plate_id)
        view, exposure = schema.view, schema.exposure
        read = select(exposure.c.seq).where(
            exposure.c.view_id == view.c.id,
            exposure.c.plate_id == view.c.plate_id,
            exposure.c.exposed_at == view.c.exposed_at,
        )
        unread = select(view.c.id).where(view.c.plate_id == plate_id, ~read.exists())
        for view_id in self._connection.scalars(unread).all():
            self.unbind_plate(view_id, "erased")
        self._set_erased(plate_id, at, "plate.erased_unread")

    def mark_cleaned(self, plate_id: str, at: datetime) -> None:
        """The plate was cleaned.

        Raises:
            Refused: ``plate.unknown``.
        """
        self._require(plate_id)
        table = schema.cassette
        self._connection.execute(update(table).where(table.c.plate_id == plate_id).values(last_cleaned_at=at))
        self._journal.note("plate.cleaned", plate_subject(plate_id))

    def note_used_anyway(self, plate_id: str, reason: str, concerns: Sequence[str]) -> None:
        """A person went on with a plate although something spoke against it; ``concerns`` are its codes."""
        self._journal.note("plate.used_anyway", plate_subject(plate_id), reason=reason, concerns=" ".join(concerns))

    def note_opened(self, study_uid: str) -> None:
        """This study is on screen from now on."""
        self._journal.note("study.opened", "desk", study=study_uid)

    def note_prompted(self) -> None:
        """Today's prompt to erase plates was seen."""
        self._journal.note("tray.prompted", "tray")

    def begin_unassigned(self, scan: UnassignedScan) -> None:
        """The row that comes before the first byte of a scan that belongs to no view.

        Raises:
            Failed: ``file.missing``: the scan's file was not begun.
        """
        self._files.reclaim(scan.file_id)
        if scan.labels.plate_id:
            self._register(scan.labels.plate_id, scan.plate_size)
        self._add(schema.unassigned_scan, rows.unassigned_values(scan))
        self._journal.note("scan.begun_unassigned", scan.id, plate=scan.labels.plate_id)

    def explain_unassigned(self, scan_id: str, why: Message) -> None:
        """Note why the scan matched no view."""
        self._set(scan_id, {"why": why})
        self._journal.note("scan.unassigned", scan_id, **because(why))

    def assign_scan(self, scan_id: str, exposure: Exposure, at: datetime) -> None:
        """The unassigned scan is that exposure's: from now on there is a `Scan` of its id.

        Raises:
            Refused: ``unassigned.unknown``, ``unassigned.decided``, ``unassigned.receiving``.
        """
        scan = self._undecided(scan_id)
        self._add(schema.exposure, rows.exposure_values(exposure))
        columns = {column.name for column in schema.scan.columns} - {"seq"}
        values = {name: value for name, value in rows.unassigned_values(scan).items() if name in columns}
        self._add(schema.scan, values | {"exposure_id": exposure.id})
        self._set(scan_id, {"assigned_to": exposure.view_id, "ended_at": at})
        self._journal.note("scan.assigned", scan_id, view=exposure.view_id)

    def set_scan_aside(self, scan_id: str, reason: str, at: datetime) -> None:
        """Nobody is to see this scan; it is kept.

        Raises:
            Refused: ``unassigned.unknown``, ``unassigned.decided``, ``unassigned.receiving``.
        """
        self._undecided(scan_id)
        self._set(scan_id, {"set_aside": reason, "ended_at": at})
        self._journal.note("scan.set_aside", scan_id, reason=reason)

    def keep_handed(self, plate: HandedPlate) -> None:
        """Keep what is known of a plate that was taken over, until its order is known; a second time replaces it."""
        self.drop_handed(plate.plate_id)
        self._register(plate.plate_id, plate.size)
        self._add(schema.handed_plate, values_of(plate, without=["view"]) | values_of(plate.view))
        self._journal.note("plate.taken_over", plate_subject(plate.plate_id), station=plate.station)

    def drop_handed(self, plate_id: str) -> None:
        """Forget it; does nothing if there is none."""
        table = schema.handed_plate
        self._connection.execute(delete(table).where(table.c.plate_id == plate_id))

    def _register(self, plate_id: str, size: str) -> None:
        if self.cassette(plate_id) is None:
            first_seen = self._journal.now()
            self._add(schema.cassette, {"plate_id": plate_id, "size": size, "cycles": 0, "in_service_at": first_seen})
            self._journal.note("plate.registered", plate_subject(plate_id))

    def _require(self, plate_id: str) -> None:
        if self.cassette(plate_id) is None:
            raise Refused("plate.unknown", plate=plate_id)

    def _set_erased(self, plate_id: str, at: datetime, what: str) -> None:
        table = schema.cassette
        self._connection.execute(update(table).where(table.c.plate_id == plate_id).values(last_erased_at=at))
        self._journal.note(what, plate_subject(plate_id))

    def _undecided(self, scan_id: str) -> UnassignedScan:
        scan = self.unassigned_scan(scan_id)
        if not scan.waits:
            raise Refused("unassigned.decided")
        if scan.state is ScanState.RECEIVING:
            raise Refused("unassigned.receiving")
        return scan

    def _set(self, scan_id: str, values: dict[str, object]) -> None:
        table = schema.unassigned_scan
        self._connection.execute(update(table).where(table.c.id == scan_id).values(values))
