"""The raw signal of a scan, as it is on the disk."""

from fieldstation.domain.exams import Scan, ScanState
from fieldstation.domain.plates import UnassignedScan
from fieldstation.domain.store import Files


def raw_signal(files: Files, scan: Scan | UnassignedScan) -> bytes:
    """The scan's whole lines, 16-bit little-endian; of a partial scan those that had come, whether it is sealed or not.

    Raises:
        Failed: ``file.missing``; ``file.damaged``.
    """
    if scan.state is not ScanState.PARTIAL:
        return files.get(scan.file_id)
    return files.get_partial(scan.file_id)[: scan.lines * scan.geometry.line_bytes]
