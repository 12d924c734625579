"""From a picture to air kerma on the plate."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from fieldstation.cr_reader.simulated.cassettes import CassetteSize
from fieldstation.cr_reader.simulated.digitise import digitise, response_of
from fieldstation.cr_reader.simulated.latent import ANATOMY, QUANTA_PER_UGY_MM2, LatentImage
from fieldstation.cr_reader.simulated.layout import lay
from fieldstation.cr_reader.simulated.mishaps import Edge, Mishaps
from fieldstation.cr_reader.simulated.picture import BLACK, DECADES, Picture
from fieldstation.cr_reader.simulated.plate import ExposedPlate, Naming, Shot, expose_plate
from fieldstation.cr_reader.simulated.radiographs import radiograph
from fieldstation.cr_reader.simulated.world import SimulatedCassette
from fieldstation.domain.errors import WrongUse
from fieldstation.domain.exams import Technique
from fieldstation.domain.signal import ResponseKind
from fieldstation.domain.views import OrderedView, Side
from tests.support.readers import TARGET_EI, air_kerma, read_all, simulated_rig, view

SMALL = CassetteSize.parse("18CMX24CM")
VIEW = view("leg", "leg", "18CMX24CM")


def flat(*densities: float, rows: int = 200, columns: int = 200) -> Picture:
    """Bands of equal height, one for each density (0 to 1)."""
    bands = [np.full((rows, columns), round(density * BLACK), np.uint16) for density in densities]
    return Picture(density=np.vstack(bands))


def plate(picture: Picture, technique: Technique | None = None, seed: str = "s") -> ExposedPlate:
    shot = Shot(view=VIEW, side=None, technique=technique or Technique(), picture=picture)
    return expose_plate(shot, Naming(shot=seed, plate="P1", reader="R"), 0.2)


def shot(picture: Picture, technique: Technique | None = None, seed: str = "s") -> LatentImage:
    return plate(picture, technique, seed).layers[0][0]


def whole(plate: ExposedPlate) -> npt.NDArray[np.float32]:
    rows = plate.layout.rows
    return np.vstack([plate.kerma(row, min(64, rows - row)) for row in range(0, rows, 64)])


class TestExposure:
    def test_usual_technique_meets_the_target(self) -> None:
        medians = [100 * shot(flat(0.5), seed=str(seed)).median_ugy for seed in range(200)]
        assert np.median(medians) == pytest.approx(TARGET_EI, rel=0.03)
        assert 0.03 < np.std(np.log(medians)) < 0.1, "patients differ a little"

    @pytest.mark.parametrize(
        ("technique", "factor"),
        [
            (Technique(mas=8.0), 2.0),
            (Technique(mas=2.0), 0.5),
            (Technique(sid_mm=2000), 0.25),
            (Technique(kvp=60 * 1.15), 2.0),
            (Technique(kvp=60, mas=4, sid_mm=1000), 1.0),
            (Technique(mas=0), 0.0),
        ],
    )
    def test_technique(self, technique: Technique, factor: float) -> None:
        assert shot(flat(0.5), technique).median_ugy == pytest.approx(shot(flat(0.5)).median_ugy * factor, rel=0.01)

    def test_what_is_read_is_what_was_meant(self) -> None:
        assert np.median(whole(plate(flat(0.5)))) == pytest.approx(shot(flat(0.5)).median_ugy, rel=0.01)

    def test_white_is_little_black_is_much(self) -> None:
        white, grey, black = (np.mean(band) for band in np.split(whole(plate(flat(0.1, 0.5, 0.9))), 3))
        scatter = 0.04 * shot(flat(0.1, 0.5, 0.9)).median_ugy
        assert (grey - scatter) / (white - scatter) == pytest.approx(10 ** (0.4 * DECADES), rel=0.05)
        assert (black - scatter) / (grey - scatter) == pytest.approx(10 ** (0.4 * DECADES), rel=0.05)

    def test_shutters_and_bare_beam_do_not_set_the_exposure(self) -> None:
        assert shot(flat(0.0, 0.0, 0.5, 1.0)).median_transmission == shot(flat(0.5)).median_transmission

    def test_a_picture_without_anatomy_is_still_exposed(self) -> None:
        assert np.median(whole(plate(flat(1.0)))) == pytest.approx(shot(flat(1.0)).median_ugy, rel=0.01)


class TestNoise:
    def test_variance_is_that_of_the_quanta(self) -> None:
        bands = np.split(whole(plate(flat(0.3, 0.5, 0.7, 0.9))), 4)
        per_ugy = [np.mean(band[5:-5]) / np.var(band[5:-5]) for band in bands]
        assert per_ugy == pytest.approx([QUANTA_PER_UGY_MM2 * 0.2**2] * 4, rel=0.05)

    def test_an_underexposed_plate_is_noisier(self) -> None:
        full, little = (whole(plate(flat(0.5), Technique(mas=mas))) for mas in (4.0, 0.4))
        assert np.std(little) / np.mean(little) > 2.5 * np.std(full) / np.mean(full)

    def test_rows_are_the_same_whenever_they_are_asked_for(self) -> None:
        exposed = plate(radiograph("leg", Side.RIGHT))
        later = exposed.kerma(640, 64)
        for row in range(0, 640, 64):
            exposed.kerma(row, 64)
        assert np.array_equal(exposed.kerma(640, 64), later)

    def test_another_shot_has_other_noise(self) -> None:
        assert not np.array_equal(plate(flat(0.5), seed="a").kerma(0, 64), plate(flat(0.5), seed="b").kerma(0, 64))

    def test_no_noise_comes_twice_on_a_plate(self) -> None:
        exposed = plate(flat(0.5))
        assert not np.array_equal(exposed.kerma(0, 64), exposed.kerma(64, 64))

    def test_nothing_is_below_zero(self) -> None:
        assert whole(plate(flat(0.0, 0.5), Technique(mas=0.01))).min() >= 0


class TestBlur:
    def test_an_edge_is_softened_by_a_pixel_either_way(self) -> None:
        density = np.full((100, 100), BLACK, np.uint16)
        density[:, 50:] = 0
        kerma = whole(plate(Picture(density=density), Technique(mas=4000.0))).mean(axis=0)
        bright, dark = np.mean(kerma[:48]), np.mean(kerma[52:])
        assert kerma[49] == pytest.approx(0.75 * bright + 0.25 * dark, rel=0.03)
        assert kerma[50] == pytest.approx(0.25 * bright + 0.75 * dark, rel=0.03)
        assert kerma[48] == pytest.approx(bright, rel=0.03)

    def test_the_border_is_not_dimmed(self) -> None:
        kerma = whole(plate(flat(0.5), Technique(mas=4000.0)))
        borders = [kerma[0], kerma[-1], kerma[:, 0], kerma[:, -1]]
        assert [np.mean(border) for border in borders] == pytest.approx([np.mean(kerma)] * 4, rel=0.02)


class TestLayout:
    @pytest.mark.parametrize(
        ("size", "pitch", "columns", "rows"),
        [
            ("35CMX43CM", 0.1, 3500, 4300),
            ("14INX17IN", 0.1, 3556, 4318),
            ("24CMX30CM", 0.15, 1600, 2000),
            ("18CMX24CM", 0.2, 900, 1200),
        ],
    )
    def test_a_radiograph_takes_the_size_of_the_cassette(
        self, size: str, pitch: float, columns: int, rows: int
    ) -> None:
        layout = lay(radiograph("chest", None), CassetteSize.parse(size), pitch)
        assert (layout.columns, layout.rows, layout.pitch_mm) == (columns, rows, pitch)
        assert 0 < layout.across.start < layout.across.stop < columns
        assert 0 < layout.down.start < layout.down.stop < rows

    def test_natural_scale_where_it_fits(self) -> None:
        leg = radiograph("leg", Side.RIGHT)
        assert leg.pitch_mm is not None
        layout = lay(leg, CassetteSize.parse("35CMX43CM"), 0.1)
        assert layout.down.length * 0.1 == pytest.approx(leg.density.shape[0] * leg.pitch_mm, abs=0.1)

    @pytest.mark.parametrize(("width", "height"), [(64, 48), (1000, 1500), (3500, 4300)])
    def test_a_file_keeps_its_pixels(self, width: int, height: int) -> None:
        layout = lay(flat(0.5, rows=height, columns=width), CassetteSize.parse("35CMX43CM"), 0.1)
        assert (layout.columns, layout.rows) == (width, height)
        assert 0.1 <= layout.pitch_mm <= 0.2

    def test_behind_the_blades_is_scatter_that_fades(self) -> None:
        exposed = plate(radiograph("leg", Side.RIGHT))
        middle = whole(exposed)[500:700]
        across = exposed.layout.across
        beside = middle[:, round(across.start) - 40 : round(across.start) - 20]
        far = middle[:, :20]
        inside = middle[:, round(across.start) + 30 : round(across.stop) - 30]
        assert np.median(inside) > 10 * np.mean(beside)
        assert np.mean(beside) > 2 * np.mean(far) > 0


class TestRadiographs:
    def test_unknown(self) -> None:
        with pytest.raises(WrongUse) as caught:
            radiograph("whale", None)
        assert caught.value.code == "plate.no_such_radiograph"

    def test_the_left_leg_is_the_mirror_image_with_its_own_marker(self) -> None:
        right, left = radiograph("leg", Side.RIGHT).density, radiograph("leg", Side.LEFT).density
        same = right[:, ::-1] == left
        assert same[:1340].all()
        assert same[1510:].all()
        assert 0.5 < np.mean(same) < 1
        assert left[1380:1456, -86].max() < 0.05 * BLACK, "lead"
        assert left[1452, -86:-42].max() < 0.05 * BLACK, "lead"
        assert left[1390:1440, -70:-42].min() > 0.5 * BLACK, "bare beam beside the L"

    def test_the_r_of_a_right_leg_reads_rightly(self) -> None:
        lead = radiograph("leg", Side.RIGHT).density[1345:1500, 14:126] < 0.6 * BLACK
        per_column = lead.sum(axis=0)
        letter = per_column[per_column > 20]
        assert letter[: len(letter) // 3].mean() > letter[-len(letter) // 3 :].mean(), "the stem of an R is at its left"

    def test_the_beam_beside_a_leg_is_bare_up_to_the_edges_of_the_picture(self) -> None:
        density = radiograph("leg", Side.BOTH).density / BLACK
        left, right = density[50:, :4], density[:, -4:]
        assert min(np.percentile(left, 1), np.percentile(right, 1)) > ANATOMY[1]
        assert max(np.median(left), np.median(right)) < 1

    def test_the_marker_of_a_leg_does_not_go_on_beyond_the_picture(self) -> None:
        open_sides = Mishaps(open_edges=frozenset({Edge.LEFT, Edge.RIGHT}))
        leg = radiograph("leg", Side.RIGHT)
        layout = lay(leg, CassetteSize.parse("35CMX43CM"), 0.2, open_sides)
        latent = replace(plate(leg).layers[0][0], layout=layout)
        assert latent.density(0, layout.rows)[300:1600, : layout.across.start - 5].min() > 0.9

    def test_a_leg_of_no_side_has_no_marker(self) -> None:
        both = radiograph("leg", Side.BOTH).density
        assert both[1345:1500, 14:90].min() > 0.5 * BLACK

    def test_the_chest_spans_bare_beam_to_spine(self) -> None:
        density = radiograph("chest", None).density / BLACK
        assert density.max() == 1
        assert np.percentile(density, 1) < 0.6


class TestDigitise:
    @pytest.mark.parametrize("kind", [ResponseKind.LOG, ResponseKind.SQUARE_ROOT])
    @pytest.mark.parametrize("bits", [12, 13, 14, 15, 16])
    def test_the_response_inverts(self, kind: ResponseKind, bits: int) -> None:
        kerma = np.geomspace(0.05, 90, 300, dtype=np.float32).reshape(3, 100)
        response = response_of(kind, bits)
        value = np.frombuffer(digitise(kerma, response, bits), "<u2").reshape(3, 100).astype(float)
        relative = (value - response.offset) / response.gain
        again = 10**relative if kind is ResponseKind.LOG else relative**2
        assert again == pytest.approx(kerma, rel=0.02)

    @pytest.mark.parametrize("kind", [ResponseKind.LOG, ResponseKind.SQUARE_ROOT])
    def test_too_much_is_clipped_and_nothing_is_dark_but_not_zero(self, kind: ResponseKind) -> None:
        kerma = np.array([[0.0, 1e-9, 1e6]], np.float32)
        none, little, much = np.frombuffer(digitise(kerma, response_of(kind, 12), 12), "<u2").tolist()
        assert 0 < none == little < 150
        assert much == 4095


def test_a_png_becomes_a_plate_of_its_own_size(tmp_path: Path) -> None:
    steps = np.repeat(np.linspace(60000, 5000, 8), 50).round().astype(np.uint16)
    Image.fromarray(np.tile(steps, (300, 1))).save(tmp_path / "steps.png")
    rig = simulated_rig()
    rig.reader.connect()
    rig.insert("P1", OrderedView("chest"), picture=tmp_path / "steps.png")
    header, blocks = read_all(rig.reader, "P1")
    assert (header.geometry.columns, header.geometry.rows) == (400, 300)
    steps_read = [np.median(band[:, 5:-5]) for band in np.split(air_kerma(header, blocks), 8, axis=1)]
    assert steps_read == sorted(steps_read)
    assert steps_read[-1] > 20 * steps_read[0]


def test_an_erased_cassette_shows_nothing() -> None:
    cassette = SimulatedCassette("P1", "18CMX24CM", plate(flat(0.5)))
    assert cassette.kerma(0, 64).min() > 0
    cassette.erase()
    assert cassette.kerma(0, 64).shape == (64, 200)
    assert cassette.kerma(0, 64).max() == 0


def test_an_unreadable_picture_leaves_the_slot_as_it_was(tmp_path: Path) -> None:
    rig = simulated_rig()
    rig.reader.connect()
    with pytest.raises(WrongUse):
        rig.insert("P1", picture=tmp_path / "absent.png")
    assert rig.reader.identify() is None
