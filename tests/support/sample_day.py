"""The boards of a made-up day, for tests of the screens."""

from datetime import UTC, date, datetime, timedelta

from fieldstation.domain.exams import Finding, Severity, Technique
from fieldstation.domain.jobs import JobState
from fieldstation.domain.link import Outage
from fieldstation.domain.patients import OrderState, Priority, Sex
from fieldstation.domain.views import Side
from fieldstation.domain.words import Message
from fieldstation.services.boards import (
    CellBoard,
    LinkBoard,
    MinuteRate,
    OrderRow,
    RejectedTry,
    SendingBoard,
    SendingCard,
    Stage,
    StopCard,
    StopPlace,
    ViewCard,
    ViewState,
)

NOW = datetime(2025, 10, 14, 10, 44, tzinfo=UTC)
MUELLER = "2.25.1"
CHEST, LATERAL, HAND, LEG = "v-chest", "v-lateral", "v-hand", "v-leg"
USUAL = Technique(kvp=85, mas=3.2, sid_mm=1800, grid="none")


def at(hour: int, minute: int) -> datetime:
    """A moment of the day."""
    return datetime(2025, 10, 14, hour, minute, tzinfo=UTC)


def order(order_id: str, name: str, **changes: object) -> OrderRow:
    """An order of the day."""
    values: dict[str, object] = {
        "order_id": order_id,
        "study_uid": None,
        "accession": f"A-251014-{order_id}",
        "priority": Priority.ROUTINE,
        "due_at": None,
        "patient_name": name,
        "birth_date": date(1948, 8, 30),
        "age": 77,
        "sex": Sex.MALE,
        "room": "118",
        "procedure": "Abdomen",
        "views": ("Abdomen AP",),
        "reason": "Pain and bloating since Sunday",
        "referring_physician": "Hale^Ruth",
        "state": OrderState.SCHEDULED,
        "stage": Stage.PLANNED,
        "done": 0,
        "total": 1,
    }
    return OrderRow(**{**values, **changes})  # type: ignore[arg-type]


def todays_stops() -> tuple[StopCard, ...]:
    """Three stops: one done, one where we are, one ahead."""
    riverside = (
        order(
            "01",
            "Okafor^Daniel",
            age=71,
            birth_date=date(1954, 2, 3),
            room="6",
            procedure="Chest",
            views=("Chest AP", "Chest lateral"),
            reason="Cough and fever for 4 days",
            referring_physician="Osei^Kofi",
            stage=Stage.SAFE,
            done=2,
            total=2,
            study_uid="2.25.4",
        ),
        order(
            "02",
            "Lindqvist^Karin",
            age=88,
            sex=Sex.FEMALE,
            birth_date=date(1937, 6, 21),
            room="11",
            procedure="Pelvis and right hip",
            views=("Pelvis AP", "Hip AP", "Hip lateral"),
            reason="Hip pain after a stumble",
            referring_physician="Osei^Kofi",
            stage=Stage.SENDING,
            done=2,
            total=3,
            study_uid="2.25.2",
        ),
    )
    maple = (
        order(
            "07",
            "Mueller^Anna",
            priority=Priority.STAT,
            due_at=at(11, 22),
            age=83,
            sex=Sex.FEMALE,
            birth_date=date(1942, 3, 12),
            room="214",
            procedure="Chest, hand, lower leg",
            views=("Hand PA", "Lower leg AP", "Chest PA", "Chest lateral"),
            reason="Fall this morning, short of breath",
            stage=Stage.EXPOSED,
            done=2,
            total=4,
            study_uid=MUELLER,
        ),
        order("08", "Baptiste^Jean", stage=Stage.ARRIVED),
        order(
            "09",
            "Kowalska^Irena",
            age=90,
            sex=Sex.FEMALE,
            birth_date=date(1935, 1, 2),
            room="120",
            procedure="Left knee",
            views=("Knee AP", "Knee lateral"),
            reason="Withdrawn by the office at 10:36",
            state=OrderState.WITHDRAWN,
            stage=Stage.WITHDRAWN,
            total=2,
        ),
    )
    lakeside = (
        order(
            "12",
            "Hernandez^Rosa",
            age=69,
            sex=Sex.FEMALE,
            birth_date=date(1956, 5, 17),
            room="31",
            procedure="Right knee",
            views=("Knee AP", "Knee lateral"),
            reason="Swelling, rule out fracture",
            referring_physician="Iyer^Dev",
            state=OrderState.CHANGED,
            total=2,
        ),
        order(
            "13",
            "Tanaka^Hiro",
            age=74,
            birth_date=date(1950, 11, 9),
            room="8",
            procedure="Left foot",
            views=("Foot AP", "Foot oblique", "Foot lateral"),
            reason="Wound on the heel, check bone",
            referring_physician="Iyer^Dev",
            total=3,
        ),
    )
    return (
        StopCard(
            stop_id="s1",
            position=1,
            facility="Riverside Care Home",
            address="18 Quay Lane",
            planned_at=None,
            arrived_at=at(8, 40),
            completed_at=at(9, 35),
            place=StopPlace.DONE,
            orders=riverside,
        ),
        StopCard(
            stop_id="s2",
            position=2,
            facility="Maple Court Nursing",
            address="240 Maple Road",
            planned_at=None,
            arrived_at=at(10, 12),
            completed_at=None,
            place=StopPlace.HERE,
            orders=maple,
        ),
        StopCard(
            stop_id="s3",
            position=3,
            facility="Lakeside Assisted Living",
            address="7 Shore Drive",
            planned_at=at(11, 30),
            arrived_at=None,
            completed_at=None,
            place=StopPlace.AHEAD,
            orders=lakeside,
        ),
    )


