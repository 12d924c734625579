"""Today: the route as stops, their orders, and how far each one is."""

from dataclasses import dataclass
from datetime import date

from fieldstation.domain.exams import StudyFile
from fieldstation.domain.jobs import safe_instances
from fieldstation.domain.patients import Order, OrderState, Stop
from fieldstation.domain.ports import Clock
from fieldstation.domain.store import Store
from fieldstation.domain.views import Catalogue, OrderedView
from fieldstation.services.boards import OrderRow, Stage, StopCard, StopPlace, TodayBoard
from fieldstation.services.progress import accepted_images, age_in_years, live_jobs, needed_views, stage
from fieldstation.services.words import text

_OFF_OUR_HANDS = frozenset({Stage.SENDING, Stage.SAFE, Stage.ELSEWHERE, Stage.WITHDRAWN})


def today_board(store: Store, catalogue: Catalogue, clock: Clock, primary: str | None) -> TodayBoard:
    """The route as it is now; ``primary`` is the name of the primary destination."""
    with store.reading() as questions:
        stops, orders, files = questions.stops(), questions.orders(), questions.study_files()
    file_of = {order_id: file for file in files for order_id in file.study.order_ids}
    rows = _Rows(catalogue, clock.now().astimezone().date(), primary)
    return TodayBoard(
        as_of=max((order.as_of for order in orders), default=None),
        stops=tuple(
            _stop_card(
                stop,
                tuple(
                    rows.of_order(order, file_of.get(order.id), stop) for order in orders if order.stop_id == stop.id
                ),
            )
            for stop in stops
        ),
        unplanned=(
            *(rows.of_order(order, file_of.get(order.id), None) for order in orders if order.stop_id is None),
            *(rows.of_study(file) for file in files if not file.study.order_ids),
        ),
    )


def _stop_card(stop: Stop, rows: tuple[OrderRow, ...]) -> StopCard:
    if stop.completed_at or (stop.arrived_at and all(row.stage in _OFF_OUR_HANDS for row in rows)):
        place = StopPlace.DONE
    else:
        place = StopPlace.HERE if stop.arrived_at else StopPlace.AHEAD
    return StopCard(
        stop_id=stop.id,
        position=stop.position,
        facility=stop.facility,
        address=stop.address,
        planned_at=stop.planned_at,
        arrived_at=stop.arrived_at,
        completed_at=stop.completed_at,
        place=place,
        orders=rows,
    )


@dataclass(frozen=True, slots=True)
class _Rows:
    catalogue: Catalogue
    today: date
    primary: str | None

    def of_order(self, order: Order, file: StudyFile | None, stop: Stop | None) -> OrderRow:
        done, total = self._count(file) if file else (0, len(order.views))
        return OrderRow(
            order_id=order.id,
            study_uid=file.study.uid if file else None,
            accession=order.accession,
            priority=order.priority,
            due_at=order.due_at,
            patient_name=order.patient.name,
            birth_date=order.patient.birth_date,
            age=age_in_years(order.patient.birth_date, self.today),
            sex=order.patient.sex,
            room=order.room,
            procedure=order.procedure,
            views=self._names(order.views),
            reason=order.reason,
            referring_physician=order.referring_physician,
            state=order.state,
            stage=self._stage(order, file, stop),
            done=done,
            total=total,
        )

    def of_study(self, file: StudyFile) -> OrderRow:
        """A study that was begun by hand, as if it were an order."""
        study = file.study
        done, total = self._count(file)
        return OrderRow(
            order_id=study.uid,
            study_uid=study.uid,
            accession=study.accession,
            priority=study.priority,
            due_at=None,
            patient_name=study.patient_name,
            birth_date=study.birth_date,
            age=age_in_years(study.birth_date, self.today),
            sex=study.sex,
            room="",
            procedure=study.description,
            views=self._names(tuple(OrderedView(view.view, view.side) for view in file.views)),
            reason="",
            referring_physician=study.referring_physician,
            state=OrderState.SCHEDULED,
            stage=stage(file, self.primary),
            done=done,
            total=total,
        )

    def _stage(self, order: Order, file: StudyFile | None, stop: Stop | None) -> Stage:
        if order.state is OrderState.WITHDRAWN:
            return Stage.WITHDRAWN
        if file:
            return stage(file, self.primary)
        return Stage.ARRIVED if stop and stop.arrived_at else Stage.PLANNED

    def _count(self, file: StudyFile) -> tuple[int, int]:
        images = {instance.sop_instance_uid for instance in file.instances if instance.is_image}
        jobs = [job for job in live_jobs(file, self.primary) if job.sop_instance_uid in images]
        if jobs:
            return len(safe_instances(jobs, self.primary)), len({job.sop_instance_uid for job in jobs})
        return len(accepted_images(file)), len(needed_views(file))

    def _names(self, views: tuple[OrderedView, ...]) -> tuple[str, ...]:
        return tuple(view_name(self.catalogue, view) for view in views)


def view_name(catalogue: Catalogue, view: OrderedView) -> str:
    """A view as people say it: ``Hand PA, right``."""
    name = catalogue.get(view.view).name
    return f"{name}, {text(f'side.{view.side}')}" if view.side else name
