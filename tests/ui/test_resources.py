"""What the screens need beside their code: words, icons, fonts."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from PySide6.QtGui import QFontInfo, QFontMetrics
from PySide6.QtWidgets import QApplication

import fieldstation.ui
from fieldstation.assets import asset
from fieldstation.domain.reasons import REJECT_REASONS
from fieldstation.services.boards import Stage, ViewState
from fieldstation.services.words import _catalogue
from fieldstation.ui.fonts import Role, font

CODE = "\n".join(path.read_text("utf-8") for path in Path(fieldstation.ui.__file__).parent.rglob("*.py"))
WORDS_IN_QUOTES = set(re.findall(r'"([a-z-]+)"', CODE))
ICONS = sorted(asset("icons").glob("*.svg"))


def test_every_word_of_the_screens_is_in_the_catalogue() -> None:
    used = set(re.findall(r'"(ui\.[a-z0-9_]+)"', CODE))
    prefixes = set(re.findall(r'f"(ui\.[a-z0-9_]+_)\{', CODE))
    counted = set(re.findall(r'counted\("([a-z_]+)"', CODE))
    known = set(_catalogue("en"))

    assert used <= known
    assert {f"ui.{noun}_{form}" for noun in counted for form in ("one", "many")} <= known
    assert all(any(key.startswith(prefix) for key in known) for prefix in prefixes)
    assert len(used) > 100


def test_every_state_and_reason_has_its_word() -> None:
    known = _catalogue("en")

    assert all(f"ui.stage_{stage.replace('-', '_')}" in known for stage in Stage)
    assert all(f"ui.view_{state.replace('-', '_')}" in known for state in ViewState)
    assert all(f"ui.reason_{code}" in known for code in REJECT_REASONS)


@pytest.mark.parametrize("path", ICONS, ids=lambda path: path.stem)
def test_icons_are_one_set(path: Path) -> None:
    root = ET.fromstring(path.read_text("utf-8"))

    assert root.attrib["viewBox"] == "0 0 24 24"
    assert root.attrib["stroke-width"] == "1.75"
    assert root.attrib["stroke-linecap"] == "round"
    assert root.attrib["fill"] == "none"
    assert not any("fill" in child.attrib or "stroke" in child.attrib for child in root)
    drawn = path.stem in WORDS_IN_QUOTES
    assert drawn, "nothing draws this icon"


def test_licences_are_shipped() -> None:
    assert "SIL Open Font License" in asset("fonts/LICENSE.txt").read_text("utf-8")
    assert "ISC License" in asset("icons/LICENSE.txt").read_text("utf-8")


@pytest.mark.parametrize("role", Role)
def test_text_is_set_in_the_shipped_type_with_tabular_figures(qapp: QApplication, role: Role) -> None:
    size, _, weight = role.value
    info, metrics = QFontInfo(font(role)), QFontMetrics(font(role))

    assert (info.family(), info.pixelSize(), info.weight()) == ("Inter", size, weight)
    assert metrics.horizontalAdvance("1111") == metrics.horizontalAdvance("8888")
