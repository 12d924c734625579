"""What goes wrong between tube and plate shows on the plate as it does in life."""

from collections.abc import Mapping
from dataclasses import fields, replace

import numpy as np
import numpy.typing as npt
import pytest

from fieldstation.cr_reader.simulated.mishaps import NONE, PLAIN_EXAMPLES, Edge, Facing, Marker, Mishaps
from fieldstation.cr_reader.simulated.phantom import DISCS, LINE_PAIRS, WEDGE
from fieldstation.cr_reader.simulated.raw_plate import Digital, RawPlate, make_raw_plate
from fieldstation.domain.signal import ResponseKind
from fieldstation.domain.views import Side
from tests.support.readers import view

CHEST = view("chest", "chest", "35CMX43CM")
LEG = view("leg", "leg", "24CMX30CM")
PHANTOM = view("phantom", "phantom", "24CMX30CM")
FINE = Digital(pitch_mm=0.2, bits=16)
ROUGH = Digital(pitch_mm=1.0, bits=16)


def chest(mishaps: Mishaps = NONE, seed: int = 1, digital: Digital = ROUGH, plate_id: str = "P1") -> RawPlate:
    return make_raw_plate(CHEST, seed=seed, mishaps=replace(mishaps, patient=0.0), digital=digital, plate_id=plate_id)


def leg(mishaps: Mishaps = NONE, side: Side = Side.RIGHT, digital: Digital = ROUGH) -> RawPlate:
    return make_raw_plate(LEG, side, seed=1, mishaps=replace(mishaps, patient=0.0), digital=digital)


def kerma(plate: RawPlate) -> npt.NDArray[np.float64]:
    relative = (plate.samples.astype(np.float64) - plate.response.offset) / plate.response.gain
    return {ResponseKind.LOG: 10.0**relative, ResponseKind.SQUARE_ROOT: relative**2, ResponseKind.LINEAR: relative}[
        plate.response.kind
    ]


