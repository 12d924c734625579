"""Latent plates for tests: the real radiographs of pydicom-data as a reader would deliver them."""

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.data import get_testdata_file

from fieldstation.domain.signal import PlateGeometry, ResponseKind, SignalResponse

LOG_RESPONSE = SignalResponse(kind=ResponseKind.LOG, gain=1000.0, offset=2100.0)
"""Four decades in 12 bits, from 0.008 to 100 µGy."""

RESPONSES = {
    ResponseKind.LOG: LOG_RESPONSE,
    ResponseKind.LINEAR: SignalResponse(kind=ResponseKind.LINEAR, gain=400.0),
    ResponseKind.SQUARE_ROOT: SignalResponse(kind=ResponseKind.SQUARE_ROOT, gain=4000.0),
}
BITS = {ResponseKind.LOG: 12, ResponseKind.LINEAR: 16, ResponseKind.SQUARE_ROOT: 16}


@cache
def radiograph(name: str) -> npt.NDArray[np.float32]:
    """Decades of kerma below direct exposure, from 0 down; ``name`` is ``chest`` or ``leg``."""
    path = get_testdata_file({"chest": "RG1_UNCR.dcm", "leg": "RG3_UNCR.dcm"}[name])
    density = pydicom.dcmread(str(path)).pixel_array.astype(np.float32)
    if name == "leg":
        density = density[:, ::-1]
    density = (density - density.min()) / (density.max() - density.min())
    return 2.0 * (density - 1.0)


def kerma(name: str, rows: int, columns: int, direct: float) -> npt.NDArray[np.float32]:
    """Air kerma in µGy at the plate, with ``direct`` where nothing is in the beam."""
    decades = cv2.resize(radiograph(name), (columns, rows), interpolation=cv2.INTER_CUBIC)
    return np.asarray(direct * 10.0**decades, np.float32)


def raw_plate(
    dose: npt.NDArray[np.float32], response: SignalResponse, bits: int, *, seed: int = 1
) -> npt.NDArray[np.uint16]:
    """What a reader with that response makes of a plate: quantum noise, response, clipping."""
    quanta = 4000.0
    noisy = dose + np.random.default_rng(seed).normal(size=dose.shape).astype(np.float32) * np.sqrt(dose / quanta)
    match response.kind:
        case ResponseKind.LINEAR:
            signal = noisy
        case ResponseKind.LOG:
            signal = np.log10(np.maximum(noisy, 1e-6))
        case ResponseKind.SQUARE_ROOT:
            signal = np.sqrt(np.maximum(noisy, 0))
    return np.clip(np.rint(response.offset + response.gain * signal), 0, (1 << bits) - 1).astype(np.uint16)


def geometry(raw: npt.NDArray[np.uint16], bits: int = 12, pitch_mm: float = 0.1) -> PlateGeometry:
    """The geometry of an array of samples."""
    return PlateGeometry(rows=raw.shape[0], columns=raw.shape[1], pitch_mm=pitch_mm, bits=bits)
