"""A console that writes and pushes plates, for the drivers that wait for files."""

import json
import socket
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid
from pynetdicom import AE, evt
from pynetdicom.sop_class import ComputedRadiographyImageStorage  # type: ignore[attr-defined]

from fieldstation.cr_reader.conformance.rig import expect

ROWS, COLUMNS, BITS = 300, 240, 12


def plate() -> np.ndarray[tuple[int, int], np.dtype[np.uint16]]:
    """A plate whose samples all differ from their neighbours."""
    rows, columns = np.mgrid[0:ROWS, 0:COLUMNS]
    return np.asarray((rows * 7 + columns * 3) % 2**BITS, np.uint16)


def write_raw(folder: Path, plate_id: str) -> None:
    """Write raw samples and their sidecar."""
    told = {"plate_id": plate_id, "rows": ROWS, "columns": COLUMNS, "bits": BITS, "pitch_mm": 0.5}
    (folder / f"{plate_id}.raw.json").write_text(json.dumps(told), "utf-8")
    (folder / f"{plate_id}.raw").write_bytes(plate().astype("<u2").tobytes())


def image(plate_id: str) -> Dataset:
    """A CR image as a console might make it."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = ComputedRadiographyImageStorage
    dataset.SOPClassUID = ComputedRadiographyImageStorage
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset.StudyInstanceUID = generate_uid()
    dataset.SeriesInstanceUID = generate_uid()
    dataset.Modality = "CR"
    dataset.PatientID = "TEST"
    dataset.PatientName = "TEST^PLATE"
    dataset.AccessionNumber = "A-1"
    dataset.PlateID = plate_id
    dataset.Rows, dataset.Columns = ROWS, COLUMNS
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME1"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, BITS, BITS - 1, 0
    dataset.ImagerPixelSpacing = [0.5, 0.5]
    dataset.PixelData = plate().astype("<u2").tobytes()
    return dataset


class Links:
    """The sockets of associations: the library forgets without closing it what the other end has reset."""

    def __init__(self) -> None:
        self._kept: list[tuple[Any, socket.socket]] = []
        self.handlers: list[Any] = [(evt.EVT_CONN_OPEN, self._keep)]
        """For the library's ``evt_handlers``, of a caller or of a server."""

    def close(self) -> None:
        """End what is left of the associations, and close their sockets."""
        for association, link in self._kept:
            with suppress(OSError):
                # The plain socket's: TLS's own would take its state away from the thread that uses it.
                socket.socket.shutdown(link, socket.SHUT_RDWR)
            association.kill()
            link.close()

    def _keep(self, event: evt.Event) -> None:
        transport = event.assoc.dul.socket
        if transport is not None and transport.socket is not None:
            self._kept.append((event.assoc, transport.socket))


def push(port: int, plate_id: str, dataset: Dataset | None = None) -> None:
    """Send that image, or one of that plate, to the SCP on that port of loopback.

    Raises:
        Unmet: it does not take it.
    """
    console = AE("CONSOLE")
    console.add_requested_context(ComputedRadiographyImageStorage, ExplicitVRLittleEndian)
    with closing(Links()) as links:
        association = console.associate("127.0.0.1", port, ae_title="CRREADER", evt_handlers=links.handlers)
        expect(association.is_established, "the console is let in")
        status = association.send_c_store(dataset or image(plate_id))
        association.release()
        expect(status and status.Status == 0, "the image is taken")
