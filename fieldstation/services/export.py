"""A study's accepted images as plain DICOM files: the very bytes that are sent."""

import os
from pathlib import Path

from fieldstation.domain.errors import Failed, Refused
from fieldstation.domain.store import Store


def export_study(store: Store, study_uid: str, folder: Path) -> list[Path]:
    """Write the study's frozen instances to ``folder`` as ``<SOP Instance UID>.dcm``; the files, in order.

    Each file appears whole or not at all; a file of that name is replaced.

    Raises:
        Refused: ``send.nothing_accepted``.
        Failed: ``disk.cannot_write``, or a stored file is missing or damaged.
    """
    with store.reading() as questions:
        instances = questions.study_file(study_uid).instances
    if not instances:
        raise Refused("send.nothing_accepted")
    return [
        _write(folder, f"{instance.sop_instance_uid}.dcm", store.files.get(instance.file_id)) for instance in instances
    ]


def _write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    unfinished = folder / f".{name}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise Failed("disk.cannot_write", folder=str(folder), problem=error.strerror or "") from None
    return path
