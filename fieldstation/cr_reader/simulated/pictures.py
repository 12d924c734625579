"""Pictures from files that a plate is to be exposed to: greyscale PNG and DICOM.

A file comes from anywhere, so what it claims is bounded before anything is decoded.
"""

import struct
import warnings
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pydicom
from PIL import Image
from pydicom.filereader import read_file_meta_info
from pydicom.pixels.processing import apply_color_lut
from pydicom.pixels.utils import pixel_array
from pydicom.uid import DeflatedExplicitVRLittleEndian

from fieldstation.cr_reader.simulated.picture import BLACK, Picture
from fieldstation.domain.errors import WrongUse

_MAX_FILE_BYTES = 256 * 1024 * 1024
_MIN_SIDE, _MAX_SIDE = 16, 8192
_MAX_PIXELS = 32 * 1024 * 1024
"""More than the largest plate at the finest pitch (14×17 inches at 70 µm)."""

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_HEADER = struct.Struct(">8s4s4sIIBB")
"""Signature, then length, type, width, height, bit depth and colour type of IHDR (PNG 5.2, 11.2.2)."""
_GREYSCALE = 0
_BAND_ROWS = 64


class _NotAPictureError(Exception):
    """What the file says of itself rules it out."""


def read_picture(path: Path) -> Picture:
    """The picture in a PNG (greyscale of 8 or 16 bits, white is dense) or a DICOM file (first frame, any photometric).

    The file's smallest and largest values become white and black, or the other way round as the picture is meant to
    be seen; its pixels are kept one by one. 16 to 8192 pixels a side, at most 32 Mi of them, 256 MiB of file.

    Raises:
        WrongUse: ``plate.unreadable``.
    """
    try:
        return _read(path)
    except Exception as error:
        # A decoder fed with a foreign file raises whatever it trips over; to the person it all means the same.
        raise WrongUse("plate.unreadable", file=path.name) from error


def _read(path: Path) -> Picture:
    if not path.is_file() or path.stat().st_size > _MAX_FILE_BYTES:
        raise _NotAPictureError
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with path.open("rb") as file:
            start = file.read(_PNG_HEADER.size)
        stored = _png(path, start) if start.startswith(_PNG_SIGNATURE) else _dicom(path)
    return Picture(density=_density(stored))


@dataclass(frozen=True, slots=True, eq=False)
class _Stored:
    """A file's values, shape (rows, columns), and which of them is seen as black and which as white."""

    values: npt.NDArray[np.generic]
    black: float
    white: float


def _png(path: Path, start: bytes) -> _Stored:
    _, _, _, width, height, depth, colour = _PNG_HEADER.unpack(start)
    if colour != _GREYSCALE or depth not in (8, 16):
        raise _NotAPictureError
    _check_size(height, width)
    with Image.open(BytesIO(path.read_bytes()), formats=("PNG",)) as image:
        values = np.asarray(image)
    return _Stored(values, black=float(values.min()), white=float(values.max()))


def _dicom(path: Path) -> _Stored:
    if read_file_meta_info(path).TransferSyntaxUID == DeflatedExplicitVRLittleEndian:
        # Inflating is not bounded by anything the file says beforehand.
        raise _NotAPictureError
    dataset = pydicom.dcmread(path)
    _check_size(dataset.Rows, dataset.Columns)
    values = pixel_array(dataset, index=0)
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        values = apply_color_lut(values, dataset)
    if values.ndim == 3:
        values = values.mean(axis=2, dtype=np.float32)
    least, most = float(values.min()), float(values.max())
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        return _Stored(values, black=most, white=least)
    return _Stored(values, black=least, white=most)


def _check_size(rows: int, columns: int) -> None:
    fits = all(_MIN_SIDE <= side <= _MAX_SIDE for side in (rows, columns))
    if not fits or rows * columns > _MAX_PIXELS:
        raise _NotAPictureError


def _density(stored: _Stored) -> npt.NDArray[np.uint16]:
    """The density of what is stored; a picture of one value only lets half of the beam's logarithm through."""
    if not np.isfinite([stored.black, stored.white]).all():
        raise _NotAPictureError
    density = np.full(stored.values.shape, BLACK // 2, np.uint16)
    if stored.black != stored.white:
        # A band at a time: a large picture as floating point numbers is twice a plate.
        for row in range(0, len(density), _BAND_ROWS):
            band = stored.values[row : row + _BAND_ROWS].astype(np.float64)
            band = (stored.white - band) * (BLACK / (stored.white - stored.black))
            density[row : row + _BAND_ROWS] = np.rint(band).clip(0, BLACK)
    return density
