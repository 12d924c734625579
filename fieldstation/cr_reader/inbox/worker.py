"""The worker's process: reads one foreign file, and writes its header and samples to standard output.

Run as ``python -m fieldstation.cr_reader.inbox.worker FILE ASSUMED``. First a line of JSON: either the header or
``{"unusable": why}``; then, after a line on standard input that asks for them, the samples. It ends when standard input
does.
"""

import contextlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

from fieldstation.cr_reader.inbox.assumed import Assumed
from fieldstation.cr_reader.inbox.formats import UnusableError, read_plate
from fieldstation.domain.signal import ResponseKind

MEMORY_BYTES = 2 * 1024 * 1024 * 1024
CPU_SECONDS = 60


def main() -> None:
    """Do it."""
    _limit()
    told = json.loads(sys.argv[2])
    assumed = Assumed(**{**told, "response": ResponseKind(told["response"])})
    try:
        plate = read_plate(Path(sys.argv[1]), assumed)
    except (UnusableError, OSError) as error:
        why = str(error) if isinstance(error, UnusableError) else "not there"
        sys.stdout.write(json.dumps({"unusable": why}) + "\n")
        return
    geometry, response = plate.geometry, plate.response
    header = {
        "plate_id": plate.labels.plate_id,
        "accession": plate.labels.accession,
        "patient_id": plate.labels.patient_id,
        "plate_size": plate.plate_size,
        "rows": geometry.rows,
        "columns": geometry.columns,
        "pitch_mm": geometry.pitch_mm,
        "bits": geometry.bits,
        "response": response.kind.value,
        "gain": response.gain,
        "offset": response.offset,
        "technique": asdict(plate.technique),
    }
    sys.stdout.write(json.dumps(header) + "\n")
    sys.stdout.flush()
    if sys.stdin.readline():
        samples = plate.samples.astype("<u2", copy=False)
        with contextlib.suppress(BrokenPipeError):
            for row in range(0, geometry.rows, 64):
                sys.stdout.buffer.write(samples[row : row + 64].tobytes())
            sys.stdout.buffer.flush()


def _limit() -> None:
    """Where the system has such limits: a file that would eat the memory or the day ends this process instead."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - not on every system

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))


if __name__ == "__main__":
    main()
