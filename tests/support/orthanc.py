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
    """An Orthanc that can be killed and started again over the same folder, on the same ports."""

    ae_title = "ORTHANC"
    host = "127.0.0.1"

    def __init__(self, folder: Path, settings: Mapping[str, object]) -> None:
        self._program = require_peer("orthanc")
        self._folder = folder
        self.port = free_port()
        self.web_port = free_port()
        self._url = f"http://{self.host}:{self.web_port}"
        self.web_url = f"{self._url}/dicom-web"
        folder.mkdir(parents=True, exist_ok=True)
        ports = {"DicomPort": self.port, "HttpPort": self.web_port}
        (folder / "orthanc.json").write_text(json.dumps({**settings, **ports}), "utf-8")
        self.start()

    def start(self) -> None:
        """Start it; returns when it takes connections."""
        with (self._folder / "orthanc.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._program, str(self._folder / "orthanc.json")], stdout=log, stderr=log, cwd=self._folder
            )
        wait_until(lambda: listens(self.port) and listens(self.web_port), "Orthanc to listen")

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it politely."""
        self._process.terminate()
        self._process.wait()

    def instances(self) -> Mapping[str, str]:
        """Orthanc's own id of each instance, by SOP Instance UID."""
        found = self._get_json("/instances?expand")
        return {instance["MainDicomTags"]["SOPInstanceUID"]: instance["ID"] for instance in found}

    def file(self, sop_instance_uid: str) -> bytes:
        """The Part 10 bytes that it keeps."""
        return self._get(f"/instances/{self.instances()[sop_instance_uid]}/file")

    def forget(self, sop_instance_uid: str) -> None:
        """Delete an instance, as somebody at the office might."""
        path = f"/instances/{self.instances()[sop_instance_uid]}"
        urllib.request.urlopen(urllib.request.Request(self._url + path, method="DELETE")).close()

    def files(self, sop_instance_uid: str) -> Sequence[bytes]:
        """The Part 10 bytes of everything that it keeps under that SOP Instance UID."""
        request = urllib.request.Request(f"{self._url}/tools/lookup", data=sop_instance_uid.encode("ascii"))
        with urllib.request.urlopen(request) as answer:
            found = json.load(answer)
        return [self._get(f"{one['Path']}/file") for one in found if one["Type"] == "Instance"]

    def count(self) -> int:
        """How many instances it keeps."""
        return int(self._get_json("/statistics")["CountInstances"])

    def _get(self, path: str) -> bytes:
        with urllib.request.urlopen(self._url + path) as answer:
            content: bytes = answer.read()
        return content

    def _get_json(self, path: str) -> Any:
        return json.loads(self._get(path))


@contextmanager
def orthanc(folder: Path, known: Sequence[str] = ("VAN7",), calls_at: int = 1, **settings: object) -> Iterator[Orthanc]:
    """Start one that knows the AE titles ``known``, at ``calls_at``; ``settings`` are added to its configuration."""
    running = Orthanc(
        folder,
        {
            "StorageDirectory": str(folder / "storage"),
            "IndexDirectory": str(folder / "storage"),
            "DicomAet": Orthanc.ae_title,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "DicomModalities": {title: [title, "127.0.0.1", calls_at] for title in known},
            "Plugins": [],
            **settings,
        },
    )
    try:
        yield running
    finally:
        running.stop()
