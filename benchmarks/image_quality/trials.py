"""Each finding on plates with and without its fault: how often it is said, rightly and wrongly.

The seeds were not used to set the limits. Plates without a fault are shared by all findings that are tried on plates
of their kind. Most are read at 0.5 mm, those with specks and lines at 0.2 mm.
"""

import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from benchmarks.image_quality.workers import workers
from fieldstation.cr_reader.simulated.mishaps import Edge, Facing, Marker, Mishaps
from fieldstation.domain.findings import FINDING_RULES, FindingRule
from fieldstation.domain.signal import ResponseKind
from fieldstation.domain.views import Side
from fieldstation.imaging.develop import develop
from tests.support.exposures import catalogue, exposed

Random = np.random.Generator

FIRST_SEED = 95_000
_LIMBS = ("leg-ap", "hand-pa", "knee-ap")
_TRUNK = ("chest-pa", "chest-ap", "abdomen-ap")
_ALL = tuple(view for pair in zip(_TRUNK, _LIMBS, strict=True) for view in pair)
_AT_A_TIME = 10
_LEAST = 10


@dataclass(frozen=True, slots=True)
class Plates:
    """Plates without a fault: of which views, how finely read, and whether the field is whole, so that markers show."""

    views: tuple[str, ...] = _ALL
    pitch_mm: float = 0.5
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """A fault: how it is made, on which plates, and, where that is the fault, what was ordered in place of the view."""

    fault: Callable[[Random], Mapping[str, Any]]
    plates: Plates = field(default_factory=Plates)
    ordered: Callable[[str], str] | None = None


_FINE = Plates(_LIMBS, 0.2)
_WHOLE_LIMBS, _WHOLE_TRUNKS = Plates(_LIMBS, whole=True), Plates(_TRUNK, whole=True)

TRIALS: Mapping[str, Trial] = {
    "finding.far_under": Trial(lambda random: {"exposure": 10 ** random.uniform(-0.9, -0.4)}),
    "finding.far_over": Trial(lambda random: {"exposure": 10 ** random.uniform(0.4, 0.9)}),
    "finding.saturated": Trial(lambda random: {"exposure": random.uniform(20, 40)}),
    "finding.noisy": Trial(lambda random: {"exposure": 10 ** random.uniform(-1.3, -1.0)}),
    "finding.double_exposure": Trial(lambda random: {"double": random.uniform(0.5, 1.0)}),
    "finding.motion": Trial(lambda random: {"motion_mm": random.uniform(3, 8)}),
    "finding.fog": Trial(lambda random: {"fog_ugy": random.uniform(1.5, 4.0)}),
    "finding.ghost": Trial(lambda random: {"ghost": random.uniform(0.08, 0.25)}),
    "finding.grid_cut_off": Trial(
        lambda random: {"grid_cut_off": random.uniform(0.5, 0.8)}, Plates(("abdomen-ap",), 0.5)
    ),
    "finding.cassette_back": Trial(lambda _: {"facing": Facing.AWAY}),
    "finding.other_view": Trial(
        lambda _: {},
        ordered=lambda view: "chest-pa" if view in _LIMBS else "hand-pa",
    ),
    "finding.turned": Trial(lambda random: {"quarter_turns": int(random.choice([1, 3]))}),
    "finding.marker_missing": Trial(lambda _: {"marker": Marker.MISSING}, _WHOLE_LIMBS),
    "finding.marker_contradicts": Trial(lambda _: {"marker": Marker.WRONG}, _WHOLE_LIMBS),
    "finding.collimation_cuts": Trial(lambda random: {"opening": random.uniform(0.15, 0.3)}, _WHOLE_LIMBS),
    "finding.reader_lines": Trial(lambda _: {"reader_lines": 4}, _FINE),
    "finding.plate_lines": Trial(lambda _: {"plate_lines": 6}, _FINE),
    "finding.dust": Trial(lambda random: {"dust": int(random.integers(40, 80))}, _FINE),
    "finding.no_collimation": Trial(lambda _: {"open_edges": frozenset(Edge)}),
    "finding.clipped": Trial(
        lambda random: {"right_mm": random.uniform(50, 90), "down_mm": random.uniform(10, 40)}, _WHOLE_TRUNKS
    ),
}

