"""From a foreign file to the signal of a plate. Runs in the worker only: what a file claims is not to be trusted."""

import json
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
from PIL import Image
from pydicom.filereader import read_file_meta_info
from pydicom.pixels.utils import pixel_array
from pydicom.uid import DeflatedExplicitVRLittleEndian

from fieldstation.cr_reader.inbox.assumed import NOT_SQUARE, Assumed
from fieldstation.domain.exams import Technique
from fieldstation.domain.plates import PlateLabels
from fieldstation.domain.signal import PlateGeometry, ResponseKind, SignalResponse

MAX_FILE_BYTES = 256 * 1024 * 1024
_MAX_SIDECAR_BYTES = 64 * 1024
_MIN_SIDE, _MAX_SIDE = 16, 8192
_MAX_PIXELS = 48 * 1024 * 1024
_MAX_TEXT = 64
_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
"""The chunk that closes every PNG (PNG 11.2.5)."""
_SIZES = ("18CMX24CM", "24CMX30CM", "35CMX35CM", "35CMX43CM", "15CMX30CM")
_SIZE_TOLERANCE_MM = 8.0
_MOST_KVP, _MOST_MAS, _MOST_SID_MM = 200, 10_000, 10_000
_CR_DECADES, _CR_LEAST_UGY = 4, 0.01
_SQUARE_WITHIN = 0.01
_SPACINGS = ("ImagerPixelSpacing", "PixelSpacing", "NominalScannedPixelSpacing")


