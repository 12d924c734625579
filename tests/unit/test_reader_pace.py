"""Time of the simulated reader: handed in, so that a plate of a minute takes none here."""

import threading

import pytest

from fieldstation.cr_reader.drivers import make_reader
from fieldstation.domain.errors import Refused
from fieldstation.domain.exams import Technique
from fieldstation.domain.reader import ReaderState
from tests.support.readers import CATALOGUE, SMALL_CHEST, SteppedClock, partly, simulated_rig


@pytest.mark.parametrize("seconds", [0.0, 1.0, 60.0])
def test_a_plate_takes_its_time_evenly(seconds: float) -> None:
    clock = SteppedClock()
    waited: list[float] = []

    def wait(_cancelled: threading.Event, seconds: float) -> bool:
        waited.append(seconds)
        clock.seconds += seconds
        return False

    equipment = make_reader(
        "simulated", {"pitch_mm": 0.2, "seconds_per_plate": seconds}, catalogue=CATALOGUE, clock=clock, wait=wait
    )
    assert equipment.room
    equipment.room.expose("P1", SMALL_CHEST, Technique(), None)
    equipment.reader.connect()
    rows = equipment.reader.begin_read("P1").geometry.rows
    for block in equipment.reader.lines():
        read = block.first_line + len(block.data) // (2 * 900)
        assert clock.seconds == pytest.approx(seconds * read / rows)
    assert sum(waited) == pytest.approx(seconds)


def test_a_slow_taker_is_not_made_to_wait_as_well() -> None:
    clock = SteppedClock()
    waited: list[float] = []

    def wait(_cancelled: threading.Event, seconds: float) -> bool:
        waited.append(seconds)
        return False

    equipment = make_reader(
        "simulated", {"pitch_mm": 0.2, "seconds_per_plate": 1.0}, catalogue=CATALOGUE, clock=clock, wait=wait
    )
    assert equipment.room
    equipment.room.expose("P1", SMALL_CHEST, Technique(), None)
    equipment.reader.connect()
    equipment.reader.begin_read("P1")
    for _block in equipment.reader.lines():
        clock.seconds += 5.0
    assert waited[0] > 0
    assert set(waited[1:]) == {0.0}


def test_cancel_interrupts_a_wait_and_status_never_waits() -> None:
    waiting = threading.Event()

    def wait(cancelled: threading.Event, _seconds: float) -> bool:
        waiting.set()
        return cancelled.wait(30)

    rig = simulated_rig(wait, seconds_per_plate=600.0)
    rig.reader.connect()
    rig.insert("P1")
    rig.reader.begin_read("P1")
    ends: list[Exception | None] = []
    taker = threading.Thread(target=lambda: ends.append(partly(rig.reader.lines())[1]))
    taker.start()
    assert waiting.wait(30)
    assert rig.reader.status().state is ReaderState.READING
    rig.reader.cancel()
    taker.join(30)
    assert [type(end) for end in ends] == [Refused]


def test_the_real_wait_is_ended_by_cancel() -> None:
    rig = simulated_rig(threading.Event.wait, seconds_per_plate=600.0)
    rig.reader.connect()
    rig.insert("P1")
    rig.reader.begin_read("P1")
    lines = rig.reader.lines()
    taker_ends: list[Exception | None] = []
    taker = threading.Thread(target=lambda: taker_ends.append(partly(lines)[1]))
    taker.start()
    rig.reader.cancel()
    taker.join(30)
    assert [type(end) for end in taker_ends] == [Refused]


def test_shots_before_this_process_count() -> None:
    later, sooner = simulated_rig(shots_so_far=1), simulated_rig()
    for rig in (later, sooner):
        rig.reader.connect()
    later.insert("P1")
    later.reader.begin_read("P1")
    sooner.insert("P1")
    sooner.insert("P1")
    sooner.reader.begin_read("P1")
    assert next(later.reader.lines()) == next(sooner.reader.lines())
