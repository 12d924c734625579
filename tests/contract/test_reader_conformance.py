"""The conformance kit over every driver that comes with Fieldstation, and over some that do wrong."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from fieldstation.cr_reader import drivers
from fieldstation.cr_reader.conformance import __main__ as kit
from fieldstation.cr_reader.conformance.by_hand import by_hand
from fieldstation.cr_reader.conformance.checks import CHECKS, reads_a_plate, stops_when_cancelled
from fieldstation.cr_reader.conformance.rig import Rig, Unmet
from fieldstation.cr_reader.conformance.rigs import RIGS, equipment_of
from fieldstation.domain.errors import Failed
from fieldstation.domain.reader import LineBlock, Reader
from tests.support.readers import simulated_rig


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("driver", sorted(RIGS))
def test_driver(driver: str, check: Callable[[Rig], None]) -> None:
    with RIGS[driver]() as rig:
        check(rig)


def test_every_driver_has_a_rig() -> None:
    assert set(RIGS) == set(drivers.known_drivers())


class Altered:
    """A simulated reader whose lines are altered on their way."""

    def __init__(self, alter: Callable[[list[LineBlock]], list[LineBlock]]) -> None:
        self.device = simulated_rig()
        self.alter = alter

    @property
    def reader(self) -> Reader:
        return self  # type: ignore[return-value]

    def insert(self, plate_id: str) -> None:
        self.device.insert(plate_id)

    def break_next(self) -> bool:
        return False

    def __getattr__(self, name: str) -> object:
        return getattr(self.device.reader, name)

    def lines(self) -> Iterator[LineBlock]:
        return iter(self.alter(list(self.device.reader.lines())))


@pytest.mark.parametrize(
    ("alter", "what"),
    [
        (lambda blocks: [blocks[0], *blocks], "line 64 comes next, not 0"),
        (lambda blocks: blocks[1:], "line 0 comes next, not 64"),
        (lambda blocks: blocks[:-1], "all 1200 lines come, not 1152"),
        (lambda blocks: [LineBlock(0, blocks[0].data[:-2])], "a block is whole lines"),
        (lambda blocks: [LineBlock(0, b"\xff" * len(blocks[0].data))], "no sample is beyond its bits"),
    ],
)
def test_a_driver_with_wrong_lines_does_not_pass(alter: Callable[..., list[LineBlock]], what: str) -> None:
    with pytest.raises(Unmet, match=what):
        reads_a_plate(Altered(alter))


def test_a_driver_that_ignores_cancel_and_loses_lines_does_not_pass() -> None:
    with pytest.raises(Unmet):
        stops_when_cancelled(Altered(lambda blocks: blocks[:3]))


def test_the_command_says_what_passed(capsys: pytest.CaptureFixture[str]) -> None:
    assert kit.main(["simulated", "--check", "reads_a_plate"]) == 0
    assert capsys.readouterr().out == "ok      reads a plate\n1 of 1 checks passed\n"


def test_the_command_says_what_failed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def broken() -> Iterator[Rig]:
        yield Altered(lambda blocks: blocks[1:])

    monkeypatch.setattr(kit, "RIGS", {"simulated": broken})
    assert kit.main(["simulated", "--check", "reads_a_plate"]) == 1
    assert capsys.readouterr().out.startswith("FAILED  reads a plate: line 0 comes next, not 64\n0 of 1")


@pytest.mark.parametrize("words", [["polaroid"], ["simulated", "--check", "x"], ["folder", "--settings", "absent"]])
def test_the_command_used_wrongly(words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        kit.main(words)
    assert caught.value.code == 2


def test_a_real_device_is_worked_by_hand(tmp_path: Path) -> None:
    device = simulated_rig()
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        device.insert(question.partition("plate ID ")[2].partition(",")[0])
        return ""

    with by_hand(lambda: device.reader, ask) as rig:
        reads_a_plate(rig)
    assert asked == ["Put in an exposed cassette with the plate ID P1, then press Enter. "]


def test_the_example_of_the_guide_does_what_the_guide_says() -> None:
    guide = Path(__file__).parents[2] / "docs" / "write-a-reader-driver.md"
    code = re.search(r"```python\n(.*?)```", guide.read_text("utf-8"), re.DOTALL)
    assert code
    module: dict[str, Any] = {"__name__": "acme_reader"}
    exec(compile(code[1], str(guide), "exec"), module)
    failed = []
    for check in CHECKS:
        reader = module["make_acme"]({"rows": 200}, None).reader
        try:
            with by_hand(lambda reader=reader: reader, lambda _question: "") as rig:  # type: ignore[misc]
                check(rig)
        except Unmet:
            failed.append(check.__name__)
    assert failed == ["finds_no_cassette_where_there_is_none", "refuses_another_cassette"]


class TestEntryPoints:
    @pytest.fixture
    def installed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A package of another maker, as pip would have left it."""
        (tmp_path / "acme_reader.py").write_text(
            "from fieldstation.cr_reader.simulated.driver import make_simulated as make_acme\n", "utf-8"
        )
        info = tmp_path / "acme_reader-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-reader\nVersion: 1.0\n", "utf-8")
        (info / "entry_points.txt").write_text(
            "[fieldstation.readers]\nacme = acme_reader:make_acme\nbroken = acme_reader:absent\n"
            "simulated = acme_reader:absent\n",
            "utf-8",
        )
        monkeypatch.syspath_prepend(str(tmp_path))
        return tmp_path

    def make(self, driver: str) -> Reader:
        return equipment_of(driver, {}).reader

    @pytest.mark.usefixtures("installed")
    def test_a_package_brings_a_driver(self) -> None:
        assert "acme" in drivers.known_drivers()
        self.make("acme").connect()

    @pytest.mark.usefixtures("installed")
    def test_none_takes_the_place_of_ours(self) -> None:
        assert self.make("simulated").identity.simulated

    @pytest.mark.usefixtures("installed")
    def test_one_that_cannot_be_loaded(self) -> None:
        with pytest.raises(Failed) as caught:
            self.make("broken")
        assert caught.value.params == {"driver": "broken", "problem": "AttributeError"}