class UnusableError(Exception):
    """The file is not, or not yet, a plate. The message says why in a few words, without anything out of the file."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ForeignPlate:
    """A plate from a file: ``samples`` has shape (rows, columns), uint16, and rises with the air kerma."""

    labels: PlateLabels
    plate_size: str
    geometry: PlateGeometry
    response: SignalResponse
    technique: Technique
    samples: npt.NDArray[np.uint16]


def read_plate(path: Path, assumed: Assumed) -> ForeignPlate:
    """The plate in a DICOM file, a greyscale TIFF or PNG (with or without a sidecar), or raw samples with a sidecar.

    A sidecar is the JSON object in the file of the same name with ``.json`` at its end.

    Raises:
        UnusableError: the file is not complete, or not a plate.
    """
    if path.stat().st_size > MAX_FILE_BYTES:
        raise UnusableError("too large")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _read(path, assumed)
        except UnusableError:
            raise
        except Exception as error:
            # A decoder fed with a foreign file raises whatever it trips over.
            raise UnusableError(f"not readable ({type(error).__name__})") from error


def _read(path: Path, assumed: Assumed) -> ForeignPlate:
    with path.open("rb") as file:
        start = file.read(132)
    sidecar = _sidecar(path)
    if start[128:132] == b"DICM":
        return _dicom(path, assumed)
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        _check_png_end(path)
        return _picture(path, "PNG", sidecar, assumed)
    if start[:4] in (b"II*\0", b"MM\0*"):
        return _picture(path, "TIFF", sidecar, assumed)
    if path.suffix.lower() == ".raw":
        return _raw(path, sidecar, assumed)
    raise UnusableError("no such format")


def _dicom(path: Path, assumed: Assumed) -> ForeignPlate:
    if read_file_meta_info(path).TransferSyntaxUID == DeflatedExplicitVRLittleEndian:
        # Inflating is not bounded by anything that the file says beforehand.
        raise UnusableError("deflated")
    dataset = pydicom.dcmread(path)
    _check_size(dataset.Rows, dataset.Columns)
    if int(dataset.get("SamplesPerPixel", 1)) != 1 or int(dataset.get("NumberOfFrames", 1) or 1) != 1:
        raise UnusableError("not one grey picture")
    bits = int(dataset.BitsStored)
    if int(dataset.get("PixelRepresentation", 0)) != 0 or not 8 <= bits <= 16:
        raise UnusableError("samples")
    values = pixel_array(dataset)
    if values.shape != (dataset.Rows, dataset.Columns):
        raise UnusableError("not whole")
    samples = np.minimum(values, 2**bits - 1).astype(np.uint16)
    if dataset.PhotometricInterpretation == "MONOCHROME2":
        samples = np.uint16(2**bits - 1) - samples
    elif dataset.PhotometricInterpretation != "MONOCHROME1":
        raise UnusableError("not grey")
    for keyword in (*_SPACINGS, "PixelAspectRatio"):
        _require_square(dataset.get(keyword))
    spacing = next((told for keyword in _SPACINGS if (told := dataset.get(keyword))), None)
    pitch_mm = float(spacing[0]) if spacing else assumed.pitch_mm
    labels = PlateLabels(
        plate_id=_label(dataset.get("PlateID")),
        accession=_label(dataset.get("AccessionNumber")),
        patient_id=_label(dataset.get("PatientID")),
    )
    return replace(_plate(labels, samples, pitch_mm, bits, _response(bits, assumed, {})), technique=_technique(dataset))


def _technique(dataset: pydicom.Dataset) -> Technique:
    """The exposure factors (PS3.3 C.8.7.5, CR and DX alike); what makes no sense counts as not said."""

    def number(keyword: str, most: float) -> float | None:
        value = dataset.get(keyword)
        if not isinstance(value, int | float | Decimal) or not 0 < float(value) <= most:
            return None
        return float(value)

    exact, rounded = number("ExposureInuAs", _MOST_MAS * 1000), number("Exposure", _MOST_MAS)
    milliseconds, milliamperes = number("ExposureTime", 1e5), number("XRayTubeCurrent", 1e5)
    sid = number("DistanceSourceToDetector", _MOST_SID_MM)
    mas = rounded
    if exact is not None:
        mas = exact / 1000
    elif rounded is None and milliseconds is not None and milliamperes is not None:
        mas = milliseconds * milliamperes / 1000
    return Technique(kvp=number("KVP", _MOST_KVP), mas=mas, sid_mm=round(sid) if sid is not None else None)


def _picture(path: Path, kind: str, sidecar: dict[str, Any] | None, assumed: Assumed) -> ForeignPlate:
    told = sidecar or {}
    with Image.open(path, formats=(kind,)) as image:
        _check_size(image.height, image.width)
        if image.mode not in ("I;16", "I;16B", "I;16L", "I", "L"):
            raise UnusableError("not grey")
        image.load()
        for key in ("dpi", "resolution", "aspect"):
            _require_square(image.info.get(key))
        values = np.asarray(image)
    bits = 8 if values.dtype == np.uint8 else 16
    if values.min() < 0 or values.max() > 65535:
        raise UnusableError("samples")
    samples = values.astype(np.uint16)
    if told.get("white", assumed.white) == "dense":
        samples = np.uint16(2**bits - 1) - samples
    labels = _labels(told) if told.get("plate_id") else PlateLabels(plate_id=_label(path.stem))
    return _plate(labels, samples, _number(told, "pitch_mm", assumed.pitch_mm), bits, _response(bits, assumed, told))


def _require_square(told: Sequence[Any] | None) -> None:
    """``told``: height and width of a pixel, or how many make a length, in any unit; None: nothing is said of it."""
    if told:
        one, other = float(told[0]), float(told[1])
        if abs(one - other) > _SQUARE_WITHIN * max(one, other):
            raise UnusableError(NOT_SQUARE)


def _check_png_end(path: Path) -> None:
    """The decoder is content with less than the whole file."""
    with path.open("rb") as file:
        file.seek(-len(_PNG_END), os.SEEK_END)
        if file.read() != _PNG_END:
            raise UnusableError("not whole")


def _raw(path: Path, sidecar: dict[str, Any] | None, assumed: Assumed) -> ForeignPlate:
    if sidecar is None:
        raise UnusableError("no sidecar")
    rows, columns, bits = (sidecar.get(key) for key in ("rows", "columns", "bits"))
    if not all(isinstance(value, int) for value in (rows, columns, bits)) or not 8 <= int(bits or 0) <= 16:
        raise UnusableError("sidecar")
    _check_size(int(rows or 0), int(columns or 0))
    if path.stat().st_size != int(rows or 0) * int(columns or 0) * 2:
        raise UnusableError("not whole")
    samples = np.fromfile(path, "<u2").reshape(int(rows or 0), int(columns or 0))
    if samples.max() >= 2 ** int(bits or 0):
        raise UnusableError("samples")
    pitch_mm = _number(sidecar, "pitch_mm", assumed.pitch_mm)
    return _plate(_labels(sidecar), samples, pitch_mm, int(bits or 0), _response(int(bits or 0), assumed, sidecar))


def _plate(
    labels: PlateLabels, samples: npt.NDArray[np.uint16], pitch_mm: float, bits: int, response: SignalResponse
) -> ForeignPlate:
    if not 0.02 <= pitch_mm <= 1.0:
        raise UnusableError("pitch")
    rows, columns = samples.shape
    return ForeignPlate(
        labels=labels,
        plate_size=_size_of(rows * pitch_mm, columns * pitch_mm),
        geometry=PlateGeometry(rows=rows, columns=columns, pitch_mm=pitch_mm, bits=bits),
        response=response,
        technique=Technique(),
        samples=samples,
    )


def _size_of(height_mm: float, width_mm: float) -> str:
    """The usual cassette of that size, else its size in whole cm."""
    for term in _SIZES:
        width, height = (int(side) * 10 for side in term.replace("CM", "").split("X"))
        if abs(width - width_mm) <= _SIZE_TOLERANCE_MM and abs(height - height_mm) <= _SIZE_TOLERANCE_MM:
            return term
    return f"{max(1, round(width_mm / 10))}CMX{max(1, round(height_mm / 10))}CM"


def _response(bits: int, assumed: Assumed, told: dict[str, Any]) -> SignalResponse:
    """What the sidecar or the settings say; else four decades from 0.01 µGy over the bits."""
    kind = ResponseKind(told.get("response", assumed.response))
    full = 2**bits - 1
    gain = _number(told, "gain", assumed.gain if assumed.gain is not None else _usual_gain(kind, full))
    usual_offset = 2.0 * gain if kind is ResponseKind.LOG else 0.0
    offset = _number(told, "offset", assumed.offset if assumed.offset is not None else usual_offset)
    if gain == 0:
        raise UnusableError("gain")
    return SignalResponse(kind=kind, gain=gain, offset=offset)


def _usual_gain(kind: ResponseKind, full: int) -> float:
    most_ugy = _CR_LEAST_UGY * 10.0**_CR_DECADES
    match kind:
        case ResponseKind.LOG:
            return full / _CR_DECADES
        case ResponseKind.SQUARE_ROOT:
            return float(full / most_ugy**0.5)
        case ResponseKind.LINEAR:
            return full / most_ugy


def _sidecar(path: Path) -> dict[str, Any] | None:
    beside = path.with_name(path.name + ".json")
    if not beside.is_file():
        return None
    if beside.stat().st_size > _MAX_SIDECAR_BYTES:
        raise UnusableError("sidecar")
    told = json.loads(beside.read_text("utf-8"))
    if not isinstance(told, dict):
        raise UnusableError("sidecar")
    return told


def _labels(told: dict[str, Any]) -> PlateLabels:
    return PlateLabels(**{key: _label(told.get(key)) for key in ("plate_id", "accession", "patient_id")})


def _label(value: object) -> str:
    """A short text; what cannot be one counts as not said."""
    text = "" if value is None else str(value).strip()
    return text if len(text) <= _MAX_TEXT and text.isprintable() and "\\" not in text else ""


def _number(told: dict[str, Any], key: str, otherwise: float) -> float:
    value = told.get(key, otherwise)
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e9 <= value <= 1e9:
        raise UnusableError(key)
    return float(value)


def _check_size(rows: int, columns: int) -> None:
    if not all(_MIN_SIDE <= side <= _MAX_SIDE for side in (rows, columns)) or rows * columns > _MAX_PIXELS:
        raise UnusableError("size")
