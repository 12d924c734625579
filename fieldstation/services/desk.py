"""The technologist's desk: everything the screens can ask for and do, in one place."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from fieldstation.domain.exams import Presentation, Technique
from fieldstation.domain.plates import GoingOn, TakenOver
from fieldstation.domain.words import Message
from fieldstation.services.boards import (
    HistoryLine,
    Picture,
    ReadProgress,
    SendingBoard,
    StatusBoard,
    StudyBoard,
    TodayBoard,
)
from fieldstation.services.boards_plates import LoosePicture, StackBoard, TrayBoard, UnassignedBoard
from fieldstation.services.export import ExportWish


class Desk(Protocol):
    """What ``ui`` works with. Calls may block: all but ``version`` are made in the background, from any thread.

    Every call may raise `FieldstationError`, whose sentence is shown as it is.
    """

    def version(self) -> int:
        """Changes when anything was committed by any process; costs microseconds."""

    def today(self) -> TodayBoard:
        """The route."""

    def study(self, study_uid: str) -> StudyBoard:
        """One study."""

    def sending(self) -> SendingBoard:
        """All that is owed."""

    def status(self) -> StatusBoard:
        """The pills."""

    def tray(self) -> TrayBoard:
        """All cassettes."""

    def stack(self) -> StackBoard:
        """Every plate that waits to be read or decided."""

    def unassigned(self) -> UnassignedBoard:
        """Scans that belong to no view."""

    def connect_reader(self) -> None:
        """Get the reader ready; does nothing while another process has it."""

    def arrive(self, stop_id: str) -> None:
        """We are at this stop."""

    def open_order(self, order_id: str) -> str:
        """Begin the order's study, or find it; its UID."""

    def opened(self, study_uid: str) -> None:
        """This study is on screen now: a plate used for another patient takes a confirmation from here on."""

    def plate_concerns(self, view_id: str, plate_id: str) -> tuple[Message, ...]:
        """What speaks against noting the cassette for the view, to be shown before it is noted; changes nothing."""

    def pack(self, view_id: str, plate_id: str, going_on: GoingOn | None = None) -> None:
        """Set a cassette aside for a view. Raises `PlateRefused`, whose concerns are shown; a `GoingOn` goes on."""

    def expose(self, view_id: str, plate_id: str, at: datetime, going_on: GoingOn | None = None) -> None:
        """Note that a cassette was exposed for a view at that time. Raises `PlateRefused` as `pack` does."""

    def unbind(self, view_id: str, reason: str) -> None:
        """The view's cassette was not used for it after all."""

    def read_elsewhere(self, view_id: str, station: str) -> None:
        """The view's exposed plate is read at that station: nothing is missing here any more."""

    def erase(self, plate_id: str, going_on: GoingOn | None = None) -> None:
        """Have the reader erase the cassette in it unread. Raises `PlateRefused` where it is exposed and unread."""

    def hand_over(self, file: Path) -> str:
        """Write which plates wait into a sealed file, for another station; the passphrase, to be shown."""

    def hand_over_code(self) -> tuple[tuple[bool, ...], ...]:
        """The same as a QR code without patient IDs: rows of dark modules, the quiet zone with them."""

    def take_over(self, file: Path, passphrase: str) -> Sequence[TakenOver]:
        """Take the plates of another station's file over."""

    def take_over_code(self, code: str) -> Sequence[TakenOver]:
        """The same from what a scanner read off a QR code; it begins with ``FS1;``."""

    def mark_cleaned(self, plate_id: str) -> None:
        """The cassette was cleaned just now."""

    def prompted(self) -> None:
        """Today's prompt to erase cassettes was seen."""

    def scan(
        self,
        study_uid: str,
        view_id: str,
        plate_id: str,
        technique: Technique,
        on_progress: Callable[[ReadProgress], None],
        going_on: GoingOn | None = None,
    ) -> str:
        """Read a cassette for a view; the new image's UID. ``on_progress`` is called from the calling thread.

        Raises `PlateRefused`, whose concerns are shown; a `GoingOn` goes on.
        """

    def scan_plate(
        self,
        plate_id: str,
        technique: Technique,
        on_progress: Callable[[ReadProgress], None],
        going_on: GoingOn | None = None,
    ) -> str | None:
        """Read a cassette for the view that it is noted for, as the stack does: its row, or its barcode, named it.

        The new image's UID; None where it is noted for no view, or for several: its scan is among the unassigned.
        """

    def assign(self, scan_id: str, view_id: str, plate_id: str = "", going_on: GoingOn | None = None) -> str:
        """Make an unassigned scan a view's; its image's UID.

        ``plate_id`` is needed where neither scan nor view says it. Raises `PlateRefused` where labels contradict.
        """

    def set_aside(self, scan_id: str, reason: str) -> None:
        """Nobody is to see this unassigned scan; it is kept."""

    def loose_picture(self, scan_id: str) -> LoosePicture:
        """What an unassigned scan roughly looks like."""

    def cancel_scan(self) -> None:
        """Stop the running read."""

    def picture(self, image_uid: str) -> Picture:
        """The processed picture of an image, frozen or not."""

    def set_presentation(self, image_uid: str, presentation: Presentation) -> None:
        """Note how an undecided picture is to be seen."""

    def accept(self, image_uid: str) -> None:
        """Accept and freeze."""

    def reject(self, image_uid: str, reason: str) -> None:
        """Reject with a code value of CID 7011."""

    def take_back(self, image_uid: str) -> None:
        """Take a verdict back, as long as nothing was sent."""

    def send(self, study_uid: str) -> int:
        """Send a study; how many jobs were made. Raises `Refused` ``send.incomplete`` unless every view is accepted."""

    def send_accepted(self, study_uid: str) -> int:
        """Send what is accepted of a study, whatever is missing; how many jobs were made."""

    def send_stop(self, stop_id: str) -> int:
        """Send what is accepted of all studies of a stop, whatever is missing; how many jobs were made."""

    def undo_stop(self, stop_id: str) -> int:
        """Within five seconds: how many of the stop's were called back."""

    def undo_send(self, study_uid: str) -> int:
        """Within five seconds: how many were called back."""

    def export(self, study_uid: str, folder: Path, wish: ExportWish) -> list[Path]:
        """Write accepted images to a folder; the files. They are on the medium, and a stick can be taken out then.

        Raises `Refused` ``export.not_accepted``, ``export.occupied``; `Failed` ``disk.cannot_write``.
        """

    def retry(self, job_id: int) -> None:
        """Try again now."""

    def hold(self, job_id: int) -> None:
        """Hold one image."""

    def release(self, job_id: int) -> None:
        """Release it."""

    def reroute(self, standby: str) -> None:
        """Have a standby stand in for the primary destination for all that is on its way there."""

    def pause_sending(self) -> None:
        """Let nothing but STAT begin to leave, for half an hour."""

    def resume_sending(self) -> None:
        """End the pause before its time."""

    def history(self, study_uid: str) -> Mapping[int, Sequence[HistoryLine]]:
        """Everything that happened to each upload job of a study, oldest first."""
