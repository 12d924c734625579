"""Where the collimator's blades stand: straight edges, in any direction near the plate's own, on no to four sides.

Edge pixels vote for lines in a Hough space of angle and distance, each for its own direction only. A line is a blade
if the signal falls across it nearly along its whole length and nothing beyond it is lit.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

_STEEPEST_TURN_DEG = 18
_MOST_SWUNG_DEG = 6.0
"""How far a line may turn when it is placed exactly; one that swings more follows something else."""
_ANGLE_STEP_DEG = 0.5
_VOTE_WITHIN_DEG = 2.5
_EDGE_GRADIENT = 0.035
"""Decades per small pixel (blurred) from which on a pixel votes."""
_FLOOR_PART = 0.004
"""What lies below this part of the plate's bright end is levelled: noise without signal would vote at random."""
_LEAST_KERMA, _LEAST_STEPS = 0.03, 1.5
"""µGy, and steps of the reader; likewise, whatever the bright end is: what is counted in single steps is noise."""
_CANDIDATES = 6
_LEAST_SPAN_MM = 20.0
_LEAST_DROP = 0.10
"""Decades by which the signal falls across a blade, in the median along it."""
_LEAST_COVERED = 0.72
"""The part of a blade's length along which the signal falls at least by `_SLIGHT_DROP`."""
_SLIGHT_DROP = 0.04
_LIT_BEYOND = 0.03
"""The most of what lies beyond a blade that may be as bright as what lies inside it."""
_STRUCTURED_BEYOND = 0.06
"""The most of what lies beyond a blade that may be edges: scatter is smooth, anatomy is not."""
_LEAST_CROSSED = 0.35
"""The part of a blade's length, between the others, along which the signal falls."""
_STRAIGHT_MM = 0.9, 1.6
"""How far half and four fifths of a blade's points may lie off its line; a diaphragm or a rib is not so straight."""
_ACROSS_MM = 2.2
"""How far to either side of a line the signal is compared: clear of the half shadow."""
_LEAST_SHARP = 0.7
"""So near to a blade lies this part of the fall that reaches thrice as far behind it: scatter fades slowly."""
_AS_DARK_DECADES = 0.6
"""How much brighter it may be close behind a blade than behind the darkest: all of them leave scatter only."""
_AGREE_DEG = 3.0
"""Blades stand at right angles; one that is turned further from the others is none."""
_SQUARE_DEG = 0.25
"""Blades that agree so closely say how the collimator is turned; what lies beside it can pull a single one away."""


