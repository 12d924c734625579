"""The exposure index and the blades against the simulator's truth."""

import time

import numpy as np

from benchmarks.image_quality.workers import workers
from fieldstation.cr_reader.simulated.mishaps import Edge, Mishaps
from fieldstation.cr_reader.simulated.raw_plate import RawPlate
from fieldstation.domain.signal import ResponseKind
from tests.support.exposures import catalogue, develop_plate, edge_errors_mm, exposed, region_of, true_exposure_index

VIEWS = ("chest-pa", "leg-ap", "hand-pa", "abdomen-ap", "knee-ap", "chest-ap")
KINDS = tuple(ResponseKind)
BITS = (12, 10, 16, 14)
FIRST_SEED = 50_000
_AT_A_TIME = 10
_LEAST_TABLE = 30


def print_table(plates: int, until: float, processes: int) -> None:
    """Technique −3 to +3 DI, collimation 20 to 100 %, 0 to 15° turned, all responses, 10 to 16 bits, blades away."""
    index_errors: dict[ResponseKind, list[float]] = {kind: [] for kind in KINDS}
    edges: list[float] = []
    count = 0
    with workers(processes) as pool:
        while count < plates and (count < _LEAST_TABLE or time.monotonic() < until):
            more = range(count, min(count + _AT_A_TIME, plates))
            for kind, index_error, edge_errors in pool.imap_unordered(_measured, more):
                index_errors[kind].append(index_error)
                edges += edge_errors
            count = more.stop
    print(f"\n{'exposure index':24} {'plates':>7} {'within 5 %':>11} {'median':>8} {'worst':>8}")
    for kind, errors in index_errors.items():
        print(
            f"{kind:24} {len(errors):7} {100 * np.mean(np.array(errors) <= 0.05):9.1f} %"
            f" {100 * np.median(errors):6.1f} % {100 * max(errors):6.1f} %"
        )
    within = np.mean(np.array(edges) <= 2.0)
    print(f"\n{'blades':24} {len(edges):7} {100 * within:9.1f} % within 2 mm (claimed: 95 %)", flush=True)


def _measured(number: int) -> tuple[ResponseKind, float, list[float]]:
    """The response of that plate, the relative error of its exposure index and those of its blades in mm."""
    seed = FIRST_SEED + number
    random = np.random.default_rng(seed)
    kind = KINDS[number % len(KINDS)]
    view = VIEWS[number // len(KINDS) % len(VIEWS)]
    bits = BITS[number // (len(KINDS) * len(VIEWS)) % len(BITS)]
    away = frozenset(edge for edge in Edge if random.random() < 0.15)
    mishaps = Mishaps(
        exposure=10 ** random.uniform(-0.3, 0.3),
        opening=random.uniform(0.2, 1.0),
        turn_deg=float(random.choice([0.0, random.uniform(-15, 15)])),
        open_edges=away,
    )
    plate = exposed(view, seed, mishaps, kind, bits=bits)
    index = develop_plate(plate, catalogue().get(view)).exposure_index or 0.0
    return kind, abs(index / true_exposure_index(plate) - 1), _edge_errors(plate)


def _edge_errors(plate: RawPlate) -> list[float]:
    region = region_of(plate)
    return list(edge_errors_mm(plate, region.blades, region.pixel_mm).values())
