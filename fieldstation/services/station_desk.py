"""The desk over the real station: what `Desk` promises, out of the use cases."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from fieldstation.domain.certificates import Certificate
from fieldstation.domain.exams import Presentation, Technique
from fieldstation.domain.plates import GoingOn, TakenOver
from fieldstation.domain.ports import Clock
from fieldstation.domain.store import Store
from fieldstation.domain.views import Catalogue, Look
from fieldstation.domain.words import Message
from fieldstation.services.begin import Beginning
from fieldstation.services.board_plates import stack_board, tray_board, unassigned_board
from fieldstation.services.board_sending import sending_board, status_board
from fieldstation.services.board_study import image_detail, study_board
from fieldstation.services.board_today import today_board
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
from fieldstation.services.capture import Capture, Cassette
from fieldstation.services.erasing import Erasing
from fieldstation.services.export import Exporting, ExportWish
from fieldstation.services.history import job_history
from fieldstation.services.judging import Judging
from fieldstation.services.plates import Plates
from fieldstation.services.sending import Sending
from fieldstation.services.taking_over import TakingOver
from fieldstation.services.unassigned import Unassigned
from fieldstation.services.words import person_name


def _tissue_windows(look: Look, automatic: Presentation) -> Mapping[str, Presentation]:
    return {
        window.name: replace(
            automatic,
            window_center=automatic.window_center + window.shift * automatic.window_width,
            window_width=window.width * automatic.window_width,
        )
        for window in look.windows
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class StationDesk:
    """The technologist's desk of one station; see `fieldstation.services.desk.Desk`.

    ``primary`` is the name of the primary destination; ``person`` is who works
    at ``station``, a DICOM person name or empty. ``erase_after`` is how long an erased plate stays fit for use.
    """

    store: Store
    catalogue: Catalogue
    clock: Clock
    beginning: Beginning
    capture: Capture
    plates: Plates
    loose: Unassigned
    erasing: Erasing
    taking_over: TakingOver
    judging: Judging
    sends: Sending
    exporting: Exporting
    folder: Path
    primary: str | None
    person: str
    station: str
    erase_after: timedelta
    sender_running: Callable[[], bool]
    own_certificates: Callable[[], Sequence[Certificate]]

    def version(self) -> int:
        """Changes when anything was committed by any process."""
        return self.store.version()

    def today(self) -> TodayBoard:
        """The route."""
        return today_board(self.store, self.catalogue, self.clock, self.primary)

    def study(self, study_uid: str) -> StudyBoard:
        """One study."""
        return study_board(self.store, self.catalogue, self.clock, study_uid)

    def sending(self) -> SendingBoard:
        """All that is owed."""
        return sending_board(
            self.store,
            self.catalogue,
            self.clock,
            self.sender_running,
            self.own_certificates(),
            self.sends.targets,
        )

    def status(self) -> StatusBoard:
        """The pills."""
        return status_board(
            self.store,
            self.clock,
            self.capture.reader_status(),
            self.folder,
            person=person_name(self.person) or self.station,
            primary=self.primary,
        )

    def tray(self) -> TrayBoard:
        """All cassettes."""
        return tray_board(self.store, self.catalogue, self.clock, self.erase_after)

    def stack(self) -> StackBoard:
        """Every plate that waits."""
        return stack_board(self.store, self.catalogue, self.clock, self.capture.reader_status())

    def unassigned(self) -> UnassignedBoard:
        """Scans that belong to no view."""
        return unassigned_board(self.store, self.catalogue)

    def connect_reader(self) -> None:
        """Get the reader ready; after a crash, make the pictures that are missing."""
        try:
            self.capture.connect()
        finally:
            self.capture.develop_all_waiting()

    def arrive(self, stop_id: str) -> None:
        """We are at this stop."""
        with self.store.writing(self.person) as deeds:
            deeds.arrive(stop_id, self.clock.now())

    def open_order(self, order_id: str) -> str:
        """Begin the order's study, or find it."""
        return self.beginning.of_order(order_id)

    def opened(self, study_uid: str) -> None:
        """This study is on screen now."""
        self.plates.opened(study_uid)

    def plate_concerns(self, view_id: str, plate_id: str) -> tuple[Message, ...]:
        """What speaks against noting the cassette for the view."""
        return self.plates.concerns(view_id, plate_id)

    def pack(self, view_id: str, plate_id: str, going_on: GoingOn | None = None) -> None:
        """Set a cassette aside for a view."""
        self.plates.pack(view_id, plate_id, going_on)

    def expose(self, view_id: str, plate_id: str, at: datetime, going_on: GoingOn | None = None) -> None:
        """Note that a cassette was exposed for a view."""
        self.plates.expose(view_id, plate_id, at, going_on)

    def unbind(self, view_id: str, reason: str) -> None:
        """The view's cassette was not used for it after all."""
        self.plates.unbind(view_id, reason)

    def read_elsewhere(self, view_id: str, station: str) -> None:
        """The view's exposed plate is read at that station."""
        self.plates.read_elsewhere(view_id, station)

    def erase(self, plate_id: str, going_on: GoingOn | None = None) -> None:
        """Erase a cassette unread."""
        self.erasing.erase(plate_id, going_on)

    def hand_over(self, file: Path) -> str:
        """Write which plates wait."""
        return self.taking_over.write(file)

    def hand_over_code(self) -> tuple[tuple[bool, ...], ...]:
        """The same as a QR code."""
        from fieldstation.services.qr_code import modules  # noqa: PLC0415 - loads what makes them

        return modules(self.taking_over.code())

    def take_over(self, file: Path, passphrase: str) -> list[TakenOver]:
        """Take the plates of another station over."""
        return self.taking_over.take_file(file, passphrase)

    def take_over_code(self, code: str) -> list[TakenOver]:
        """The same from a QR code."""
        return self.taking_over.take_code(code)

    def mark_cleaned(self, plate_id: str) -> None:
        """The cassette was cleaned."""
        self.plates.mark_cleaned(plate_id)

    def prompted(self) -> None:
        """Today's prompt to erase was seen."""
        self.plates.prompted()

    def scan(
        self,
        study_uid: str,
        view_id: str,
        plate_id: str,
        technique: Technique,
        on_progress: Callable[[ReadProgress], None],
        going_on: GoingOn | None = None,
    ) -> str:
        """Read a cassette for a view."""
        cassette = Cassette(
            study_uid=study_uid, view_id=view_id, plate_id=plate_id, technique=technique, going_on=going_on
        )
        return self.capture.read(cassette, on_progress)

    def scan_plate(
        self,
        plate_id: str,
        technique: Technique,
        on_progress: Callable[[ReadProgress], None],
        going_on: GoingOn | None = None,
    ) -> str | None:
        """Read a cassette for the view that it is noted for; without one it is unassigned."""
        binding = self.plates.noted_for(plate_id)
        if binding is None:
            self.loose.read(plate_id, on_progress)
            return None
        return self.scan(binding.study.uid, binding.view.id, plate_id, technique, on_progress, going_on)

    def assign(self, scan_id: str, view_id: str, plate_id: str = "", going_on: GoingOn | None = None) -> str:
        """Make an unassigned scan a view's."""
        return self.loose.assign(scan_id, view_id, plate_id, going_on)

    def set_aside(self, scan_id: str, reason: str) -> None:
        """Nobody is to see this unassigned scan."""
        self.loose.set_aside(scan_id, reason)

    def loose_picture(self, scan_id: str) -> LoosePicture:
        """What an unassigned scan roughly looks like."""
        return self.loose.picture(scan_id)

    def cancel_scan(self) -> None:
        """Stop the running read."""
        self.capture.cancel()

    def picture(self, image_uid: str) -> Picture:
        """The processed picture of an image."""
        developed, scan, view = self.judging.develop(image_uid)
        return Picture(
            pixels=developed.pixels,
            bits=developed.bits,
            pitch_mm=scan.geometry.pitch_mm,
            detail=image_detail(self.store, image_uid),
            relevant=developed.relevant,
            automatic=developed.presentation,
            windows=_tissue_windows(view.look, developed.presentation),
        )

    def set_presentation(self, image_uid: str, presentation: Presentation) -> None:
        """Note how an undecided picture is to be seen."""
        self.judging.set_presentation(image_uid, presentation)

    def accept(self, image_uid: str) -> None:
        """Accept and freeze."""
        self.judging.accept(image_uid)

    def reject(self, image_uid: str, reason: str) -> None:
        """Reject with a code value of CID 7011."""
        self.judging.reject(image_uid, reason)

    def take_back(self, image_uid: str) -> None:
        """Take a verdict back."""
        self.judging.take_back(image_uid)

    def send(self, study_uid: str) -> int:
        """Send a study of which every view is accepted."""
        return self.sends.send(study_uid)

    def send_accepted(self, study_uid: str) -> int:
        """Send what is accepted, whatever is missing."""
        return self.sends.send_accepted(study_uid)

    def send_stop(self, stop_id: str) -> int:
        """Send what is accepted of a whole stop."""
        return self.sends.send_stop(stop_id)

    def undo_stop(self, stop_id: str) -> int:
        """Call back what has not left yet of a stop."""
        return self.sends.undo_stop(stop_id)

    def undo_send(self, study_uid: str) -> int:
        """Call back what has not left yet."""
        return self.sends.undo(study_uid)

    def export(self, study_uid: str, folder: Path, wish: ExportWish) -> list[Path]:
        """Take accepted images out of the program."""
        return self.exporting.export(study_uid, folder, wish)

    def retry(self, job_id: int) -> None:
        """Try again now."""
        self.sends.retry(job_id)

    def hold(self, job_id: int) -> None:
        """Hold one image."""
        self.sends.hold(job_id)

    def release(self, job_id: int) -> None:
        """Release it."""
        self.sends.release(job_id)

    def reroute(self, standby: str) -> None:
        """Have a standby stand in for the primary destination."""
        self.sends.reroute_all(standby)

    def pause_sending(self) -> None:
        """Let nothing but STAT begin to leave, for half an hour."""
        self.sends.pause()

    def resume_sending(self) -> None:
        """End the pause before its time."""
        self.sends.resume()

    def history(self, study_uid: str) -> Mapping[int, Sequence[HistoryLine]]:
        """Everything that happened to each upload job of a study."""
        with self.store.reading() as questions:
            jobs = questions.study_file(study_uid).jobs
            return {job.id: job_history(questions, job.id) for job in jobs}
