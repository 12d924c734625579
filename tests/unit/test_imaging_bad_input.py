"""Whatever a reader delivers: a picture and numbers that are finite, or one clear refusal."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldstation.catalogue import load_catalogue
from fieldstation.cr_reader.simulated.mishaps import Mishaps
from fieldstation.domain.signal import PlateGeometry, ResponseKind, SignalResponse
from fieldstation.imaging.develop import develop
from fieldstation.imaging.developed import Developed
from tests.support.exposures import exposed

VIEWS = [load_catalogue().get(name) for name in ("chest-pa", "hand-pa", "abdomen-ap")]


def developed(raw: npt.NDArray[np.uint16], bits: int, response: SignalResponse, view: int = 0) -> Developed:
    rows, columns = raw.shape
    geometry = PlateGeometry(rows=rows, columns=columns, pitch_mm=0.2, bits=bits)
    return develop(raw, geometry, response, VIEWS[view])


def is_right(result: Developed, shape: tuple[int, int]) -> bool:
    """The picture has the plate's shape and fits its bits; what is measured is a number."""
    numbers = [result.presentation.window_center, result.presentation.window_width]
    numbers += [value for value in (result.exposure_index, result.deviation_index) if value is not None]
    numbers += [
        value
        for finding in result.findings
        for value in finding.message.params.values()
        if isinstance(value, int | float)
    ]
    fits = result.pixels.shape == shape and int(result.pixels.max()) < 1 << result.bits
    return fits and all(math.isfinite(value) for value in numbers) and result.presentation.window_width >= 1


def response_of(kind: ResponseKind, bits: int, *, inverted: bool) -> SignalResponse:
    """One that spreads 0.01 to 100 µGy over the bits, upwards or downwards."""
    top = float((1 << bits) - 1)
    per_decade = {ResponseKind.LOG: top / 4, ResponseKind.LINEAR: top / 100, ResponseKind.SQUARE_ROOT: top / 10}[kind]
    offset = top / 2 if kind is ResponseKind.LOG else 0.0
    return (
        SignalResponse(kind=kind, gain=-per_decade, offset=top - offset)
        if inverted
        else SignalResponse(kind=kind, gain=per_decade, offset=offset)
    )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    rows=st.integers(1, 90),
    columns=st.integers(1, 90),
    bits=st.integers(8, 16),
    kind=st.sampled_from(ResponseKind),
    counts=st.sampled_from(["up", "down"]),
    content=st.sampled_from(["zero", "full", "noise", "ramp", "beyond"]),
    view=st.integers(0, 2),
)
def test_any_plate_has_a_picture_and_finite_numbers(
    *, rows: int, columns: int, bits: int, kind: ResponseKind, counts: str, content: str, view: int
) -> None:
    top = (1 << bits) - 1
    random = np.random.default_rng(rows * columns)
    raw = {
        "zero": np.zeros((rows, columns)),
        "full": np.full((rows, columns), top),
        "noise": random.integers(0, top + 1, (rows, columns)),
        "ramp": np.linspace(0, top, rows * columns).reshape(rows, columns),
        "beyond": np.full((rows, columns), 65535),
    }[content].astype(np.uint16)
    result = developed(raw, bits, response_of(kind, bits, inverted=counts == "down"), view)
    assert is_right(result, (rows, columns))


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 700), (700, 1), (4, 1), (900, 60), (64, 64)])
@pytest.mark.parametrize("kind", list(ResponseKind))
def test_odd_shapes_have_a_picture(rows: int, columns: int, kind: ResponseKind) -> None:
    random = np.random.default_rng(1)
    raw = random.integers(0, 4096, (rows, columns)).astype(np.uint16)
    assert is_right(developed(raw, 12, response_of(kind, 12, inverted=False)), (rows, columns))


@pytest.mark.parametrize("kind", list(ResponseKind))
def test_a_reader_that_counts_downwards_gives_the_same_numbers(kind: ResponseKind) -> None:
    random = np.random.default_rng(2)
    up = random.integers(900, 3200, (300, 240)).astype(np.uint16)
    forwards = developed(up, 12, response_of(kind, 12, inverted=False))
    backwards = developed((4095 - up).astype(np.uint16), 12, response_of(kind, 12, inverted=True))
    assert backwards.exposure_index == pytest.approx(forwards.exposure_index, rel=0.01)


@pytest.mark.parametrize("fault", [Mishaps(dust=60), Mishaps(exposure=30.0)], ids=["dust", "saturated"])
def test_a_reader_that_counts_downwards_has_the_same_findings(fault: Mishaps) -> None:
    plate = exposed("hand-pa", 3, fault, pitch_mm=0.2)
    top, response = (1 << plate.geometry.bits) - 1, plate.response
    downwards = SignalResponse(kind=response.kind, gain=-response.gain, offset=top - response.offset)
    forwards = develop(plate.samples, plate.geometry, response, VIEWS[1])
    backwards = develop((top - plate.samples).astype(np.uint16), plate.geometry, downwards, VIEWS[1])
    codes = {finding.message.code for finding in forwards.findings}
    assert codes & {"finding.dust", "finding.saturated"}
    assert {finding.message.code for finding in backwards.findings} == codes


@pytest.mark.faults
@pytest.mark.parametrize("content", ["zero", "full", "noise"])
def test_the_largest_plate_has_a_picture(content: str) -> None:
    shape = 6000, 5000
    raw = {
        "zero": np.zeros(shape, np.uint16),
        "full": np.full(shape, 65535, np.uint16),
        "noise": np.random.default_rng(3).integers(0, 65536, shape, np.uint16),
    }[content]
    assert is_right(developed(raw, 16, response_of(ResponseKind.LOG, 16, inverted=False)), shape)
