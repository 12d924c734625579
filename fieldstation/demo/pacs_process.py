"""The built-in PACS itself: storage, query, verification and storage commitment SCP, in a process of its own.

Started by `fieldstation.demo.pacs.DemoPacs`: settings come as the first line of standard input, the port goes out as
the first line of standard output, and the end of standard input is the end of the process.
"""

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import TextIO

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    GrayscaleSoftcopyPresentationStateStorage,
    ImplicitVRLittleEndian,
)
from pynetdicom import AE, _config, evt
from pynetdicom.association import Association
from pynetdicom.dimse_messages import N_ACTION_RSP
from pynetdicom.dimse_primitives import C_STORE

from fieldstation.demo.pacs import STORES_FILE, Find, PacsSettings, StoreLine, is_uid

_config.LOG_HANDLER_LEVEL = "none"

_VERIFICATION = "1.2.840.10008.1.1"
_STUDY_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
_COMMITMENT = "1.2.840.10008.1.20.1"
_PLAIN = [ExplicitVRLittleEndian, ImplicitVRLittleEndian]
_LEVEL_KEYS = {"STUDY": "StudyInstanceUID", "SERIES": "SeriesInstanceUID", "IMAGE": "SOPInstanceUID"}
_COMMITMENT_INSTANCE = "1.2.840.10008.1.20.1.1"
_KEPT = {0x0000, 0xB000, 0xB006, 0xB007}


class Archive:
    """The folder of instances and what queries are answered from."""

    def __init__(self, folder: Path, filed_as: dict[str, str]) -> None:
        self._folder = folder
        self._filed_as = filed_as
        self._headers: dict[str, Dataset] = {}
        for path in sorted(folder.glob("*.dcm")):
            self._index(path.stem, dcmread(path, stop_before_pixels=True))

    def __contains__(self, uid: str) -> bool:
        return uid in self._headers

    def keep(self, uid: str, content: bytes) -> None:
        """Write a Part 10 file, complete or not at all."""
        path = self._folder / f"{uid}.dcm"
        growing = path.with_suffix(".part")
        growing.write_bytes(content)
        growing.rename(path)
        self._index(uid, dcmread(BytesIO(content), stop_before_pixels=True))

    def matches(self, identifier: Dataset) -> Iterator[Dataset]:
        """What matches a query of the Study Root model, one entity of the asked level each (PS3.4 C.4.1.1.3)."""
        level_key = _LEVEL_KEYS[identifier.QueryRetrieveLevel]
        seen = set()
        for header in list(self._headers.values()):
            if header.get(level_key) in seen or not _matches(header, identifier):
                continue
            seen.add(header.get(level_key))
            match = Dataset()
            match.QueryRetrieveLevel = identifier.QueryRetrieveLevel
            for element in identifier:
                if element.keyword != "QueryRetrieveLevel":
                    setattr(match, element.keyword, header.get(element.keyword, ""))
            yield match

    def _index(self, uid: str, header: Dataset) -> None:
        for keyword, value in self._filed_as.items():
            setattr(header, keyword, value)
        self._headers[uid] = header


def _matches(header: Dataset, identifier: Dataset) -> bool:
    for element in identifier:
        if element.keyword == "QueryRetrieveLevel" or element.value in (None, ""):
            continue
        if str(header.get(element.keyword, "")).strip() != str(element.value).strip():
            return False
    return True