def cell(job_id: int, view: str, state: JobState, **changes: object) -> CellBoard:
    """An image on its way."""
    values: dict[str, object] = {
        "job_id": job_id,
        "image_uid": f"2.25.9{job_id}",
        "view_name": view,
        "state": state,
        "held": False,
        "fraction": 1.0 if state in {JobState.SENT, JobState.PROVED} else 0.0,
        "last": None,
        "last_at": None,
        "next_try_at": None,
        "attempts": 0,
    }
    return CellBoard(**{**values, **changes})  # type: ignore[arg-type]


def card(study_uid: str, name: str, cells: tuple[CellBoard, ...], **changes: object) -> SendingCard:
    """A study on its way."""
    values: dict[str, object] = {
        "study_uid": study_uid,
        "patient_name": name,
        "priority": Priority.ROUTINE,
        "description": "Chest",
        "facility": "Riverside Care Home",
        "due_at": None,
        "sent_at": at(9, 34),
        "cells": cells,
        "bytes_total": 6_000_000 * len(cells),
        "bytes_done": round(sum(each.fraction for each in cells) * 6_000_000),
        "seconds_left": None,
        "last": None,
        "last_at": None,
        "next_try_at": None,
    }
    return SendingCard(**{**values, **changes})  # type: ignore[arg-type]


def todays_link(**changes: object) -> LinkBoard:
    """An hour with three gaps, the longest of 6 minutes."""
    gaps = ((43, 1), (36, 6), (12, 2))
    speeds = [100, 80, 85, 60, 62, 45, 20, 30, 50, 120, 140, 130, 110, 90, 70, 60, 65, 40, 30, 35]
    outages = tuple(
        Outage(
            destination="office",
            since=NOW - timedelta(minutes=begin),
            until=NOW - timedelta(minutes=begin - length),
            reason=Message("link.lost"),
        )
        for begin, length in gaps
    )
    quiet = {begin - minute for begin, length in gaps for minute in range(length)}
    values: dict[str, object] = {
        "up": True,
        "rate": 125_000.0,
        "down": {},
        "minutes": tuple(
            MinuteRate(NOW - timedelta(minutes=minute), 1000.0 * speeds[minute % len(speeds)])
            for minute in range(59, -1, -1)
            if minute not in quiet
        ),
        "outages": outages,
        "stat_waits_since": None,
    }
    return LinkBoard(**{**values, **changes})  # type: ignore[arg-type]


