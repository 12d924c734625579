"""Pictures from files that a plate is to be exposed to: greyscale PNG and DICOM.

A file comes from anywhere, so what it claims is bounded before anything is decoded.
"""

import struct
import warnings
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
        brightness = _png(path, start) if start.startswith(_PNG_SIGNATURE) else _dicom(path)
    return Picture(density=_density(brightness))


def _png(path: Path, start: bytes) -> npt.NDArray[np.float32]:
    _, _, _, width, height, depth, colour = _PNG_HEADER.unpack(start)
    if colour != _GREYSCALE or depth not in (8, 16):
        raise _NotAPictureError
    _check_size(height, width)
    with Image.open(BytesIO(path.read_bytes()), formats=("PNG",)) as image:
        return np.asarray(image, np.float32)


def _dicom(path: Path) -> npt.NDArray[np.float32]:
    if read_file_meta_info(path).TransferSyntaxUID == DeflatedExplicitVRLittleEndian:
        # Inflating is not bounded by anything the file says beforehand.
        raise _NotAPictureError
    dataset = pydicom.dcmread(path)
    _check_size(dataset.Rows, dataset.Columns)
    stored = pixel_array(dataset, index=0)
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        stored = apply_color_lut(stored, dataset)
    brightness = stored.astype(np.float32)
    if brightness.ndim == 3:
        brightness = brightness.mean(axis=2)
    return -brightness if dataset.PhotometricInterpretation == "MONOCHROME1" else brightness


def _check_size(rows: int, columns: int) -> None:
    fits = all(_MIN_SIDE <= side <= _MAX_SIDE for side in (rows, columns))
    if not fits or rows * columns > _MAX_PIXELS:
        raise _NotAPictureError


def _density(brightness: npt.NDArray[np.float32]) -> npt.NDArray[np.uint16]:
    """White where it is brightest; a picture of one value only lets half of the beam's logarithm through."""
    darkest, brightest = float(brightness.min()), float(brightness.max())
    if not np.isfinite([darkest, brightest]).all():
        raise _NotAPictureError
    if darkest == brightest:
        return np.full(brightness.shape, BLACK // 2, np.uint16)
    density = (np.float32(brightest) - brightness) * np.float32(BLACK / (brightest - darkest)) + np.float32(0.5)
    return density.clip(0, BLACK).astype(np.uint16)