_Task = tuple[str | Plates, int]
_EVERYTHING = {code: FindingRule(shown=True, limit=rule.limit) for code, rule in FINDING_RULES.items()}


def print_table(plates: int, until: float, processes: int) -> None:
    """All trials take turns, so that each has as many plates as the others when the time is over."""
    said: dict[str | Plates, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    count = 0
    with workers(processes) as pool:
        while count < plates and (count < _LEAST or time.monotonic() < until):
            more = range(count, min(count + _AT_A_TIME, plates))
            for kind, codes in pool.imap_unordered(_codes_said, _tasks(more), chunksize=4):
                for code in codes:
                    said[kind][code] += 1
            count = more.stop
    print(f"\n{'finding':20} {'plates':>7} {'sensitivity, at least':>24} {'false alarms, at most':>24} {'shipped':>8}")
    for code, trial in TRIALS.items():
        right, wrong = said[code][code], said[trial.plates][code]
        print(
            f"{code.removeprefix('finding.'):20} {count:7}"
            f" {100 * right / count:11.1f} % {_bounds(right, count)[0]:8.1f} %"
            f" {100 * wrong / count:11.1f} % {_bounds(wrong, count)[1]:8.1f} %"
            f" {'on' if FINDING_RULES[code].shown else 'off':>8}"
        )
    print(
        "plates: so many with and so many without the fault; least and most are the bounds at 95 % confidence (Wilson)"
    )
    print("claimed of what is on: sensitivity 95 % and more, false alarms 3 % and less", flush=True)


def _tasks(numbers: range) -> Iterator[_Task]:
    clean = dict.fromkeys(trial.plates for trial in TRIALS.values())
    for number in numbers:
        yield from ((plates, FIRST_SEED + number) for plates in clean)
        yield from ((code, FIRST_SEED + number) for code in TRIALS)


def _codes_said(task: _Task) -> tuple[str | Plates, set[str]]:
    """What is said of that plate, with every finding on at its own limit."""
    kind, seed = task
    trial = Trial(lambda _: {}, kind) if isinstance(kind, Plates) else TRIALS[kind]
    random = np.random.default_rng(seed)
    usual = Mishaps(
        exposure=10 ** random.uniform(-0.2, 0.2),
        opening=1.0 if trial.plates.whole else float(random.choice([1.0, random.uniform(0.4, 1.0)])),
        turn_deg=0.0 if trial.plates.whole else float(random.choice([0.0, random.uniform(-8, 8)])),
        scatter=random.uniform(0.03, 0.2),
    )
    view = trial.plates.views[seed % len(trial.plates.views)]
    response = list(ResponseKind)[seed // 2 % 3]
    plate = exposed(view, seed, replace(usual, **trial.fault(random)), response, trial.plates.pitch_mm)
    ordered = catalogue().get(trial.ordered(view) if trial.ordered else view)
    side = (Side.LEFT, Side.RIGHT)[seed % 2] if ordered.paired else None
    result = develop(plate.samples, plate.geometry, plate.response, ordered, side, _EVERYTHING)
    return kind, {finding.message.code for finding in result.findings}


def _bounds(seen: int, of: int) -> tuple[float, float]:
    """The least and the most, in percent, that a share can be (Wilson score interval, 95 %)."""
    z = 1.96
    share, room = seen / of, z * z / of
    middle, reach = share + room / 2, z * math.sqrt(share * (1 - share) / of + room / of / 4)
    return 100 * max(0.0, (middle - reach) / (1 + room)), 100 * min(1.0, (middle + reach) / (1 + room))
