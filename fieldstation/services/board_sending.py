"""Sending: all that is owed to the office, and the pills that sum it up."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fieldstation.domain.certificates import Certificate, expiry_warnings
from fieldstation.domain.exams import StudyFile
from fieldstation.domain.jobs import Job, JobState, unsafe_instances
from fieldstation.domain.patients import Order, Priority
from fieldstation.domain.ports import Clock
from fieldstation.domain.reader import ReaderStatus
from fieldstation.domain.store import Store
from fieldstation.domain.views import Catalogue, OrderedView
from fieldstation.services.board_today import view_name
from fieldstation.services.boards import CellBoard, SendingBoard, SendingCard, StatusBoard
from fieldstation.services.link import LinkView, link_view
from fieldstation.services.plate_record import unread_handed
from fieldstation.services.progress import count_undecided, count_unread, count_unsent
from fieldstation.services.sending import Targets, stand_in
from fieldstation.services.words import text

_OWED = frozenset({JobState.QUEUED, JobState.SENDING, JobState.SENT, JobState.REFUSED})
_DISK_LOW_BYTES = 5 * 1024**3


def sending_board(
    store: Store,
    catalogue: Catalogue,
    clock: Clock,
    sender_running: Callable[[], bool],
    own_certificates: Sequence[Certificate],
    targets: Targets,
) -> SendingBoard:
    """All that is owed; studies by urgency, those with nothing left to do last."""
    with store.reading() as questions:
        files = [file for file in questions.study_files() if file.jobs]
        orders = {order.id: order for order in questions.orders()}
        facilities = {stop.id: stop.facility for stop in questions.stops()}
        paused = {pause.destination: pause.reason for pause in questions.paused()}
        view = link_view(questions, clock.now())
        shown = [one for certificates in questions.peer_certificates().values() for one in certificates]
    cards = [_card(file, orders, facilities, catalogue, view) for file in files]
    totals = _totals(files)
    return SendingBoard(
        owed=totals.owed,
        to_send=totals.to_send,
        awaiting_proof=totals.awaiting_proof,
        needs_you=totals.needs_you,
        held=totals.held,
        seconds_left=view.seconds_left,
        link=view.board,
        paused=paused,
        paused_until=view.paused_until,
        sender_running=sender_running(),
        studies=tuple(sorted(cards, key=_urgency)),
        expiring=expiry_warnings([*own_certificates, *shown], clock.now()),
        stand_in=stand_in([job for file in files for job in file.jobs], targets, {*paused, *view.board.down}),
    )


def status_board(
    store: Store, clock: Clock, reader: ReaderStatus, folder: Path, *, person: str, primary: str | None
) -> StatusBoard:
    """The pills of the top bar; ``primary`` is the name of the primary destination."""
    with store.reading() as questions:
        files = questions.study_files()
        view = link_view(questions, clock.now())
        unread = count_unread(files) + len(unread_handed(questions))
        unassigned = sum(scan.waits for scan in questions.unassigned_scans())
    totals = _totals(files)
    free = shutil.disk_usage(folder).free
    return StatusBoard(
        reader=reader.state,
        reader_fault=reader.fault,
        plates_unread=unread,
        unassigned=unassigned,
        undecided=count_undecided(files),
        unsent=count_unsent(files),
        owed=len(unsafe_instances((job for file in files for job in file.jobs), primary)),
        needs_you=totals.needs_you,
        seconds_left=view.seconds_left,
        link=view.board,
        paused_until=view.paused_until,
        disk_free_bytes=free,
        disk_low=free < _DISK_LOW_BYTES,
        person=person,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Totals:
    to_send: int
    awaiting_proof: int
    needs_you: int
    held: int
    bytes_left: int

    @property
    def owed(self) -> int:
        return self.to_send + self.awaiting_proof + self.needs_you + self.held


def _totals(files: Sequence[StudyFile]) -> _Totals:
    owed = [job for file in files for job in file.jobs if job.state in _OWED or job.needs_person]
    free = [job for job in owed if not job.held]
    return _Totals(
        to_send=sum(job.state in (JobState.QUEUED, JobState.SENDING) for job in free),
        awaiting_proof=sum(job.state is JobState.SENT for job in free),
        needs_you=sum(job.needs_person for job in free),
        held=len(owed) - len(free),
        bytes_left=sum(
            job.bytes_total - job.bytes_sent for job in free if job.state in (JobState.QUEUED, JobState.SENDING)
        ),
    )


def _urgency(card: SendingCard) -> tuple[bool, bool, float]:
    return all(cell.done for cell in card.cells), card.priority is not Priority.STAT, card.sent_at.timestamp()


def _card(
    file: StudyFile,
    orders: Mapping[str, Order],
    facilities: Mapping[str, str],
    catalogue: Catalogue,
    view: LinkView,
) -> SendingCard:
    study = file.study
    mine = [orders[order_id] for order_id in study.order_ids if order_id in orders]
    last = max((job for job in file.jobs if job.last_at), key=lambda job: job.last_at or job.created_at, default=None)
    total = sum(job.bytes_total for job in file.jobs)
    left = _totals([file]).bytes_left
    return SendingCard(
        study_uid=study.uid,
        patient_name=study.patient_name,
        priority=study.priority,
        description=study.description,
        facility=next((facilities[order.stop_id] for order in mine if order.stop_id), ""),
        due_at=min((order.due_at for order in mine if order.due_at), default=None),
        sent_at=study.sent_at or min(job.created_at for job in file.jobs),
        cells=tuple(_cell(file, job, catalogue) for job in file.jobs),
        bytes_total=total,
        bytes_done=total - left,
        seconds_left=view.seconds_left_of(file.jobs),
        last=last.last if last else None,
        last_at=last.last_at if last else None,
        next_try_at=min((job.next_try_at for job in file.jobs if job.next_try_at), default=None),
    )


def _cell(file: StudyFile, job: Job, catalogue: Catalogue) -> CellBoard:
    instance = next(instance for instance in file.instances if instance.sop_instance_uid == job.sop_instance_uid)
    image = next((image for image in file.images if image.uid == instance.image_uid), None)
    view = next((view for view in file.views if image and view.id == image.view_id), None)
    across = 1.0 if job.state in (JobState.SENT, JobState.PROVED) else job.bytes_sent / max(job.bytes_total, 1)
    name = view_name(catalogue, OrderedView(view.view, view.side)) if view else ""
    return CellBoard(
        job_id=job.id,
        image_uid=image.uid if image else None,
        view_name=text("send.annotations", view=name) if name and not instance.is_image else name,
        state=job.state,
        held=job.held,
        fraction=across,
        last=job.last,
        last_at=job.last_at,
        next_try_at=job.next_try_at,
        attempts=job.attempts,
        gone=job.gone_at is not None,
    )
