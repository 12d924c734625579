"""What is looked for in a picture, and from where on it is said."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fieldstation.domain.views import DeviationLimits


@dataclass(frozen=True, slots=True)
class FindingRule:
    """Whether a finding is shown, and the measured value above which it is made."""

    shown: bool
    limit: float


FINDING_RULES: Mapping[str, FindingRule] = {
    "finding.no_image": FindingRule(shown=True, limit=0.1),
    "finding.on_target": FindingRule(shown=True, limit=3.0),
    "finding.under": FindingRule(shown=True, limit=1.0),
    "finding.far_under": FindingRule(shown=True, limit=3.0),
    "finding.over": FindingRule(shown=True, limit=1.0),
    "finding.far_over": FindingRule(shown=True, limit=3.0),
    "finding.saturated": FindingRule(shown=True, limit=1.0),
    "finding.noisy": FindingRule(shown=True, limit=0.5),
    "finding.motion": FindingRule(shown=True, limit=0.40),
    "finding.double_exposure": FindingRule(shown=True, limit=41.0),
    "finding.fog": FindingRule(shown=True, limit=0.18),
    "finding.grid_cut_off": FindingRule(shown=True, limit=0.045),
    "finding.cassette_back": FindingRule(shown=True, limit=2.5),
    "finding.marker_missing": FindingRule(shown=True, limit=0.5),
    "finding.marker_contradicts": FindingRule(shown=True, limit=0.5),
    "finding.reader_lines": FindingRule(shown=True, limit=0.5),
    "finding.plate_lines": FindingRule(shown=True, limit=0.5),
    "finding.dust": FindingRule(shown=True, limit=2.5),
    "finding.ghost": FindingRule(shown=False, limit=0.05),
    "finding.other_view": FindingRule(shown=True, limit=0.0),
    "finding.turned": FindingRule(shown=True, limit=0.0),
    "finding.collimation_cuts": FindingRule(shown=True, limit=0.74),
    "finding.no_collimation": FindingRule(shown=False, limit=3.5),
    "finding.clipped": FindingRule(shown=False, limit=20.0),
}
"""The defaults, in these units.

``no_image``: µGy that the brightest hundredth of the plate reaches at most; an index is measured from 0.1 on.
``under``, ``far_under``, ``over``, ``far_over``: the deviation index (AAPM TG-116), its sign apart; up to the limit of
``on_target`` it is on target where none of them is said. ``saturated``:
percent of the anatomy at the reader's limit. ``noisy``: standard deviation in percent of a decade over 1 mm, behind
the median of the anatomy. ``motion``: coarse contours over fine ones, across the softest direction.
``double_exposure``: height of the echo in the cepstrum over its usual spread. ``fog``: signal behind the blades as a
part of that behind the anatomy. ``grid_cut_off``: decades lost per 100 mm across a symmetric picture.
``cassette_back``: ribs of the cassette's back. The markers' are 1 or 0. ``reader_lines``, ``plate_lines``, ``dust``:
how many. ``no_collimation``: sides without a blade. ``clipped``: mm of the plate's edge that anatomy runs over.

``ghost``: structure behind the blades as a part of the signal's root behind the anatomy. ``other_view``: mm by which
the anatomy is too broad or too narrow. ``turned``: how much more it looks turned by a quarter than upright.
``collimation_cuts``: the part of a blade's length that anatomy reaches.

``ghost`` ships switched off: within the field nothing tells an earlier picture from this one. So do the last two: a
real chest that fills its plate shows no blades and runs over the edges as well.
"""


def with_limits(rules: Mapping[str, FindingRule], limits: DeviationLimits) -> Mapping[str, FindingRule]:
    """The rules, with a view's own limits of DI in place of the usual ones; what has no rule gets none."""
    own = {
        "finding.under": limits.under,
        "finding.far_under": limits.far_under,
        "finding.over": limits.over,
        "finding.far_over": limits.far_over,
    }
    changed = {code: replace(rules[code], limit=limit) for code, limit in own.items() if code in rules and limit}
    return {**rules, **changed}