def middle(plate: RawPlate) -> npt.NDArray[np.float64]:
    rows, columns = plate.samples.shape
    return kerma(plate)[rows // 4 : -rows // 4, columns // 4 : -columns // 4]


def sharpness(plate: RawPlate) -> float:
    """Contrast from pixel to pixel beside that over a larger distance."""
    logs = np.log10(middle(plate))
    return float(np.std(np.diff(logs, axis=0)) / np.std(logs[20:] - logs[:-20]))


class TestTruth:
    @pytest.mark.parametrize("name", PLAIN_EXAMPLES)
    def test_each_example_differs_from_a_plate_that_went_well_or_is_it(self, name: str) -> None:
        mishaps = PLAIN_EXAMPLES[name]
        assert np.array_equal(chest().samples, chest(mishaps).samples) == (mishaps == NONE)

    def test_every_mishap_has_an_example(self) -> None:
        shown = {
            one.name
            for mishaps in PLAIN_EXAMPLES.values()
            for one in fields(Mishaps)
            if getattr(mishaps, one.name) != getattr(NONE, one.name)
        }
        assert shown == {one.name for one in fields(Mishaps)} - {"patient"}

    @pytest.mark.parametrize("response", list(ResponseKind))
    def test_same_seed_same_bits(self, response: ResponseKind) -> None:
        digital = Digital(pitch_mm=1.0, bits=12, response=response)
        everything = Mishaps(double=0.3, ghost=0.1, motion_mm=3, dust=9, plate_lines=2, reader_lines=2, fog_ugy=0.1)
        first, again = (make_raw_plate(LEG, Side.LEFT, seed=5, mishaps=everything, digital=digital) for _ in range(2))
        other = make_raw_plate(LEG, Side.LEFT, seed=6, mishaps=everything, digital=digital)
        assert np.array_equal(first.samples, again.samples)
        assert not np.array_equal(first.samples, other.samples)

    def test_exposure_index_is_the_target_for_the_usual_technique(self) -> None:
        assert chest().exposure_index == pytest.approx(CHEST.target_ei, rel=0.15)
        assert chest(Mishaps(exposure=0.0)).exposure_index == 0

    @pytest.mark.parametrize("exposure", [0.25, 0.5, 2.0, 4.0])
    def test_exposure_index_follows_the_exposure(self, exposure: float) -> None:
        assert chest(Mishaps(exposure=exposure)).exposure_index == pytest.approx(
            exposure * chest().exposure_index, rel=0.001
        )

    def test_exposure_index_is_what_the_calibration_finds(self) -> None:
        plate = chest(Mishaps(opening=0.3))
        (left, top), _, (right, bottom), _ = plate.field_corners or ()
        field = kerma(plate)[int(top) + 2 : int(bottom) - 2, int(left) + 2 : int(right) - 2]
        assert 100 * np.median(field) == pytest.approx(plate.exposure_index, rel=0.1)

    def test_pitch_changes_nothing_but_the_noise(self) -> None:
        rough, fine = chest(), chest(digital=Digital(pitch_mm=0.5, bits=16))
        assert rough.exposure_index == pytest.approx(fine.exposure_index, rel=0.01)
        joined = kerma(fine).reshape(430, 2, 350, 2).mean(axis=(1, 3))
        assert np.median(np.abs(joined / kerma(rough) - 1)) < 0.02


class TestExposure:
    def test_unexposed_is_dark_everywhere(self) -> None:
        assert kerma(chest(Mishaps(exposure=0.0))).max() < 0.02

    def test_saturated(self) -> None:
        full = chest(PLAIN_EXAMPLES["saturated"])
        assert np.mean(middle(full) > 99) > 0.2

    def test_double_exposure_adds_the_second_shot(self) -> None:
        once, twice = chest(), chest(Mishaps(double=0.7))
        assert np.median(middle(twice)) == pytest.approx(1.7 * np.median(middle(once)), rel=0.1)
        assert (twice.field_corners, once.field_corners)[0] == once.field_corners
        beyond = np.s_[200:300, 345:349]
        assert np.median(kerma(twice)[beyond]) > 3 * np.median(kerma(once)[beyond]), "its field lies off the first's"

    def test_ghost_shows_where_nothing_else_does(self) -> None:
        beside = np.s_[100:200, 8:40]
        assert np.median(kerma(leg(Mishaps(ghost=0.1)))[beside]) > 3 * np.median(kerma(leg())[beside])

    def test_fog_is_everywhere(self) -> None:
        difference = kerma(chest(Mishaps(fog_ugy=1.5))) - kerma(chest())
        assert np.median(difference) == pytest.approx(1.5, rel=0.05)

    @pytest.mark.parametrize(("hours", "left"), [(0.0, 1.0), (1.0, 0.92), (24.0, 0.84)])
    def test_fading(self, hours: float, left: float) -> None:
        faded = np.median(middle(chest(Mishaps(hours_waited=hours))) / middle(chest()))
        assert faded == pytest.approx(left, abs=0.005)

    def test_scatter_takes_contrast(self) -> None:
        contrasts = [np.std(np.log10(middle(chest(Mishaps(scatter=part))))) for part in (0.0, 0.2, 0.5, 0.8)]
        assert contrasts == sorted(contrasts, reverse=True)
        assert contrasts[-1] < 0.6 * contrasts[0]

    def test_grid_cut_off_takes_more_and_more(self) -> None:
        left = np.median(kerma(chest(Mishaps(grid_cut_off=0.8))) / kerma(chest()), axis=0)
        assert left[20] == pytest.approx(0.96, abs=0.03)
        assert left[-20] == pytest.approx(0.25, abs=0.04)


class TestPosition:
    def test_motion_blurs_the_patient(self) -> None:
        half = Digital(pitch_mm=0.5, bits=16)
        moved, still = (chest(Mishaps(motion_mm=motion, exposure=8), digital=half) for motion in (5, 0))
        assert sharpness(moved) < 0.8 * sharpness(still)

    def test_off_the_middle(self) -> None:
        moved, still = leg(Mishaps(right_mm=20, down_mm=-10)), leg()
        assert np.array(moved.picture_box) - np.array(still.picture_box) == pytest.approx([20, -10, 0, 0])
        assert np.median(np.abs(np.log(kerma(moved)[10:250, 80:200] / kerma(still)[20:260, 60:180]))) < 0.05

    def test_clipped_anatomy_lies_over_the_edge(self) -> None:
        left, _, width, _ = chest(PLAIN_EXAMPLES["clipped anatomy"]).picture_box
        assert left + width > 350 + 20

    def test_upside_down_is_the_mirror_image_behind_ribs(self) -> None:
        right, away = leg(), leg(Mishaps(facing=Facing.AWAY))
        seen = kerma(away)[:, ::-1] / kerma(right)
        inside = seen[60:240, 70:170]
        assert np.median(inside) == pytest.approx(0.6, rel=0.05)
        assert np.percentile(inside, 3) < 0.75 * np.median(inside), "ribs"

    @pytest.mark.parametrize("opening", [0.2, 0.5, 1.0])
    @pytest.mark.parametrize("turn", [0.0, 7.0, -15.0])
    def test_the_field_is_where_its_corners_are(self, opening: float, turn: float) -> None:
        plate = chest(Mishaps(opening=opening, turn_deg=turn))
        corners = np.array(plate.field_corners)
        lit = kerma(plate)
        for start, end, inward in zip(corners, np.roll(corners, -1, axis=0), np.roll(corners, -2, axis=0), strict=True):
            edge = start + np.linspace(0.3, 0.7, 9)[:, np.newaxis] * (end - start)
            towards = (inward - end) / np.linalg.norm(inward - end)
            inside, outside = edge + 2 * towards, edge - 2 * towards
            values = [np.median([lit[int(y), int(x)] for x, y in points]) for points in (inside, outside)]
            assert values[0] > 3 * values[1]

    def test_opening_is_the_part_of_the_area(self) -> None:
        def area(plate: RawPlate) -> float:
            x, y = np.array(plate.field_corners).T
            return 0.5 * abs(float(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))))

        assert area(chest(Mishaps(opening=0.25))) == pytest.approx(0.25 * area(chest()), rel=0.01)

    @pytest.mark.parametrize(
        "edges", [{Edge.TOP}, {Edge.LEFT, Edge.RIGHT}, {Edge.BOTTOM, Edge.RIGHT, Edge.TOP}, {*Edge}]
    )
    def test_where_there_is_no_blade_the_plate_is_exposed_to_its_edge(self, edges: set[Edge]) -> None:
        lit = kerma(chest(Mishaps(open_edges=frozenset(edges))))
        rims: Mapping[Edge, npt.NDArray[np.float64]] = {
            Edge.TOP: lit[:3],
            Edge.BOTTOM: lit[-3:],
            Edge.LEFT: lit[:, :3],
            Edge.RIGHT: lit[:, -3:],
        }
        bright = {edge for edge, rim in rims.items() if np.percentile(rim, 60) > 0.3}
        assert bright >= edges
        assert Edge.LEFT in bright or Edge.RIGHT in bright or edges <= {Edge.TOP, Edge.BOTTOM}


