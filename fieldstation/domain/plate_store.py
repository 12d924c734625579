"""The share of the store port that is about cassettes and unassigned scans."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from fieldstation.domain.exams import Cassette, Exposure
from fieldstation.domain.plates import HandedPlate, UnassignedScan
from fieldstation.domain.words import Message


class PlateQuestions(Protocol):
    """What can be asked about cassettes."""

    def cassette(self, plate_id: str) -> Cassette | None:
        """The cassette, if it is registered."""

    def cassettes(self) -> Sequence[Cassette]:
        """The register, by plate ID."""

    def unassigned_scans(self) -> Sequence[UnassignedScan]:
        """All scans that matched no view when they came, oldest first; also those that somebody has decided on."""

    def unassigned_scan(self, scan_id: str) -> UnassignedScan:
        """One of them. Raises `Refused` ``unassigned.unknown``."""

    def handed_plates(self) -> Sequence[HandedPlate]:
        """Plates taken over from another station whose order is not known here, oldest first."""


class PlateDeeds(Protocol):
    """What can be done with cassettes."""

    def register_cassette(self, plate_id: str, size: str, in_service_at: datetime) -> None:
        """Put a cassette into the register, or correct its size and since when it is in service."""

    def bind_plate(self, view_id: str, plate_id: str, size: str, exposed_at: datetime | None) -> None:
        """Note which cassette is packed (``exposed_at`` None) or exposed for a view; registers it if it is new.

        What was noted of the view before, also that it was read elsewhere, no longer holds.
        """

    def unbind_plate(self, view_id: str, reason: str) -> None:
        """The view has no cassette any more. Does nothing where it has none."""

    def close_elsewhere(self, view_id: str, station: str) -> None:
        """The view's plate is read at that station; the view's binding ends.

        Raises:
            Refused: ``view.gone``; ``view.not_exposed``: no exposed plate is noted for it.
        """

    def mark_erased(self, plate_id: str, at: datetime) -> None:
        """The plate was erased. Raises unless its last scan is durable."""

    def mark_erased_unread(self, plate_id: str, at: datetime) -> None:
        """The plate was erased without being read; it is bound to nothing any more."""

    def mark_cleaned(self, plate_id: str, at: datetime) -> None:
        """The plate was cleaned. Raises `Refused` ``plate.unknown``."""

    def note_used_anyway(self, plate_id: str, reason: str, concerns: Sequence[str]) -> None:
        """A person went on with a plate although something spoke against it; ``concerns`` are its codes."""

    def note_opened(self, study_uid: str) -> None:
        """This study is on screen from now on."""

    def note_prompted(self) -> None:
        """Today's prompt to erase plates was seen."""

    def begin_unassigned(self, scan: UnassignedScan) -> None:
        """The row that comes before the first byte of a scan that belongs to no view; its file was begun."""

    def explain_unassigned(self, scan_id: str, why: Message) -> None:
        """Note why the scan matched no view."""

    def assign_scan(self, scan_id: str, exposure: Exposure, at: datetime) -> None:
        """The unassigned scan is that exposure's: from now on there is a `Scan` of its id.

        Raises:
            Refused: ``unassigned.unknown``, ``unassigned.decided``, ``unassigned.receiving``.
        """

    def set_scan_aside(self, scan_id: str, reason: str, at: datetime) -> None:
        """Nobody is to see this scan; it is kept. Raises as `assign_scan` does."""

    def keep_handed(self, plate: HandedPlate) -> None:
        """Keep what is known of a plate that was taken over, until its order is known; a second time replaces it."""

    def drop_handed(self, plate_id: str) -> None:
        """Forget it; does nothing if there is none."""
