"""A desk in memory for the screens: real radiographs, verdicts that stick."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fieldstation.domain.errors import Failed, Refused
from fieldstation.domain.exams import Presentation, Technique
from fieldstation.domain.patients import Priority, Sex
from fieldstation.domain.plates import GoingOn
from fieldstation.domain.reader import ReaderState
from fieldstation.domain.words import Message
from fieldstation.services.boards import (
    HistoryLine,
    ImageDetail,
    LeaveLight,
    OrderRow,
    PatientBanner,
    Picture,
    ReadProgress,
    RejectedTry,
    SendCell,
    SendingBoard,
    StatusBoard,
    StopCard,
    StudyBoard,
    TodayBoard,
    ViewCard,
    ViewState,
)
from fieldstation.services.export import ExportWish
from tests.support.plates import radiograph
from tests.support.sample_day import (
    CHEST,
    FINDINGS,
    MUELLER,
    USUAL,
    at,
    mueller_views,
    todays_sending,
    todays_stops,
)
from tests.support.sample_plate_desk import SamplePlates


def pixels(name: str) -> npt.NDArray[np.uint16]:
    """A processed picture of 12 bits, larger is brighter."""
    decades = radiograph(name)
    return np.asarray((-decades / 2 * 4095).round(), dtype=np.uint16)


@dataclass
class SampleDesk(SamplePlates):
    """Implements `Desk`. ``calls`` lists what was done, ``shown`` the studies that were opened.

    ``concerns`` speak against every cassette that is used until somebody goes on; ``loose`` may be `todays_unassigned`.
    """

    stops: tuple[StopCard, ...] = field(default_factory=todays_stops)
    views: tuple[ViewCard, ...] = field(default_factory=mueller_views)
    board: SendingBoard = field(default_factory=todays_sending)
    unplanned: tuple[OrderRow, ...] = ()
    presentations: dict[str, Presentation] = field(default_factory=dict)
    sent: bool = False
    refuse_send: bool = False
    jam_at: float | None = None
    jammed_at_line: int = 0
    step: Callable[[float], None] = lambda _fraction: None
    changes: int = 0
    cancelled: threading.Event = field(default_factory=threading.Event)
    large: npt.NDArray[np.uint16] | None = None

    def version(self) -> int:
        return self.changes

    def changed(self, *call: object) -> None:
        """Something was done."""
        self.calls.append(call)
        self.changes += 1

    def today(self) -> TodayBoard:
        return TodayBoard(as_of=at(10, 42) if self.stops else None, stops=self.stops, unplanned=self.unplanned)

    def study(self, study_uid: str) -> StudyBoard:
        banner = PatientBanner(
            name="Mueller^Anna",
            birth_date=date(1942, 3, 12),
            age=83,
            sex=Sex.FEMALE,
            patient_id="4471-902",
            accession="A-251014-07",
            room="214",
            alerts=("Latex allergy", "Fall risk"),
            priority=Priority.STAT,
            due_at=at(11, 22),
        )
        codes: Mapping[ViewState, str] = {
            ViewState.EXPOSED: "leave.not_read",
            ViewState.UNDECIDED: "leave.not_accepted",
            ViewState.REJECTED: "leave.not_retaken",
            ViewState.PARTIAL: "leave.read_in_part",
            ViewState.TO_EXPOSE: "leave.not_exposed",
        }
        missing = tuple(
            Message(codes[each.state], {"view": each.name, "plate": each.plate_id or ""})
            for each in self.views
            if each.state in codes
        )
        accepted = sum(each.state is ViewState.ACCEPTED for each in self.views)
        return StudyBoard(
            study_uid=study_uid,
            description="Chest, hand, lower leg",
            banner=banner,
            facility="Maple Court Nursing",
            stop_position=2,
            stop_count=3,
            views=self.views,
            leave=LeaveLight(missing=missing),
            send=SendCell(
                accepted=accepted,
                needed=len(self.views),
                to_send=0 if self.sent else accepted,
                seconds=110.0,
                undo_until=None,
            ),
        )

    def sending(self) -> SendingBoard:
        return self.board

    def status(self) -> StatusBoard:
        unread = sum(each.state is ViewState.EXPOSED for each in self.views)
        undecided = sum(each.state is ViewState.UNDECIDED for each in self.views)
        return StatusBoard(
            reader=ReaderState.READY,
            reader_fault=None,
            plates_unread=unread,
            unassigned=len(self.loose.waiting),
            undecided=undecided,
            unsent=0,
            owed=self.board.owed,
            needs_you=self.board.needs_you,
            seconds_left=self.board.seconds_left,
            link=self.board.link,
            paused_until=self.board.paused_until,
            disk_free_bytes=212 * 10**9,
            disk_low=False,
            person="R. Alvarez",
        )

    def connect_reader(self) -> None:
        pass

    def arrive(self, stop_id: str) -> None:
        self.changed("arrive", stop_id)

    def open_order(self, order_id: str) -> str:
        self.changed("open_order", order_id)
        return MUELLER

    def scan(
        self,
        study_uid: str,
        view_id: str,
        plate_id: str,
        technique: Technique,
        on_progress: Callable[[ReadProgress], None],
        going_on: GoingOn | None = None,
    ) -> str:
        self._settle(going_on)
        self.cancelled.clear()
        picture = pixels("chest")[::4, ::4]
        grey = np.ascontiguousarray(np.clip((picture.astype(np.int32) - 1550) // 11, 0, 255).astype(np.uint8))
        rows, blocks = grey.shape[0], 50
        for block in range(blocks):
            first, last = rows * block // blocks, rows * (block + 1) // blocks
            fraction = (block + 1) / blocks
            if self.cancelled.is_set():
                self._view(view_id, state=ViewState.PARTIAL, plate_id=plate_id)
                raise Refused("reader.cancelled")
            if self.jam_at is not None and fraction > self.jam_at:
                self._view(view_id, state=ViewState.PARTIAL, plate_id=plate_id)
                self.changed("jam", view_id)
                self.jammed_at_line = first * 4
                raise Failed("reader.jam", line=self.jammed_at_line, lines=rows * 4)
            on_progress(
                ReadProgress(
                    plate_id=plate_id,
                    lines=last * 4,
                    lines_total=rows * 4,
                    seconds_left=95 * (1 - fraction),
                    preview=grey[first:last],
                    first_row=first,
                    preview_rows=rows,
                )
            )
            self.step(fraction)
        uid = f"i-{view_id}-{len(self.calls)}"
        self._view(view_id, state=ViewState.UNDECIDED, image_uid=uid, plate_id=plate_id)
        self.changed("scan", study_uid, view_id, plate_id, technique)
        return uid

    def cancel_scan(self) -> None:
        self.calls.append(("cancel_scan",))
        self.cancelled.set()

    def picture(self, image_uid: str) -> Picture:
        chest = "leg" not in image_uid and "hand" not in image_uid
        image = self.large if self.large is not None else pixels("chest" if chest else "leg")
        center = float(np.median(image))
        presentation = self.presentations.get(
            image_uid, Presentation(window_center=2900 if chest else center, window_width=2700)
        )
        detail = ImageDetail(
            image_uid=image_uid,
            view_id=CHEST,
            exposure_index=274.0,
            target_index=250.0,
            deviation_index=0.4,
            findings=FINDINGS,
            technique=USUAL,
            exposed_at=at(10, 28),
            plate_id="C-0142",
            presentation=presentation,
        )
        automatic = Presentation(window_center=2900 if chest else center, window_width=2700)
        relevant = np.zeros((43, 35), np.bool_)
        relevant[4:-6, 5:-4] = True
        return Picture(
            pixels=image,
            bits=12,
            pitch_mm=0.1,
            detail=detail,
            relevant=relevant,
            automatic=automatic,
            windows={
                "lung": replace(automatic, window_center=2400),
                "mediastinum": replace(automatic, window_width=900),
            },
        )

    def set_presentation(self, image_uid: str, presentation: Presentation) -> None:
        self.presentations[image_uid] = presentation
        self.changed("set_presentation", image_uid, presentation)

    def accept(self, image_uid: str) -> None:
        self._image(image_uid, state=ViewState.ACCEPTED)
        self.changed("accept", image_uid)

    def reject(self, image_uid: str, reason: str) -> None:
        tries = (RejectedTry(image_uid=image_uid, reason=reason),)
        self._image(image_uid, state=ViewState.REJECTED, rejected=tries)
        self.changed("reject", image_uid, reason)

    def take_back(self, image_uid: str) -> None:
        if self.sent:
            raise Refused("image.sent")
        self._image(image_uid, state=ViewState.UNDECIDED)
        self.changed("take_back", image_uid)

    def send(self, study_uid: str) -> int:
        if self.refuse_send:
            raise Refused("send.incomplete", accepted=3, needed=4)
        self.sent = True
        self.changed("send", study_uid)
        return len(self.views)

    def send_accepted(self, study_uid: str) -> int:
        self.sent = True
        self.changed("send_accepted", study_uid)
        return sum(each.state is ViewState.ACCEPTED for each in self.views)

    def send_stop(self, stop_id: str) -> int:
        self.sent = True
        self.changed("send_stop", stop_id)
        return 2

    def undo_stop(self, stop_id: str) -> int:
        self.sent = False
        self.changed("undo_stop", stop_id)
        return 2

    def undo_send(self, study_uid: str) -> int:
        self.sent = False
        self.changed("undo_send", study_uid)
        return 1

    def export(self, study_uid: str, folder: Path, wish: ExportWish) -> list[Path]:
        self.changed("export", study_uid, folder, wish)
        return [folder / f"{each.image_uid}.dcm" for each in self.views if each.state is ViewState.ACCEPTED]

    def retry(self, job_id: int) -> None:
        self.changed("retry", job_id)

    def hold(self, job_id: int) -> None:
        self.changed("hold", job_id)

    def release(self, job_id: int) -> None:
        self.changed("release", job_id)

    def reroute(self, standby: str) -> None:
        self.board = replace(self.board, stand_in=None)
        self.changed("reroute", standby)

    def pause_sending(self) -> None:
        self.board = replace(self.board, paused_until=at(11, 14))
        self.changed("pause_sending")

    def resume_sending(self) -> None:
        self.board = replace(self.board, paused_until=None)
        self.changed("resume_sending")

    def history(self, study_uid: str) -> Mapping[int, Sequence[HistoryLine]]:
        card = next(card for card in self.board.studies if card.study_uid == study_uid)
        begun = (
            HistoryLine(at(10, 28), "Alvarez^Rosa", Message("event.job_queued")),
            HistoryLine(at(10, 29), "", Message("event.job_sending")),
        )
        return {
            cell.job_id: (*begun, *((HistoryLine(cell.last_at, "", cell.last),) if cell.last and cell.last_at else ()))
            for cell in card.cells
        }

    def _view(self, view_id: str, **changes: object) -> None:
        self.views = tuple(
            replace(each, **changes) if each.view_id == view_id else each  # type: ignore[arg-type]
            for each in self.views
        )

    def _image(self, image_uid: str, **changes: object) -> None:
        self.views = tuple(
            replace(each, **changes) if each.image_uid == image_uid else each  # type: ignore[arg-type]
            for each in self.views
        )
