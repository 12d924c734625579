"""Files that a plate is exposed to, good ones and bad ones."""

import io
import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, RLELossless

from fieldstation.cr_reader.simulated.pictures import read_picture
from fieldstation.domain.errors import WrongUse

RAMP = np.linspace(0, 65535, 40 * 50).reshape(40, 50).round().astype(np.uint16)
"""Rises to the last pixel: brightest there."""


def png(pixels: npt.NDArray[np.generic]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def png_claiming(width: int, height: int, depth: int = 16, colour: int = 0) -> bytes:
    """A PNG that says this of itself and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def dicom(
    pixels: npt.NDArray[np.generic], photometric: str = "MONOCHROME2", syntax: UID = ExplicitVRLittleEndian
) -> bytes:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    dataset.SOPInstanceUID = "2.25.1"
    dataset.Rows, dataset.Columns = pixels.shape[:2]
    dataset.SamplesPerPixel = 3 if pixels.ndim == 3 else 1
    if pixels.ndim == 3:
        dataset.PlanarConfiguration = 0
    dataset.PhotometricInterpretation = photometric
    dataset.BitsAllocated = dataset.BitsStored = pixels.dtype.itemsize * 8
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    dataset.PixelData = pixels.tobytes()
    if syntax == RLELossless:
        dataset.compress(RLELossless)
    else:
        dataset.file_meta.TransferSyntaxUID = syntax
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def claiming_dicom(rows: int, columns: int) -> bytes:
    dataset = pydicom.dcmread(io.BytesIO(dicom(RAMP)))
    dataset.Rows, dataset.Columns = rows, columns
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


def float_dicom(first: float) -> bytes:
    dataset = pydicom.dcmread(io.BytesIO(dicom(RAMP)))
    pixels = RAMP.astype(np.float32)
    pixels[0, 0] = first
    del dataset.PixelData
    dataset.FloatPixelData = pixels.tobytes()
    dataset.BitsAllocated = 32
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


def without_pixels() -> bytes:
    dataset = pydicom.dcmread(io.BytesIO(dicom(RAMP)))
    del dataset.PixelData
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


BRIGHT_IS_DENSE: dict[str, Callable[[], bytes]] = {
    "png 16 bit": lambda: png(RAMP),
    "png 16 bit, part of the range": lambda: png(RAMP // 16 + 100),
    "png 8 bit": lambda: png((RAMP // 257).astype(np.uint8)),
    "dicom": lambda: dicom(RAMP),
    "dicom 8 bit": lambda: dicom((RAMP // 257).astype(np.uint8)),
    "dicom signed": lambda: dicom((RAMP.astype(np.int32) - 32768).astype(np.int16)),
    "dicom inverted": lambda: dicom(65535 - RAMP, "MONOCHROME1"),
    "dicom of floating point": lambda: float_dicom(0.0),
    "dicom rle": lambda: dicom(RAMP, syntax=RLELossless),
    "dicom colour": lambda: dicom(np.repeat((RAMP // 257).astype(np.uint8)[..., np.newaxis], 3, axis=2), "RGB"),
}


@pytest.mark.parametrize("kind", BRIGHT_IS_DENSE)
def test_white_lets_nothing_through_and_pixels_are_kept(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "plate"
    file.write_bytes(BRIGHT_IS_DENSE[kind]())
    picture = read_picture(file)
    assert picture.density.shape == (40, 50)
    assert picture.density.dtype == np.uint16
    assert (picture.density[0, 0], picture.density[-1, -1]) == (65535, 0)
    assert picture.pitch_mm is None
    assert np.abs(picture.density.astype(int) - (65535 - RAMP.astype(int))).max() < 300


def test_a_palette_is_looked_up(tmp_path: Path) -> None:
    path = get_testdata_file("OBXXXX1A.dcm")
    stored = pydicom.dcmread(str(path))
    assert stored.PhotometricInterpretation == "PALETTE COLOR"
    picture = read_picture(Path(str(path)))
    assert picture.density.shape == (stored.Rows, stored.Columns)


def test_only_the_first_frame(tmp_path: Path) -> None:
    dataset = pydicom.dcmread(io.BytesIO(dicom(np.vstack([RAMP, RAMP[::-1, ::-1]]))))
    dataset.Rows = 40
    dataset.NumberOfFrames = 2
    dataset.save_as(tmp_path / "two.dcm")
    assert read_picture(tmp_path / "two.dcm").density[-1, -1] == 0


def test_a_picture_of_one_value(tmp_path: Path) -> None:
    (tmp_path / "flat.png").write_bytes(png(np.full((40, 50), 1234, np.uint16)))
    assert np.unique(read_picture(tmp_path / "flat.png").density).tolist() == [32767]


UNREADABLE: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "text": lambda: b"this is no picture at all" * 100,
    "signature alone": lambda: b"\x89PNG\r\n\x1a\n",
    "png cut short": lambda: png(np.random.default_rng(1).integers(0, 65535, (300, 300), np.uint16))[:5000],
    "png without data": lambda: png_claiming(400, 300),
    "png that claims to be huge": lambda: png_claiming(60000, 60000),
    "png that claims to be long": lambda: png_claiming(16, 2**31 - 1),
    "png of no size": lambda: png_claiming(0, 0),
    "png in colour": lambda: png(np.zeros((40, 50, 3), np.uint8)),
    "png of one bit": lambda: png_claiming(40, 50, depth=1),
    "png too small": lambda: png(RAMP[:8]),
    "jpeg": lambda: b"\xff\xd8\xff\xe0" + b"\0" * 500,
    "dicom cut short": lambda: dicom(RAMP)[:-2000],
    "dicom cut in its header": lambda: dicom(RAMP)[:300],
    "dicom without pixels": without_pixels,
    "dicom that claims to be huge": lambda: claiming_dicom(65535, 65535),
    "dicom of no size": lambda: claiming_dicom(0, 0),
    "dicom too small": lambda: dicom(RAMP[:8]),
    "dicom of values that are none": lambda: float_dicom(np.nan),
    "dicom of other size": lambda: claiming_dicom(4000, 4000),
    "dicom deflated": lambda: dicom(RAMP, syntax=DeflatedExplicitVRLittleEndian),
    "dicom without its preamble": lambda: dicom(RAMP)[132:],
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_bad_files_are_named_and_nothing_else_escapes(tmp_path: Path, kind: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content = UNREADABLE[kind]()
    (tmp_path / "bad.png").write_bytes(content)
    with pytest.raises(WrongUse) as caught:
        read_picture(tmp_path / "bad.png")
    assert caught.value.code == "plate.unreadable"
    assert caught.value.params == {"file": "bad.png"}


def test_no_file_and_no_plain_file(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.png", tmp_path, Path("/dev/zero")):
        with pytest.raises(WrongUse):
            read_picture(path)


def test_a_file_too_long_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "long.dcm"
    with path.open("wb") as file:
        file.write(dicom(RAMP))
        file.truncate(300 * 1024 * 1024)
    with pytest.raises(WrongUse):
        read_picture(path)
