import tomllib

import pytest

from fieldstation.assets import asset
from fieldstation.cr_reader.drivers import known_drivers, make_reader
from fieldstation.cr_reader.simulated.cassettes import CassetteSize
from fieldstation.cr_reader.simulated.faults import Break, Faults
from fieldstation.cr_reader.simulated.mishaps import Edge, Marker, Mishaps
from fieldstation.cr_reader.simulated.script import Script
from fieldstation.cr_reader.simulated.settings import SimulatedSettings
from fieldstation.domain.errors import WrongUse
from fieldstation.domain.reader import ReaderState
from fieldstation.domain.signal import ResponseKind
from tests.support.readers import CATALOGUE, SteppedClock


class TestDrivers:
    def test_simulated_is_one(self) -> None:
        assert "simulated" in known_drivers()
        equipment = make_reader("simulated", {}, catalogue=CATALOGUE, clock=SteppedClock())
        assert equipment.reader.identity.simulated
        assert equipment.reader.status().state is ReaderState.OFF
        assert equipment.room is not None

    def test_unknown(self) -> None:
        with pytest.raises(WrongUse) as caught:
            make_reader("polaroid", {}, catalogue=CATALOGUE, clock=SteppedClock())
        assert caught.value.code == "reader.driver_unknown"
        assert caught.value.params == {"driver": "polaroid", "known": "bridge, dicom, folder, simulated"}

    def test_settings_reach_the_driver(self) -> None:
        with pytest.raises(WrongUse):
            make_reader("simulated", {"bits": 99}, catalogue=CATALOGUE, clock=SteppedClock())


class TestSettings:
    def test_defaults(self) -> None:
        assert SimulatedSettings.parse({}) == SimulatedSettings()

    def test_none_is_the_default(self) -> None:
        assert SimulatedSettings.parse({"jam_at_line": None, "seed": None}) == SimulatedSettings()

    def test_all(self) -> None:
        parsed = SimulatedSettings.parse(
            {
                "seconds_per_plate": 1,
                "pitch_mm": 0.15,
                "bits": 14,
                "response": "square-root",
                "seed": 3,
                "shots_so_far": 5,
                "jam_at_line": 10,
                "link_lost_at_line": 20,
                "scene": "phantom",
                "plate": {"dust": 3, "marker": "missing", "open_edges": ["top"]},
                "script": [{"shot": 2, "motion_mm": 3}, {"read": 3, "barcode": "P-8"}, {"read": 4, "lamp_at_erase": 1}],
            }
        )
        assert parsed == SimulatedSettings(
            seconds_per_plate=1,
            pitch_mm=0.15,
            bits=14,
            response=ResponseKind.SQUARE_ROOT,
            seed=3,
            shots_so_far=5,
            scene="phantom",
            script=Script(
                every_shot=Mishaps(dust=3, marker=Marker.MISSING, open_edges=frozenset({Edge.TOP})),
                shots={2: Mishaps(motion_mm=3)},
                next_read=Faults(jam_at_line=10, link_lost_at_line=20),
                reads={3: Faults(barcode="P-8"), 4: Faults(lamp_at_erase=1)},
            ),
        )

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("seconds_per_plate", -1),
            ("seconds_per_plate", 601),
            ("seconds_per_plate", float("nan")),
            ("seconds_per_plate", "fast"),
            ("seconds_per_plate", True),
            ("pitch_mm", 0.05),
            ("pitch_mm", 0.21),
            ("bits", 11),
            ("bits", 17),
            ("bits", 12.0),
            ("response", "cubic"),
            ("scene", "whale"),
            ("plate", 3),
            ("script", {"shot": 1}),
            ("script", [3]),
            ("response", 3),
            ("seed", -1),
            ("jam_at_line", -1),
            ("jam_at_line", 1.5),
        ],
    )
    def test_wrong_value(self, key: str, value: object) -> None:
        with pytest.raises(WrongUse) as caught:
            SimulatedSettings.parse({key: value})
        assert caught.value.code == "reader.setting_wrong"
        assert caught.value.params["key"] == key
        assert caught.value.params["expected"]

    @pytest.mark.parametrize(
        ("table", "key"),
        [
            ({"plate": {"motion_mm": 51}}, "motion_mm"),
            ({"plate": {"exposure": float("nan")}}, "exposure"),
            ({"plate": {"marker": "lost"}}, "marker"),
            ({"plate": {"open_edges": ["top", "top"]}}, "open_edges"),
            ({"plate": {"open_edges": "top"}}, "open_edges"),
            ({"script": [{"motion_mm": 3}]}, "script"),
            ({"script": [{"shot": 0}]}, "shot"),
            ({"script": [{"read": 1, "barcode": "a\\b"}]}, "barcode"),
        ],
    )
    def test_wrong_value_inside(self, table: dict[str, object], key: str) -> None:
        with pytest.raises(WrongUse) as caught:
            SimulatedSettings.parse(table)
        assert (caught.value.code, caught.value.params["key"]) == ("reader.setting_wrong", key)

    @pytest.mark.parametrize("table", [{"plate": {"mud": 1}}, {"script": [{"shot": 1, "jam_at_line": 3}]}])
    def test_unknown_key_inside(self, table: dict[str, object]) -> None:
        with pytest.raises(WrongUse) as caught:
            SimulatedSettings.parse(table)
        assert caught.value.code == "reader.setting_unknown"

    def test_unknown_key(self) -> None:
        with pytest.raises(WrongUse) as caught:
            SimulatedSettings.parse({"speed": 3})
        assert caught.value.code == "reader.setting_unknown"
        assert "seconds_per_plate" in str(caught.value.params["known"])


