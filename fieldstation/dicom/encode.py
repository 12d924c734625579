"""Part 10 files: images with JPEG-LS lossless pixels, and back; objects without pixels."""

import io

import jpeg_ls  # type: ignore[import-untyped]
import numpy as np
import numpy.typing as npt
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from fieldstation.dicom.uids import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME, JPEG_LS_LOSSLESS
from fieldstation.domain.errors import Refused

_PREAMBLE = b"\0" * 128
_FEWEST_PIXELS = 256
"""The encoder's buffer grows with the picture, and smaller ones do not leave room for the codestream's own headers."""


def encode(dataset: Dataset) -> bytes:
    """The Part 10 bytes (PS3.10) of a single-frame greyscale dataset with native pixels.

    The pixels in ``dataset`` are replaced by the compressed ones. Explicit VR little endian, JPEG-LS lossless, zeroed
    preamble. The same dataset gives the same bytes.

    Raises:
        Refused: ``instance.too_small``: fewer than 256 pixels.
    """
    if dataset.Rows * dataset.Columns < _FEWEST_PIXELS:
        raise Refused("instance.too_small", rows=dataset.Rows, columns=dataset.Columns)
    codestream = jpeg_ls.encode_buffer(
        dataset.PixelData,
        rows=dataset.Rows,
        columns=dataset.Columns,
        samples_per_pixel=1,
        bits_stored=dataset.BitsStored,
    )
    dataset.PixelData = encapsulate([bytes(codestream)])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    return written(dataset, JPEG_LS_LOSSLESS)


def written(dataset: Dataset, transfer_syntax_uid: str) -> bytes:
    """The Part 10 bytes (PS3.10) of an instance whose pixels, if it has any, are in that syntax.

    The same dataset gives the same bytes.
    """
    return part10(dataset, dataset.SOPClassUID, dataset.SOPInstanceUID, transfer_syntax_uid)


def part10(dataset: Dataset, sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str) -> bytes:
    """The Part 10 bytes (PS3.10) of a dataset, under these UIDs; zeroed preamble."""
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID = UID(sop_class_uid)
    meta.MediaStorageSOPInstanceUID = UID(sop_instance_uid)
    meta.TransferSyntaxUID = UID(transfer_syntax_uid)
    meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    meta.ImplementationVersionName = IMPLEMENTATION_VERSION_NAME
    dataset.file_meta = meta
    dataset.preamble = _PREAMBLE
    buffer = io.BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def transcode(content: bytes, transfer_syntax_uid: str) -> bytes:
    """The same object, uncompressed, in explicit or implicit VR little endian (PS3.5 A.1, A.2).

    Raises:
        Refused: ``pacs.syntax_refused``, for any other transfer syntax.
    """
    if transfer_syntax_uid not in (ExplicitVRLittleEndian, ImplicitVRLittleEndian):
        raise Refused("pacs.syntax_refused")
    dataset = dcmread(io.BytesIO(content))
    if "PixelData" in dataset:
        dataset.decompress(generate_instance_uid=False)
    dataset.file_meta.TransferSyntaxUID = UID(transfer_syntax_uid)
    buffer = io.BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def decode(content: bytes) -> npt.NDArray[np.uint16]:
    """The pixels of an object that this program froze, in any transfer syntax that pydicom can decode here."""
    return np.asarray(dcmread(io.BytesIO(content)).pixel_array, np.uint16)