class Pacs:
    """What the PACS answers to each request; called in the threads of its associations."""

    def __init__(self, folder: Path, settings: PacsSettings) -> None:
        self._settings = settings
        self._archive = Archive(folder, dict(settings.filed_as))
        self._stores: TextIO = (folder / STORES_FILE).open("a", encoding="utf-8")
        self._lock = threading.Lock()
        self._busy = settings.busy
        self._statuses = list(settings.statuses)
        self._forgets = settings.forgets
        self._waiting = threading.Event()
        self._reports: dict[int, tuple[int, Dataset]] = {}

    def on_requested(self, event: evt.Event) -> None:
        """Reject the first associations as transient, if told so (PS3.8 9.3.4: local limit exceeded)."""
        with self._lock:
            busy, self._busy = self._busy > 0, max(0, self._busy - 1)
        if busy:
            event.assoc.acse.send_reject(0x02, 0x03, 0x02)
            event.assoc.kill()

    def on_store(self, event: evt.Event) -> int:
        """C-STORE (PS3.4 annex B)."""
        request = event.request
        if not isinstance(request, C_STORE) or request.DataSet is None:
            return 0x0212
        uid = str(request.AffectedSOPInstanceUID)
        if self._settings.store_delay_s:
            self._waiting.wait(self._settings.store_delay_s)
        with self._lock:
            status = self._store(uid, event)
            line = StoreLine(uid, status, len(request.DataSet.getbuffer()), str(event.context.transfer_syntax))
            self._stores.write(json.dumps(asdict(line)) + "\n")
            self._stores.flush()
        return status

    def on_find(self, event: evt.Event) -> Iterator[tuple[int, Dataset | None]]:
        """C-FIND (PS3.4 C.4.1)."""
        if self._settings.find is Find.ABORTS:
            event.assoc.abort()
            return
        if event.identifier.get("QueryRetrieveLevel") not in _LEVEL_KEYS:
            yield 0xA900, None
            return
        with self._lock:
            matches = list(self._archive.matches(event.identifier))
        for match in matches:
            yield 0xFF00, match

    def on_action(self, event: evt.Event) -> tuple[int, None]:
        """N-ACTION of storage commitment (PS3.4 J.3.2); the report follows once this is answered."""
        asked = event.action_information
        report = Dataset()
        held: list[Dataset] = []
        missing: list[Dataset] = []
        report.TransactionUID = asked.TransactionUID
        for reference in asked.ReferencedSOPSequence:
            (held if reference.ReferencedSOPInstanceUID in self._archive else missing).append(reference)
        report.ReferencedSOPSequence = held
        if missing:
            for reference in missing:
                reference.FailureReason = 0x0112
            report.FailedSOPSequence = missing
        self._reports[id(event.assoc)] = (2 if missing else 1, report)
        return 0x0000, None

    def on_sent(self, event: evt.Event) -> None:
        """Report on what was committed, after the answer to the request has gone out."""
        if isinstance(event.message, N_ACTION_RSP):
            event_type, report = self._reports.pop(id(event.assoc))
            threading.Thread(target=self._report, args=(event.assoc, event_type, report), daemon=True).start()

    def _store(self, uid: str, event: evt.Event) -> int:
        if not is_uid(uid):
            return 0x0117
        status = self._statuses.pop(0) if self._statuses else 0x0000
        if status not in _KEPT:
            return status
        if uid in self._archive:
            return self._settings.duplicate_status
        if self._forgets > 0:
            self._forgets -= 1
            return 0x0000
        self._archive.keep(uid, event.encoded_dataset())
        return status

    def _report(self, association: Association, event_type: int, report: Dataset) -> None:
        if self._settings.commitment_to is not None:
            ae_title, host, port = self._settings.commitment_to
            caller = AE(ae_title=self._settings.ae_title)
            caller.add_requested_context(_COMMITMENT, _PLAIN)
            association = caller.associate(host, port, ae_title=ae_title)
        if association.is_established:
            association.send_n_event_report(report, event_type, _COMMITMENT, _COMMITMENT_INSTANCE)
            if self._settings.commitment_to is not None:
                association.release()


def serve(folder: Path, settings: PacsSettings, until: TextIO, tell: Callable[[int], None]) -> None:
    """Serve until ``until`` ends; ``tell`` is told the port."""
    pacs = Pacs(folder, settings)
    ae = AE(ae_title=settings.ae_title)
    ae.require_called_aet = True
    ae.maximum_associations = settings.most_associations
    ae.require_calling_aet = list(settings.calling_ae_titles)
    ae.add_supported_context(_VERIFICATION, _PLAIN)
    ae.add_supported_context(_COMMITMENT, _PLAIN)
    for sop_class in (ComputedRadiographyImageStorage, DigitalXRayImageStorageForPresentation):
        ae.add_supported_context(sop_class, list(settings.transfer_syntaxes))
    if settings.takes_annotations:
        ae.add_supported_context(GrayscaleSoftcopyPresentationStateStorage, _PLAIN)
    if settings.find is not Find.UNSUPPORTED:
        ae.add_supported_context(_STUDY_ROOT_FIND, _PLAIN)
    server = ae.start_server(
        ("127.0.0.1", settings.port),
        block=False,
        evt_handlers=[
            (evt.EVT_REQUESTED, pacs.on_requested),
            (evt.EVT_C_STORE, pacs.on_store),
            (evt.EVT_C_FIND, pacs.on_find),
            (evt.EVT_N_ACTION, pacs.on_action),
            (evt.EVT_DIMSE_SENT, pacs.on_sent),
        ],
    )
    assert server is not None  # noqa: S101 - a server that does not block is returned
    tell(server.server_address[1])
    until.read()
    # The process that started us has ended or wants us to: associations under way have nobody to be ended for.
    os._exit(0)


def _say(port: int) -> None:
    print(port, flush=True)


if __name__ == "__main__":
    serve(Path(sys.argv[1]), PacsSettings.from_json(sys.stdin.readline()), sys.stdin, _say)
