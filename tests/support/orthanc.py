"""Orthanc as the PACS of a test: its own folder, ports and AE title, and its REST interface to look inside."""

import json
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.peers import free_port, listens, require_peer, wait_until

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
"""Its DICOMweb plugin."""


class Orthanc:
    """A running Orthanc."""

    ae_title = "ORTHANC"
    host = "127.0.0.1"

    def __init__(self, port: int, http_port: int) -> None:
        self.port = port
        self.web_port = http_port
        self.web_url = f"http://127.0.0.1:{http_port}/dicom-web"
        self._url = f"http://127.0.0.1:{http_port}"

    def instances(self) -> Mapping[str, str]:
        """Orthanc's own id of each instance, by SOP Instance UID."""
        found = self._get_json("/instances?expand")
        return {instance["MainDicomTags"]["SOPInstanceUID"]: instance["ID"] for instance in found}

    def file(self, sop_instance_uid: str) -> bytes:
        """The Part 10 bytes that it keeps."""
        return self._get(f"/instances/{self.instances()[sop_instance_uid]}/file")

    def _get(self, path: str) -> bytes:
        with urllib.request.urlopen(self._url + path) as answer:
            content: bytes = answer.read()
        return content

    def _get_json(self, path: str) -> Any:
        return json.loads(self._get(path))


@contextmanager
def orthanc(folder: Path, known: Sequence[str] = ("VAN7",), calls_at: int = 1, **settings: object) -> Iterator[Orthanc]:
    """Start one that knows the AE titles ``known``, at ``calls_at``; ``settings`` are added to its configuration."""
    program = require_peer("orthanc")
    port, http_port = free_port(), free_port()
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "orthanc.json"
    configuration.write_text(
        json.dumps(
            {
                "StorageDirectory": str(folder / "storage"),
                "IndexDirectory": str(folder / "storage"),
                "DicomPort": port,
                "HttpPort": http_port,
                "DicomAet": Orthanc.ae_title,
                "RemoteAccessAllowed": False,
                "AuthenticationEnabled": False,
                "DicomModalities": {title: [title, "127.0.0.1", calls_at] for title in known},
                "Plugins": [],
                **settings,
            }
        ),
        "utf-8",
    )
    with (folder / "orthanc.log").open("wb") as log:
        process = subprocess.Popen([program, str(configuration)], stdout=log, stderr=log, cwd=folder)
    try:
        wait_until(lambda: listens(port) and listens(http_port), "Orthanc to listen")
        yield Orthanc(port, http_port)
    finally:
        process.terminate()
        process.wait()
