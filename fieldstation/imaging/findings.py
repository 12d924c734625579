"""What can be said of a picture in plain words. A finding is advice, never a verdict."""

from fieldstation.domain.exams import Finding, Severity
from fieldstation.domain.words import Message
from fieldstation.imaging.exposure import ExposureIndices

_CAUTION_DI = 1.0
_BAD_DI = 3.0
_SATURATED_PERCENT = 1.0


def no_image() -> Finding:
    """The plate shows no exposure."""
    return Finding(message=Message("finding.no_image"), severity=Severity.BAD)


def exposure_finding(indices: ExposureIndices) -> Finding:
    """On target, or under or over by the limits of AAPM TG-116: caution beyond DI ±1, bad beyond ±3."""
    deviation = indices.deviation_index
    params: dict[str, str | int | float] = {"ei": round(indices.exposure_index), "di": f"{deviation:+.1f}"}
    if deviation < -_BAD_DI:
        return Finding(message=Message("finding.far_under", params), severity=Severity.BAD)
    if deviation < -_CAUTION_DI:
        return Finding(message=Message("finding.under", params), severity=Severity.CAUTION)
    if deviation > _BAD_DI:
        return Finding(message=Message("finding.far_over", params), severity=Severity.BAD)
    if deviation > _CAUTION_DI:
        return Finding(message=Message("finding.over", params), severity=Severity.CAUTION)
    return Finding(message=Message("finding.on_target", params), severity=Severity.FINE)


def saturation_finding(saturated: float) -> Finding | None:
    """``saturated`` is the part (0 to 1) of the relevant region that is at the reader's limit; None if it is small."""
    percent = 100.0 * saturated
    if percent < _SATURATED_PERCENT:
        return None
    return Finding(message=Message("finding.saturated", {"percent": round(percent)}), severity=Severity.CAUTION)
