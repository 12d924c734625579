"""The cassette screens: the tray, the stack, and scans that belong to no view."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from fieldstation.domain.exams import StudyFile, StudyView
from fieldstation.domain.patients import Stop
from fieldstation.domain.plates import PlateState, UnassignedScan, signal_left
from fieldstation.domain.ports import Clock
from fieldstation.domain.reader import ReaderStatus
from fieldstation.domain.store import Questions, Store
from fieldstation.domain.views import Catalogue, OrderedView
from fieldstation.domain.words import Message
from fieldstation.services.board_study import missing_at, of_other_stations, send_cell, usual_technique
from fieldstation.services.board_today import view_name
from fieldstation.services.boards import LeaveLight, ViewState
from fieldstation.services.boards_plates import (
    Candidate,
    StackBoard,
    StackRow,
    TrayBoard,
    TrayRow,
    UnassignedBoard,
    UnassignedRow,
)
from fieldstation.services.link import link_view
from fieldstation.services.matching import contradictions
from fieldstation.services.plate_record import (
    Binding,
    PlateRecord,
    open_bindings,
    plate_records,
    recurring_in_reader,
)
from fieldstation.services.progress import latest_image, view_state
from fieldstation.services.words import spoken_time

_TRAY_ORDER = (PlateState.EXPOSED, PlateState.READ, PlateState.ERASE_DUE, PlateState.PACKED, PlateState.ERASED)
_ON_THE_STACK = (ViewState.EXPOSED, ViewState.PARTIAL, ViewState.UNDECIDED)
_WAITS_FOR_AN_IMAGE = (ViewState.TO_EXPOSE, ViewState.EXPOSED, ViewState.PARTIAL, ViewState.REJECTED)


def tray_board(store: Store, catalogue: Catalogue, clock: Clock, erase_after: timedelta) -> TrayBoard:
    """All cassettes as they are now."""
    now = clock.now()
    with store.reading() as questions:
        records = plate_records(questions)
        reader_notice = recurring_in_reader(questions.study_files())
        prompted = _prompted_today(questions, now)
    rows = [_tray_row(record, catalogue, now, erase_after) for record in records.values()]
    due = sum(row.state is PlateState.ERASE_DUE for row in rows)
    hours = round(erase_after.total_seconds() / 3600)
    return TrayBoard(
        rows=tuple(sorted(rows, key=lambda row: (_TRAY_ORDER.index(row.state), row.since or now, row.plate_id))),
        prompt=Message("tray.erase_first", {"count": due, "hours": hours}) if due and not prompted else None,
        reader_notice=reader_notice,
    )


def stack_board(store: Store, catalogue: Catalogue, clock: Clock, reader: ReaderStatus) -> StackBoard:
    """Every plate that waits to be read or decided, those of the present stop first."""
    now = clock.now()
    with store.reading() as questions:
        files, orders, stops = questions.study_files(), questions.orders(), questions.stops()
        link = link_view(questions, now)
        stop = _present(stops)
        missing = missing_at(questions, stop.id, catalogue) if stop else []
        handed = of_other_stations(questions)
    stop_of_order = {order.id: one for order in orders for one in stops if one.id == order.stop_id}
    stop_of = {file.study.uid: _stop_of(file, stop_of_order) for file in files}
    rows = [
        _stack_row(file, view, catalogue, now, reader, stop_of[file.study.uid])
        for file in files
        for view in file.views
        if view_state(file, view) in _ON_THE_STACK
    ]
    here = [file for file in files if stop and stop_of[file.study.uid] == stop]
    own = {file.study.uid for file in here}
    return StackBoard(
        stop_id=stop.id if stop else None,
        facility=stop.facility if stop else "",
        rows=tuple(sorted(rows, key=lambda row: (not row.in_reader, row.study_uid not in own, row.exposed_at or now))),
        reader_plate_id=reader.plate_id,
        without_view=len(handed),
        leave=LeaveLight(missing=(*missing, *handed)),
        send=send_cell(here, link),
    )


def unassigned_board(store: Store, catalogue: Catalogue) -> UnassignedBoard:
    """Scans that belong to no view."""
    with store.reading() as questions:
        files, scans = questions.study_files(), questions.unassigned_scans()
    return UnassignedBoard(
        waiting=tuple(_unassigned_row(scan, files, catalogue) for scan in scans if scan.waits),
        set_aside=tuple(_unassigned_row(scan, [], catalogue) for scan in scans if scan.set_aside),
    )


def fading(exposed_at: datetime, now: datetime) -> Message:
    """What waiting has cost the latent image, for a sentence."""
    waited = max(timedelta(), now - exposed_at)
    minutes = int(waited.total_seconds() // 60)
    percent = round(100 * (1 - signal_left(waited.total_seconds() / 3600)))
    said = f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
    return Message("plate.fading", {"waited": said, "percent": percent})


def _tray_row(record: PlateRecord, catalogue: Catalogue, now: datetime, erase_after: timedelta) -> TrayRow:
    cassette, state = record.cassette, record.state(now, erase_after)
    bound = next(iter(record.bindings), None)
    return TrayRow(
        plate_id=cassette.plate_id,
        size=cassette.size,
        state=state,
        since=_since(record, state),
        cycles=cassette.cycles,
        in_service_at=cassette.in_service_at,
        last_erased_at=cassette.last_erased_at,
        last_cleaned_at=cassette.last_cleaned_at,
        study_uid=bound.study.uid if bound else None,
        view_id=bound.view.id if bound else None,
        patient_name=bound.study.patient_name if bound else "",
        view_name=_name(bound.view, catalogue) if bound else "",
        fading=fading(record.exposed_at, now) if record.exposed_at else None,
        notices=(*_notices(record, now), *record.recurring()),
    )


def _since(record: PlateRecord, state: PlateState) -> datetime | None:
    match state:
        case PlateState.EXPOSED:
            return record.exposed_at
        case PlateState.READ:
            return record.last_read.at if record.last_read else None
        case PlateState.PACKED:
            return None
    return record.cassette.last_erased_at


def _notices(record: PlateRecord, now: datetime) -> Iterable[Message]:
    plate_id = record.cassette.plate_id
    if len([one for one in record.bindings if one.view.exposed_at]) > 1:
        yield Message("plate.exposed_twice", {"plate": plate_id})
    if record.handed:
        handed = record.handed
        at = spoken_time(handed.exposed_at, now)
        yield Message("plate.of_another_station", {"plate": plate_id, "station": handed.station, "at": at})


def _stack_row(
    file: StudyFile, view: StudyView, catalogue: Catalogue, now: datetime, reader: ReaderStatus, stop: Stop | None
) -> StackRow:
    state, image = view_state(file, view), latest_image(file, view.id)
    read = state is not ViewState.EXPOSED
    return StackRow(
        plate_id=view.plate_id or "",
        study_uid=file.study.uid,
        view_id=view.id,
        patient=f"{file.study.issuer}\\{file.study.patient_id}",
        patient_name=file.study.patient_name,
        view_name=_name(view, catalogue),
        accession=file.study.accession,
        facility=stop.facility if stop else "",
        state=state,
        exposed_at=view.exposed_at,
        fading=fading(view.exposed_at, now) if view.exposed_at and not read else None,
        usual=usual_technique(catalogue.get(view.view)),
        image_uid=image.uid if image and state is ViewState.UNDECIDED else None,
        in_reader=bool(view.plate_id) and view.plate_id == reader.plate_id and not read,
    )


def _unassigned_row(scan: UnassignedScan, files: Sequence[StudyFile], catalogue: Catalogue) -> UnassignedRow:
    labels = scan.labels
    exposed = [binding for _, binding in open_bindings(files) if binding.view.exposed_at]
    candidates = [
        _candidate(scan, Binding(study=file.study, view=view), exposed, catalogue)
        for file in files
        for view in file.views
        if view_state(file, view) in _WAITS_FOR_AN_IMAGE
    ]
    bound = {one.view.id for one in exposed if one.view.plate_id == labels.plate_id}
    return UnassignedRow(
        scan_id=scan.id,
        plate_id=labels.plate_id,
        accession=labels.accession,
        patient_id=labels.patient_id,
        plate_size=scan.plate_size,
        read_at=scan.started_at,
        state=scan.state,
        fraction=scan.lines / scan.geometry.rows,
        why=scan.why,
        candidates=tuple(
            sorted(
                candidates,
                key=lambda one: (
                    len(one.against),
                    one.view_id not in bound,
                    one.accession != labels.accession,
                ),
            )
        ),
        set_aside=scan.set_aside,
    )


def _candidate(scan: UnassignedScan, at: Binding, exposed: Sequence[Binding], catalogue: Catalogue) -> Candidate:
    return Candidate(
        study_uid=at.study.uid,
        view_id=at.view.id,
        patient_name=at.study.patient_name,
        view_name=_name(at.view, catalogue),
        accession=at.study.accession,
        against=contradictions(scan.labels, at.study, at.view, exposed),
    )


def _present(stops: Sequence[Stop]) -> Stop | None:
    """The stop that we arrived at last, unless it is completed."""
    arrived = [stop for stop in stops if stop.arrived_at and not stop.completed_at]
    return max(arrived, key=lambda stop: (stop.arrived_at, stop.position), default=None)


def _stop_of(file: StudyFile, stop_of_order: Mapping[str, Stop]) -> Stop | None:
    return next((stop_of_order[one] for one in file.study.order_ids if one in stop_of_order), None)


def _prompted_today(questions: Questions, now: datetime) -> bool:
    last = questions.events(subject="tray")[-1:]
    return bool(last) and last[0].at.astimezone().date() == now.astimezone().date()


def _name(view: StudyView, catalogue: Catalogue) -> str:
    return view_name(catalogue, OrderedView(view.view, view.side))
