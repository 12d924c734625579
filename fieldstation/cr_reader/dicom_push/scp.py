"""The Storage SCP's process: ``python -m fieldstation.cr_reader.dicom_push.scp``.

Reads one line of JSON (`ScpSettings`) from standard input, writes its port or what kept it from listening to standard
output as one line of JSON, and ends when standard input does, so that it never outlives whoever started it.
"""

import hashlib
import json
import os
import shutil
import sys
import threading
from pathlib import Path
from typing import Any

from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGLSLossless, RLELossless
from pynetdicom import AE, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    DigitalXRayImageStorageForProcessing,
    SecondaryCaptureImageStorage,
    Verification,
)

from fieldstation.cr_reader.dicom_push.guard import MAX_PDU, Bounds, Guard
from fieldstation.cr_reader.dicom_push.scp_settings import ScpSettings

_SOP_CLASSES = (
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    DigitalXRayImageStorageForProcessing,
    SecondaryCaptureImageStorage,
)
_SYNTAXES = [ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGLSLossless, RLELossless]
_MEMORY_BYTES = 1536 * 1024 * 1024
_MAX_OBJECT_BYTES = 128 * 1024 * 1024
_RESERVE_BYTES = 512 * 1024 * 1024
_OUT_OF_RESOURCES, _CANNOT_UNDERSTAND = 0xA700, 0xC000


def main() -> None:
    """Serve until standard input ends."""
    _limit()
    told = json.loads(sys.stdin.readline())
    settings = ScpSettings(**{**told, "callers": tuple(told["callers"]), "hosts": tuple(told["hosts"])})
    try:
        ae = _application_entity(settings)
        server = ae.start_server(
            ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, _store, [Path(settings.folder)])]
        )
        scp_port = server.server_address[1] if server else 0
        guard = Guard((settings.host, settings.port), int(scp_port), Bounds(hosts=settings.hosts))
    except OSError as error:
        sys.stdout.write(json.dumps({"problem": error.strerror or "it cannot"}) + "\n")
        sys.stdout.flush()
        os._exit(1)
    threading.Thread(target=guard.run, daemon=True).start()
    sys.stdout.write(json.dumps({"port": guard.port}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)


def _application_entity(settings: ScpSettings) -> AE:
    ae = AE(settings.ae_title)
    ae.require_called_aet = True
    ae.require_calling_aet = list(settings.callers)
    ae.maximum_pdu_size = MAX_PDU - 6
    ae.maximum_associations = Bounds(hosts=()).connections
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = 30
    ae.add_supported_context(Verification)
    for sop_class in _SOP_CLASSES:
        ae.add_supported_context(sop_class, _SYNTAXES)
    return ae


def _store(event: Any, folder: Path) -> int:
    """Acknowledge an object once it is durable (PS3.4 B.2.3). A repeat of the very same object changes nothing."""
    length = event.request.DataSet.getbuffer().nbytes
    if length > _MAX_OBJECT_BYTES or shutil.disk_usage(folder).free < length + _RESERVE_BYTES:
        return _OUT_OF_RESOURCES
    try:
        data = event.encoded_dataset()
    except Exception:
        return _CANNOT_UNDERSTAND
    name = hashlib.sha256(data).hexdigest()[:32] + ".dcm"
    if (folder / name).exists() or (folder / "taken" / name).exists():
        return 0x0000
    try:
        _write(folder, name, data)
    except OSError:
        return _OUT_OF_RESOURCES
    return 0x0000


def _write(folder: Path, name: str, data: bytes) -> None:
    part = folder / f"{name}.part"
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / name)
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _limit() -> None:
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - not on every system

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))


if __name__ == "__main__":
    main()
