"""From measures to findings, by the rules that are handed in."""

from collections.abc import Callable, Mapping

import numpy as np

from fieldstation.domain.exams import Box, Finding, Severity
from fieldstation.domain.findings import FindingRule, with_limits
from fieldstation.domain.views import Side
from fieldstation.domain.words import Message
from fieldstation.imaging.exposure import ExposureIndices
from fieldstation.imaging.findings import artifacts, likeness, patient, signal
from fieldstation.imaging.findings.evidence import Evidence, Levels
from fieldstation.imaging.findings.marker import markers

Rules = Mapping[str, FindingRule]
Measured = tuple[float, Box | None] | float | None

_FOUND = 1.0


def no_image(log_kerma: Levels, rules: Rules) -> tuple[Finding, ...]:
    """Whether the plate shows no exposure, by its small image."""
    rule = rules.get("finding.no_image")
    brightest = 10.0 ** float(np.percentile(log_kerma, 99))
    if not rule or not rule.shown or brightest > rule.limit:
        return ()
    message = Message("finding.no_image", {"value": round(brightest, 3), "limit": rule.limit})
    return (Finding(message=message, severity=Severity.BAD),)


def judge(evidence: Evidence, indices: ExposureIndices, rules: Rules) -> tuple[Finding, ...]:
    """What is to be said of a plate that was exposed; a finding without a rule is not looked for."""
    own = with_limits(rules, evidence.view.di_limits)
    found: list[Finding | None] = [
        *no_image(evidence.small, rules),
        _exposure(indices, own),
        _saturated(evidence, rules),
    ]
    found += [
        _by_rule(rules, "finding.noisy", Severity.CAUTION, signal.noise_percent, evidence),
        _by_rule(rules, "finding.double_exposure", Severity.BAD, patient.double_exposure, evidence),
        _by_rule(rules, "finding.motion", Severity.CAUTION, patient.motion, evidence),
        _by_rule(rules, "finding.clipped", Severity.CAUTION, patient.clipped_mm, evidence),
        _by_rule(rules, "finding.fog", Severity.CAUTION, signal.fog, evidence),
        _by_rule(rules, "finding.ghost", Severity.CAUTION, signal.ghost, evidence),
        _by_rule(rules, "finding.other_view", Severity.BAD, likeness.misfit_mm, evidence),
        _by_rule(rules, "finding.turned", Severity.CAUTION, likeness.lies_across, evidence),
        _by_rule(rules, "finding.collimation_cuts", Severity.CAUTION, likeness.cut_by_blades, evidence),
        _by_rule(rules, "finding.grid_cut_off", Severity.CAUTION, signal.grid_cut_off, evidence),
        _by_rule(rules, "finding.cassette_back", Severity.BAD, artifacts.cassette_ribs, evidence),
        _by_rule(rules, "finding.no_collimation", Severity.CAUTION, _sides_without_blade, evidence),
        _by_rule(rules, "finding.reader_lines", Severity.CAUTION, _reader_lines, evidence),
        _by_rule(rules, "finding.plate_lines", Severity.CAUTION, _plate_lines, evidence),
        _by_rule(rules, "finding.dust", Severity.CAUTION, artifacts.specks, evidence),
        _by_rule(rules, "finding.marker_missing", Severity.CAUTION, _marker_missing, evidence),
        _by_rule(rules, "finding.marker_contradicts", Severity.BAD, _marker_contradicts, evidence),
    ]
    return tuple(finding for finding in found if finding)


def _by_rule(
    rules: Rules, code: str, severity: Severity, measure: Callable[[Evidence], Measured], evidence: Evidence
) -> Finding | None:
    """The finding where the measured value is above the rule's limit."""
    rule = rules.get(code)
    if not rule or not rule.shown:
        return None
    measured = measure(evidence)
    value, box = measured if isinstance(measured, tuple) else (measured, None)
    if value is None or value <= rule.limit:
        return None
    return Finding(
        message=Message(code, {"value": round(value, 2), "limit": rule.limit, "count": round(value)}),
        severity=severity,
        box=box,
    )


def _exposure(indices: ExposureIndices, rules: Rules) -> Finding | None:
    """On target, or under or over: the furthest limit that is passed counts."""
    deviation = indices.deviation_index
    params: dict[str, str | int | float] = {
        "ei": round(indices.exposure_index),
        "di": f"{deviation:+.1f}".replace("-", "\N{MINUS SIGN}"),
    }
    side = "under" if deviation < 0 else "over"
    for code, severity in ((f"finding.far_{side}", Severity.BAD), (f"finding.{side}", Severity.CAUTION)):
        rule = rules.get(code)
        if rule and rule.shown and abs(deviation) > rule.limit:
            return Finding(message=Message(code, {**params, "limit": rule.limit}), severity=severity)
    nearest = rules.get(f"finding.{side}")
    target = rules.get("finding.on_target")
    if not target or not target.shown or any(rule and abs(deviation) > rule.limit for rule in (nearest, target)):
        return None
    return Finding(message=Message("finding.on_target", params), severity=Severity.FINE)


def _saturated(evidence: Evidence, rules: Rules) -> Finding | None:
    rule = rules.get("finding.saturated")
    if not rule or not rule.shown:
        return None
    percent = signal.saturated_percent(evidence)
    if percent < rule.limit:
        return None
    params: dict[str, str | int | float] = {"percent": round(percent), "limit": rule.limit}
    return Finding(message=Message("finding.saturated", params), severity=Severity.CAUTION)


def _sides_without_blade(evidence: Evidence) -> float:
    return float(4 - len(evidence.region.blades))


def _reader_lines(evidence: Evidence) -> tuple[float, Box | None]:
    """How many, and where the clearest one lies: the same one in every plate."""
    at_mm, width_mm = evidence.lines.clearest_column(evidence.geometry.pitch_mm)
    box = Box(at_mm, 0.0, width_mm, evidence.height_mm) if width_mm else None
    return float(evidence.lines.count_columns), box


def _plate_lines(evidence: Evidence) -> tuple[float, Box | None]:
    """How many, and where the clearest one lies: the same one whenever this plate is read."""
    at_mm, width_mm = evidence.lines.clearest_row(evidence.geometry.pitch_mm)
    box = Box(0.0, at_mm, evidence.width_mm, width_mm) if width_mm else None
    return float(evidence.lines.count_rows), box


def _marker_missing(evidence: Evidence) -> float | None:
    """Asked of paired parts only: elsewhere a picture tells its sides by itself."""
    if evidence.side not in (Side.LEFT, Side.RIGHT):
        return None
    return 0.0 if markers(evidence) else _FOUND


def _marker_contradicts(evidence: Evidence) -> tuple[float, Box | None] | None:
    if evidence.side not in (Side.LEFT, Side.RIGHT):
        return None
    wrong = [marker for marker in markers(evidence) if marker.side is not evidence.side]
    return (_FOUND, wrong[0].box) if wrong else (0.0, None)
