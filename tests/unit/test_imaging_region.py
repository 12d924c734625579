"""The relevant region: blades in any direction, direct exposure, metal and anatomy kept apart."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from fieldstation.cr_reader.simulated.mishaps import Edge, Marker, Mishaps
from fieldstation.domain.signal import ResponseKind
from fieldstation.imaging.region import find_region
from fieldstation.imaging.response import log_kerma_table
from tests.support.exposures import catalogue, develop_plate, edge_errors_mm, exposed, region_of, true_exposure_index

VIEWS = ("chest-pa", "leg-ap", "hand-pa", "abdomen-ap")


def clear(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    return cv2.erode(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("turn_deg", [0.0, -4.0, 9.0, 15.0])
def test_blades_are_found_within_two_millimetres(view: str, turn_deg: float) -> None:
    plate = exposed(view, 1, Mishaps(opening=0.6, turn_deg=turn_deg))
    region = region_of(plate)
    errors = edge_errors_mm(plate, region.blades, region.pixel_mm)
    assert len(errors) == 4
    assert max(errors.values()) < 2.0


@pytest.mark.parametrize(
    ("view", "seed", "opening", "turn_deg"),
    [("coccyx-ap", 400_357, 0.95, -9.12), ("cspine-ap", 400_090, 0.86, -8.99), ("chest-pa", 60_001, 0.707, -6.54)],
)
def test_anatomy_close_to_one_blade_does_not_pull_it_away_from_the_others(
    view: str, seed: int, opening: float, turn_deg: float
) -> None:
    plate = exposed(view, seed, Mishaps(opening=opening, turn_deg=turn_deg))
    region = region_of(plate)
    errors = edge_errors_mm(plate, region.blades, region.pixel_mm)
    assert len(errors) == 4
    assert max(errors.values()) < 1.0


@pytest.mark.parametrize(
    "away",
    [{Edge.TOP}, {Edge.LEFT, Edge.RIGHT}, {Edge.TOP, Edge.LEFT}],
    ids=lambda edges: "+".join(sorted(edges)),
)
def test_blades_that_are_away_are_not_invented(away: set[Edge]) -> None:
    plate = exposed("chest-pa", 2, Mishaps(open_edges=frozenset(away)))
    region = region_of(plate)
    assert len(region.blades) == 4 - len(away)
    assert max(edge_errors_mm(plate, region.blades, region.pixel_mm).values()) < 2.0


def test_without_blades_the_field_is_the_plate() -> None:
    region = region_of(exposed("chest-pa", 3, Mishaps(open_edges=frozenset(Edge))))
    assert region.blades == ()
    assert region.field.all()


def test_air_beside_a_leg_is_direct_exposure_and_the_leg_is_not() -> None:
    plate = exposed("leg-ap", 5)
    region = region_of(plate)
    latent = plate.plate.layers[0][0]
    size = region.field.shape[::-1]
    density = cv2.resize(latent.density(0, plate.geometry.rows), size, interpolation=cv2.INTER_AREA)
    air, leg = region.field & (density > 0.9), region.field & (density > 0.05) & (density < 0.8)
    assert np.mean(region.direct[clear(air)]) > 0.95
    assert np.mean(region.direct[clear(leg)]) < 0.005
    assert np.mean(region.anatomy[clear(leg)]) > 0.97


@pytest.mark.parametrize("opening", [0.3, 0.6])
def test_lungs_that_reach_the_blades_are_anatomy(opening: float) -> None:
    region = region_of(exposed("chest-pa", 6, Mishaps(opening=opening)))
    assert np.count_nonzero(region.direct) < 0.03 * np.count_nonzero(region.field)


def test_a_lead_letter_is_metal_and_bone_is_not() -> None:
    with_letter, without = (
        region_of(exposed("leg-ap", 7, Mishaps(marker=marker))) for marker in (Marker.LAID, Marker.MISSING)
    )
    millimetres = np.count_nonzero(with_letter.metal) * with_letter.pixel_mm**2
    assert 20 < millimetres < 300
    assert not without.metal.any()


@pytest.mark.parametrize(("kind", "exposure"), list(zip(ResponseKind, [0.5, 1.0, 2.0], strict=True)))
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(("opening", "turn_deg"), [(1.0, 0.0), (0.2, 0.0), (0.5, 12.0)])
def test_ei_is_right_within_five_percent(
    kind: ResponseKind, view: str, exposure: float, opening: float, turn_deg: float
) -> None:
    plate = exposed(view, 8, Mishaps(exposure=exposure, opening=opening, turn_deg=turn_deg), kind)
    result = develop_plate(plate, catalogue().get(view))
    assert result.exposure_index == pytest.approx(true_exposure_index(plate), rel=0.05)


@pytest.mark.parametrize(
    ("view", "seed", "opening", "turn_deg", "away"),
    [
        ("leg-ap", 50_275, 0.74, 0.0, {Edge.LEFT, Edge.RIGHT}),
        ("hand-pa", 700_078, 0.3, -10.0, {Edge.LEFT, Edge.RIGHT, Edge.BOTTOM}),
        ("chest-pa", 700_038, 0.4, -6.2, {Edge.TOP, Edge.BOTTOM}),
        ("chest-pa", 700_163, 0.24, 10.5, {Edge.TOP, Edge.BOTTOM}),
    ],
)
def test_ei_is_right_where_sides_are_open(
    view: str, seed: int, opening: float, turn_deg: float, away: set[Edge]
) -> None:
    plate = exposed(view, seed, Mishaps(opening=opening, turn_deg=turn_deg, open_edges=frozenset(away)))
    result = develop_plate(plate, catalogue().get(view))
    assert result.exposure_index == pytest.approx(true_exposure_index(plate), rel=0.04)
    region = region_of(plate)
    assert len(region.blades) == 4 - len(away)


@pytest.mark.parametrize("kind", list(ResponseKind))
@pytest.mark.parametrize("seed", [6180, 6181])
def test_scatter_around_a_small_field_is_not_anatomy(kind: ResponseKind, seed: int) -> None:
    plate = exposed("hand-pa", seed, Mishaps(opening=0.25, scatter=0.5), kind)
    result = develop_plate(plate, catalogue().get("hand-pa"))
    region = region_of(plate)
    assert max(edge_errors_mm(plate, region.blades, region.pixel_mm).values()) < 2.0
    assert result.exposure_index == pytest.approx(true_exposure_index(plate), rel=0.05)


def test_a_diaphragm_is_no_blade() -> None:
    for seed in (1077, 1113):
        plate = exposed("chest-ap", seed, Mishaps(opening=0.77, open_edges=frozenset({Edge.BOTTOM})))
        assert len(region_of(plate).blades) == 3


@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("view", ["chest-ap", "abdomen-ap", "leg-ap", "hand-pa"])
def test_blades_are_found_where_a_reader_counts_what_is_behind_them_in_single_steps(view: str, bits: int) -> None:
    plate = exposed(view, 21, Mishaps(opening=0.7, turn_deg=3.0), ResponseKind.LINEAR, bits=bits)
    region = region_of(plate)
    assert len(region.blades) == 4
    assert max(edge_errors_mm(plate, region.blades, region.pixel_mm).values()) <= 2.0


def test_an_unexposed_plate_has_no_region() -> None:
    plate = exposed("chest-pa", 9, Mishaps(exposure=0.0))
    table = log_kerma_table(plate.response, 12)
    assert find_region(table[plate.samples], 0.5, 0.0) is None


@pytest.mark.parametrize("seed", range(4))
def test_noise_alone_has_no_blades(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0.0, 0.3, (400, 300)).astype(np.float32)
    region = find_region(noise, 0.8, 0.0)
    assert region
    assert region.blades == ()