@dataclass(frozen=True, slots=True)
class Blade:
    """A line with the outward unit normal (x, y), ``distance`` small pixels from the origin, in pixel coordinates.

    The origin is the centre of the first pixel. Points with x·nx + y·ny > distance lie behind the blade.
    """

    nx: float
    ny: float
    distance: float

    def behind(self, x: npt.NDArray[np.float32], y: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """How far behind the blade points are, in small pixels; negative inside the field."""
        return np.asarray(x * np.float32(self.nx) + y * np.float32(self.ny) - np.float32(self.distance), np.float32)

    @property
    def turn_deg(self) -> float:
        """How far the blade is turned from the plate's nearest side, -45 to 45 degrees."""
        return (math.degrees(math.atan2(self.ny, self.nx)) + 45) % 90 - 45

    @property
    def side(self) -> int:
        """0 right, 1 bottom, 2 left, 3 top."""
        return round(math.degrees(math.atan2(self.ny, self.nx)) / 90) % 4


def find_blades(log_kerma: npt.NDArray[np.float32], pixel_mm: float, step_ugy: float) -> tuple[Blade, ...]:
    """The blades that show on a small image of decimal logarithms of µGy; at most one for each side.

    ``step_ugy`` is the least that the reader tells apart.
    """
    if min(log_kerma.shape) < 24:
        return ()
    bright = float(np.percentile(log_kerma, 98))
    floor = max(bright + math.log10(_FLOOR_PART), math.log10(max(_LEAST_KERMA, _LEAST_STEPS * step_ugy)))
    level = np.maximum(log_kerma, np.float32(floor))
    sheet = _Sheet(level, pixel_mm)
    best = [max(sheet.weighed(lines), key=lambda one: one[0], default=None) for lines in _candidates(sheet)]
    found = [one for one in best if one]
    if not found:
        return ()
    agreeing = max((_agreeing(blade, found) for _, blade in found), key=lambda some: sum(worth for worth, _ in some))
    blades = [blade for _, blade in agreeing]
    settled = [sheet.settled(blade, blades) for blade in blades]
    return tuple(_equally_dark_behind(sheet, _straight(sheet, settled)))


def _agreeing(blade: Blade, found: list[tuple[float, Blade]]) -> list[tuple[float, Blade]]:
    return [one for one in found if abs(one[1].turn_deg - blade.turn_deg) < _AGREE_DEG]


def _straight(sheet: "_Sheet", blades: list[Blade]) -> list[Blade]:
    """Those along which the signal falls on a straight line, squared with the others where something pulls at them."""
    turn = _common_turn(blades)
    straight = []
    for blade in blades:
        others = _without(blade, blades)
        is_straight = sheet.is_straight(blade, others)
        squared = None
        if turn is not None and not (is_straight and abs(blade.turn_deg - turn) < _SQUARE_DEG):
            squared = sheet.squared(blade, turn, others)
        if squared or is_straight:
            straight.append(squared or blade)
    return straight


def _common_turn(blades: list[Blade]) -> float | None:
    """By how many degrees the collimator is turned, where three blades or more leave no doubt of it."""
    turns = np.array([blade.turn_deg for blade in blades])
    turn = float(np.median(turns)) if turns.size else 0.0
    return turn if turns.size > 2 and np.count_nonzero(np.abs(turns - turn) < _SQUARE_DEG) > 1 else None


def _equally_dark_behind(sheet: "_Sheet", blades: list[Blade]) -> list[Blade]:
    """Without those that have anatomy behind them: a diaphragm is an edge too."""
    levels = [sheet.level_behind(blade, _without(blade, blades)) for blade in blades]
    darkest = min(levels, default=0.0)
    return [blade for blade, level in zip(blades, levels, strict=True) if level < darkest + _AS_DARK_DECADES]


def _candidates(sheet: "_Sheet") -> list[list[Blade]]:
    """For each of the four sides the lines with the most votes."""
    y, x = np.nonzero(sheet.changes)
    outward = np.degrees(np.arctan2(-sheet.gradient_y[y, x], -sheet.gradient_x[y, x]))
    turns = np.arange(-_STEEPEST_TURN_DEG, _STEEPEST_TURN_DEG + _ANGLE_STEP_DEG, _ANGLE_STEP_DEG)
    reach = math.ceil(math.hypot(*sheet.level.shape))
    lines = []
    for side in range(4):
        turn = (outward - 90 * side + 180) % 360 - 180
        near = np.abs(turn) < _STEEPEST_TURN_DEG + _VOTE_WITHIN_DEG
        lines.append(_peaks(x[near], y[near], turn[near], 90 * side, turns, reach))
    return lines


def _peaks(
    x: npt.NDArray[np.intp],
    y: npt.NDArray[np.intp],
    turn: npt.NDArray[np.float32],
    side_deg: float,
    turns: npt.NDArray[np.float64],
    reach: int,
) -> list[Blade]:
    votes = np.zeros((turns.size, 2 * reach + 1), np.float32)
    for number, at in enumerate(turns):
        voting = np.abs(turn - at) < _VOTE_WITHIN_DEG
        nx, ny = _normal(side_deg + at)
        distance = np.rint(x[voting] * nx + y[voting] * ny).astype(np.intp) + reach
        votes[number] = np.bincount(distance, minlength=2 * reach + 1)
    votes = np.asarray(cv2.blur(votes, (3, 1), borderType=cv2.BORDER_CONSTANT), np.float32)
    blades = []
    for _ in range(_CANDIDATES):
        number, place = divmod(int(votes.argmax()), votes.shape[1])
        if votes[number, place] <= 4:
            break
        blades.append(Blade(*_normal(side_deg + float(turns[number])), float(place) - reach))
        votes[max(0, number - 6) : number + 7, max(0, place - 6) : place + 7] = 0
    return blades


def _normal(degrees: float) -> tuple[float, float]:
    return math.cos(math.radians(degrees)), math.sin(math.radians(degrees))


class _Sheet:
    """The small image on which lines are tried."""

    def __init__(self, unsmoothed: npt.NDArray[np.float32], pixel_mm: float) -> None:
        level = np.asarray(cv2.GaussianBlur(unsmoothed, (0, 0), 1.0), np.float32)
        self.level = level
        self._across = max(3.0, _ACROSS_MM / pixel_mm)
        self._straight = tuple(max(1.0, most / pixel_mm) for most in _STRAIGHT_MM)
        self._least_span = min(_LEAST_SPAN_MM / pixel_mm, 0.25 * min(level.shape))
        height, width = level.shape
        self.gradient_x = cv2.Scharr(level, cv2.CV_32F, 1, 0, scale=1 / 32, borderType=cv2.BORDER_REPLICATE)
        self.gradient_y = cv2.Scharr(level, cv2.CV_32F, 0, 1, scale=1 / 32, borderType=cv2.BORDER_REPLICATE)
        self.changes = self.gradient_x**2 + self.gradient_y**2 > _EDGE_GRADIENT**2
        self._coarse, self._coarse_changes = level[::3, ::3], self.changes[::3, ::3]
        self._coarse_x = np.arange(0, width, 3, dtype=np.float32)
        self._coarse_y = np.arange(0, height, 3, dtype=np.float32)[:, np.newaxis]

    def weighed(self, lines: list[Blade]) -> list[tuple[float, Blade]]:
        """The lines that are blades, each with how well it shows."""
        weighed = []
        for line in lines:
            refined = self._refined(line, ())
            swung = abs(refined.turn_deg - line.turn_deg)
            worth = self._worth(refined) if swung < _MOST_SWUNG_DEG else 0.0
            if worth > 0 and abs(refined.turn_deg) < _STEEPEST_TURN_DEG:
                weighed.append((worth, refined))
        return weighed

    def settled(self, blade: Blade, blades: list[Blade]) -> Blade:
        """The blade again, placed by those points of it only that lie between the others."""
        return self._refined(blade, _without(blade, blades))

    def is_straight(self, blade: Blade, others: tuple[Blade, ...]) -> bool:
        """Whether the signal falls on a straight line along most of what of the blade lies between the others."""
        offset, along = self._crossings(blade, others)
        if not offset.size or offset.size < _LEAST_CROSSED * self._along(blade, others).size:
            return False
        slope, shift = _robust_line(along, offset)
        half, most = np.percentile(np.abs(offset - slope * along - shift), (50, 80))
        return bool(half < self._straight[0] and most < self._straight[1])

    def squared(self, blade: Blade, turn: float, others: tuple[Blade, ...]) -> Blade | None:
        """The blade turned by just so much, as far out as the signal falls on a line; None if it does so on none."""
        nx, ny = _normal(90 * blade.side + turn)
        x, y = self._middle(blade, others)
        line = Blade(nx, ny, x * nx + y * ny)
        offset, along = np.sort(self._crossings(line, others)[0]), self._along(line, others)
        inner = np.searchsorted(offset, offset - self._straight[0])
        on_line = np.nonzero(np.arange(1, offset.size + 1) - inner > _LEAST_CROSSED * along.size)[0]
        if not on_line.size:
            return None
        last = on_line[-1]
        return Blade(nx, ny, line.distance + float(np.median(offset[inner[last] : last + 1])))

    def level_behind(self, blade: Blade, others: tuple[Blade, ...]) -> float:
        """The median level close behind that part of the blade that lies between the others."""
        along = self._along(blade, others)
        if not along.size:
            return float(self.level.min())
        return float(np.median(self._sampled(blade, along, np.array([2 * self._across], np.float32))))

    def _worth(self, line: Blade) -> float:
        """How well the line shows as a blade; 0 if it is none."""
        inside, drop = self._sides(line)
        behind = line.behind(self._coarse_x, self._coarse_y)
        beyond, far = self._coarse[behind > self._across], self._coarse_changes[behind > 2 * self._across]
        if inside.size < self._least_span or not beyond.size:
            return 0.0
        if far.size and np.mean(far) > _STRUCTURED_BEYOND:
            return 0.0
        span = _densest(drop > _SLIGHT_DROP)
        if span.stop - span.start < max(1, self._least_span):
            return 0.0
        fall = float(np.median(drop[span]))
        covered = float(np.mean(drop[span] > _SLIGHT_DROP))
        if fall < _LEAST_DROP or covered < _LEAST_COVERED:
            return 0.0
        middle = float(np.median(inside[span]) - 0.35 * fall)
        if np.mean(beyond > middle) > _LIT_BEYOND:
            return 0.0
        return float(covered * min(fall, 0.5) * (span.stop - span.start))

    def _refined(self, line: Blade, others: tuple[Blade, ...]) -> Blade:
        """The line moved and turned to where the kerma is half-way between inside and outside."""
        for _ in range(2):
            offset, along = self._crossings(line, others)
            if offset.size < 8:
                return line
            slope, shift = _robust_line(along, offset)
            degrees = math.degrees(math.atan2(line.ny, line.nx) - math.atan(slope))
            nx, ny = _normal(degrees)
            middle_x, middle_y = self._foot(line)
            distance = (middle_x + shift * line.nx) * nx + (middle_y + shift * line.ny) * ny
            line = Blade(nx, ny, distance)
        return line

    def _foot(self, line: Blade) -> tuple[float, float]:
        """The point of the line nearest to the middle of the image."""
        height, width = self.level.shape
        x, y = (width - 1) / 2, (height - 1) / 2
        away = x * line.nx + y * line.ny - line.distance
        return x - away * line.nx, y - away * line.ny

    def _middle(self, line: Blade, others: tuple[Blade, ...]) -> tuple[float, float]:
        """The middle of what of the line lies between the others."""
        x, y = self._foot(line)
        along = self._along(line, others)
        middle = float(np.median(along)) if along.size else 0.0
        return x - middle * line.ny, y + middle * line.nx

    def _along(self, line: Blade, others: tuple[Blade, ...]) -> npt.NDArray[np.float32]:
        """Steps along the line, from its foot, that lie on the plate and between the other blades."""
        height, width = self.level.shape
        x0, y0 = self._foot(line)
        half = (height + width) // 2
        steps = np.arange(-half, half, dtype=np.float32)
        x, y = np.float32(x0) - steps * np.float32(line.ny), np.float32(y0) + steps * np.float32(line.nx)
        on = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
        for other in others:
            on &= other.behind(x, y) < -self._across
        return np.asarray(steps[on], np.float32)

    def _sampled(
        self, line: Blade, along: npt.NDArray[np.float32], out: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float32]:
        """The levels at (steps along the line) × (steps outward)."""
        x0, y0 = self._foot(line)
        x = x0 - along[:, np.newaxis] * line.ny + out * line.nx
        y = y0 + along[:, np.newaxis] * line.nx + out * line.ny
        points = x.astype(np.float32), y.astype(np.float32)
        return np.asarray(cv2.remap(self.level, *points, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)

    def _sides(self, line: Blade) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """The level just inside along the line, and how much it falls there more than it does before and behind.

        Scatter fades behind a blade, down to where the level is cut off; neither is an edge.
        """
        along = self._along(line, ())
        if not along.size:
            return along, along
        across = self._across
        levels = self._sampled(line, along, np.array([-3 * across, -across, across, 3 * across], np.float32))
        before, inside, outside, further = levels.T
        slope = np.maximum(outside - further, 0) + np.maximum(before - inside, 0)
        return inside, np.asarray(inside - outside - slope, np.float32)

    def _crossings(
        self, line: Blade, others: tuple[Blade, ...]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """How far outward from the line the kerma is half-way, and at which steps along it: where it falls at once."""
        along = self._along(line, others)
        if not along.size:
            return along, along
        step, reach = 0.5, 3 * self._across
        kerma = 10.0 ** self._sampled(line, along, np.arange(-reach, reach + step, step, dtype=np.float32))
        third = round(self._across / step)
        near = kerma[:, third:-third]
        margin = max(2, third // 4)
        inside, outside = near[:, :margin].mean(axis=1), near[:, -margin:].mean(axis=1)
        place = (near < ((inside + outside) / 2)[:, np.newaxis]).argmax(axis=1)
        numbers = np.arange(place.size)
        before = kerma[numbers, place]
        at_once = before - kerma[numbers, np.minimum(place + 2 * third, kerma.shape[1] - 1)]
        sharp = at_once > _LEAST_SHARP * (before - kerma[:, -1])
        clear = (np.log10(inside / outside) > _SLIGHT_DROP) & (place > 0) & sharp
        return (place[clear] * step - 2 * self._across - step / 2).astype(np.float32), along[clear]


def _without(blade: Blade, blades: list[Blade]) -> tuple[Blade, ...]:
    return tuple(other for other in blades if other is not blade)


def _densest(falls: npt.NDArray[np.bool_]) -> slice:
    """The stretch that is true nearly throughout: no part of it would be better left out."""
    gain = np.concatenate([[0.0], np.cumsum(np.where(falls, 1.0, -2.0))])
    lowest = np.minimum.accumulate(gain)
    stop = int(np.argmax(gain - lowest))
    return slice(int(np.argmin(gain[: stop + 1])), stop)


def _robust_line(x: npt.NDArray[np.float32], y: npt.NDArray[np.float32]) -> tuple[float, float]:
    """Slope and offset at 0 of a straight line through points, some of which are not of it."""
    keep = np.ones(x.size, np.bool_)
    slope, shift = 0.0, float(np.median(y))
    for limit in (3.0, 1.5, 1.0):
        if np.count_nonzero(keep) < 8 or np.ptp(x[keep]) < 8:
            break
        slope, shift = (float(value) for value in np.polyfit(x[keep], y[keep], 1))
        away = np.abs(y - slope * x - shift)
        keep = away < max(limit, float(np.median(away[keep])) * 2.5)
    return slope, shift