def todays_sending() -> SendingBoard:
    """Every state an image can be in."""
    proved = Message("event.job_proved", {"kind": "query"})
    studies = (
        card(
            MUELLER,
            "Mueller^Anna",
            tuple(
                cell(n, view, JobState.QUEUED, attempts=1, next_try_at=NOW + timedelta(seconds=22))
                for n, view in enumerate(("Hand PA", "Lower leg AP", "Chest PA", "Chest lateral"), start=1)
            ),
            priority=Priority.STAT,
            description="Chest, hand, lower leg",
            facility="Maple Court Nursing",
            due_at=at(11, 22),
            next_try_at=NOW + timedelta(seconds=22),
            last=Message("event.job_recovered"),
            last_at=at(10, 43),
        ),
        card(
            "2.25.2",
            "Lindqvist^Karin",
            (
                cell(5, "Pelvis AP", JobState.PROVED, last=proved, last_at=at(10, 30), attempts=1),
                cell(6, "Hip AP", JobState.SENT, attempts=1),
                cell(7, "Hip lateral", JobState.SENDING, fraction=0.58),
            ),
            description="Pelvis and right hip",
            seconds_left=22.0,
            last=proved,
            last_at=at(10, 43),
        ),
        card(
            "2.25.3",
            "Petrov^Nikolai",
            (cell(8, "Abdomen AP", JobState.REFUSED, attempts=2),),
            description="Abdomen",
            facility="Harbour Clinic",
            last=Message("event.job_retried"),
            last_at=at(10, 2),
        ),
        card(
            "2.25.5",
            "Novak^Eva",
            (cell(11, "Chest AP", JobState.QUEUED, held=True),),
            last=Message("event.job_held"),
            last_at=at(10, 1),
        ),
        card(
            "2.25.4",
            "Okafor^Daniel",
            (cell(9, "Chest AP", JobState.PROVED), cell(10, "Chest lateral", JobState.PROVED)),
            last=proved,
            last_at=at(9, 2),
        ),
    )
    return SendingBoard(
        owed=8,
        to_send=6,
        awaiting_proof=1,
        needs_you=1,
        held=1,
        seconds_left=240.0,
        link=todays_link(),
        paused={},
        paused_until=None,
        sender_running=True,
        studies=studies,
    )


def view(view_id: str, name: str, plate: str | None, state: ViewState, **changes: object) -> ViewCard:
    """A view of the study."""
    values: dict[str, object] = {
        "view_id": view_id,
        "view": name.lower().replace(" ", "-"),
        "name": name,
        "side": None,
        "plate_id": plate,
        "exposed_at": at(10, 28),
        "state": state,
        "image_uid": None,
        "rejected": (),
        "usual": USUAL,
        "plate_size": "35CMX43CM",
    }
    return ViewCard(**{**values, **changes})  # type: ignore[arg-type]


def mueller_views() -> tuple[ViewCard, ...]:
    """Two accepted, one to be decided, one not read yet."""
    tries = (RejectedTry(image_uid="i-hand-0", reason="111210"),)
    return (
        view(HAND, "Hand PA, right", "C-0151", ViewState.ACCEPTED, side=Side.RIGHT, image_uid="i-hand", rejected=tries),
        view(LEG, "Lower leg AP, right", "C-0139", ViewState.ACCEPTED, side=Side.RIGHT, image_uid="i-leg"),
        view(CHEST, "Chest PA", "C-0142", ViewState.UNDECIDED, image_uid="i-chest"),
        view(LATERAL, "Chest lateral", "C-0147", ViewState.EXPOSED, exposed_at=at(10, 30)),
    )


FINDINGS = (
    Finding(message=Message("finding.under", {"ei": 120, "di": "−1.4"}), severity=Severity.CAUTION),
    Finding(message=Message("finding.on_target", {"di": "+0.4"}), severity=Severity.FINE),
)
