"""From a plate's raw signal to a picture with its numbers."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from fieldstation.domain.errors import Refused
from fieldstation.domain.exams import Finding
from fieldstation.domain.findings import FINDING_RULES
from fieldstation.domain.signal import PlateGeometry, SignalResponse
from fieldstation.domain.views import Side, View
from fieldstation.imaging.detail import enhance, noise_variance, overview_of
from fieldstation.imaging.developed import BITS, Developed
from fieldstation.imaging.exposure import exposure_indices
from fieldstation.imaging.findings.evidence import Evidence, resized
from fieldstation.imaging.findings.judge import Rules, judge, no_image
from fieldstation.imaging.lines import find_lines
from fieldstation.imaging.presentation import plan_tone, render
from fieldstation.imaging.region import everything, find_region
from fieldstation.imaging.response import least_step_ugy, log_kerma, log_kerma_table
from fieldstation.imaging.small import shrink

PIPELINE = "Fieldstation multiscale 7"
"""Name and version of the processing; a change of what comes out changes the version."""

_LIT_DECADES = 1.6
"""How far below the plate's bright end a line is still looked for."""


def develop(
    raw: bytes | npt.NDArray[np.uint16],
    geometry: PlateGeometry,
    response: SignalResponse,
    view: View,
    side: Side | None = None,
    rules: Rules = FINDING_RULES,
) -> Developed:
    """Make the picture of a plate. The same input gives the same output; ``side`` and ``rules`` change findings only.

    ``raw`` holds whole lines of 16-bit little-endian samples; lines that are missing at the end, or all zero there,
    were not read: they are black and count for nothing.

    Raises:
        Refused: ``scan.misfit``: ``raw`` is not whole lines of this plate.
        MemoryError: there is not enough memory.
    """
    try:
        return _develop(_plate(raw, geometry), geometry, response, _Ordered(view, side), rules)
    except cv2.error as error:
        if getattr(error, "code", None) == cv2.Error.StsNoMem:
            raise MemoryError from None
        raise


@dataclass(frozen=True, slots=True)
class _Ordered:
    """What was ordered."""

    view: View
    side: Side | None


def _develop(
    plate: npt.NDArray[np.uint16], geometry: PlateGeometry, response: SignalResponse, ordered: _Ordered, rules: Rules
) -> Developed:
    """Measuring and making the picture need much of the same and little of each other: two threads share the work."""
    view = ordered.view
    lines = _lines_read(plate)
    read = plate[: max(lines, 1)]
    table = log_kerma_table(response, geometry.bits)
    with ThreadPoolExecutor(1) as beside:
        summing_up = beside.submit(overview_of, read, table, geometry.pitch_mm)
        small_raw = shrink(read, geometry.bits)
        small = log_kerma(small_raw, response, geometry.bits)
        lit_above = float(np.percentile(small, 95)) - _LIT_DECADES
        finding_lines = beside.submit(find_lines, read, table, geometry.pitch_mm, lit_above)
        pixel_mm = geometry.pitch_mm * geometry.columns / small.shape[1]
        exposed = find_region(small, pixel_mm, least_step_ugy(response, geometry.bits))
        region = exposed or everything(small, pixel_mm)
        overview, bad_lines = summing_up.result(), finding_lines.result()
        measuring: Future[_Measured] | None = None
        if exposed:
            evidence = Evidence(
                raw=read,
                log_table=table,
                geometry=geometry,
                small_raw=small_raw,
                small=small,
                region=region,
                overview=overview,
                lines=bad_lines,
                view=view,
                side=ordered.side,
            )
            measuring = beside.submit(_measure, evidence, rules)
        lit = resized(region.anatomy, overview.mean.shape)
        detail = enhance(overview, noise_variance(overview, lit), view.look)
        tone = plan_tone(small, region, overview, detail, view.look)
        pixels = render(plate, table, tone, bad_lines, lines)
        measured = measuring.result() if measuring else _Measured(None, None, no_image(small, rules))
    return Developed(
        pixels=pixels,
        relevant=_over_plate(region.anatomy if exposed else np.zeros_like(region.anatomy), len(read), len(plate)),
        bits=BITS,
        presentation=tone.presentation,
        exposure_index=measured.exposure_index,
        target_index=view.target_ei,
        deviation_index=measured.deviation_index,
        findings=measured.findings,
        pipeline=PIPELINE,
    )


@dataclass(frozen=True, slots=True)
class _Measured:
    exposure_index: float | None
    deviation_index: float | None
    findings: tuple[Finding, ...]


def _measure(evidence: Evidence, rules: Rules) -> _Measured:
    indices = exposure_indices(evidence.small[evidence.region.anatomy], evidence.view.target_ei)
    return _Measured(indices.exposure_index, indices.deviation_index, judge(evidence, indices, rules))


def _over_plate(seen: npt.NDArray[np.bool_], read: int, rows: int) -> npt.NDArray[np.bool_]:
    """What was seen in the lines that were read, with nothing below them."""
    missing = round(len(seen) * (rows - read) / read)
    return np.concatenate([seen, np.zeros((missing, seen.shape[1]), np.bool_)])


def _plate(raw: bytes | npt.NDArray[np.uint16], geometry: PlateGeometry) -> npt.NDArray[np.uint16]:
    """The samples as (rows, columns), completed with zero lines."""
    data = raw if isinstance(raw, bytes) else raw.tobytes()
    if len(data) % geometry.line_bytes or not 0 < len(data) <= geometry.total_bytes:
        raise Refused("scan.misfit", bytes=len(data), rows=geometry.rows, columns=geometry.columns)
    lines = np.frombuffer(data, "<u2").reshape(-1, geometry.columns)
    if len(lines) == geometry.rows:
        return lines
    plate = np.zeros((geometry.rows, geometry.columns), np.uint16)
    plate[: len(lines)] = lines
    return plate


def _lines_read(plate: npt.NDArray[np.uint16]) -> int:
    """How many lines there are before those that are all zero at the end."""
    for line in range(len(plate), 0, -1):
        if plate[line - 1].any():
            return line
    return 0
