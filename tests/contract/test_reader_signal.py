"""What the numbers of the simulated device mean, in process and over a link."""

import numpy as np
import pytest

from tests.support.readers import LEG, TARGET_EI, Rig, RigFactory, air_kerma, read_all, samples


class TestSignal:
    def test_same_seed_and_plate_give_the_same_bits(self, make_rig: RigFactory) -> None:
        plates = []
        for seed, plate in ((7, "P1"), (7, "P1"), (8, "P1"), (7, "P2")):
            rig = make_rig(seed=seed)
            rig.reader.connect()
            rig.insert(plate)
            plates.append(samples(*read_all(rig.reader, plate)))
        assert np.array_equal(plates[0], plates[1])
        assert not np.array_equal(plates[0], plates[2])
        assert not np.array_equal(plates[0], plates[3])

    def test_each_shot_has_its_own_noise(self, rig: Rig) -> None:
        rig.insert("P1")
        first = samples(*read_all(rig.reader, "P1"))
        rig.insert("P1")
        assert not np.array_equal(first, samples(*read_all(rig.reader, "P1")))

    @pytest.mark.parametrize("response", ["log", "square-root"])
    @pytest.mark.parametrize("bits", [12, 14, 16])
    def test_calibration_leads_back_to_the_target(self, make_rig: RigFactory, response: str, bits: int) -> None:
        rig = make_rig(response=response, bits=bits)
        rig.reader.connect()
        rig.insert("P1")
        kerma = air_kerma(*read_all(rig.reader, "P1"))
        field = kerma[200:-200, 60:-60]
        assert 100 * np.median(field) == pytest.approx(TARGET_EI, rel=0.2)

    def test_twice_the_mas_is_twice_the_kerma(self, make_rig: RigFactory) -> None:
        medians = []
        for mas in (4.0, 8.0):
            rig = make_rig()
            rig.reader.connect()
            rig.insert("P1", mas=mas)
            medians.append(np.median(air_kerma(*read_all(rig.reader, "P1"))[200:-200, 60:-60]))
        assert medians[1] / medians[0] == pytest.approx(2.0, rel=0.03)

    def test_variance_follows_the_signal(self, make_rig: RigFactory) -> None:
        ratios = []
        for mas in (1.0, 2.0, 4.0, 8.0):
            rig = make_rig(bits=16)
            rig.reader.connect()
            rig.insert("P1", mas=mas)
            kerma = air_kerma(*read_all(rig.reader, "P1"))
            patch = kerma[400:800, 300:600]
            noise = np.diff(np.diff(patch, axis=0), axis=1)
            ratios.append(np.var(noise) / np.mean(patch))
        assert np.array(ratios) == pytest.approx(np.mean(ratios), rel=0.1)

    def test_the_field_is_collimated(self, rig: Rig) -> None:
        rig.insert("P1", LEG)
        kerma = air_kerma(*read_all(rig.reader, "P1"))
        inside = np.median(kerma[500:700, 300:600])
        edges = [kerma[:15], kerma[-15:], kerma[:, :15], kerma[:, -15:]]
        assert all(np.median(edge) < 0.1 * inside for edge in edges)