class TestMarkers:
    def test_missing(self) -> None:
        with_letter, without = kerma(chest()), kerma(chest(Mishaps(marker=Marker.MISSING)))
        changed = np.abs(np.log(with_letter / without)) > 0.7
        rows, columns = np.nonzero(changed)
        assert 40 < len(rows) < 400
        assert rows.max() - rows.min() <= 15
        assert columns.max() - columns.min() <= 11

    @pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
    def test_wrong_is_another_letter_in_the_same_place(self, side: Side) -> None:
        laid, missing, wrong = (kerma(leg(Mishaps(marker=marker), side, FINE)) for marker in Marker)
        lead = [np.nonzero(np.abs(np.log(letter / missing)) > 0.7) for letter in (laid, wrong)]
        assert all(len(rows) > 300 for rows, _ in lead)
        assert abs(np.median(lead[0][1]) - np.median(lead[1][1])) < 60


class TestBlemishes:
    def lost(self, mishaps: Mishaps, plate_id: str = "P1", seed: int = 1) -> npt.NDArray[np.bool_]:
        digital = Digital(pitch_mm=0.5, bits=16)
        return kerma(chest(mishaps, seed, digital, plate_id)) < 0.97 * kerma(chest(NONE, seed, digital, plate_id))

    def test_dust_is_bound_to_the_plate(self) -> None:
        dust = Mishaps(dust=40)
        assert np.array_equal(self.lost(dust), self.lost(dust, seed=2))
        assert not np.array_equal(self.lost(dust), self.lost(dust, plate_id="P2"))
        assert 40 < self.lost(dust).sum() < 2000

    def test_roller_lines_cross_the_plate_and_are_bound_to_it(self) -> None:
        lines = Mishaps(plate_lines=4)
        whole = self.lost(lines).mean(axis=1) > 0.9
        assert 4 <= whole.sum() <= 8
        assert np.array_equal(whole, self.lost(lines, seed=2).mean(axis=1) > 0.9)
        assert not np.array_equal(whole, self.lost(lines, plate_id="P2").mean(axis=1) > 0.9)

    def test_dust_in_the_reader_runs_along_every_plate(self) -> None:
        lines = Mishaps(reader_lines=3)
        whole = self.lost(lines).mean(axis=0) > 0.9
        assert 3 <= whole.sum() <= 6
        assert np.array_equal(whole, self.lost(lines, plate_id="P2", seed=2).mean(axis=0) > 0.9)


