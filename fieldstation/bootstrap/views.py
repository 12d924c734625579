"""The catalogue and the rules of findings as a site's settings have them."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from fieldstation.catalogue import load_catalogue
from fieldstation.config import Settings
from fieldstation.domain.errors import Refused
from fieldstation.domain.findings import FINDING_RULES, FindingRule
from fieldstation.domain.views import Catalogue


def site_catalogue(settings: Settings, file: Path | None) -> Catalogue:
    """The views, with the site's own and its processing beside them, and its limits of DI.

    ``file`` is where the settings are from.

    Raises:
        Refused: ``settings.bad_value``: limits for a view that there is not.
        WrongUse: ``view.catalogue_bad``.
    """
    own, looks = settings.views.file, settings.views.looks
    catalogue = load_catalogue(beside=Path(own) if own else None, looks_beside=Path(looks) if looks else None)
    views = {view.id: view for view in catalogue}
    for view_id, limits in settings.di_limits.items():
        if view_id not in views:
            expected = "the id of a view (fieldstation views)"
            raise Refused("settings.bad_value", file=str(file), key=f"di_limits.{view_id}", expected=expected)
        view = views[view_id]
        given = limits.model_dump(exclude_none=True)
        views[view_id] = replace(view, di_limits=replace(view.di_limits, **given))
    return Catalogue(views.values(), catalogue.looks.values())


def site_rules(settings: Settings) -> Mapping[str, FindingRule]:
    """The rules of findings, as the settings change them."""
    rules = dict(FINDING_RULES)
    for name, setting in settings.findings.items():
        code = f"finding.{name}"
        rules[code] = replace(rules[code], **setting.model_dump(exclude_none=True))
    return rules
