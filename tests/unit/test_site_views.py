"""What a site's settings make of views and findings."""

from pathlib import Path

import pytest

from fieldstation.assets import asset
from fieldstation.bootstrap.views import site_catalogue, site_rules
from fieldstation.config import Settings, load_settings
from fieldstation.domain.errors import Refused, WrongUse
from fieldstation.domain.findings import FINDING_RULES, FindingRule, with_limits
from fieldstation.domain.views import DeviationLimits


def settings(folder: Path, text: str) -> Settings:
    path = folder / "settings.toml"
    path.write_text(text, "utf-8")
    return load_settings(path)


def test_without_settings_everything_is_as_it_comes() -> None:
    assert site_rules(Settings()) == FINDING_RULES
    assert all(view.di_limits == DeviationLimits() for view in site_catalogue(Settings(), None))


def test_a_finding_is_switched_off_or_its_limit_set(tmp_path: Path) -> None:
    rules = site_rules(settings(tmp_path, "[findings.motion]\nshown = false\n[findings.dust]\nlimit = 9\n"))
    assert rules["finding.motion"] == FindingRule(shown=False, limit=FINDING_RULES["finding.motion"].limit)
    assert rules["finding.dust"] == FindingRule(shown=True, limit=9.0)
    assert {code for code in rules if rules[code] != FINDING_RULES[code]} == {"finding.motion", "finding.dust"}


def test_a_view_has_its_own_limits_of_di(tmp_path: Path) -> None:
    given = settings(tmp_path, "[di_limits.chest-ap]\nover = 2\nfar_over = 4.5\n")
    limits = site_catalogue(given, None).get("chest-ap").di_limits
    assert limits == DeviationLimits(over=2.0, far_over=4.5)
    assert site_catalogue(given, None).get("chest-pa").di_limits == DeviationLimits()
    rules = with_limits(FINDING_RULES, limits)
    assert [rules[f"finding.{name}"].limit for name in ("under", "far_under", "over", "far_over")] == [1, 3, 2, 4.5]


def test_the_settings_go_before_the_catalogue(tmp_path: Path) -> None:
    table = asset("views.toml").read_text("utf-8").split("\n\n")[2]
    own = tmp_path / "site.toml"
    own.write_text(table + "\ndi_limits = { under = 0.5, over = 0.7 }\n", "utf-8")
    given = settings(tmp_path, f"[views]\nfile = '{own}'\n[di_limits.chest-ap]\nover = 2\n")
    assert site_catalogue(given, None).get("chest-ap").di_limits == DeviationLimits(under=0.5, over=2.0)


def test_a_site_has_processing_of_its_own(tmp_path: Path) -> None:
    bone = asset("looks.toml").read_text("utf-8").split("\n\n")[3]
    assert bone.startswith("[bone]")
    own = tmp_path / "looks.toml"
    own.write_text(bone.replace("[bone]", "[hard]").replace("contrast = 0.2", "contrast = 0.9"), "utf-8")
    catalogue = site_catalogue(settings(tmp_path, f"[views]\nlooks = '{own}'\n"), None)
    assert catalogue.processed("hand-pa", "hard").look.contrast == 0.9
    assert catalogue.processed("hand-pa", "bone").look.contrast == 0.2
    own.write_text(bone.replace("contrast = 0.2", "contrast = 2"), "utf-8")
    with pytest.raises(WrongUse) as refused:
        site_catalogue(settings(tmp_path, f"[views]\nlooks = '{own}'\n"), None)
    assert (refused.value.params["file"], refused.value.params["key"]) == ("looks.toml", "bone.contrast")


def test_limits_for_a_view_that_there_is_not_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        site_catalogue(settings(tmp_path, "[di_limits.chest-xx]\nover = 2\n"), tmp_path / "settings.toml")
    assert refused.value.code == "settings.bad_value"
    assert refused.value.params["key"] == "di_limits.chest-xx"
