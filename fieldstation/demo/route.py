"""The demo's route: made-up facilities, patients and orders, as the office would have sent them this morning."""

from datetime import UTC, date, datetime, timedelta

from fieldstation.domain.patients import Order, Patient, Priority, Sex, Stop, patient_key
from fieldstation.domain.store import Deeds
from fieldstation.domain.views import OrderedView, Side

HERE = "stop-maple-court"
STAT_ORDER = "A-1007"
ROUTINE_ORDER = "A-1012"


def lay_out(deeds: Deeds, now: datetime) -> None:
    """Write today's route: the stop that the day is spent at, and one that is still ahead."""
    morning = now.astimezone(UTC).replace(second=0, microsecond=0)
    deeds.add_stop(
        Stop(
            id=HERE,
            position=1,
            facility="Maple Court Nursing",
            address="240 Maple Road",
            planned_at=morning - timedelta(minutes=5),
        )
    )
    deeds.add_stop(
        Stop(
            id="stop-lakeside",
            position=2,
            facility="Lakeside Assisted Living",
            address="7 Shore Drive",
            planned_at=morning + timedelta(minutes=75),
        )
    )
    for order in _orders(morning):
        deeds.add_order(order)


def _orders(now: datetime) -> list[Order]:
    anna = _patient("4471-902", "Mueller^Anna", date(1942, 3, 12), Sex.FEMALE, ("Latex allergy", "Fall risk"))
    jean = _patient("4471-118", "Baptiste^Jean", date(1948, 8, 30), Sex.MALE)
    rosa = _patient("4472-031", "Hernandez^Rosa", date(1956, 5, 17), Sex.FEMALE)
    hiro = _patient("4472-008", "Tanaka^Hiro", date(1950, 11, 9), Sex.MALE)
    return [
        Order(
            id=STAT_ORDER,
            accession=STAT_ORDER,
            patient=anna,
            stop_id=HERE,
            priority=Priority.STAT,
            procedure="Chest, lower leg, knee",
            views=(OrderedView("chest-pa"), OrderedView("leg-ap", Side.RIGHT), OrderedView("knee-ap", Side.RIGHT)),
            reason="Fall this morning, short of breath",
            referring_physician="Hale^Edith",
            room="214",
            requested_procedure_id="RP-1007",
            due_at=now + timedelta(minutes=40),
            as_of=now,
        ),
        Order(
            id=ROUTINE_ORDER,
            accession=ROUTINE_ORDER,
            patient=jean,
            stop_id=HERE,
            priority=Priority.ROUTINE,
            procedure="Chest and lower leg",
            views=(OrderedView("leg-ap", Side.LEFT), OrderedView("chest-ap")),
            reason="Cough for four days, wound on the shin",
            referring_physician="Hale^Edith",
            room="118",
            requested_procedure_id="RP-1012",
            as_of=now,
        ),
        Order(
            id="A-1015",
            accession="A-1015",
            patient=rosa,
            stop_id="stop-lakeside",
            priority=Priority.ROUTINE,
            procedure="Right knee",
            views=(OrderedView("knee-ap", Side.RIGHT), OrderedView("knee-lat", Side.RIGHT)),
            reason="Swelling, rule out fracture",
            referring_physician="Iyer^Maya",
            room="31",
            requested_procedure_id="RP-1015",
            as_of=now,
        ),
        Order(
            id="A-1016",
            accession="A-1016",
            patient=hiro,
            stop_id="stop-lakeside",
            priority=Priority.ROUTINE,
            procedure="Left foot",
            views=(OrderedView("foot-ap", Side.LEFT), OrderedView("foot-lat", Side.LEFT)),
            reason="Wound on the heel, check bone",
            referring_physician="Iyer^Maya",
            room="8",
            requested_procedure_id="RP-1016",
            as_of=now,
        ),
    ]


def _patient(patient_id: str, name: str, birth_date: date, sex: Sex, alerts: tuple[str, ...] = ()) -> Patient:
    return Patient(
        id=patient_key("", patient_id),
        patient_id=patient_id,
        name=name,
        birth_date=birth_date,
        sex=sex,
        alerts=alerts,
    )
