"""A courier over the real store: what it does with each answer, step by step, on a clock that is told the time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from fieldstation.domain.destination import Disposition
from fieldstation.domain.jobs import JobState, ProofKind
from fieldstation.store.sql_store import SqlStore
from fieldstation.upload.courier import Courier
from fieldstation.upload.pace import Pace
from fieldstation.upload.standing import Standing
from tests.support.sending import (
    DENIED,
    LATER,
    PROVED,
    SENT,
    UNKNOWN,
    ScriptedDestination,
    jobs,
    say,
    sending_store,
    states,
)
from tests.support.stores import ToldClock

LOST = say(Disposition.LATER, "link.lost")
PACE = Pace(reach_first_s=3.0, verify_after_s=None)


def make_courier(destination: ScriptedDestination, queue: Any, clock: ToldClock, pace: Pace = PACE) -> Courier:
    return Courier(destination, queue, clock, Standing(destination.name, queue, clock, Random(1), pace))


@dataclass
class Bench:
    store: SqlStore
    clock: ToldClock

    def courier(self, destination: ScriptedDestination) -> Courier:
        return make_courier(destination, self.store.queue, self.clock)

    def run(self, courier: Courier, steps: int = 50) -> float:
        """Step until there is nothing to do at once; how long that is."""
        for _ in range(steps):
            wait = courier.step()
            if wait > 0:
                return wait
        pytest.fail("the courier does not come to rest")

    def fail_nine_times(self, courier: Courier, destination: ScriptedDestination) -> None:
        while sum(asked.startswith("store") for asked in destination.asked) < 9:
            self.wait(self.run(courier))

    def settle(self, courier: Courier, rounds: int) -> None:
        """Let it work and then wait, so often."""
        for _ in range(rounds):
            self.wait(self.run(courier))

    def wait(self, seconds: float) -> None:
        """Let that time pass, and the microsecond that is lost in rounding."""
        assert seconds < float("inf"), "nothing more is due"
        self.clock.go(seconds=seconds + 1e-6)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    clock = ToldClock()
    with sending_store(tmp_path, 2, clock=clock) as store:
        yield Bench(store, clock)


def test_each_job_is_sent_and_proved_at_once(bench: Bench) -> None:
    destination = ScriptedDestination()
    assert bench.run(bench.courier(destination)) == float("inf")
    assert states(bench.store) == [JobState.PROVED, JobState.PROVED]
    assert destination.asked == ["store 1", "prove 1", "store 2", "prove 2"]
    assert bench.store.queue.owed() == 0


def test_without_proof_it_ends_at_sent(bench: Bench) -> None:
    destination = ScriptedDestination(proof=ProofKind.NONE)
    assert bench.run(bench.courier(destination)) == float("inf")
    assert states(bench.store) == [JobState.SENT, JobState.SENT]
    assert [job.proof for job in jobs(bench.store)] == [ProofKind.NONE, ProofKind.NONE]
    assert destination.asked == ["store 1", "store 2"]


def test_what_a_killed_sender_left_sent_where_no_proof_can_be_had_is_owed_no_longer(bench: Bench) -> None:
    parcel = bench.store.queue.claim("office", bench.clock.now())
    assert parcel is not None
    bench.store.queue.sent(parcel.job.id, SENT.message, bench.clock.now())
    assert bench.run(bench.courier(ScriptedDestination(proof=ProofKind.NONE))) == float("inf")
    assert [job.proof for job in jobs(bench.store)] == [ProofKind.NONE, ProofKind.NONE]
    assert bench.store.queue.owed() == 0


def test_a_broken_link_holds_everything_back_and_then_goes_on(bench: Bench) -> None:
    destination = ScriptedDestination(stores=[LATER, SENT])
    courier = bench.courier(destination)
    wait = bench.run(courier)
    assert 0 < wait <= PACE.backoff_first_s
    assert states(bench.store) == [JobState.QUEUED, JobState.QUEUED]
    assert destination.asked == ["store 1"]
    bench.wait(wait)
    bench.run(courier)
    assert states(bench.store) == [JobState.PROVED, JobState.PROVED]
    # The first attempt cannot have arrived, so nothing was asked before the second.
    assert destination.asked[:3] == ["store 1", "store 1", "prove 1"]


def test_a_lost_answer_is_asked_about_before_anything_is_sent_again(bench: Bench) -> None:
    destination = ScriptedDestination(stores=[UNKNOWN, SENT])
    courier = bench.courier(destination)
    bench.settle(courier, 1)
    bench.run(courier)
    assert destination.asked == ["store 1", "prove 1", "store 2", "prove 2"]
    assert states(bench.store) == [JobState.PROVED, JobState.PROVED]


def test_a_lost_answer_to_an_image_that_did_not_arrive_is_sent_again(bench: Bench) -> None:
    destination = ScriptedDestination(stores=[UNKNOWN, SENT], proofs=[DENIED, PROVED])
    courier = bench.courier(destination)
    bench.settle(courier, 1)
    bench.run(courier)
    assert destination.asked[:4] == ["store 1", "prove 1", "store 1", "prove 1"]


def test_what_an_earlier_sender_may_have_sent_is_asked_about(bench: Bench) -> None:
    bench.store.queue.claim("office", bench.clock.now())
    assert bench.store.queue.recover() == 1
    destination = ScriptedDestination()
    bench.run(bench.courier(destination))
    assert destination.asked == ["prove 1", "store 2", "prove 2"]
    assert states(bench.store) == [JobState.PROVED, JobState.PROVED]


@pytest.mark.parametrize(
    ("proof", "asked"),
    [(ProofKind.RECEIPT, ["prove 1", "store 2"]), (ProofKind.COMMITMENT, ["prove 1", "store 1", "prove 1", "store 2"])],
)
def test_a_commitment_that_is_only_asked_for_says_nothing_of_an_image_that_may_never_have_left(
    bench: Bench, proof: ProofKind, asked: list[str]
) -> None:
    bench.store.queue.claim("office", bench.clock.now())
    bench.store.queue.recover()
    destination = ScriptedDestination(proofs=[say(Disposition.PENDING)], proof=proof)
    bench.run(bench.courier(destination))
    assert destination.asked[: len(asked)] == asked


def test_without_a_way_to_ask_it_is_sent_again(bench: Bench) -> None:
    destination = ScriptedDestination(stores=[UNKNOWN, SENT], proof=ProofKind.NONE)
    bench.settle(bench.courier(destination), 1)
    assert destination.asked == ["store 1"]
    bench.run(bench.courier(destination))
    assert destination.asked == ["store 1", "store 1", "store 2"]


def test_waits_grow_without_success_and_are_forgotten_with_it() -> None:
    limits = [PACE.backoff_s(failures, _Most()) for failures in (1, 2, 3, 8, 9, 10_000)]
    assert limits == [2.0, 4.0, 8.0, 256.0, 300.0, 300.0]


class _Most(Random):
    def uniform(self, a: float, b: float) -> float:
        return max(a, b)


def test_it_never_gives_up(bench: Bench) -> None:
    destination = ScriptedDestination(stores=[LATER] * 40 + [SENT])
    courier = bench.courier(destination)
    while (wait := bench.run(courier)) < float("inf"):
        assert wait <= PACE.backoff_most_s
        bench.wait(wait)
    assert states(bench.store) == [JobState.PROVED, JobState.PROVED]
    assert jobs(bench.store)[0].attempts + jobs(bench.store)[1].attempts == 42


def test_a_link_that_comes_back_is_used_at_once(bench: Bench) -> None:
    destination = ScriptedDestination(stores=[LATER] * 9 + [SENT], reaches=[True] * 100)
    courier = bench.courier(destination)
    bench.fail_nine_times(courier, destination)
    destination.reaches = [False, False, True]
    asked = len(destination.asked)
    while (wait := bench.run(courier)) < float("inf"):
        assert wait <= PACE.reach_s
        bench.wait(wait)
    assert destination.asked[asked : asked + 4] == ["reach", "reach", "reach", "store 1"]
    assert states(bench.store) == [JobState.PROVED, JobState.PROVED]


def test_a_link_that_is_down_for_a_moment_is_used_in_a_moment(bench: Bench) -> None:
    destination = ScriptedDestination(stores=[LOST] * 9 + [SENT], reaches=[True] * 1000)
    courier = make_courier(destination, bench.store.queue, bench.clock, Pace(verify_after_s=None))
    bench.fail_nine_times(courier, destination)
    destination.reaches = [False] * 4 + [True]
    began = bench.clock.now()
    while (wait := bench.run(courier)) < float("inf"):
        bench.wait(wait)
    assert bench.clock.now() - began < timedelta(seconds=1)


def try_again_now(bench: Bench, job_id: int) -> None:
    with bench.store.writing() as deeds:
        deeds.retry(job_id)


def test_a_person_who_wants_it_tried_now_need_not_wait(bench: Bench) -> None:
    destination = ScriptedDestination(stores=[LATER] * 9 + [SENT])
    courier = bench.courier(destination)
    for _ in range(9):
        assert bench.run(courier) > 0
        try_again_now(bench, 2)
    bench.run(courier)
    assert states(bench.store) == [JobState.PROVED, JobState.PROVED]
    assert "reach" not in destination.asked


def test_a_person_who_wants_it_tried_now_has_a_paused_destination_probed(bench: Bench) -> None:
    destination = ScriptedDestination(stores=[say(Disposition.PAUSE, "pacs.called_unknown"), SENT])
    courier = bench.courier(destination)
    assert bench.run(courier) == PACE.pause_first_s
    try_again_now(bench, 1)
    bench.run(courier)
    assert states(bench.store) == [JobState.PROVED, JobState.PROVED]


def test_a_network_that_changed_is_tried_at_once_if_anything_answers(bench: Bench) -> None:
    destination = ScriptedDestination(stores=[LATER, SENT], reaches=[False, True])
    courier = bench.courier(destination)
    bench.run(courier)
    courier._standing.link_changed()
    assert bench.run(courier) > 0
    courier._standing.link_changed()
    bench.run(courier)
    assert states(bench.store) == [JobState.PROVED, JobState.PROVED]


@pytest.mark.parametrize("days", [-3650, -1, 1, 3650])
def test_a_clock_that_jumps_holds_nothing_up(bench: Bench, days: int) -> None:
    destination = ScriptedDestination(stores=[LATER, SENT])
    courier = make_courier(destination, bench.store.queue, jumping := JumpingClock())
    assert 0 < bench.run(courier) <= PACE.backoff_first_s
    jumping.go(days=days)
    jumping.ran += PACE.backoff_first_s
    bench.run(courier)
    assert states(bench.store) == [JobState.PROVED, JobState.PROVED]


class JumpingClock(ToldClock):
    """The wall clock jumps; the monotonic one does not."""

    ran: float = 0.0

    def monotonic(self) -> float:
        return self.ran


def test_a_destination_in_trouble_is_paused_probed_slowly_and_resumed(bench: Bench) -> None:
    trouble = say(Disposition.PAUSE, "pacs.called_unknown")
    destination = ScriptedDestination(stores=[trouble, SENT], probes=[trouble, LATER, say(Disposition.FINE)])
    courier = bench.courier(destination)
    assert bench.run(courier) == PACE.pause_first_s
    with bench.store.reading() as questions:
        assert [paused.reason.code for paused in questions.paused()] == ["pacs.called_unknown"]
    assert states(bench.store) == [JobState.QUEUED, JobState.QUEUED]
    bench.clock.go(seconds=PACE.pause_first_s)
    assert bench.run(courier) == 2 * PACE.pause_first_s
    bench.clock.go(seconds=2 * PACE.pause_first_s)
    assert bench.run(courier) == 4 * PACE.pause_first_s
    bench.clock.go(seconds=4 * PACE.pause_first_s)
    bench.run(courier)
    assert states(bench.store) == [JobState.PROVED, JobState.PROVED]
    with bench.store.reading() as questions:
        assert not questions.paused()


def test_one_image_that_is_refused_keeps_no_other_back(bench: Bench) -> None:
    destination = ScriptedDestination(stores=[say(Disposition.REFUSED, "pacs.not_understood"), SENT])
    bench.run(bench.courier(destination))
    assert states(bench.store) == [JobState.REFUSED, JobState.PROVED]
    last = jobs(bench.store)[0].last
    assert last is not None
    assert last.code == "pacs.not_understood"


def test_an_image_on_which_the_pacs_fails_is_tried_five_times(bench: Bench) -> None:
    few = say(Disposition.FEW, "pacs.failed")
    destination = ScriptedDestination(stores=[few, SENT, few])
    courier = bench.courier(destination)
    bench.settle(courier, 4)
    bench.run(courier)
    assert destination.asked.count("store 1") == PACE.tries
    assert states(bench.store) == [JobState.REFUSED, JobState.PROVED]


def test_an_image_filed_wrongly_needs_a_person(bench: Bench) -> None:
    destination = ScriptedDestination(proofs=[say(Disposition.FILED_WRONGLY, "pacs.filed_wrongly"), PROVED])
    bench.run(bench.courier(destination))
    assert states(bench.store) == [JobState.REFUSED, JobState.PROVED]


def test_a_duplicate_counts_only_if_it_is_there(bench: Bench) -> None:
    duplicate = say(Disposition.DUPLICATE, "pacs.duplicate")
    destination = ScriptedDestination(stores=[duplicate], proofs=[PROVED, DENIED])
    courier = bench.courier(destination)
    bench.settle(courier, 4)
    bench.run(courier)
    assert states(bench.store) == [JobState.PROVED, JobState.REFUSED]
    last = jobs(bench.store)[1].last
    assert last is not None
    assert last.code == "pacs.duplicate_denied"


def test_what_is_not_found_is_asked_again_and_then_sent_again(bench: Bench) -> None:
    destination = ScriptedDestination(proofs=[DENIED, PROVED, DENIED, DENIED, DENIED, PROVED])
    courier = bench.courier(destination)
    bench.settle(courier, 3)
    assert destination.asked.count("store 1") == 1
    bench.run(courier)
    assert states(bench.store) == [JobState.PROVED, JobState.PROVED]
    assert destination.asked.count("store 1") == 2


def test_a_lost_question_leaves_the_job_sent(bench: Bench) -> None:
    destination = ScriptedDestination(proofs=[LATER, PROVED])
    courier = bench.courier(destination)
    wait = bench.run(courier)
    assert states(bench.store) == [JobState.SENT, JobState.QUEUED]
    bench.wait(wait)
    bench.run(courier)
    assert states(bench.store) == [JobState.PROVED, JobState.PROVED]
    assert destination.asked.count("store 1") == 1


def test_a_damaged_file_is_said_and_keeps_no_other_back(bench: Bench) -> None:
    with bench.store.reading() as questions:
        file_id = questions.instance(jobs(bench.store)[0].sop_instance_uid).file_id
    bench.store.files.path(file_id).unlink()
    bench.run(bench.courier(ScriptedDestination()))
    assert states(bench.store) == [JobState.REFUSED, JobState.PROVED]
    assert (last := jobs(bench.store)[0].last) is not None
    assert last.code == "file.missing"


def test_a_held_job_is_left_alone(bench: Bench) -> None:
    with bench.store.writing() as deeds:
        deeds.hold(1)
    bench.run(bench.courier(destination := ScriptedDestination()))
    assert destination.asked == ["store 2", "prove 2"]


def test_progress_is_written_at_most_twice_a_second(bench: Bench) -> None:
    destination = ScriptedDestination(progress=range(1000, 21_000, 1000))
    queue = WatchedQueue(bench.store)
    make_courier(destination, queue, TickingClock(bench.clock, tick=0.1)).step()
    assert queue.written == [5000, 10_000, 15_000, 20_000]


class WatchedQueue:
    """The real queue; what progress it is told is noted."""

    def __init__(self, store: SqlStore) -> None:
        self._queue, self.written = store.queue, list[int]()

    def progress(self, _job_id: int, bytes_sent: int) -> None:
        self.written.append(bytes_sent)

    def __getattr__(self, name: str) -> object:
        return getattr(self._queue, name)


class TickingClock(ToldClock):
    """Each look at the monotonic clock takes a tenth of a second."""

    def __init__(self, told: ToldClock, tick: float) -> None:
        super().__init__(told.at)
        self._tick, self._ticks = tick, 0

    def monotonic(self) -> float:
        self._ticks += 1
        return self._ticks * self._tick
