"""Each finding on plates with and without its fault: how often it is said, rightly and wrongly.

The seeds were not used to set the limits. Plates are read at 0.5 mm, those with specks and lines at 0.2 mm.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

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
_LEAST = 8


@dataclass(frozen=True, slots=True)
class Trial:
    """A fault: on which views, how it is made, and at which pitch. ``whole`` fields keep the marker inside."""

    fault: Callable[[Random], Mapping[str, Any]]
    views: tuple[str, ...] = _ALL
    pitch_mm: float = 0.5
    whole: Mapping[str, Any] | None = None


_WHOLE: Mapping[str, Any] = {"opening": 1.0, "turn_deg": 0.0}

TRIALS: Mapping[str, Trial] = {
    "finding.far_under": Trial(lambda random: {"exposure": 10 ** random.uniform(-0.9, -0.4)}),
    "finding.far_over": Trial(lambda random: {"exposure": 10 ** random.uniform(0.4, 0.9)}),
    "finding.saturated": Trial(lambda random: {"exposure": random.uniform(20, 40)}),
    "finding.noisy": Trial(lambda random: {"exposure": 10 ** random.uniform(-1.3, -1.0)}),
    "finding.double_exposure": Trial(lambda random: {"double": random.uniform(0.5, 1.0)}),
    "finding.motion": Trial(lambda random: {"motion_mm": random.uniform(3, 8)}),
    "finding.fog": Trial(lambda random: {"fog_ugy": random.uniform(1.5, 4.0)}),
    "finding.grid_cut_off": Trial(lambda random: {"grid_cut_off": random.uniform(0.5, 0.8)}, ("abdomen-ap",)),
    "finding.cassette_back": Trial(lambda _: {"facing": Facing.AWAY}),
    "finding.marker_missing": Trial(lambda _: {"marker": Marker.MISSING}, _LIMBS, whole=_WHOLE),
    "finding.marker_contradicts": Trial(lambda _: {"marker": Marker.WRONG}, _LIMBS, whole=_WHOLE),
    "finding.reader_lines": Trial(lambda _: {"reader_lines": 4}, _TRUNK, 0.2),
    "finding.plate_lines": Trial(lambda _: {"plate_lines": 6}, _ALL, 0.2),
    "finding.dust": Trial(lambda random: {"dust": int(random.integers(40, 80))}, _ALL, 0.2),
    "finding.no_collimation": Trial(lambda _: {"open_edges": frozenset(Edge)}),
    "finding.clipped": Trial(
        lambda random: {"right_mm": random.uniform(50, 90), "down_mm": random.uniform(10, 40)}, _TRUNK, whole=_WHOLE
    ),
}


def print_table(plates: int, until: float) -> None:
    """All trials take turns, so that each has as many plates as the others when the time is over."""
    said = {code: {True: 0, False: 0} for code in TRIALS}
    count = 0
    while count < plates and (count < _LEAST or time.monotonic() < until):
        for code, trial in TRIALS.items():
            for faulty in (True, False):
                said[code][faulty] += _is_said(code, trial, FIRST_SEED + count, faulty=faulty)
        count += 1
    print(f"\n{'finding':28} {'plates':>7} {'sensitivity':>12} {'false alarms':>13} {'shipped':>8}")
    for code, by_fault in said.items():
        print(
            f"{code.removeprefix('finding.'):28} {2 * count:7} {100 * by_fault[True] / count:10.1f} %"
            f" {100 * by_fault[False] / count:11.1f} % {'on' if FINDING_RULES[code].shown else 'off':>8}"
        )
    print("claimed of what is on: sensitivity 95 % and more, false alarms 3 % and less")


def _is_said(code: str, trial: Trial, seed: int, *, faulty: bool) -> bool:
    random = np.random.default_rng(seed)
    usual = Mishaps(
        exposure=10 ** random.uniform(-0.2, 0.2),
        opening=float(random.choice([1.0, random.uniform(0.4, 1.0)])),
        turn_deg=float(random.choice([0.0, random.uniform(-8, 8)])),
        scatter=random.uniform(0.03, 0.2),
    )
    changes = {**(trial.whole or {}), **(trial.fault(random) if faulty else {})}
    view = trial.views[seed % len(trial.views)]
    kind = (ResponseKind.LOG, ResponseKind.SQUARE_ROOT)[seed // 2 % 2]
    plate = exposed(view, seed, replace(usual, **changes), kind, trial.pitch_mm)
    ordered = catalogue().get(view)
    side = (Side.LEFT, Side.RIGHT)[seed % 2] if ordered.paired else None
    rules = {code: FindingRule(shown=True, limit=FINDING_RULES[code].limit)}
    result = develop(plate.samples, plate.geometry, plate.response, ordered, side, rules)
    return code in {finding.message.code for finding in result.findings}