class TestFaults:
    def test_the_earlier_strikes(self) -> None:
        assert Faults().next_break() is None
        assert Faults(jam_at_line=9).next_break() == Break(9, "reader.jam")
        assert Faults(jam_at_line=9, link_lost_at_line=4).next_break() == Break(4, "reader.link_lost")


class TestCassetteSize:
    @pytest.mark.parametrize(
        ("term", "width", "height"),
        [
            ("35CMX43CM", 350, 430),
            ("24CMX30CM", 240, 300),
            ("18CMX24CM", 180, 240),
            ("8INX10IN", 203.2, 254),
            ("10INX12IN", 254, 304.8),
            ("14INX17IN", 355.6, 431.8),
        ],
    )
    def test_terms(self, term: str, width: float, height: float) -> None:
        size = CassetteSize.parse(term)
        assert (size.width_mm, size.height_mm) == pytest.approx((width, height))

    @pytest.mark.parametrize(
        "term", ["", "35X43", "35CMX43IN", "0CMX43CM", "00CMX43CM", "35cmx43cm", "35CMX43CM ", "9999CMX1CM"]
    )
    def test_no_terms(self, term: str) -> None:
        with pytest.raises(WrongUse) as caught:
            CassetteSize.parse(term)
        assert caught.value.code == "plate.size_unknown"
        assert caught.value.params == {"size": term}


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("reader", "driver_unknown"),
        ("reader", "setting_unknown"),
        ("reader", "setting_wrong"),
        ("reader", "no_cassette"),
        ("reader", "wrong_cassette"),
        ("reader", "jam"),
        ("reader", "link_lost"),
        ("reader", "cancelled"),
        ("reader", "cover_open"),
        ("reader", "laser"),
        ("reader", "detector"),
        ("reader", "lamp"),
        ("plate", "unreadable"),
        ("plate", "size_unknown"),
        ("plate", "no_such_radiograph"),
        ("plate", "radiograph_missing"),
    ],
)
def test_every_error_has_its_sentence(table: str, key: str) -> None:
    words = tomllib.loads(asset("words/en.toml").read_text("utf-8"))
    assert words[table][key].endswith(".")