class TestPhantom:
    plate = make_raw_plate(
        PHANTOM, seed=3, mishaps=Mishaps(patient=0.0, scatter=0.0, exposure=3.0), digital=Digital(pitch_mm=0.1, bits=16)
    )

    def part(self, x: float, y: float, width: float, height: float) -> npt.NDArray[np.float64]:
        left, top, _, _ = self.plate.picture_box
        rows = slice(round((top + y) / 0.1), round((top + y + height) / 0.1))
        return kerma(self.plate)[rows, round((left + x) / 0.1) : round((left + x + width) / 0.1)]

    def test_wedge_is_even_in_the_logarithm(self) -> None:
        steps = [np.log10(self.part(one.x + 2, one.y + 2, one.width - 4, one.height - 4).mean()) for one in WEDGE]
        assert np.diff(steps) == pytest.approx(0.18, abs=0.004)

    def test_discs_have_their_contrast(self) -> None:
        for disc in (one for one in DISCS if one.diameter >= 8):
            half = disc.diameter / 4
            inside = self.part(disc.x - half, disc.y - half, 2 * half, 2 * half).mean()
            outside = self.part(disc.x - 12, disc.y - 9, 24, 1).mean()
            assert inside / outside - 1 == pytest.approx(disc.contrast, abs=0.004)

    def test_line_pairs_fade_with_their_number(self) -> None:
        depths = []
        for pairs in LINE_PAIRS:
            across = self.part(pairs.x, pairs.y, pairs.side, pairs.side).mean(axis=0)
            along = self.part(pairs.x, pairs.y + 20, pairs.side, pairs.side).mean(axis=1)
            depths.append((np.ptp(across[5:-5]), np.ptp(along[5:-5])))
        assert [depth[0] for depth in depths] == pytest.approx([depth[1] for depth in depths], rel=0.15)
        assert depths[0][0] > depths[5][0] > 2 * depths[6][0]
