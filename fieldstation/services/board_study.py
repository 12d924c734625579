"""Study: one study on screen, and what is still missing before leaving its stop."""

from collections.abc import Sequence

from fieldstation.domain.errors import Refused
from fieldstation.domain.exams import Study, StudyFile, StudyView, Technique
from fieldstation.domain.jobs import JobState
from fieldstation.domain.patients import Order, OrderState, Priority
from fieldstation.domain.ports import Clock
from fieldstation.domain.presenting import standing_findings
from fieldstation.domain.store import Questions, Store
from fieldstation.domain.views import Catalogue, OrderedView, View
from fieldstation.domain.words import Message
from fieldstation.services.board_today import view_name
from fieldstation.services.boards import (
    ImageDetail,
    LeaveLight,
    PatientBanner,
    RejectedTry,
    SendCell,
    StudyBoard,
    ViewCard,
    ViewState,
)
from fieldstation.services.link import LinkView, link_view
from fieldstation.services.plate_record import unread_handed
from fieldstation.services.progress import (
    accepted_images,
    age_in_years,
    latest_image,
    needed_views,
    unsent_instances,
    view_state,
)
from fieldstation.services.words import person_name

_MISSING = {
    ViewState.TO_EXPOSE: "leave.not_exposed",
    ViewState.EXPOSED: "leave.not_read",
    ViewState.PARTIAL: "leave.read_in_part",
    ViewState.UNDECIDED: "leave.not_accepted",
    ViewState.REJECTED: "leave.not_retaken",
}


def study_board(store: Store, catalogue: Catalogue, clock: Clock, study_uid: str) -> StudyBoard:
    """One study as it is now."""
    with store.reading() as questions:
        view = link_view(questions, clock.now())
        file = questions.study_file(study_uid)
        orders, stops = questions.orders(), questions.stops()
        mine = [order for order in orders if order.id in file.study.order_ids]
        stop = next((stop for stop in stops if mine and stop.id == mine[0].stop_id), None)
        missing = _missing_here(file, catalogue)
        if stop:
            missing += missing_at(questions, stop.id, catalogue, apart=file.study)
        missing += of_other_stations(questions)
    return StudyBoard(
        study_uid=file.study.uid,
        description=file.study.description,
        banner=_banner(file, mine, clock),
        facility=stop.facility if stop else "",
        stop_position=stop.position if stop else None,
        stop_count=len(stops) if stop else 0,
        views=tuple(_view_card(file, view, catalogue) for view in file.views),
        leave=LeaveLight(missing=tuple(missing)),
        send=send_cell([file], view),
    )


def image_detail(store: Store, image_uid: str) -> ImageDetail:
    """The numbers beside a picture."""
    with store.reading() as questions:
        image = questions.image(image_uid)
        exposure = questions.exposure(questions.scan(image.scan_id).exposure_id)
        views = questions.study_file(image.study_uid).views
    side = next(view.side for view in views if view.id == image.view_id)
    return ImageDetail(
        image_uid=image.uid,
        view_id=image.view_id,
        exposure_index=image.exposure_index,
        target_index=image.target_index,
        deviation_index=image.deviation_index,
        findings=standing_findings(image, side),
        technique=exposure.technique,
        exposed_at=exposure.exposed_at,
        plate_id=exposure.plate_id,
        presentation=image.presentation,
    )


def _banner(file: StudyFile, orders: Sequence[Order], clock: Clock) -> PatientBanner:
    study = file.study
    return PatientBanner(
        name=study.patient_name,
        birth_date=study.birth_date,
        age=age_in_years(study.birth_date, clock.now().astimezone().date()),
        sex=study.sex,
        patient_id=study.patient_id,
        accession=study.accession,
        room=next((order.room for order in orders if order.room), ""),
        alerts=orders[0].patient.alerts if orders else (),
        priority=study.priority,
        due_at=min((order.due_at for order in orders if order.due_at), default=None),
    )


def _view_card(file: StudyFile, view: StudyView, catalogue: Catalogue) -> ViewCard:
    projection = catalogue.get(view.view)
    image = latest_image(file, view.id)
    return ViewCard(
        view_id=view.id,
        view=view.view,
        name=view_name(catalogue, OrderedView(view.view, view.side)),
        side=view.side,
        plate_id=view.plate_id,
        exposed_at=view.exposed_at,
        state=view_state(file, view),
        image_uid=image.uid if image else None,
        rejected=tuple(
            RejectedTry(image_uid=rejected.uid, reason=rejected.reject_reason)
            for rejected in file.images
            if rejected.view_id == view.id and rejected.reject_reason
        ),
        usual=usual_technique(projection),
        plate_size=projection.plate,
        read_elsewhere=view.read_elsewhere,
    )


def _missing_here(file: StudyFile, catalogue: Catalogue) -> list[Message]:
    return [
        Message(
            _MISSING[state],
            {"view": view_name(catalogue, OrderedView(view.view, view.side)), "plate": view.plate_id or ""},
        )
        for view in file.views
        if (state := view_state(file, view)) in _MISSING
    ]


def missing_at(questions: Questions, stop_id: str, catalogue: Catalogue, apart: Study | None = None) -> list[Message]:
    """What the patients of a stop still lack, a message a patient; those of the study ``apart`` left out."""
    missing = []
    for order in questions.orders():
        if order.stop_id != stop_id or order.state is OrderState.WITHDRAWN or (apart and order.id in apart.order_ids):
            continue
        name = person_name(order.patient.name).split(",")[0]
        begun = questions.study_of_order(order.id)
        if begun is None:
            missing.append(Message("leave.not_begun", {"name": name}))
        elif lacking := _missing_here(questions.study_file(begun.uid), catalogue):
            missing.append(Message("leave.other_patient", {"name": name, "count": len(lacking)}))
    return missing


def of_other_stations(questions: Questions) -> list[Message]:
    """The plates of other stations that are unread and wait for no view: they are on board, whichever stop this is."""
    return [
        Message("leave.of_another_station", {"plate": one.plate_id, "station": one.station})
        for one in unread_handed(questions)
    ]


def usual_technique(view: View) -> Technique:
    """What the catalogue proposes for a view."""
    return Technique(kvp=view.kvp, mas=view.mas, sid_mm=view.sid_mm, grid=view.grid)


def send_cell(files: Sequence[StudyFile], view: LinkView) -> SendCell:
    """What sending these studies would do."""
    waiting = [instance for file in files for instance in unsent_instances(file)]
    stat = all(file.study.priority is Priority.STAT for file in files)
    size = sum(instance.size for instance in waiting)
    jobs = [job for file in files for job in file.jobs]
    not_before = [job.not_before for job in jobs if job.state is JobState.QUEUED and job.not_before > view.now]
    return SendCell(
        accepted=sum(len(accepted_images(file)) for file in files),
        needed=sum(len(needed_views(file)) for file in files),
        to_send=sum(instance.is_image for instance in waiting),
        seconds=view.seconds_for(size, Priority.STAT if stat else Priority.ROUTINE) if size else None,
        undo_until=max(not_before, default=None),
    )


def view_in(file: StudyFile, ordered: OrderedView) -> StudyView:
    """The study's view of that kind and side.

    Raises:
        Refused: ``scan.view_not_in_study``.
    """
    for view in file.views:
        if (view.view, view.side) == (ordered.view, ordered.side):
            return view
    raise Refused("scan.view_not_in_study", view=ordered.view)
